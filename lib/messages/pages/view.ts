import { pageHeaders, type PageLook, plainPage } from './layout';

/** A mail as a page: its pictures load and its links open as in a mail program, and nothing in it runs. */
export const viewHeaders = {
	...pageHeaders,
	'Content-Security-Policy':
		"sandbox allow-forms allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; font-src https: data:; base-uri 'none'; frame-ancestors 'none'",
} as const;

/** The mail was kept for a while only. */
export function viewGonePage(look: PageLook): string {
	const { goneTitle, goneText } = look.words.view;
	return plainPage(look, { title: goneTitle, text: goneText });
}
