import Handlebars from 'handlebars';
import { themeFor } from '../messages/colour';
import { lookOf, pageTemplate } from '../messages/pages';

import type { ShopSettings } from '../model/settings';
import type { EmbeddedForm } from './embedded';
import { type FormField, trapName } from './fields';
import type { Typed } from './read';
import type { FieldError, FormNotice, FormWords } from './words';

/** A form as it is shown, for the first time or again with what was typed. */
export interface ShownForm {
	title: string;
	text: string;
	button: string;
	fields: FormField[];
	words: FormWords;
	/** Where it is sent: a query of the same address. */
	action: string;
	token: string;
	typed: Typed;
	errors: Record<string, FieldError>;
	notice?: FormNotice;
}

/** What stands in place of a form: a thank you, or why there is none. */
export interface Said {
	title?: string;
	text: string;
	words: FormWords;
}

const fieldTemplate = `
{{#if isHeading}}<fieldset{{#if error}} aria-describedby="sj-{{name}}-error"{{/if}}><legend>{{label}}{{#unless isRequired}} <small>({{optional}})</small>{{/unless}}</legend>
{{#each choices}}<label class="box"><input type="checkbox" name="{{../name}}" value="{{value}}"{{#if isChosen}} checked{{/if}}><span>{{label}}</span></label>
{{/each}}{{#each parts}}<label for="sj-{{name}}">{{label}}</label><input id="sj-{{name}}" name="{{name}}" type="{{type}}" value="{{value}}"{{#if max}} max="{{max}}"{{/if}} maxlength="80">
{{/each}}{{#if error}}<p class="error" id="sj-{{name}}-error">{{error}}</p>{{/if}}</fieldset>
{{else if isBox}}<div class="field"><label class="box"><input id="sj-{{name}}" type="checkbox" name="{{name}}" value="yes"{{#if isChosen}} checked{{/if}}{{#if error}} aria-invalid="true" aria-describedby="sj-{{name}}-error"{{/if}}><span>{{label}}</span></label>{{#if error}}<p class="error" id="sj-{{name}}-error">{{error}}</p>{{/if}}</div>
{{else if isStatement}}<p class="statement">{{label}}</p>
{{else}}<div class="field"><label for="sj-{{name}}">{{label}}{{#unless isRequired}} <small>({{optional}})</small>{{/unless}}</label>
{{#if isMessage}}<textarea id="sj-{{name}}" name="{{name}}" rows="5" maxlength="2000"{{> described}}>{{value}}</textarea>
{{else if choices}}<select id="sj-{{name}}" name="{{name}}"{{> described}}><option value="">{{choose}}</option>{{#each choices}}<option value="{{value}}"{{#if isChosen}} selected{{/if}}>{{label}}</option>{{/each}}</select>
{{else}}<input id="sj-{{name}}" name="{{name}}" type="{{type}}" value="{{value}}" maxlength="{{maxLength}}"{{#if autocomplete}} autocomplete="{{autocomplete}}"{{/if}}{{#if inputmode}} inputmode="{{inputmode}}"{{/if}}{{#if max}} max="{{max}}" min="1900-01-01"{{/if}}{{> described}}>
{{/if}}{{#if help}}<p class="help" id="sj-{{name}}-help">{{help}}</p>{{/if}}{{#if error}}<p class="error" id="sj-{{name}}-error">{{error}}</p>{{/if}}</div>
{{/if}}`;

/** The attributes that tie a field to its help and to what is wrong with it, for who does not see them side by side. */
const described = `{{#if isRequired}} required{{/if}}{{#if error}} aria-invalid="true"{{/if}}{{#if describedBy}} aria-describedby="{{describedBy}}"{{/if}}`;

const handlebars = Handlebars.create();
handlebars.registerPartial('described', described);
handlebars.registerPartial('field', fieldTemplate);
const formTemplate = handlebars.compile(`{{#if heading}}<h1>{{heading}}</h1>{{/if}}
{{#if text}}<p class="text">{{text}}</p>{{/if}}
{{#if notice}}<p class="notice" role="alert">{{notice}}</p>{{/if}}
<form method="post" action="{{action}}" novalidate aria-label="{{title}}">
{{#each fields}}{{> field}}{{/each}}
<div class="trap" aria-hidden="true"><label for="sj-{{trapName}}">{{trap}}</label><input id="sj-{{trapName}}" name="{{trapName}}" tabindex="-1" autocomplete="off"></div>
<input type="hidden" name="token" value="{{token}}">
<button type="submit">{{button}}</button>
</form>`);
const saidTemplate = handlebars.compile('{{#if heading}}<h1>{{heading}}</h1>{{/if}}<p class="text" role="status">{{text}}</p>');
/** In the look of the pages that links in messages lead to. */
const page = pageTemplate<{ style: string; inner: string }>('<style>{{{style}}}</style>{{{inner}}}');

