import { maxPreviewLength } from './built-in';
import type { MessageContext } from './context';
import { textFromHtml, tidy } from './plain-text';
import { singleLine, subjectLine } from './safe-text';
import type { RenderData } from './template-functions';
import { compileTemplate, type CompiledTemplate } from './templates';

/** The operator's own mail: subject, HTML and text as Handlebars. */
export interface CustomMail {
	subject: string;
	/** Put in front of the HTML, hidden. */
	previewText?: string;
	html: string;
	/** Derived from the HTML when empty. */
	text?: string;
}

const blockMarks = /\{\{~?\s*(?:[#/^]|else\b)/g;

/**
 * Turns the HTML template, once, into a template of the plain text: a twentieth of the work of converting each mail.
 * That is right only where all blocks stand between tags; undefined otherwise.
 */
function derivedText(html: string): CompiledTemplate | undefined {
	const source = textFromHtml(html);
	if (source.match(blockMarks)?.length !== html.match(blockMarks)?.length) return undefined;
	try {
		const template = compileTemplate(source, { field: 'HTML', mode: 'text', keepLines: true });
		// An address that is empty for this customer leaves its brackets behind.
		return (context, data) => tidy(template(context, data).replaceAll(' ()', ''));
	} catch {
		return undefined;
	}
}

/** Filler behind the preview text, so that mail programs do not show the start of the body after it. */
const previewFiller = '&#847;&#8199;&#65279;'.repeat(80);

/** Compiles the operator's own mail. @throws TEMPLATE_INVALID */
export function compileCustomMail(content: CustomMail): (context: MessageContext, data: RenderData) => { subject: string; previewText: string; html: string; text: string } {
	const subject = compileTemplate(content.subject, { field: 'Subject', mode: 'text' });
	const preview = compileTemplate(content.previewText ?? '', { field: 'Preview Text', mode: 'text' });
	const hiddenPreview = compileTemplate('{{previewText}}', { field: 'Preview Text', mode: 'html' });
	const html = compileTemplate(content.html, { field: 'HTML', mode: 'html' });
	const text = content.text?.trim() ? compileTemplate(content.text, { field: 'Plain Text', mode: 'text' }) : derivedText(content.html);
	return (context, data) => {
		const previewText = singleLine(preview(context, data), maxPreviewLength);
		const body = html(context, data);
		return {
			subject: subjectLine(subject(context, data)),
			previewText,
			html: previewText ? withPreview(body, hiddenPreview({ previewText }, data)) : body,
			text: text ? text(context, data) : textFromHtml(body),
		};
	};
}

function withPreview(html: string, escapedPreview: string): string {
	const hidden = `<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all">${escapedPreview}${previewFiller}</div>`;
	const body = /<body\b[^>]*>/i.exec(html);
	const at = body ? body.index + body[0].length : 0;
	return html.slice(0, at) + hidden + html.slice(at);
}
