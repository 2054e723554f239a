import type { MessageChannel } from '../../model/events';
import { phrase } from '../words';
import { type PageLook, pageTemplate, plainPage } from './layout';
import { pageWordsFor } from './words';

/** The channel that a link names; e-mail where it is none of ours. */
export function channelOf(channel: string): MessageChannel {
	return Object.hasOwn(pageWordsFor('en').channels, channel) ? (channel as MessageChannel) : 'email';
}

const askTemplate = pageTemplate<{ text: string; token: string; words: PageLook['words']['unsubscribe']; preferencesUrl: string }>(`<p>{{text}}</p>
<form method="post" action="?t={{token}}"><button>{{words.button}}</button></form>
<form method="post" action="?t={{token}}"><button class="choice" name="less" value="yes">{{words.less}}</button><span class="quiet">{{words.lessHint}}</span></form>
<p><a href="{{preferencesUrl}}">{{words.choose}}</a></p>`);

/**
 * Asks before it does anything: a GET unsubscribes nobody, because scanners follow every link.
 * @param preferencesUrl the preference centre of the same reader
 */
export function unsubscribePage(look: PageLook, { token, channel, preferencesUrl }: { token: string; channel: string; preferencesUrl: string }): string {
	const { unsubscribe: words } = look.words;
	return askTemplate(look, { title: phrase(words.title, { shop: look.shopName }), text: words.text[channelOf(channel)], token, words, preferencesUrl });
}

const doneTemplate = pageTemplate<{ text: string; token: string; why: string; comment: string; reasons: Array<{ value: string; label: string }> }>(`<p>{{text}}</p>
<form method="post" action="?t={{token}}">
<h2>{{why}}</h2>
<label class="text">{{comment}}<textarea name="comment" rows="2" maxlength="1000"></textarea></label>
{{#each reasons}}<button class="choice" name="reason" value="{{value}}">{{label}}</button>
{{/each}}</form>
{{> shopLink}}`);

/**
 * Says that it is done, and asks why, which nobody need answer.
 * @param token of an unsubscribe link
 * @param channel null: the customer left them all
 */
export function unsubscribedPage(look: PageLook, { token, channel }: { token: string; channel: string | null }): string {
	const { unsubscribe: words, preferences, comment } = look.words;
	const reasons = Object.entries(words.reasons).map(([value, label]) => ({ value, label }));
	const text = channel === null ? preferences.leftText : words.doneText[channelOf(channel)];
	return doneTemplate(look, { title: words.doneTitle, text: phrase(text, { shop: look.shopName }), token, why: words.why, comment, reasons });
}

/** Whether a reason for leaving is one that the page offers. */
export function isLeavingReason(reason: string): boolean {
	return Object.hasOwn(pageWordsFor('en').unsubscribe.reasons, reason);
}

export function lessOftenPage(look: PageLook): string {
	const { lessDoneTitle, lessDoneText } = look.words.unsubscribe;
	return plainPage(look, { title: lessDoneTitle, text: phrase(lessDoneText, { shop: look.shopName }) });
}

export function thanksPage(look: PageLook): string {
	const { title, text } = look.words.thanks;
	return plainPage(look, { title, text: phrase(text, { shop: look.shopName }) });
}
