import { dayMs } from '../model/clock';
import type { AttributeValue, EventType, LineItem, OrderFacts, ProductFacts, ViewFacts } from '../model/events';
import type { ItemCart, ItemCustomer, ItemOrder, ItemProduct, JourneyItem } from '../model/item';
import { currencyDigits } from '../model/money';
import type { AppliedRule, ProductRule } from '../model/productRules';
import type { CartRecord, CustomerRecord, EnrolmentRecord, HistoryRecord, PointsStanding } from '../model/records';

/**
 * The one catalogue of facts that conditions speak of. A new fact is one entry here: with its label the editor offers it, with
 * its type it gets its operators, with its readers it is compiled, with `index` it is indexed and serves listings.
 */

/**
 * `birthday`: dates that return each year, as `YYYY-MM-DD` or `--MM-DD`. `date`: a moment. `attribute`: whatever the shop keeps under
 * a name; the operator decides what it is compared as.
 */
export type FactType = 'text' | 'number' | 'money' | 'date' | 'birthday' | 'boolean' | 'list' | 'choice' | 'attribute';

/** What conditions are decided on. Nodes and triggers fill in what they have; a part that is missing has no facts. */
export interface Facts {
	customer?: CustomerRecord | null;
	/** What the customer did: only for conditions that count events (see `needs`). */
	history?: HistoryRecord | null;
	/** This enrolment, for conditions on its earlier messages. */
	enrolment?: Pick<EnrolmentRecord, 'sends'> | null;
	order?: OrderWithGoods | null;
	cart?: CartRecord | null;
	product?: ProductWithRule | null;
	view?: ViewFacts | null;
	event?: EventFacts | null;
	/** The journey item, where all but the customer is read from it (see `readFrom`). */
	item?: CarriedFacts;
}

/** An order, and what the product rules say of its goods, where a condition asks for that (see `Needs.rules`). */
export type OrderWithGoods = OrderFacts & { goods?: ProductRule['goods'] };

/** A product, and what the product rules say of it, where a condition asks for that. */
export type ProductWithRule = ProductFacts & { rule?: AppliedRule };

export interface EventFacts {
	type?: EventType | string;
	name?: string;
	data?: Record<string, AttributeValue>;
}

/** What an item may carry: any part of a journey item. Where it comes from somewhere else, a part may be anything at all. */
export type CarriedFacts = Partial<Pick<JourneyItem, 'journey' | 'customer' | 'cart' | 'order' | 'product' | 'view' | 'event'>>;

interface PartRecords {
	customer: CustomerRecord;
	order: OrderWithGoods;
	cart: CartRecord;
	product: ProductWithRule;
	view: ViewFacts;
	event: EventFacts;
}

interface PartItems {
	customer: ItemCustomer;
	order: ItemOrder;
	cart: ItemCart;
	product: ItemProduct;
	view: ViewFacts;
	event: EventFacts;
}

export type FactPart = keyof PartRecords;

/** What a reader of amounts needs besides: the currency that the condition compares in, and the shop's own. ISO 4217. */
export interface Currencies {
	currency: string;
	shopCurrency: string;
}

/** text and choice: string; number and money (minor units): number; date: epoch ms; birthday and list: texts; undefined where it is not known. */
export type FactValue = AttributeValue | readonly string[] | undefined;

export type FactReader = (part: never, currencies: Currencies) => FactValue;
/** Of a fact that changes as time goes by. `nowMs` is journey time. */
export type TimedReader = (part: never, nowMs: number) => FactValue;

/** Which indexes of customers a fact has; the names are built in indexes.ts. Only facts of the customer can have one. */
export interface FactIndex {
	/** By its number or moment. Money: one index per currency, of customers above zero. Yes-or-no facts: those for whom it is true. */
	value?: true;
	/** By the day of the year on which it returns, for up to so many dates of a customer. */
	yearDays?: number;
	/** One index for each word, for up to so many words of a customer. */
	words?: number;
	/** The word that most customers have: listing by it would read nearly everybody, so it is not kept. */
	leftOut?: string;
}

