import Handlebars from 'handlebars';
import type { ShopSettings } from '../../model/settings';
import { type Theme, themeFor } from '../colour';
import { directionOf, pickLocale, singleLine, webUrl } from '../safe-text';
import { type PageWords, pageWordsFor } from './words';

/**
 * The pages that links in messages lead to. They are served from the address of the n8n editor, so they run no script
 * and the browser treats them as an origin of their own.
 */
export const pageHeaders = {
	'Content-Type': 'text/html; charset=utf-8',
	'Content-Security-Policy': "sandbox allow-forms; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; frame-ancestors 'none'",
	'Cache-Control': 'no-store',
	'Referrer-Policy': 'no-referrer',
	'X-Content-Type-Options': 'nosniff',
	'X-Robots-Tag': 'noindex',
} as const;

/** What a page looks like: whose it is, and in which language. */
export interface PageLook {
	/** BCP 47, as `pickLocale` returns it. */
	locale: string;
	shopName: string;
	/** '' where there is none. */
	shopUrl: string;
	logoUrl: string;
	theme: Theme;
	words: PageWords;
}

/** The shop's look, in the first of the reader's languages that is one, else in the shop's. */
export function lookOf(settings: Pick<ShopSettings, 'name' | 'url' | 'logoUrl' | 'colour' | 'locale'>, ...readerLocales: Array<string | undefined>): PageLook {
	const locale = pickLocale(...readerLocales, settings.locale);
	return {
		locale,
		shopName: singleLine(settings.name, 100),
		shopUrl: webUrl(settings.url),
		logoUrl: webUrl(settings.logoUrl),
		theme: themeFor(settings.colour),
		words: pageWordsFor(locale),
	};
}

const handlebars = Handlebars.create();

handlebars.registerPartial(
	'layout',
	`<!doctype html>
<html lang="{{look.locale}}" dir="{{dir}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{title}}</title>
<style>
:root { color-scheme: light dark; --accent: {{look.theme.colour}}; --on-accent: {{look.theme.onColour}}; --edge: {{look.theme.edge}}; --paper: #fff; --ground: #f3f4f2; --ink: #1d2421; --quiet: #5a645f; --line: #c3cac6; --soft: #eef1ef; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; font: 17px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--ink); overflow-wrap: anywhere; text-autospace: normal; }
main { width: 100%; max-width: 30rem; padding: 1.75rem; background: var(--paper); border-radius: 14px; border-top: 5px solid var(--accent); box-shadow: 0 1px 12px rgb(0 0 0 / 8%); }
header { margin: 0 0 1.5rem; font-weight: 600; }
header img { display: block; max-width: 11rem; max-height: 3.5rem; width: auto; height: auto; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .75rem; text-wrap: balance; }
h2, legend { font-size: 1rem; font-weight: 600; margin: 0 0 .5rem; padding: 0; }
p { margin: 0 0 1.25rem; text-wrap: pretty; }
form { margin: 0 0 1.25rem; }
fieldset { margin: 0 0 1.5rem; padding: 0; border: 0; min-width: 0; }
.quiet { color: var(--quiet); font-size: .92rem; }
a { color: inherit; text-underline-offset: 3px; }
label.text { display: block; margin: 0 0 1rem; font-size: .95rem; }
textarea, select { display: block; width: 100%; margin-top: .35rem; padding: .6rem; font: inherit; border: 1px solid var(--line); border-radius: 9px; background: var(--paper); color: inherit; }
.tick { display: flex; gap: .7rem; align-items: baseline; padding: .45rem 0; }
.tick input { flex: none; width: 1.1rem; height: 1.1rem; margin: 0; translate: 0 .15rem; accent-color: var(--accent); }
.tick small { display: block; color: var(--quiet); font-size: .88rem; }
button, a.button { display: inline-block; font: inherit; font-weight: 600; padding: .7rem 1.4rem; border: 1px solid var(--edge); border-radius: 9px; background: var(--accent); color: var(--on-accent); cursor: pointer; text-decoration: none; }
button.choice { display: block; width: 100%; margin: 0 0 .5rem; text-align: start; font-weight: 500; border-color: transparent; background: var(--soft); color: var(--ink); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.scale { display: grid; gap: .4rem; }
.scale.stars { grid-template-columns: repeat(5, 1fr); }
.scale.scores { grid-template-columns: repeat(6, 1fr); }
.scale label { position: relative; display: grid; place-items: center; min-height: 3rem; border: 1px solid var(--line); border-radius: 9px; background: var(--soft); font-weight: 600; line-height: 1.1; cursor: pointer; }
.scale.stars label { font-size: .8rem; padding: .35rem 0; }
.scale.stars span { font-size: 1.6rem; }
.scale input { position: absolute; inset: 0; margin: 0; width: 100%; height: 100%; opacity: 0; cursor: pointer; }
.scale.scores label:has(:checked), .scale.stars label:has(:checked), .scale.stars label:has(~ label :checked) { background: var(--accent); color: var(--on-accent); border-color: var(--edge); }
.scale label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
@supports not selector(:has(a)) { .scale input { position: static; width: auto; height: auto; opacity: 1; } }
.ends { display: flex; justify-content: space-between; gap: 1rem; margin: .4rem 0 1.25rem; }
.ends span + span { text-align: end; }
main > :last-child { margin-bottom: 0; }
@media (min-width: 560px) { main { padding: 2.25rem; } .scale.scores { grid-template-columns: repeat(11, 1fr); } }
@media (prefers-color-scheme: dark) { :root { --paper: #212724; --ground: #161a18; --ink: #e9eeeb; --quiet: #a9b4ae; --line: #55605a; --soft: #323b36; --edge: #ffffff59; } header img { padding: .4rem .6rem; background: #fff; border-radius: 8px; } :focus-visible, .scale label:has(:focus-visible) { outline-color: var(--ink); } }
</style>
</head>
<body><main>
<header>{{#if look.logoUrl}}<img src="{{look.logoUrl}}" alt="{{look.shopName}}">{{else}}{{look.shopName}}{{/if}}</header>
<h1>{{title}}</h1>
{{> @partial-block}}
</main></body>
</html>`,
);

/** Back to the shop, at the end of a page. */
handlebars.registerPartial('shopLink', '{{#if look.shopUrl}}<p class="quiet"><a href="{{look.shopUrl}}">{{toShop}}</a></p>{{/if}}');

/**
 * One page, compiled once: its body in Handlebars, with `{{t}}` for words and the model's own names. Everything is escaped.
 * The model's `title` is its heading.
 */
export function pageTemplate<Model extends object>(body: string): (look: PageLook, model: Model & { title: string }) => string {
	const template = handlebars.compile(`{{#> layout}}${body}{{/layout}}`);
	return (look, model) => template({ look, dir: directionOf(look.locale), toShop: look.words.toShop.replace('{shop}', () => look.shopName), ...model });
}

/** A page of a heading and a few words. */
export const plainPage = pageTemplate<{ text: string }>('<p>{{text}}</p>{{> shopLink}}');