/** Of a form in whatever surroundings: colours and writing are the page's own, so that it suits light and dark ones. */
function formStyle(settings: Pick<ShopSettings, 'colour'>): string {
	const { colour, onColour, edge } = themeFor(settings.colour);
	return `
h1 { font-size: 1.35em; line-height: 1.25; margin: 0 0 .5em; overflow-wrap: anywhere; }
h1:focus { outline: none; }
p { margin: 0 0 1em; overflow-wrap: anywhere; }
.text { white-space: pre-line; }
.field, fieldset { margin: 0 0 1em; }
fieldset { border: 0; padding: 0; min-width: 0; }
label, legend { display: block; margin: 0 0 .3em; padding: 0; font-weight: 600; font-size: .95em; overflow-wrap: anywhere; }
small { font-weight: 400; font-size: .9em; opacity: .8; }
input:not([type=checkbox]), select, textarea { box-sizing: border-box; display: block; width: 100%; min-height: 2.75em; margin: 0 0 .3em; padding: .55em .7em; font: inherit; border: 1px solid #7d8782; border-radius: 9px; background: Field; color: FieldText; }
[aria-invalid=true] { border-color: #b3261e !important; border-width: 2px !important; }
.box { display: flex; gap: .6em; align-items: flex-start; font-weight: 400; padding: .25em 0; }
.box input { flex: none; width: 1.3em; height: 1.3em; margin: .1em 0 0; accent-color: ${colour}; }
.statement, .help { font-size: .88em; opacity: .85; }
.help { margin: 0; }
.error { margin: .2em 0 0; font-size: .9em; font-weight: 600; color: #b3261e; color: light-dark(#b3261e, #ffb4ab); }
.notice { padding: .7em .9em; border-radius: 9px; border: 1px solid #b3261e; font-weight: 600; }
.trap { position: absolute; left: -10000px; width: 1px; height: 1px; overflow: hidden; }
button[type=submit] { display: block; width: 100%; min-height: 2.9em; padding: .7em 1.4em; font: inherit; font-weight: 700; border: 1px solid ${edge}; border-radius: 9px; background: ${colour}; color: ${onColour}; cursor: pointer; }
button[disabled] { opacity: .6; cursor: default; }
:focus-visible { outline: 3px solid #4a8f73; outline-offset: 2px; }
`;
}

function formHtml({ fields, words, typed, errors, notice, token, action, title, text, button }: ShownForm, heading?: string): string {
	const { labels, notices, errors: errorWords } = words;
	const said = notice ? notices[notice] : Object.keys(errors).length > 0 ? errorWords.summary : undefined;
	return formTemplate({ heading, title, text, button, action, token, notice: said, trapName, trap: labels.trap, fields: fields.map((field) => fieldModel(field, words, typed, errors[field.name])) });
}

const inputTypes: Partial<Record<FormField['type'], { type: string; inputmode?: string; maxLength: number }>> = {
	email: { type: 'email', inputmode: 'email', maxLength: 254 },
	phone: { type: 'tel', inputmode: 'tel', maxLength: 40 },
	number: { type: 'text', inputmode: 'decimal', maxLength: 20 },
	date: { type: 'date', maxLength: 10 },
};

function fieldModel(field: FormField, { labels, errors: errorWords }: FormWords, typed: Typed, error: FieldError | undefined): object {
	const { name, type, label, isRequired, help, options, autocomplete } = field;
	const values = typed[name] ?? [];
	const part = (letter: 'n' | 'b', text: string, kind: string) => ({ name: name + letter, label: text, type: kind, value: typed[name + letter]?.[0] ?? '' });
	return {
		...(inputTypes[type] ?? { type: 'text', maxLength: 500 }),
		name,
		label,
		isRequired,
		help,
		autocomplete,
		value: values[0] ?? '',
		error: error && errorWords[error],
		describedBy: [...(help ? [`sj-${name}-help`] : []), ...(error ? [`sj-${name}-error`] : [])].join(' '),
		choices: options?.map((option) => ({ ...option, isChosen: values.includes(option.value) })),
		parts: field.parts && [part('n', field.parts.name, 'text'), part('b', field.parts.birthday, 'date')],
		isHeading: type === 'choices' || type === 'child',
		isBox: type === 'box',
		isChosen: values.some((value) => value !== ''),
		isStatement: type === 'statement',
		isMessage: type === 'message',
		optional: labels.optional,
		choose: labels.choose,
	};
}

type PageSettings = Pick<ShopSettings, 'name' | 'url' | 'colour' | 'logoUrl' | 'locale'>;

/** A form, a thank you, or why there is no form, as a page of its own. */
export function formPage(content: ShownForm | Said, settings: PageSettings): string {
	const inner = 'fields' in content ? formHtml(content) : saidTemplate({ text: content.text });
	return page(lookOf(settings, content.words.locale), { title: content.title ?? settings.name, style: formStyle(settings), inner });
}

/** What forms.js puts into the shop's page. */
export function embeddedForm(content: ShownForm | Said, isDone: boolean, settings: PageSettings): EmbeddedForm {
	const { words } = content;
	const isForm = 'fields' in content;
	return {
		html: isForm ? formHtml(content, content.title) : saidTemplate({ heading: content.title, text: content.text }),
		style: formStyle(settings),
		lang: words.locale,
		isOver: !isForm,
		isDone,
		words: { close: words.labels.close, unavailable: words.notices.unavailable },
	};
}