/** The values of a choice, under a name of one word: facts that share it share the editor's field. */
export interface Choices {
	name: string;
	values: ReadonlyArray<{ value: string; label: string }>;
}

export interface FactField {
	id: string;
	/** As the editor shows it, its group first: "Orders: Number". */
	label: string;
	part: FactPart;
	type: FactType;
	/** With type `choice`: what it can be. */
	choices?: Choices;
	/** What follows a number: "%". */
	unit?: string;
	read: FactReader;
	/** Whether it is worked out from the product rules. */
	usesRules?: true;
	/** With type `choice`, of facts that also depend on the time: read instead of `read`. */
	readAt?: TimedReader;
	/** How the journey item carries it; absent where it does not. */
	item?: FactReader;
	/** Money only: all amounts of a customer, by currency, for the index. */
	amounts?: (customer: CustomerRecord) => Record<string, number>;
	index?: FactIndex;
}

interface Entry<P extends FactPart> extends Omit<FactField, 'part' | 'read' | 'readAt' | 'item'> {
	read: (part: PartRecords[P], currencies: Currencies) => FactValue;
	readAt?: (part: PartRecords[P], nowMs: number) => FactValue;
	item?: (part: PartItems[P], currencies: Currencies) => FactValue;
}

const of =
	<P extends FactPart>(part: P) =>
	(entry: Entry<P>): FactField => ({ part, ...entry });

const customer = of('customer');
const order = of('order');
const cart = of('cart');
const product = of('product');
const view = of('view');
const event = of('event');

/** Words that an index keeps of a customer before it only remembers that there are many. */
const fewWords = 24;

const time = (iso: string | undefined): number | undefined => {
	if (iso === undefined) return undefined;
	const atMs = Date.parse(iso);
	return Number.isNaN(atMs) ? undefined : atMs;
};

/** Without the empty ones, each once. */
const words = (list: Array<string | undefined>): string[] => [...new Set(list)].filter((word): word is string => !!word);
const pieces = (items: LineItem[]) => items.reduce((sum, { quantity }) => sum + quantity, 0);
const categoriesOf = (items: LineItem[]) => words(items.map(({ category }) => category));
/** Shops name goods by id; people know the title. Either is found. */
const productsOf = (items: LineItem[]) => words(items.flatMap(({ productId, title }) => [productId, title]));

const sameCurrency = (amountMinor: number | undefined, own: string | undefined, { currency, shopCurrency }: Currencies) => ((own ?? shopCurrency) === currency ? amountMinor : undefined);

const consentChoices: Choices = {
	name: 'consentStatus',
	values: [
		{ value: 'subscribed', label: 'Subscribed' },
		{ value: 'pending', label: 'Waiting for Confirmation' },
		{ value: 'unsubscribed', label: 'Unsubscribed' },
		{ value: 'none', label: 'Never Asked' },
	],
};

const basisChoices: Choices = {
	name: 'consentBasis',
	values: [
		{ value: 'opt_in', label: 'Opted In' },
		{ value: 'double_opt_in', label: 'Opted In and Confirmed' },
		{ value: 'soft_opt_in', label: 'Address Given at the Checkout' },
		{ value: 'unknown', label: 'Not Known' },
	],
};

const stageChoices: Choices = {
	name: 'cartStage',
	values: [
		{ value: 'cart', label: 'Cart' },
		{ value: 'checkout', label: 'Checkout Started' },
	],
};

const frequencyChoices: Choices = {
	name: 'frequency',
	values: [
		{ value: 'all', label: 'All' },
		{ value: 'less', label: 'Less Often' },
	],
};

const goodsChoices: Choices = {
	name: 'goods',
	values: [
		{ value: 'soft', label: 'Soft Goods' },
		{ value: 'hard', label: 'Hard Goods' },
		{ value: 'none', label: 'No Product Rule Says It' },
	],
};

const gradeChoices: Choices = {
	name: 'grade',
	values: [
		{ value: 'A', label: 'A: Clicked Lately' },
		{ value: 'B', label: 'B: Opened Lately' },
		{ value: 'C', label: 'C: Did Nothing Lately' },
		{ value: 'D', label: 'D: Did Nothing for Long' },
		{ value: 'none', label: 'No Message Yet' },
	],
};

