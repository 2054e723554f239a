import { isLowStock, type MessagePart } from './catalogue';
import { themeFor, type Theme } from './colour';
import { pointsWithNoun } from './benefits';
import type { ContextItem, ContextPick, MessageContext } from './context';
import { valueParameter } from './links';
import { directionOf, severalLines, singleLine } from './safe-text';
import type { ShopSettings } from '../model/settings';
import type { PickWay } from '../picks/ways';
import type { RenderData } from './template-functions';
import { type DesignWords, phrase, type Words } from './words';

/** A link with its words. */
export interface DesignLink {
	label: string;
	url: string;
}

/** A line of the cart, the order, or the product. */
type DesignItem = Pick<ContextItem, 'title' | 'url' | 'imageUrl' | 'initial' | 'lineTotal' | 'fullLineTotal'> & {
	/** In one line, for the plain text. */
	details: string;
	/** The same on lines of their own: on a phone one line would break within a measure or at its dot. */
	detailLines: string[];
	stockNote: string;
};

/** The question of a mail that is answered by a click on a number. */
interface DesignQuestion {
	question: string;
	lowest: string;
	highest: string;
	/** What stands beside the number in plain text: the meaning of the two ends. */
	choices: Array<DesignLink & { note: string }>;
}

type DesignPick = Pick<ContextPick, 'title' | 'url' | 'imageUrl' | 'initial' | 'price' | 'fullPrice'> & {
	/** Why it is shown, where that is worth a word. */
	note: string;
};

/** How the customer's points stand. */
interface PointsPanel {
	title: string;
	balance: string;
	/** The tier, what is on its way, what expires next. */
	lines: string[];
	/** To the next tier. `done`: in percent, the filled part of the bar; 0 (no bar) where it is not known. */
	way: { label: string; done: number } | undefined;
}

/** What the compiled designs read. Strings only, so that a design holds no logic beyond "is it there". */
export interface DesignModel {
	lang: string;
	dir: 'ltr' | 'rtl';
	start: 'left' | 'right';
	end: 'left' | 'right';
	subject: string;
	previewText: string;
	theme: Theme;
	shop: MessageContext['shop'];
	viewOnline: DesignLink | undefined;
	headline: string;
	intro: string[];
	rating: DesignQuestion | undefined;
	/** Eleven numbers are too many for a row of a phone: they stand in two halves, side by side where there is room. */
	survey: (DesignQuestion & { lowHalf: DesignLink[]; highHalf: DesignLink[] }) | undefined;
	items: DesignItem[];
	moreItems: string;
	total: { label: string; amount: string } | undefined;
	/** `offer`: what it gives. `terms`: until when, and from which value of an order on. */
	discount: { code: string; offer: string; text: string; terms: string[] } | undefined;
	points: PointsPanel | undefined;
	button: DesignLink | undefined;
	/** Two products beside each other; an odd one stands beside an empty place. */
	picks: { title: string; rows: DesignPick[][] } | undefined;
	help: string;
	postalLines: string[];
	why: string;
	/** A question of its own under the mail: why not ordered, or an invitation to subscribe. */
	aside: DesignLink | undefined;
	preferences: DesignLink | undefined;
	unsubscribe: DesignLink | undefined;
}

type Frame = Pick<DesignModel, 'lang' | 'dir' | 'start' | 'end' | 'theme' | 'shop' | 'viewOnline' | 'help' | 'postalLines' | 'why' | 'preferences' | 'unsubscribe'>;

interface FrameOptions {
	/** Of the words in the mail. */
	language: string;
	/** Why the reader gets it. */
	why: keyof DesignWords & `why${string}`;
	isTransactional: boolean;
}

