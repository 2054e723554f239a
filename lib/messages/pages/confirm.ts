import { phrase } from '../words';
import { type PageLook, pageTemplate, plainPage } from './layout';

const template = pageTemplate<{ text: string; button: string; token: string }>(`<p>{{text}}</p>
<form method="post" action="?d={{token}}"><button>{{button}}</button></form>`);

/** Asks before it does anything: scanners follow every link, and a subscription wants a person. */
export function confirmPage(look: PageLook, token: string): string {
	const { title, text, button } = look.words.confirm;
	const values = { shop: look.shopName };
	return template(look, { title: phrase(title, values), text: phrase(text, values), button, token });
}

export function confirmedPage(look: PageLook): string {
	const { doneTitle, doneText } = look.words.confirm;
	return plainPage(look, { title: doneTitle, text: doneText });
}
