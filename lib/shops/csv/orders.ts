import type { CustomerFacts, LineItem, OrderFacts, ShopEvent } from '../../model/events';
import { csvEvent, type CsvReading, first, grouped, orRefused, readCustomer } from './entries';
import { type Refusal, type Row, RowRefused } from './rows';
import { identifier, money, moment, wholeNumber, yesOrNo } from './values';

/** An order as the file has it so far, and who placed it. */
interface KnownOrder {
	order: OrderFacts & { refundedMinor: number };
	customer?: CustomerFacts;
	/** Pieces that were not given back yet, by product. */
	left: Map<string, number>;
}

/** Goods given back under a number of their own: rows with negative quantities, as accounting writes cancelled invoices (C536379). */
interface CreditNote {
	id: string;
	customer?: CustomerFacts;
	atMs: number;
	currency: string;
	lines: Array<{ row: Row; item: LineItem }>;
}

const cancelledStates = /^(cancelled|canceled|failed|trash|voided)$/i;

/**
 * Orders from a list of their lines. Negative quantities among others are goods given back. Credit notes come last, as
 * refunds of what their customers had ordered before, whatever the order of the rows is.
 * An order with a row that cannot be read is left out as a whole: its total would be wrong.
 */
export async function* orders(rows: AsyncIterable<Row>, reading: CsvReading, refuse: (refusal: Refusal) => void): AsyncGenerator<ShopEvent[]> {
	const known = new Map<string, KnownOrder[]>();
	const credits: CreditNote[] = [];
	// Shopify fills the id in only on an order's first row, and its number on all.
	const keyOf = (row: Row) => {
		const field = row.text('orderId') && !row.text('orderNumber') ? 'orderId' : 'orderNumber';
		return { field, key: row.required(field, identifier) };
	};
	for await (const { key, rows: group } of grouped(rows, keyOf, refuse)) {
		const lines = readLines(key, group, reading, refuse);
		const read = lines && orRefused(refuse, () => readOrder(key, group, lines, reading));
		if (!read) continue;
		if ('lines' in read) {
			credits.push(read);
			continue;
		}
		const name = nameOf(read.customer);
		if (name) known.set(name, [...(known.get(name) ?? []), read]);
		yield [csvEvent({ type: 'order_placed', occurredAtMs: read.order.placedAtMs, customer: read.customer, order: { ...read.order } })];
	}
	for (const credit of credits.sort((a, b) => a.atMs - b.atMs)) {
		const events = giveBack(credit, known.get(nameOf(credit.customer) ?? '') ?? [], refuse);
		if (events.length > 0) yield events;
	}
}

const nameOf = (customer: CustomerFacts | undefined) => customer?.shopCustomerId ?? customer?.email?.toLowerCase() ?? customer?.phone;

interface Line {
	row: Row;
	item: LineItem;
}

/** All lines of an order; null when one of them is refused. */
function readLines(key: string, group: Row[], reading: CsvReading, refuse: (refusal: Refusal) => void): Line[] | null {
	const lines: Line[] = [];
	let isWhole = true;
	for (const row of group) {
		const line = orRefused(
			(refusal) => refuse({ ...refusal, problem: `${refusal.problem}. The whole order ${key} is left out.` }),
			() => ({ row, item: readItem(row, currencyOf(group, reading), reading) }),
		);
		if (line) lines.push(line);
		else isWhole = false;
	}
	return isWhole ? lines : null;
}

function currencyOf(group: Row[], reading: CsvReading): string {
	const currency = first(group, 'currency', (text) => text.toUpperCase()) ?? reading.currency;
	if (/^[A-Z]{3}$/.test(currency)) return currency;
	throw group[0].refused('currency', `"${currency.slice(0, 80)}" is no currency code such as EUR`);
}

function readItem(row: Row, currency: string, { decimal }: CsvReading): LineItem {
	const sku = row.read('sku', identifier);
	const title = row.text('title');
	const productId = row.read('productId', identifier) ?? sku ?? title?.slice(0, 150);
	if (!productId) throw row.refused('title', 'names no product');
	const quantity = row.required('quantity', (text) => wholeNumber(text, decimal));
	if (quantity === 0) throw row.refused('quantity', 'is 0: leave the row out');
	const unitPriceMinor = row.required('unitPrice', (text) => money(text, currency, decimal));
	if (unitPriceMinor < 0) throw row.refused('unitPrice', 'is below zero: what is given back has a negative quantity');
	const fullPriceMinor = row.read('fullPrice', (text) => money(text, currency, decimal));
	return { productId, sku, title: title ?? productId, category: row.text('category'), quantity, unitPriceMinor, ...(fullPriceMinor && fullPriceMinor > unitPriceMinor && { fullPriceMinor }) };
}