const channels = [
	['email', 'E-Mail'],
	['sms', 'SMS'],
	['whatsapp', 'WhatsApp'],
	['push', 'Push'],
] as const;

export const factFields: readonly FactField[] = [
	customer({ id: 'email', label: 'Customer: E-Mail', type: 'text', read: (c) => c.email, item: (c) => c.email }),
	customer({ id: 'phone', label: 'Customer: Phone', type: 'text', read: (c) => c.phone, item: (c) => c.phone }),
	customer({ id: 'firstName', label: 'Customer: First Name', type: 'text', read: (c) => c.firstName, item: (c) => c.firstName }),
	customer({ id: 'lastName', label: 'Customer: Last Name', type: 'text', read: (c) => c.lastName, item: (c) => c.lastName }),
	customer({ id: 'locale', label: 'Customer: Language', type: 'text', read: (c) => c.locale, item: (c) => c.locale }),
	customer({ id: 'timezone', label: 'Customer: Time Zone', type: 'text', read: (c) => c.timezone, item: (c) => c.timezone }),
	customer({ id: 'country', label: 'Customer: Country', type: 'text', read: (c) => c.country, item: (c) => c.country, index: { words: 1 } }),
	customer({ id: 'city', label: 'Customer: City', type: 'text', read: (c) => c.city, item: (c) => c.city, index: { words: 1 } }),
	customer({ id: 'postcode', label: 'Customer: Postcode', type: 'text', read: (c) => c.postcode }),
	customer({
		id: 'tags',
		label: 'Customer: Tags',
		type: 'list',
		read: ({ tags, ownTags }) => (tags && ownTags ? [...tags, ...ownTags] : (tags ?? ownTags)),
		item: (c) => c.tags,
		index: { words: fewWords },
	}),
	customer({ id: 'birthday', label: 'Customer: Birthday', type: 'birthday', read: (c) => c.birthday, item: (c) => c.birthday, index: { yearDays: 1 } }),
	customer({ id: 'children.birthday', label: 'Customer: Birthday of a Child', type: 'birthday', read: (c) => c.children?.map(({ birthday }) => birthday), index: { yearDays: 4 } }),
	customer({ id: 'children.count', label: 'Customer: Number of Children', type: 'number', read: (c) => c.children?.length ?? 0 }),
	customer({ id: 'account', label: 'Customer: Has an Account', type: 'boolean', read: (c) => c.hasAccount ?? false }),
	customer({ id: 'created', label: 'Customer: Known Since', type: 'date', read: (c) => c.createdAtMs, index: { value: true } }),
	customer({ id: 'suppressed', label: 'Customer: No Message May Be Sent', type: 'boolean', read: (c) => c.suppressed !== undefined, index: { value: true } }),

	...channels.flatMap(([channel, name]) => [
		customer({
			id: `consent.${channel}`,
			label: `Consent: ${name}`,
			type: 'choice',
			choices: consentChoices,
			read: (c) => c.consent[channel]?.status ?? 'none',
			item: (c) => c.consent?.[channel] ?? 'none',
			index: { words: 1, leftOut: 'none' },
		}),
		customer({ id: `consent.${channel}.basis`, label: `Consent: How for ${name}`, type: 'choice', choices: basisChoices, read: (c) => c.consent[channel]?.basis }),
		customer({ id: `consent.${channel}.since`, label: `Consent: Since When for ${name}`, type: 'date', read: (c) => c.consent[channel]?.atMs }),
	]),

	customer({ id: 'orders.count', label: 'Orders: Number', type: 'number', read: (c) => c.orders.count, item: (c) => c.orders?.count ?? 0, index: { value: true } }),
	customer({
		id: 'orders.spent',
		label: 'Orders: Total Spent',
		type: 'money',
		read: (c, { currency }) => c.orders.spentMinor[currency] ?? 0,
		item: (c, currencies) => sameCurrency(c.orders?.spentMinor ?? 0, undefined, currencies),
		amounts: (c) => c.orders.spentMinor,
		index: { value: true },
	}),
	customer({
		id: 'orders.average',
		label: 'Orders: Average Value',
		type: 'money',
		read: (c, { currency }) => (c.orders.count > 0 && c.orders.spentMinor[currency] !== undefined ? c.orders.spentMinor[currency] / c.orders.count : undefined),
		item: (c, currencies) => (c.orders?.count > 0 ? sameCurrency(c.orders.spentMinor / c.orders.count, undefined, currencies) : undefined),
	}),
	customer({ id: 'orders.first', label: 'Orders: First Order', type: 'date', read: (c) => c.orders.firstAtMs, item: (c) => time(c.orders?.firstAt), index: { value: true, yearDays: 1 } }),
	customer({ id: 'orders.last', label: 'Orders: Last Order', type: 'date', read: (c) => c.orders.lastAtMs, item: (c) => time(c.orders?.lastAt), index: { value: true } }),
	customer({ id: 'bought.items', label: 'Orders: Pieces Bought', type: 'number', read: (c) => c.bought?.items ?? 0 }),
	customer({ id: 'bought.categories', label: 'Orders: Categories Bought', type: 'list', read: (c) => c.bought && Object.keys(c.bought.categories), index: { words: fewWords } }),
	customer({ id: 'bought.products', label: 'Orders: Products Bought (IDs)', type: 'list', read: (c) => c.bought && Object.keys(c.bought.products), index: { words: fewWords } }),
	customer({
		id: 'bought.saleShare',
		label: 'Orders: Share Bought on Sale',
		type: 'number',
		unit: '%',
		// Multiplied first: 11 of 20 are 55 %, and not a hair more.
		read: ({ bought }) => (bought && bought.items > 0 ? (bought.saleItems * 100) / bought.items : undefined),
	}),

	customer({ id: 'points.available', label: 'Points: Available', type: 'number', read: (c) => c.points?.available, item: (c) => c.points?.available, index: { value: true } }),
	customer({ id: 'points.pending', label: 'Points: Pending', type: 'number', read: (c) => c.points?.pending, item: (c) => c.points?.pending }),
	customer({ id: 'points.expiresAt', label: 'Points: Next Expiry', type: 'date', read: (c) => c.points?.expiresAtMs, item: (c) => time(c.points?.expiresAt), index: { value: true } }),
	customer({ id: 'points.expiring', label: 'Points: How Many Expire Next', type: 'number', read: (c) => c.points && (c.points.expiring ?? 0), item: (c) => c.points && (c.points.expiring ?? 0) }),
	customer({ id: 'points.tier', label: 'Points: Tier', type: 'text', read: (c) => c.points?.tierLabel, item: (c) => c.points?.tier, index: { words: 1 } }),
	customer({ id: 'points.nextTier', label: 'Points: Next Tier', type: 'text', read: (c) => c.points?.nextTierLabel, item: (c) => c.points?.nextTier }),
	customer({ id: 'points.toNextTier', label: 'Points: Missing to the Next Tier (Points or Amount)', type: 'number', read: (c) => toNextTier(c.points) }),
	customer({ id: 'points.nextTierPercent', label: 'Points: Way to the Next Tier', type: 'number', unit: '%', read: (c) => nextTierPercent(c.points), index: { value: true } }),

	customer({ id: 'visits.count', label: 'Visits: Number', type: 'number', read: (c) => c.visits?.count ?? 0 }),
	customer({ id: 'visits.first', label: 'Visits: First Visit', type: 'date', read: (c) => c.visits?.firstAtMs }),
	customer({ id: 'visits.last', label: 'Visits: Last Visit', type: 'date', read: (c) => c.visits?.lastAtMs, index: { value: true } }),

	customer({ id: 'messages.sent', label: 'Messages: Number Sent', type: 'number', read: (c) => c.engagement?.sent ?? 0 }),
	customer({ id: 'messages.lastSent', label: 'Messages: Last Sent', type: 'date', read: (c) => c.engagement?.lastSentAtMs }),
	customer({ id: 'messages.opened', label: 'Messages: Number Opened', type: 'number', read: (c) => c.engagement?.opened ?? 0 }),
	customer({ id: 'messages.lastOpened', label: 'Messages: Last Opened', type: 'date', read: (c) => c.engagement?.lastOpenedAtMs }),
	customer({ id: 'messages.clicked', label: 'Messages: Number Clicked', type: 'number', read: (c) => c.engagement?.clicked ?? 0 }),
	customer({ id: 'messages.lastClicked', label: 'Messages: Last Clicked', type: 'date', read: (c) => c.engagement?.lastClickedAtMs }),
	customer({ id: 'messages.grade', label: 'Messages: Engagement Grade', type: 'choice', choices: gradeChoices, read: () => undefined, readAt: engagementGrade }),

	customer({ id: 'preferences.topics', label: 'Preferences: Topics (IDs)', type: 'list', read: (c) => c.preferences?.topics }),
	customer({ id: 'preferences.frequency', label: 'Preferences: How Often', type: 'choice', choices: frequencyChoices, read: (c) => c.preferences?.frequency ?? 'all' }),
	customer({ id: 'push', label: 'Customer: Can Get Web Push', type: 'boolean', read: (c) => (c.pushSubscriptions?.length ?? 0) > 0 }),
	customer({ id: 'survey.score', label: 'Answers: Last Survey Score (0 to 10)', type: 'number', read: (c) => c.surveys?.[0]?.score }),
	customer({ id: 'survey.date', label: 'Answers: Last Survey', type: 'date', read: (c) => c.surveys?.[0]?.atMs }),
	customer({ id: 'rating.stars', label: 'Answers: Last Rating (1 to 5)', type: 'number', read: (c) => c.ratings?.[0]?.stars }),
	customer({ id: 'rating.date', label: 'Answers: Last Rating', type: 'date', read: (c) => c.ratings?.[0]?.atMs }),

	order({ id: 'order.total', label: 'This Order: Total', type: 'money', read: (o, currencies) => sameCurrency(o.totalMinor, o.currency, currencies), item: (o, currencies) => sameCurrency(o.totalMinor, o.currency, currencies) }),
	order({ id: 'order.refunded', label: 'This Order: Paid Back', type: 'money', read: (o, currencies) => sameCurrency(o.refundedMinor ?? 0, o.currency, currencies) }),
	order({ id: 'order.items', label: 'This Order: Pieces', type: 'number', read: (o) => pieces(o.items), item: (o) => o.items && pieces(o.items) }),
	order({ id: 'order.categories', label: 'This Order: Categories', type: 'list', read: (o) => categoriesOf(o.items), item: (o) => o.items && categoriesOf(o.items) }),
	order({ id: 'order.products', label: 'This Order: Products (IDs or Titles)', type: 'list', read: (o) => productsOf(o.items), item: (o) => o.items && productsOf(o.items) }),
	order({ id: 'order.goods', label: 'This Order: Goods (Product Rules)', type: 'choice', choices: goodsChoices, usesRules: true, read: (o) => o.goods ?? 'none' }),
	order({ id: 'order.codes', label: 'This Order: Discount Codes Used', type: 'list', read: (o) => o.discountCodes }),
	order({ id: 'order.awaitsPayment', label: 'This Order: Waits for Payment', type: 'boolean', read: (o) => o.awaitsPayment ?? false, item: (o) => o.awaitsPayment }),
	order({ id: 'order.paid', label: 'This Order: Is Paid', type: 'boolean', read: (o) => o.paidAtMs !== undefined, item: (o) => o.paid }),
	order({ id: 'order.placed', label: 'This Order: Placed', type: 'date', read: (o) => o.placedAtMs, item: (o) => time(o.placedAt) }),
	order({ id: 'order.paymentDue', label: 'This Order: Payment Due', type: 'date', read: (o) => o.paymentDueAtMs, item: (o) => time(o.paymentDueAt) }),
	order({ id: 'order.waitsFor', label: 'This Order: Goods It Waits For', type: 'list', read: (o) => o.waitsFor, item: (o) => o.waitsFor }),
	order({ id: 'order.paymentStatus', label: 'This Order: Payment Status', type: 'text', read: (o) => o.paymentStatus }),
	order({ id: 'order.fulfilmentStatus', label: 'This Order: Fulfilment Status', type: 'text', read: (o) => o.fulfilmentStatus }),

	cart({ id: 'cart.total', label: 'This Cart: Total', type: 'money', read: (k, currencies) => sameCurrency(cartTotal(k), k.currency, currencies), item: (k, currencies) => sameCurrency(k.totalMinor, k.currency, currencies) }),
	cart({ id: 'cart.items', label: 'This Cart: Pieces', type: 'number', read: (k) => pieces(k.items), item: (k) => k.items && pieces(k.items) }),
	cart({ id: 'cart.categories', label: 'This Cart: Categories', type: 'list', read: (k) => categoriesOf(k.items), item: (k) => k.items && categoriesOf(k.items) }),
	cart({ id: 'cart.products', label: 'This Cart: Products (IDs or Titles)', type: 'list', read: (k) => productsOf(k.items), item: (k) => k.items && productsOf(k.items) }),
	cart({ id: 'cart.stage', label: 'This Cart: Stage', type: 'choice', choices: stageChoices, read: (k) => k.stage, item: (k) => k.stage }),

	product({ id: 'product.id', label: 'This Product: ID', type: 'text', read: (p) => p.productId, item: (p) => p.id }),
	product({ id: 'product.title', label: 'This Product: Title', type: 'text', read: (p) => p.title, item: (p) => p.title }),
	product({ id: 'product.category', label: 'This Product: Category', type: 'text', read: (p) => p.category, item: (p) => p.category }),
	product({ id: 'product.vendor', label: 'This Product: Vendor', type: 'text', read: (p) => p.vendor }),
	product({ id: 'product.tags', label: 'This Product: Tags', type: 'list', read: (p) => p.tags }),
	product({
		id: 'product.price',
		label: 'This Product: Price',
		type: 'money',
		read: (p, currencies) => sameCurrency(lowest(p.variants?.map(({ priceMinor }) => priceMinor)), p.currency, currencies),
		item: (p, currencies) => sameCurrency(p.priceMinor, p.currency, currencies),
	}),
	product({
		id: 'product.stock',
		label: 'This Product: Pieces in Stock',
		type: 'number',
		read: ({ variants }) => {
			const tracked = variants?.map(({ stock }) => stock).filter((stock) => stock !== undefined) ?? [];
			return tracked.length > 0 ? tracked.reduce((sum, stock) => sum + stock, 0) : undefined;
		},
		item: (p) => p.stock,
	}),
	product({ id: 'product.hasUpgrade', label: 'This Product: Has an Upgrade (Product Rules)', type: 'boolean', usesRules: true, read: (p) => p.rule?.upgrade !== undefined }),
	product({ id: 'product.hasAccessories', label: 'This Product: Has Accessories (Product Rules)', type: 'boolean', usesRules: true, read: (p) => p.rule?.accessories !== undefined }),
	product({ id: 'product.hasNextSize', label: 'This Product: Has a Next Size (Product Rules)', type: 'boolean', usesRules: true, read: (p) => p.rule?.nextSize !== undefined }),

	view({ id: 'view.path', label: 'This View: Page (Path)', type: 'text', read: (v) => v.path, item: (v) => v.path }),
	view({ id: 'view.title', label: 'This View: Page Title', type: 'text', read: (v) => v.title, item: (v) => v.title }),
	view({ id: 'view.product', label: 'This View: Product ID', type: 'text', read: (v) => v.productId, item: (v) => v.productId }),
	view({ id: 'view.category', label: 'This View: Category', type: 'text', read: (v) => v.category, item: (v) => v.category }),
	view({ id: 'view.query', label: 'This View: Searched For', type: 'text', read: (v) => v.query, item: (v) => v.query }),
	view({ id: 'view.seconds', label: 'This View: Seconds', type: 'number', read: (v) => v.seconds, item: (v) => v.seconds }),
	view({ id: 'view.referrer', label: 'This View: Came From', type: 'text', read: (v) => v.referrer, item: (v) => v.referrer }),
	view({ id: 'view.source', label: 'This View: Campaign Source', type: 'text', read: (v) => v.utm?.source ?? v.utm?.utm_source, item: (v) => v.utm?.source ?? v.utm?.utm_source }),
	view({ id: 'view.campaign', label: 'This View: Campaign', type: 'text', read: (v) => v.utm?.campaign ?? v.utm?.utm_campaign, item: (v) => v.utm?.campaign ?? v.utm?.utm_campaign }),

	event({ id: 'event.name', label: 'This Event: Name', type: 'text', read: (e) => e.name, item: (e) => e.name }),
];

