import { phrase } from '../words';
import { type PageLook, pageTemplate, plainPage } from './layout';
import { pageWordsFor } from './words';

const template = pageTemplate<{ text: string; comment: string; token: string; choices: Array<{ value: string; label: string }> }>(`<p>{{text}}</p>
<form method="post" action="?a={{token}}">
<label class="text">{{comment}}<textarea name="comment" rows="2" maxlength="1000"></textarea></label>
{{#each choices}}<button class="choice" name="reason" value="{{value}}">{{label}}</button>
{{/each}}</form>`);

/** Asks why a cart was not ordered: one button per reason, a remark if the reader likes. */
export function answerPage(look: PageLook, token: string): string {
	const { answer: words, comment } = look.words;
	const choices = Object.entries(words.reasons).map(([value, label]) => ({ value, label }));
	return template(look, { title: words.title, text: phrase(words.text, { shop: look.shopName }), comment, choices, token });
}

export function cartAnsweredPage(look: PageLook): string {
	const { doneTitle, doneText } = look.words.answer;
	return plainPage(look, { title: doneTitle, text: phrase(doneText, { shop: look.shopName }) });
}

/** Whether a reason is one that the page offers. */
export function isAnswerReason(reason: string): boolean {
	return Object.hasOwn(pageWordsFor('en').answer.reasons, reason);
}