function readOrder(key: string, group: Row[], lines: Line[], reading: CsvReading): KnownOrder | CreditNote {
	const { decimal, toJourneyMs } = reading;
	const at = (field: string) => {
		const wallMs = first(group, field, (text) => moment(text, reading));
		return wallMs === undefined ? undefined : toJourneyMs(wallMs);
	};
	const placedAtMs = at('placedAt');
	if (placedAtMs === undefined) throw group[0].refused('placedAt', `is empty: the order ${key} has no time`);
	const currency = currencyOf(group, reading);
	const buyer = readCustomer(group.find((row) => readCustomer(row) !== undefined) ?? group[0]);
	// A box that was not ticked at this checkout is no withdrawal of what was agreed to before.
	const accepts = first(group, 'acceptsMarketing', yesOrNo);
	const customer = buyer && { ...buyer, ...(accepts && { emailConsent: { status: 'subscribed' as const, basis: 'unknown' as const, atMs: placedAtMs } }) };
	const bought = lines.filter(({ item }) => item.quantity > 0).map(({ item }) => item);
	const returned = lines.filter(({ item }) => item.quantity < 0);
	if (bought.length === 0) return { id: key, customer, atMs: placedAtMs, currency, lines: returned };

	const sum = (items: LineItem[]) => items.reduce((total, { quantity, unitPriceMinor }) => total + quantity * unitPriceMinor, 0);
	const totalMinor = first(group, 'total', (text) => money(text, currency, decimal)) ?? sum(bought);
	const refundedMinor = (first(group, 'refunded', (text) => Math.abs(money(text, currency, decimal))) ?? 0) - sum(returned.map(({ item }) => item));
	const paidAtMs = at('paidAt');
	const fulfilledAtMs = at('fulfilledAt');
	const status = first(group, 'status', String);
	const cancelledAtMs = at('cancelledAt') ?? (status && cancelledStates.test(status) ? placedAtMs : undefined);
	const code = first(group, 'discountCode', String);
	const order: KnownOrder['order'] = {
		orderId: first(group, 'orderId', identifier) ?? key,
		number: first(group, 'orderNumber', identifier),
		items: bought,
		currency,
		totalMinor,
		refundedMinor: Math.min(refundedMinor, totalMinor),
		...(code && { discountCodes: code.split(/[,;\s]+/).filter(Boolean) }),
		placedAtMs,
		updatedAtMs: Math.max(placedAtMs, paidAtMs ?? 0, fulfilledAtMs ?? 0, cancelledAtMs ?? 0),
		paidAtMs,
		cancelledAtMs,
		fulfilledAtMs,
		paymentStatus: first(group, 'paymentStatus', String),
		fulfilmentStatus: first(group, 'fulfilmentStatus', String),
	};
	const left = new Map<string, number>();
	for (const { item } of lines) left.set(item.productId, (left.get(item.productId) ?? 0) + item.quantity);
	return { order, customer, left };
}

/**
 * A credit note names no order. What it gives back is taken from the customer's latest earlier orders of the same goods,
 * the rest of the money from the latest earlier orders at all: never more than was paid.
 */
function giveBack({ id, customer, atMs, currency, lines }: CreditNote, known: KnownOrder[], refuse: (refusal: Refusal) => void): ShopEvent[] {
	const earlier = known.filter(({ order }) => order.placedAtMs <= atMs && order.currency === currency && order.cancelledAtMs === undefined).sort((a, b) => b.order.placedAtMs - a.order.placedAtMs);
	const refunds = new Map<KnownOrder, { amountMinor: number; items: LineItem[] }>();
	const take = (from: KnownOrder, amountMinor: number, item?: LineItem): number => {
		const taken = Math.min(amountMinor, from.order.totalMinor - from.order.refundedMinor);
		if (taken <= 0 && !item) return 0;
		const refund = refunds.get(from) ?? { amountMinor: 0, items: [] };
		refunds.set(from, { amountMinor: refund.amountMinor + taken, items: item ? [...refund.items, item] : refund.items });
		from.order.refundedMinor += taken;
		return taken;
	};
	let restMinor = 0;
	for (const { item } of lines) {
		let pieces = -item.quantity;
		let owedMinor = pieces * item.unitPriceMinor;
		for (const from of earlier) {
			const quantity = Math.min(pieces, from.left.get(item.productId) ?? 0);
			if (quantity <= 0) continue;
			from.left.set(item.productId, from.left.get(item.productId)! - quantity);
			pieces -= quantity;
			owedMinor -= take(from, quantity * item.unitPriceMinor, { ...item, quantity });
		}
		restMinor += owedMinor;
	}
	for (const from of earlier) restMinor -= take(from, restMinor);
	if (restMinor > 0) {
		const { row } = lines[0];
		refuse(new RowRefused({ ...row.refused('quantity', '').refusal, problem: `${id} gives back more than this customer had ordered before (as far as the file goes): that part is left out` }).refusal);
	}
	return [...refunds].flatMap(([{ order }, { amountMinor, items }]) => {
		if (amountMinor === 0) return [];
		order.updatedAtMs = Math.max(order.updatedAtMs, atMs);
		const refund = { orderId: order.orderId, refundId: `${id}:${order.orderId}`, amountMinor, currency, items };
		return [csvEvent({ type: 'order_refunded', occurredAtMs: atMs, customer, order: { ...order }, refund })];
	});
}