/** Until so long ago, what a customer did with a message counts as lately; five weeks see every welcome through. */
const latelyMs = 35 * dayMs;
/** Who did nothing for longer is asked whether to stay. */
const longMs = 90 * dayMs;

/**
 * How much a customer cares for messages: A clicked and B opened lately; C did neither lately; D not for long, counted from the
 * newest of: last opened or clicked, agreed to e-mail, known since. `none`: no message was sent yet.
 */
function engagementGrade({ engagement = {}, consent, createdAtMs }: CustomerRecord, nowMs: number): string {
	const { sent = 0, lastOpenedAtMs = -Infinity, lastClickedAtMs = -Infinity } = engagement;
	if (nowMs - lastClickedAtMs <= latelyMs) return 'A';
	if (nowMs - lastOpenedAtMs <= latelyMs) return 'B';
	if (sent === 0) return 'none';
	return nowMs - Math.max(lastClickedAtMs, lastOpenedAtMs, consent.email?.atMs ?? -Infinity, createdAtMs) <= longMs ? 'C' : 'D';
}

/** Points, or whole units of the currency. */
function toNextTier(points: PointsStanding | undefined): number | undefined {
	if (points?.toNextTier === undefined) return undefined;
	return points.progressCurrency === undefined ? points.toNextTier : points.toNextTier / 10 ** currencyDigits(points.progressCurrency);
}

