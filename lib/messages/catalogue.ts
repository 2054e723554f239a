import type { MessageContext } from './context';
import type { PickWay } from '../picks/ways';
import type { MessageLink } from './links';
import type { DesignWords } from './words';

/** The chapters of the journeys that messages are built for. */
export const chapters = {
	'01': 'Welcome',
	'02': 'Sales Cycle',
	'03': 'Cart Reminder',
	'04': 'Behaviour',
	'05': 'Selling to Buyers',
	'06': 'Thank You',
	'07': 'Survey',
	'08': 'Personal',
	'09': 'Loyalty',
	'10': 'Purchase Status',
} as const;
export type Chapter = keyof typeof chapters;

/** What a message shows under its text. */
export const messageParts = ['nothing', 'cart', 'order', 'product', 'picks', 'points'] as const;
export type MessagePart = (typeof messageParts)[number];

/** What the words of messages may name. All know `{name}` and `{shop}`. */
export type WordsPlaceholder =
	| 'name'
	| 'shop'
	| 'order'
	| 'total'
	| 'due'
	| 'product'
	| 'topic'
	| 'page'
	| 'waits'
	| 'count'
	/** What the discount code gives, and the last day on which it can be used. */
	| 'offer'
	| 'until'
	/** Points with their noun ("350 points"): the balance, what expires next and when, what was just earned. */
	| 'points'
	| 'expiring'
	| 'expires'
	| 'earned'
	/** The customer's tier, the next one, and how much is missing to it (points or money). */
	| 'tier'
	| 'nextTier'
	| 'missing'
	/** The shop's place nearest to the customer, and its town. */
	| 'place'
	| 'town';

/** One message that comes with the package: what it is, shows and needs. Its words are in `words/<locale>.json` under its id. */
export interface BuiltInMessage {
	label: string;
	/** For the operator: when it goes out, and what it says. */
	description: string;
	chapter: Chapter;
	/** The kind of journey it is made for: chapter 10 and what confirms an address are no marketing. */
	kind: 'marketing' | 'transactional';
	shows: MessagePart;
	/** Shows recommended products as well, where the item carries them. */
	picks?: boolean;
	/** Ways of picking of which the title above the picks is true: where not all are picked so, another title stands there that claims nothing. Absent: any way. */
	picksMean?: readonly PickWay[];
	/** Its text speaks of the picks too: those that are picked otherwise are left out, if there are any of the right kind. */
	tellsOfPicks?: boolean;
	/** Asks for an answer by buttons: 1 to 5 stars, or 0 to 10 for a survey. */
	asks?: 'rate' | 'survey';
	/** Links without which it makes no sense: it is not sent while Message Webhook Trigger is off. */
	needs: MessageLink[];
	/** Links it shows where there are any, besides the unsubscribe and preference links of marketing. */
	uses?: MessageLink[];
	/** Besides `{name}` and `{shop}`. */
	placeholders: WordsPlaceholder[];
	/** Why the reader gets it. */
	why: keyof DesignWords & `why${string}`;
	/** Which words hold for this reader, a key of `Words.messages`; by default the message's own. Nothing is claimed that is not true. */
	wordsOf?(context: MessageContext): string;
	/** Where its button leads, if not to what it shows. */
	buttonUrl?(context: MessageContext): string;
	/** Says that the code is valid today only. */
	codeEndsToday?: boolean;
	/** Says of each line whether it is running out. */
	tellsLowStock?: boolean;
}

/** Stock at or below this is "really low": only then may a mail say so. */
const lowStockMost = 3;

/** Whether so little is left that a mail may say it. */
export function isLowStock(stock: number | undefined): stock is number {
	return stock !== undefined && stock > 0 && stock <= lowStockMost;
}

const withCode = (id: string) => ({ placeholders: ['offer'] as WordsPlaceholder[], wordsOf: ({ discountCode }: MessageContext) => (discountCode ? `${id}/code` : id) });
const marketing = { kind: 'marketing', shows: 'nothing', needs: [], placeholders: [], why: 'whyMarketing' } as const satisfies Partial<BuiltInMessage>;
const cart = { ...marketing, chapter: '03', shows: 'cart', why: 'why' } as const satisfies Partial<BuiltInMessage>;
const purchase = { chapter: '10', kind: 'transactional', shows: 'order', needs: [], why: 'whyTransactional' } as const satisfies Partial<BuiltInMessage>;
const returned = { ...purchase, shows: 'nothing', placeholders: ['order'], buttonUrl: ({ order }: MessageContext) => order.url } as const satisfies Partial<BuiltInMessage>;
const withForm = (id: string) => ({
	wordsOf: ({ return: { formUrl } }: MessageContext) => (formUrl ? `${id}/form` : id),
	buttonUrl: ({ return: { formUrl } }: MessageContext) => formUrl,
});
const review = { ...marketing, chapter: '06', why: 'whyBought' } as const satisfies Partial<BuiltInMessage>;
const survey = { ...marketing, chapter: '07', why: 'whyContact' } as const satisfies Partial<BuiltInMessage>;

