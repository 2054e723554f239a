import { singleLine, webUrl } from '../safe-text';
import { phrase } from '../words';
import { type PageLook, pageTemplate, plainPage } from './layout';

interface ScaleModel {
	text: string;
	/** Query parameter of the link. */
	parameter: string;
	token: string;
	isStars: boolean;
	marks: Array<{ value: number; isChosen: boolean }>;
	worst: string;
	best: string;
	legend: string;
	topics: string[];
	comment: string;
	button: string;
}

const template = pageTemplate<ScaleModel>(`<p id="question">{{text}}</p>
<form method="post" action="?{{parameter}}={{token}}">
<div class="scale {{#if isStars}}stars{{else}}scores{{/if}}" role="radiogroup" aria-labelledby="question">
{{#each marks}}<label><input type="radio" name="v" value="{{value}}" required{{#if isChosen}} checked{{/if}}>{{#if ../isStars}}<span aria-hidden="true">★</span>{{/if}}{{value}}</label>
{{/each}}</div>
<p class="ends quiet"><span>{{worst}}</span><span>{{best}}</span></p>
{{#if topics}}<fieldset><legend>{{legend}}</legend>
{{#each topics}}<label class="tick"><input type="checkbox" name="topic" value="{{this}}"><span>{{this}}</span></label>
{{/each}}</fieldset>{{/if}}
<label class="text">{{comment}}<textarea name="comment" rows="3" maxlength="1000"></textarea></label>
<button>{{button}}</button>
</form>`);

function marks(from: number, to: number, chosen: number | undefined): ScaleModel['marks'] {
	return Array.from({ length: to - from + 1 }, (_mark, index) => ({ value: from + index, isChosen: from + index === chosen }));
}

/**
 * Asks for 1 to 5 stars.
 * @param chosen those of the button that was clicked in the mail; the reader may change them before sending
 */
export function ratePage(look: PageLook, { token, chosen }: { token: string; chosen?: number }): string {
	const { rate: words, comment } = look.words;
	const text = phrase(words.text, { shop: look.shopName });
	return template(look, { title: words.title, text, parameter: 'r', token, isStars: true, marks: marks(1, 5, chosen), worst: words.worst, best: words.best, legend: '', topics: [], comment, button: words.button });
}

const ratedTemplate = pageTemplate<{ text: string; reviewUrl: string; review: string }>(`<p>{{text}}</p>
<p><a class="button" href="{{reviewUrl}}">{{review}}</a></p>
{{> shopLink}}`);

/** Four stars and more: thanks, and the public review page where the shop has one. Fewer: an apology, and somebody gets in touch. */
export function ratedPage(look: PageLook, { stars, reviewUrl }: { stars: number; reviewUrl?: string }): string {
	const { rate: words, thanks } = look.words;
	const shop = { shop: look.shopName };
	const review = webUrl(reviewUrl);
	if (stars < 4) return plainPage(look, { title: words.lowTitle, text: phrase(words.lowText, shop) });
	return review ? ratedTemplate(look, { title: words.highTitle, text: words.highText, reviewUrl: review, review: words.review }) : plainPage(look, { title: words.highTitle, text: phrase(thanks.text, shop) });
}

/** Asks for 0 to 10 (NPS), and which of the topics it is about. */
export function surveyPage(look: PageLook, { token, chosen, topics }: { token: string; chosen?: number; topics: string[] }): string {
	const { survey: words, comment } = look.words;
	return template(look, {
		title: phrase(words.title, { shop: look.shopName }),
		text: words.text,
		parameter: 'n',
		token,
		isStars: false,
		marks: marks(0, 10, chosen),
		worst: words.worst,
		best: words.best,
		legend: words.topics,
		topics,
		comment,
		button: words.button,
	});
}

/** Promoters (9 and 10), passives (7 and 8) and detractors hear different words. */
export function surveyedPage(look: PageLook, score: number): string {
	const { survey: words } = look.words;
	const [title, text] = score >= 9 ? [words.highTitle, words.highText] : score >= 7 ? [words.middleTitle, words.middleText] : [words.lowTitle, words.lowText];
	return plainPage(look, { title, text: phrase(text, { shop: look.shopName }) });
}

/** The answer came before and counts. */
export function alreadyAnsweredPage(look: PageLook): string {
	const { title, text } = look.words.answered;
	return plainPage(look, { title, text: phrase(text, { shop: look.shopName }) });
}

/** The topics that a survey's link offers: at most 12, as short as a label. */
export function surveyTopics(list: string | undefined): string[] {
	const topics = (list ?? '').split(',').map((topic) => singleLine(topic, 60));
	return [...new Set(topics.filter((topic) => topic !== ''))].slice(0, 12);
}