/** 0 to 100: what is there already of what the next tier asks for. */
export function nextTierPercent(points: PointsStanding | undefined): number | undefined {
	if (points?.toNextTier === undefined) return undefined;
	const progress = Math.max(0, points.progress ?? 0);
	return Math.floor((progress * 100) / (progress + points.toNextTier));
}

function cartTotal({ totalMinor, items }: CartRecord): number {
	return totalMinor ?? items.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0);
}

function lowest(prices: Array<number | undefined> | undefined): number | undefined {
	const known = prices?.filter((price) => price !== undefined) ?? [];
	return known.length > 0 ? Math.min(...known) : undefined;
}

const byId = new Map(factFields.map((field) => [field.id, field]));

/** Facts that each shop names itself: `attributes.shoeSize` of the customer, `event.data.plan` of a custom event. */
const named: Array<{ prefix: string; label: string; field: (name: string) => Pick<FactField, 'part' | 'read' | 'item'> }> = [
	{
		prefix: 'attributes.',
		label: 'Attribute',
		field: (name) => {
			const read = (c: { attributes?: Record<string, AttributeValue> }) => own(c.attributes, name);
			return { part: 'customer', read, item: read };
		},
	},
	{
		prefix: 'event.data.',
		label: 'This Event',
		field: (name) => {
			const read = (e: EventFacts) => own(e.data, name);
			return { part: 'event', read, item: read };
		},
	},
];

function own(values: Record<string, AttributeValue> | undefined, name: string): FactValue {
	return values && Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The fact of this id, those too that a shop names itself; undefined when there is none. */
export function factField(id: string): FactField | undefined {
	const known = byId.get(id);
	if (known) return known;
	const kind = named.find(({ prefix }) => id.startsWith(prefix) && id.length > prefix.length);
	if (!kind) return undefined;
	const name = id.slice(kind.prefix.length);
	return { id, label: `${kind.label} "${name}"`, type: 'attribute', ...kind.field(name) };
}
