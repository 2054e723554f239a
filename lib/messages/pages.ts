import Handlebars from 'handlebars';
import { directionOf, pickLocale } from './safe-text';
import { phrase, wordsFor } from './words';

/**
 * The pages that links in messages lead to. They are served from the address of the n8n editor, so they run no script
 * and the browser treats them as an origin of their own.
 */
export const pageHeaders = {
	'Content-Type': 'text/html; charset=utf-8',
	'Content-Security-Policy': "sandbox allow-forms; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
	'Cache-Control': 'no-store',
	'Referrer-Policy': 'no-referrer',
	'X-Content-Type-Options': 'nosniff',
	'X-Robots-Tag': 'noindex',
} as const;

const layout = Handlebars.compile(`<!doctype html>
<html lang="{{lang}}" dir="{{dir}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 17px/1.5 system-ui, sans-serif; background: #f3f4f2; color: #1d2421; }
main { max-width: 26rem; margin: 1rem; padding: 2rem; background: #fff; border-radius: 14px; box-shadow: 0 1px 12px rgb(0 0 0 / 8%); }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .75rem; }
p { margin: 0 0 1.25rem; }
label { display: block; margin: 0 0 1rem; color: inherit; font-size: .95rem; }
textarea { display: block; box-sizing: border-box; width: 100%; margin-top: .35rem; padding: .6rem; font: inherit; border: 1px solid #b9c1bc; border-radius: 9px; background: transparent; color: inherit; }
.choice { display: block; width: 100%; margin: 0 0 .5rem; text-align: start; background: #eef1ef; color: #1d2421; }
p:last-child { margin: 0; }
button { font: inherit; font-weight: 600; padding: .7rem 1.4rem; border: 0; border-radius: 9px; background: #1d2421; color: #fff; cursor: pointer; }
button:focus-visible { outline: 3px solid #7aa894; outline-offset: 2px; }
@media (prefers-color-scheme: dark) { body { background: #161a18; color: #e9eeeb; } main { background: #212724; } .choice { background: #323b36; color: #e9eeeb; } button { background: #e9eeeb; color: #161a18; } }
</style>
</head>
<body><main>
<h1>{{title}}</h1>
<p>{{text}}</p>
{{#if choices}}<form method="post" action="?a={{token}}"><label>{{comment}}<textarea name="comment" rows="2" maxlength="1000"></textarea></label>{{#each choices}}<button class="choice" name="reason" value="{{value}}">{{label}}</button>{{/each}}</form>{{/if}}
{{#if action}}<form method="post" action="?t={{token}}"><button type="submit">{{action}}</button></form>{{/if}}
</main></body>
</html>`);

interface PageOptions {
	shopName: string;
	/** BCP 47. */
	locale: string;
}

function page(locale: string, model: { title: string; text: string; action?: string; token?: string; comment?: string; choices?: Array<{ value: string; label: string }> }): string {
	const lang = pickLocale(locale);
	return layout({ lang, dir: directionOf(lang), ...model });
}

/** Asks before it does anything: a GET unsubscribes nobody, because scanners follow every link. */
export function unsubscribePage({ shopName, locale, token }: PageOptions & { token: string }): string {
	const { unsubscribePage: words } = wordsFor(locale);
	return page(locale, { title: phrase(words.title, { shop: shopName }), text: words.text, action: words.button, token });
}

/** Asks why a cart was not ordered: one button per reason, a remark if the reader likes. */
export function answerPage({ shopName, locale, token }: PageOptions & { token: string }): string {
	const { answerPage: words } = wordsFor(locale);
	const choices = Object.entries(words.reasons).map(([value, label]) => ({ value, label }));
	return page(locale, { title: words.title, text: phrase(words.text, { shop: shopName }), comment: words.comment, choices, token });
}

export function answeredPage({ shopName, locale }: PageOptions): string {
	const { answerPage: words } = wordsFor(locale);
	return page(locale, { title: words.doneTitle, text: phrase(words.doneText, { shop: shopName }) });
}

/** Whether a reason is one that the page offers. */
export function isAnswerReason(reason: string): boolean {
	return Object.hasOwn(wordsFor('en').answerPage.reasons, reason);
}

export function donePage({ shopName, locale }: PageOptions): string {
	const { unsubscribePage: words } = wordsFor(locale);
	return page(locale, { title: words.doneTitle, text: phrase(words.doneText, { shop: shopName }) });
}

export function errorPage(text: string): string {
	return page('en', { title: 'This link does not work', text });
}