/** What every mail has, whatever it says. */
export function frameOf(context: MessageContext, words: Words, settings: ShopSettings, { language, why, isTransactional }: FrameOptions): Frame {
	const direction = directionOf(language);
	const { links, shop } = context;
	const link = (label: 'viewOnline' | 'preferences' | 'unsubscribe', url: string) => (url ? { label: phrase(words.design[label]), url } : undefined);
	return {
		lang: language,
		dir: direction,
		start: direction === 'rtl' ? 'right' : 'left',
		end: direction === 'rtl' ? 'left' : 'right',
		theme: themeFor(settings.colour),
		shop,
		viewOnline: link('viewOnline', links.view),
		help: helpLine(settings, shop.url, words),
		postalLines: postalLines(shop),
		why: phrase(words.design[why], { shop: shop.name }),
		// About a purchase that is under way: there is nothing to unsubscribe from.
		preferences: isTransactional ? undefined : link('preferences', links.preferences),
		unsubscribe: isTransactional ? undefined : link('unsubscribe', links.unsubscribe),
	};
}

function helpLine(settings: ShopSettings, shopUrl: string, words: Words): string {
	if (settings.replyTo) return phrase(words.design.helpReply);
	return shopUrl ? phrase(words.design.helpVisit, { address: shopUrl.replace(/^https?:\/\//, '') }) : '';
}

/** The address with the shop's name above it, unless it begins with that already. */
function postalLines({ name, postalAddress }: MessageContext['shop']): string[] {
	const lines = severalLines(postalAddress, 500).split('\n').filter(Boolean);
	return lines[0]?.startsWith(name) ? lines : [name, ...lines].filter(Boolean);
}

/** Lines of a cart in the mail. More would push the button out of sight, and the mail over Gmail's 102 kB. */
const maxItemsShown = 10;

/** The lines of a cart or an order, the first ten of them, and how many more there are. */
function linesOf(lines: ContextItem[], words: Words, tellsLowStock: boolean): Pick<DesignModel, 'items' | 'moreItems'> {
	const hidden = lines.length - maxItemsShown;
	return {
		items: lines.slice(0, maxItemsShown).map((line) => ({ ...line, ...details(line, words), stockNote: tellsLowStock && isLowStock(line.stock) ? phrase(words.design.onlyLeft, { count: line.stock }, words.locale) : '' })),
		moreItems: hidden > 0 ? phrase(words.design.moreItems, { count: hidden }, words.locale) : '',
	};
}

function details({ variantTitle, quantity }: ContextItem, words: Words): Pick<DesignItem, 'details' | 'detailLines'> {
	const pieces = phrase(words.design.quantity, { quantity }, words.locale);
	if (!variantTitle) return { details: pieces, detailLines: [pieces] };
	return { details: phrase(words.design.variantAndQuantity, { variant: variantTitle, quantity }, words.locale), detailLines: [variantTitle, pieces] };
}

/** What a message shows, and where that is in the shop. */
export function shownBy(shows: MessagePart, { cart, order, product, points }: MessageContext, words: Words, { locale }: RenderData, tellsLowStock = false): Pick<DesignModel, 'items' | 'moreItems' | 'total' | 'points'> & { url: string } {
	const total = (amount: string) => (amount ? { label: phrase(words.design.total), amount } : undefined);
	if (shows === 'cart') return { ...linesOf(cart.items, words, tellsLowStock), total: total(cart.total), points: undefined, url: cart.url };
	if (shows === 'order') return { ...linesOf(order.items, words, false), total: total(order.total), points: undefined, url: order.url };
	if (shows === 'points') return { items: [], moreItems: '', total: undefined, points: pointsPanel(points, words, locale), url: '' };
	const isThere = shows === 'product' && product.title !== '';
	return { items: isThere ? [{ ...product, details: product.category, detailLines: product.category ? [product.category] : [], stockNote: '', lineTotal: product.price, fullLineTotal: product.fullPrice }] : [], moreItems: '', total: undefined, points: undefined, url: isThere ? product.url : '' };
}

/** Undefined for who never had any. */
function pointsPanel({ available, pending, expiring, expiresAt, tier, nextTier, toNextTier, count }: MessageContext['points'], words: Words, locale: string): PointsPanel | undefined {
	if (available === '') return undefined;
	const { design } = words;
	const onTheWay = nextTier && toNextTier;
	return {
		title: phrase(design.pointsTitle),
		balance: pointsWithNoun(count.available, words, locale),
		lines: [
			...(tier ? [phrase(design.pointsTier, { tier })] : []),
			...(pending ? [phrase(design.pointsPending, { points: pending, count: count.pending }, words.locale)] : []),
			...(expiring && expiresAt ? [phrase(design.pointsExpiring, { points: expiring, count: count.expiring, until: expiresAt }, words.locale)] : []),
		],
		way: onTheWay ? { label: phrase(design.pointsToNext, { missing: toNextTier, tier: nextTier }), done: count.onTheWay } : undefined,
	};
}

/** Why a product was picked, where the reader gains from knowing it: the others are plain to see, or said by the title above them. */
const tellingReasons: Record<string, keyof DesignWords> = {
	bought_together: 'pickTogether',
	viewed_then_bought: 'pickChosen',
	bestseller: 'pickBestseller',
	new: 'pickNew',
	back_in_stock: 'pickBack',
} satisfies Partial<Record<PickWay, keyof DesignWords>>;

/** Recommended products in a mail: as many as two rows hold. */
const mostPicksShown = 4;

/** Those that have a name. Undefined where there are none. */
export function picksOf(picks: ContextPick[], title: string, { design }: Words): DesignModel['picks'] {
	const noteOf = (reason: string) => (Object.hasOwn(tellingReasons, reason) ? phrase(design[tellingReasons[reason]]) : '');
	const shown = picks.filter((pick) => pick.title !== '').slice(0, mostPicksShown).map((pick) => ({ ...pick, note: noteOf(pick.reason) }));
	if (shown.length === 0) return undefined;
	return { title, rows: shown.length > 2 ? [shown.slice(0, 2), shown.slice(2)] : [shown] };
}

/** The buttons of a rating (1 to 5) or a survey (0 to 10), and what their ends mean. */
export function questionOf(kind: 'rate' | 'survey', url: string, said: Pick<DesignQuestion, 'question' | 'lowest' | 'highest'>): Pick<DesignModel, 'rating' | 'survey'> {
	const [first, last] = kind === 'rate' ? [1, 5] : [0, 10];
	const choices = Array.from({ length: last - first + 1 }, (_none, index) => {
		const value = first + index;
		return { label: String(value), url: `${url}&${valueParameter}=${value}`, note: value === first ? said.lowest : value === last ? said.highest : '' };
	});
	if (kind === 'rate') return { rating: { ...said, choices }, survey: undefined };
	return { rating: undefined, survey: { ...said, choices, lowHalf: choices.slice(0, 6), highHalf: choices.slice(6) } };
}

/** @param ownText the operator's words under the code @param saysToday what the message says of a code whose end is not known */
export function discountBox({ discount: { code, offer, expiresAt, minimum, endsToday } }: MessageContext, { design, locale }: Words, ownText: string | undefined, saysToday = false): DesignModel['discount'] {
	if (!code) return undefined;
	const terms = [
		...(endsToday ? [phrase(design.discountToday)] : expiresAt ? [phrase(design.discountUntil, { until: expiresAt })] : []),
		...(minimum ? [phrase(design.discountMinimum, { minimum })] : []),
	];
	const text = ownText ?? phrase(saysToday && !expiresAt ? design.discountTextToday : design.discountText);
	return { code, offer: offer && offer.charAt(0).toLocaleUpperCase(locale) + offer.slice(1), text: singleLine(text, 200), terms };
}

export function paragraphs(text: string): string[] {
	return severalLines(text, 5000).split('\n').filter(Boolean);
}
