import { compileTemplate, type CompiledTemplate } from './templates';

/** The operator's own words in the shop's design. Each is a Handlebars template; an empty one counts as not given. */
export interface ContentOverrides {
	subject?: string;
	previewText?: string;
	headline?: string;
	/** Line breaks make paragraphs. */
	intro?: string;
	buttonLabel?: string;
	/** Where the button leads, if not to what is shown. */
	buttonUrl?: string;
	/** Shows the code in a box of its own. Several discount codes or none: one code at most. */
	discountCode?: string;
	/** The words under the code. */
	discountText?: string;
	/** Topics to choose from beside the answer to a survey, separated by commas. */
	surveyTopics?: string;
}

/** As the operator sees them in the node: named in errors. */
const fieldNames: Record<keyof ContentOverrides, string> = {
	subject: 'Subject',
	previewText: 'Preview Text',
	headline: 'Headline',
	intro: 'Text',
	buttonLabel: 'Button Label',
	buttonUrl: 'Button Address',
	discountCode: 'Discount Code',
	discountText: 'Discount Text',
	surveyTopics: 'Survey Topics',
};

export type CompiledOverrides = Partial<Record<keyof ContentOverrides, CompiledTemplate>>;

/** @throws TEMPLATE_INVALID naming the field, the line and the column */
export function compileOverrides(words: ContentOverrides = {}): CompiledOverrides {
	const compiled: CompiledOverrides = {};
	for (const [key, field] of Object.entries(fieldNames) as Array<[keyof ContentOverrides, string]>) {
		const source = words[key];
		if (source?.trim()) compiled[key] = compileTemplate(source, { field, mode: 'text' });
	}
	return compiled;
}