const goesWith = ['accessory', 'bought_together'] as const satisfies PickWay[];
const similar = ['same_category', 'viewed_together'] as const satisfies PickWay[];
const liked = ['bestseller', 'bought_together', 'viewed_then_bought'] as const satisfies PickWay[];
const withPicks = (id: string, picksMean: readonly PickWay[]) => ({ picks: true, tellsOfPicks: true, picksMean, wordsOf: ({ picks }: MessageContext) => (picks.length ? `${id}/picks` : id) });
const bought = { ...marketing, chapter: '05', why: 'whyBought' } as const satisfies Partial<BuiltInMessage>;
const birthday = { ...marketing, chapter: '08', picks: true } as const satisfies Partial<BuiltInMessage>;
const loyalty = { ...marketing, chapter: '09', picks: true, why: 'whyLoyalty', shows: 'points' } as const satisfies Partial<BuiltInMessage>;

const returnStates = new Set(['requested', 'approved', 'declined', 'received', 'refunded', 'closed', 'cancelled']);

/** Whether the customer has agreed to marketing by e-mail: others are invited, not taken for granted. */
const isSubscribed = ({ customer }: MessageContext) => customer.emailConsent === 'subscribed';

/** All built-in messages by id, in the order of the chapters. */
export const catalogue = {
	'newsletter-thanks': { ...marketing, chapter: '01', label: 'Thanks for Subscribing', description: 'At once: thanks, what will come, and the discount code if there is one', picks: true, ...withCode('newsletter-thanks') },
	'shopping-guide': { ...marketing, chapter: '01', label: 'Shopping Guide', description: '3 days after subscribing: how to choose well', picks: true, picksMean: ['bestseller'] },
	'why-us': {
		...marketing,
		chapter: '01',
		label: 'Why Us',
		description: '7 days after subscribing: what to expect from the shop, and what others say, where the settings name a public review page',
		picks: true,
		picksMean: liked,
		wordsOf: ({ shop }) => (shop.reviewUrl ? 'why-us/public' : 'why-us'),
		buttonUrl: ({ shop }) => shop.reviewUrl,
	},
	'new-customer': { ...marketing, chapter: '01', label: 'New Customer', description: 'At once after an account was opened: a greeting, new things or a code for the first order', picks: true, picksMean: ['new'], why: 'whyAccount', ...withCode('new-customer') },
	'confirm-subscription': {
		...marketing,
		chapter: '01',
		kind: 'transactional',
		label: 'Confirm Your Subscription',
		description: 'Double opt-in: asks to confirm the address, and nothing else',
		needs: ['confirm'],
		why: 'whyConfirm',
		buttonUrl: ({ links }) => links.confirm,
	},
	'subscribed-offer': { ...marketing, chapter: '02', label: 'Subscribed, Not Bought', description: '14 days after subscribing: a code if there is one, else help in choosing', picks: true, ...withCode('subscribed-offer') },
	'subscribed-once-more': { ...marketing, chapter: '02', label: 'Subscribed, Not Bought: Once More', description: '28 days after subscribing', picks: true, picksMean: liked, ...withCode('subscribed-once-more') },
	'we-miss-you': { ...marketing, chapter: '02', label: 'We Miss You', description: 'A long time after the last order: what is new', picks: true },
	'we-miss-you-code': { ...marketing, chapter: '02', label: 'We Miss You, With a Code', description: '14 days later: something for the next order', picks: true, ...withCode('we-miss-you-code') },
	seasonal: { ...marketing, chapter: '02', label: 'Same Season Again', description: '3 weeks before a season in which the customer bought last year', picks: true, picksMean: ['new'] },
	'cart-reminder': { ...cart, label: 'Friendly Reminder', description: 'The cart is kept, and help is offered', uses: ['answer'] },
	'cart-benefits': { ...cart, label: 'Good Points', description: 'What speaks for the choice' },
	'cart-last-code': {
		...cart,
		label: 'Last Reminder, With a Code',
		description: 'With the discount code, valid that day, or until its own last day where that is known; without a code just a last reminder',
		codeEndsToday: true,
		placeholders: ['offer', 'until'],
		wordsOf: ({ discount: { code, expiresAt, endsToday } }) => (!code ? 'cart-last-code' : expiresAt && !endsToday ? 'cart-last-code/until' : 'cart-last-code/code'),
	},
	'cart-low-stock': {
		...cart,
		label: 'Low Stock, Only if True',
		description: 'Says what is really running out (three pieces or fewer); else the same as No Hurry',
		picks: true,
		picksMean: similar,
		tellsLowStock: true,
		wordsOf: ({ cart: { items } }) => (items.some(({ stock }) => isLowStock(stock)) ? 'cart-low-stock' : 'cart-no-hurry'),
	},
	'cart-no-hurry': { ...cart, label: 'No Hurry', description: 'A second thought, without pressure' },
	'cart-reward': { ...cart, label: 'Reward', description: 'The discount code below as a small present; without a code the same as No Hurry', placeholders: ['offer'], wordsOf: ({ discountCode }) => (discountCode ? 'cart-reward' : 'cart-no-hurry') },
	'cart-similar': { ...cart, label: 'Similar Products', description: 'With the picks of a Product Picks node before it; without picks the same as No Hurry', picks: true, tellsOfPicks: true, picksMean: similar, wordsOf: ({ picks }) => (picks.length ? 'cart-similar' : 'cart-no-hurry') },
	'cart-story': { ...cart, label: 'Story', description: 'The cart tells its story' },
	'checkout-reminder': { ...cart, label: 'Checkout Not Finished', description: '30 minutes: go on where you stopped', uses: ['answer'] },
	'checkout-help': { ...cart, label: 'Checkout Not Finished: Can We Help?', description: '1 day: was it the payment, or the delivery?' },
	'checkout-last': { ...cart, label: 'Checkout Not Finished: Last Reminder', description: '3 days: once more, with a code if there is one', ...withCode('checkout-last') },
	'browse-abandoned': { ...marketing, chapter: '04', label: 'Looked at a Product', description: '4 hours after looking: the product, and picks', shows: 'product', picks: true, picksMean: ['viewed_together', 'viewed_then_bought'], placeholders: ['product'] },
	'page-visited': { ...marketing, chapter: '04', label: 'Visited a Page Twice', description: 'Offers an answer to the question that was left open', picks: true, placeholders: ['page'] },
	'campaign-click': { ...marketing, chapter: '04', label: 'Clicked in a Campaign', description: 'More about the product or category that was clicked in a mail', shows: 'product', picks: true, picksMean: [...similar, 'favourite_category'], placeholders: ['topic'] },
	'back-in-stock': {
		...marketing,
		chapter: '04',
		label: 'Back in Stock',
		description: 'The product that was asked for can be ordered again; says how many there are only if they are few',
		shows: 'product',
		placeholders: ['product', 'count'],
		why: 'whyAsked',
		wordsOf: ({ product }) => (isLowStock(product.stock) ? 'back-in-stock/few' : 'back-in-stock'),
	},
	'still-out': {
		...marketing,
		chapter: '04',
		label: 'Still Out of Stock',
		description: '21 days after asking: not back yet, and something similar',
		shows: 'product',
		picks: true,
		picksMean: similar,
		placeholders: ['product'],
		why: 'whyAsked',
		wordsOf: ({ product }) => (product.stock ? 'still-out/back' : 'still-out'),
		// The page of what is not to be had would be no help.
		buttonUrl: ({ product, shop }) => (product.stock ? product.url : shop.url),
	},
	accessories: { ...bought, label: 'Accessories', description: 'A day after an order: the picks that go with it; without picks, an offer to help', ...withPicks('accessories', goesWith) },
	'accessories-once-more': { ...bought, label: 'Accessories: Once More', description: '2 days later, and no more after that', ...withPicks('accessories-once-more', goesWith) },
	care: { ...bought, label: 'Use and Care', description: 'A day after the delivery: how to keep it good for long', shows: 'order' },
	upgrade: { ...bought, why: 'whyMarketing', label: 'Upgrade', description: '4 hours after looking at a product that has a better version: both of them, with a Product Picks node before it', shows: 'product', placeholders: ['product'], ...withPicks('upgrade', ['upgrade']) },
	'upgrade-reminder': { ...bought, why: 'whyMarketing', label: 'Upgrade: Reminder', description: '2 days later, and no more after that', shows: 'product', placeholders: ['product'], ...withPicks('upgrade-reminder', ['upgrade']) },
	replacement: { ...bought, label: 'Time for the Next One', description: 'When what was bought has had its time, e.g. shoes after 6 to 12 months', shows: 'product', picks: true, placeholders: ['product'] },
	'next-size': { ...bought, label: 'Next Size', description: 'Children’s wear: the next size, with a Product Picks node before it', shows: 'product', placeholders: ['product'], ...withPicks('next-size', ['next_size']) },
	replenishment: { ...bought, label: 'Running Low', description: 'When what was bought is soon used up, early enough for the delivery', shows: 'product', placeholders: ['product'] },
	'sale-started': {
		...bought,
		why: 'whyMarketing',
		label: 'Sale Started',
		description: 'When a sale has begun: reduced goods, with a Product Picks node before it',
		picks: true,
		wordsOf: ({ picks }) => (picks.length > 0 && picks.every(({ fullPrice }) => fullPrice) ? 'sale-started/reduced' : 'sale-started'),
	},
	'thank-you': { ...review, label: 'Thank You', description: '14 days after the delivery: thanks, and what goes with it', picks: true, picksMean: goesWith },
	'review-request': { ...review, label: 'Review Request', description: 'Asks for 1 to 5 stars by buttons in the mail', shows: 'order', asks: 'rate', needs: ['rate'] },
	'review-reminder': { ...review, label: 'Review Request: Reminder', description: '7 days without an answer: once more, and no more after that', shows: 'order', asks: 'rate', needs: ['rate'] },
	'review-thanks': {
		...review,
		label: 'After 4 or 5 Stars',
		description: 'Thanks, and an invitation to the public review page, where the settings name one',
		wordsOf: ({ shop }) => (shop.reviewUrl ? 'review-thanks/public' : 'review-thanks'),
		buttonUrl: ({ shop }) => shop.reviewUrl,
	},
	'review-apology': { ...review, label: 'After 1 to 3 Stars', description: 'Apologises and asks what went wrong' },
	survey: { ...survey, label: 'Survey', description: 'A day after the contact: how likely are you to recommend us, 0 to 10 by buttons in the mail', asks: 'survey', needs: ['survey'], uses: ['preferences'] },
	'survey-promoter': {
		...survey,
		label: 'After 9 or 10',
		description: 'Thanks; who has agreed to news is asked to pass it on, others are invited to subscribe',
		uses: ['preferences'],
		wordsOf: (context) => (!isSubscribed(context) && context.links.preferences ? 'survey-promoter/invite' : 'survey-promoter'),
		buttonUrl: (context) => (isSubscribed(context) ? '' : context.links.preferences),
	},
	'survey-passive': { ...survey, label: 'After 7 or 8', description: 'Asks what could be better' },
	'survey-apology': { ...survey, label: 'After 0 to 6', description: 'Apologises; a person gets back to the customer' },
	birthday: { ...birthday, label: 'Birthday', description: '7 days before: good wishes, and the discount code if there is one', ...withCode('birthday') },
	'birthday-unused': { ...birthday, label: 'Birthday: Code Not Used', description: 'The code once more, with its last day; without a code, good wishes', ...withCode('birthday-unused'), placeholders: ['until'] },
	'birthday-today': { ...birthday, label: 'Birthday: On the Day', description: 'Congratulations, and the discount code if there is one', ...withCode('birthday-today') },
	'child-birthday': { ...birthday, label: 'Child’s Birthday', description: '7 days before: ideas for a present, and the discount code if there is one', ...withCode('child-birthday') },
	'child-birthday-today': { ...birthday, label: 'Child’s Birthday: On the Day', description: 'Congratulations to the parent, and the discount code if there is one', ...withCode('child-birthday-today') },
	'shop-near-you': {
		...marketing,
		chapter: '08',
		label: 'Shop Near You',
		description: 'Names the nearest of the places in the shop’s settings; where none is near, an offer to help',
		placeholders: ['place', 'town'],
		wordsOf: ({ place }) => (place.name ? 'shop-near-you/place' : 'shop-near-you'),
	},
	'complete-profile': {
		...marketing,
		chapter: '08',
		label: 'Complete Your Profile',
		description: 'Asks for what is missing of what the profile form asks, the birthday or the phone number, one at a time, and says why. Leads to the profile form of Message Webhook Trigger.',
		needs: ['profile'],
		wordsOf: ({ profileAsks }) => (profileAsks ? `complete-profile/${profileAsks}` : 'complete-profile'),
		buttonUrl: ({ links }) => links.profile,
	},
	'points-summary': { ...loyalty, label: 'Points: Summary', description: 'Each month: how many points there are', placeholders: ['points'], wordsOf: ({ points }) => (points.count.available > 0 ? 'points-summary/points' : 'points-summary') },
	'points-expiring': { ...loyalty, label: 'Points: Expiring', description: '30 and 7 days before: how many points expire, and when', placeholders: ['expiring', 'expires'], wordsOf: ({ points }) => (points.expiring && points.expiresAt ? 'points-expiring/known' : 'points-expiring') },
	'points-earned': { ...loyalty, label: 'Points: Earned', description: 'After points were earned: how many, where the event says so', placeholders: ['earned'], wordsOf: ({ points }) => (points.count.earned > 0 ? 'points-earned/known' : 'points-earned') },
	'next-tier': { ...loyalty, label: 'Next Tier', description: 'How much is missing to the next tier; without tiers, thanks', placeholders: ['missing', 'nextTier'], wordsOf: ({ points }) => (points.nextTier && points.toNextTier ? 'next-tier/known' : 'next-tier') },
	'tier-reached': { ...loyalty, label: 'Tier Reached', description: 'At once after a tier was reached; without tiers, thanks', placeholders: ['tier'], wordsOf: ({ points }) => (points.tier ? 'tier-reached/tier' : 'tier-reached') },
	'vip-reward': { ...loyalty, why: 'whyBought', shows: 'nothing', label: 'For the Best Customers', description: 'Thanks, and the discount code if there is one', ...withCode('vip-reward') },
	'one-time-buyer': { ...loyalty, why: 'whyBought', shows: 'nothing', label: 'One-Time Buyer', description: '60 days after the only order: is all well, and picks' },
	'one-time-buyer-code': { ...loyalty, why: 'whyBought', shows: 'nothing', label: 'One-Time Buyer, With a Code', description: '75 days after the only order: something for the second one', ...withCode('one-time-buyer-code') },
	'payment-how': { ...purchase, label: 'Awaiting Payment: How to Pay', description: '1 day', placeholders: ['order', 'total', 'due'] },
	'payment-reminder': { ...purchase, label: 'Awaiting Payment: Reminder', description: '3 days', placeholders: ['order', 'total', 'due'] },
	'payment-last': { ...purchase, label: 'Awaiting Payment: Last Word', description: '7 days', placeholders: ['order', 'total', 'due'] },
	'payment-due': { ...purchase, label: 'Awaiting Payment: Due Soon', description: '2 days before an invoice is due', placeholders: ['order', 'total', 'due'] },
	'waiting-for-items': { ...purchase, label: 'Waiting for Items', description: 'What is missing, and how to get the rest earlier', placeholders: ['order', 'waits'] },
	'return-incomplete': { ...returned, label: 'Return: Bank Details Missing', description: 'A link to the form of the shop, never by reply', ...withForm('return-incomplete') },
	'return-incomplete-reminder': { ...returned, label: 'Return: Bank Details Missing, Reminder', description: '3 days later', ...withForm('return-incomplete-reminder') },
	'return-status': { ...returned, label: 'Return: New Status', description: 'What became of the return', wordsOf: ({ return: { status } }) => (returnStates.has(status) ? `return-status/${status}` : 'return-status') },
} as const satisfies Record<string, BuiltInMessage>;

export type BuiltInId = keyof typeof catalogue;

/** The entry of a built-in message, or undefined where there is none of that id. */
export function builtInMessage(id: string): BuiltInMessage | undefined {
	return Object.hasOwn(catalogue, id) ? catalogue[id as BuiltInId] : undefined;
}

/** The tones of the cart reminder, as the node names them, and the messages they are. */
export const cartReminders = {
	reminder: 'cart-reminder',
	benefits: 'cart-benefits',
	lastCode: 'cart-last-code',
	lowStock: 'cart-low-stock',
	noHurry: 'cart-no-hurry',
	reward: 'cart-reward',
	similar: 'cart-similar',
	story: 'cart-story',
} as const satisfies Record<string, BuiltInId>;
export type CartReminderTone = keyof typeof cartReminders;
export const cartReminderTones = Object.keys(cartReminders) as CartReminderTone[];
