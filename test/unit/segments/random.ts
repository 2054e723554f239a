import { DateTime } from 'luxon';
import { dayMs } from '../../../lib/model/clock';
import type { Condition } from '../../../lib/model/conditions';
import { type CustomerRecord, historyField, type HistoryRecord } from '../../../lib/model/records';

/** Random customers, fast enough for a million, and conditions with what they mean written out by hand. */

/** Repeatable random numbers (xorshift32). */
export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed | 0 || 1;
	}

	/** 0 (included) to 1. */
	next(): number {
		let x = this.state;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.state = x;
		return (x >>> 0) / 2 ** 32;
	}

	/** A whole number from 0, below `n`. */
	below(n: number): number {
		return Math.floor(this.next() * n);
	}

	chance(share: number): boolean {
		return this.next() < share;
	}

	pick<T>(list: readonly T[]): T {
		return list[this.below(list.length)];
	}

	some<T>(list: readonly T[], most: number): T[] {
		return [...new Set(Array.from({ length: this.below(most + 1) }, () => this.pick(list)))];
	}
}

/** 28 February of a leap year, in the afternoon: tomorrow is the 29th, and in Auckland it is already. */
export const now = Date.parse('2028-02-28T14:30:00Z');
export const settings = { currency: 'EUR', timezone: 'Europe/Vienna' };

const cities = ['Vienna', 'vienna', 'Graz', 'Linz', 'Paris', ' Lyon'];
const countries = ['AT', 'at', 'FR', 'DE', 'US'];
const tags = ['vip', 'VIP', 'wholesale', 'press', 'gold'];
const categories = ['Tea', 'Coffee', 'Pots', 'Mugs', 'Books', 'Sale'];
const zones = ['Europe/Vienna', 'America/Los_Angeles', 'Pacific/Auckland', 'Nowhere/Land', undefined];
const statuses = ['subscribed', 'unsubscribed', 'pending'] as const;
const days = ['01-01', '02-27', '02-28', '02-29', '03-01', '03-02', '03-31', '06-15', '12-31'];

const ago = (random: Random, most: number) => now - Math.floor(random.next() * most * dayMs);

export function randomCustomer(random: Random, id: string): CustomerRecord {
	const count = random.chance(0.3) ? 0 : random.below(12);
	const customer: CustomerRecord = {
		id,
		createdAtMs: ago(random, 1500),
		profileAtMs: 0,
		consent: {},
		orders: { count, spentMinor: {} },
		open: {},
	};
	if (random.chance(0.9)) customer.email = `${id}@${random.pick(['example.com', 'example.org'])}`;
	if (random.chance(0.7)) customer.city = random.pick(cities);
	if (random.chance(0.8)) customer.country = random.pick(countries);
	if (random.chance(0.6)) customer.timezone = random.pick(zones);
	if (random.chance(0.4)) customer.tags = random.some(tags, 3);
	if (random.chance(0.2)) customer.ownTags = random.some(tags, 2);
	if (random.chance(0.5)) customer.birthday = `${random.chance(0.3) ? '-' : 1940 + random.below(80)}-${random.pick(days)}`;
	if (random.chance(0.2)) customer.children = Array.from({ length: random.below(7) }, () => ({ birthday: `${2010 + random.below(16)}-${random.pick(days)}` }));
	if (random.chance(0.5)) customer.consent.email = { status: random.pick(statuses), basis: random.pick(['opt_in', 'soft_opt_in']), source: 't', atMs: 0 };
	if (random.chance(0.5)) customer.hasAccount = random.chance(0.7);
	if (random.chance(0.05)) customer.suppressed = { reason: 'complaint', atMs: 0 };
	if (random.chance(0.3)) customer.attributes = { size: random.chance(0.5) ? random.below(50) : String(random.below(50)), shop: random.pick(['North', 'south', '']) };
	if (random.chance(0.3)) Object.assign(customer, { latitude: 46 + random.next() * 4, longitude: 14 + random.next() * 4 });
	if (random.chance(0.4)) customer.visits = { count: random.below(30), firstAtMs: ago(random, 800), lastAtMs: ago(random, 100) };
	if (random.chance(0.4)) customer.engagement = { sent: random.below(20), opened: random.below(10) };
	if (count > 0) {
		customer.orders.spentMinor = random.chance(0.9) ? { EUR: random.below(50_000) } : { USD: random.below(50_000), EUR: 0 };
		customer.orders.firstAtMs = ago(random, 1400);
		customer.orders.lastAtMs = ago(random, 400);
		customer.bought = {
			items: 1 + random.below(20),
			saleItems: 0,
			categories: Object.fromEntries(random.some(categories, 4).map((name) => [name, { items: 1, lastAtMs: 0 }])),
			products: random.chance(0.02) ? Object.fromEntries(Array.from({ length: 30 }, (_, product) => [`p${product}`, { items: 1, lastAtMs: 0 }])) : { [`p${random.below(40)}`]: { items: 1, lastAtMs: 0 } },
		};
		customer.bought.saleItems = random.below(customer.bought.items + 1);
	}
	return customer;
}

export function randomHistory(random: Random): HistoryRecord | null {
	if (random.chance(0.6)) return null;
	const history: HistoryRecord = { days: {}, recent: [] };
	const today = Math.floor(now / dayMs);
	for (let visit = random.below(6); visit >= 0; visit--) {
		const day = (history.days[today - random.below(120)] ??= {});
		for (const field of ['category_viewed', historyField('category_viewed', { category: random.pick(categories) })]) day[field] = (day[field] ?? 0) + 1 + random.below(3);
	}
	return history;
}

export interface Meaning {
	condition: Condition;
	/** What the condition says, written by hand. */
	holds(customer: CustomerRecord, history: HistoryRecord | null): boolean;
}

type Maker = (random: Random) => Meaning;

/** The local day in a customer's time zone, by another library's way than the code under test takes. */
const zoneOf = (zone: string | undefined) => (DateTime.local({ zone: zone ?? settings.timezone }).isValid ? zone : undefined) ?? settings.timezone;
const monthDays = new Map<string | undefined, string[]>();

/** The days from today on, `MM-DD`, in each zone; the day before a missing 29 February stands for both. */
function isWithin(date: string | undefined, zone: string | undefined, from: number, to: number): boolean {
	if (date === undefined) return false;
	let days = monthDays.get(zone);
	if (!days) {
		const today = DateTime.fromMillis(now, { zone: zoneOf(zone) }).startOf('day');
		days = Array.from({ length: 60 }, (_, offset) => today.plus({ days: offset })).map((day) => `${day.toFormat('MM-dd')}${day.month === 2 && day.day === 28 && !day.isInLeapYear ? ' 02-29' : ''}`);
		monthDays.set(zone, days);
	}
	const day = date.slice(-5);
	for (let offset = from; offset <= to; offset++) if (days[offset].includes(day)) return true;
	return false;
}

const same = (a: string | undefined, b: string) => a !== undefined && a.trim().toLowerCase() === b.trim().toLowerCase();

const makers: Maker[] = [
	(r) => {
		const city = r.pick(cities);
		return { condition: { field: 'city', op: 'is', value: city }, holds: (c) => same(c.city, city) };
	},
	(r) => {
		const two = [r.pick(countries), r.pick(countries)];
		return { condition: { field: 'country', op: 'one_of', value: two }, holds: (c) => two.some((country) => same(c.country, country)) };
	},
	(r) => {
		const country = r.pick(countries);
		return { condition: { field: 'country', op: 'is_not', value: country }, holds: (c) => !same(c.country, country) };
	},
	() => ({ condition: { field: 'email', op: 'contains', value: '@Example.org' }, holds: (c) => c.email?.endsWith('@example.org') ?? false }),
	() => ({ condition: { field: 'city', op: 'starts_with', value: 'L' }, holds: (c) => /^\s*l/i.test(c.city ?? '') }),
	() => ({ condition: { field: 'birthday', op: 'is_not_set' }, holds: (c) => !c.birthday }),
	(r) => {
		const tag = r.pick(tags);
		return { condition: { field: 'tags', op: 'includes', value: tag }, holds: (c) => [...(c.tags ?? []), ...(c.ownTags ?? [])].some((one) => same(one, tag)) };
	},
	(r) => {
		const tag = r.pick(tags);
		return { condition: { field: 'tags', op: 'includes_not', value: [tag] }, holds: (c) => ![...(c.tags ?? []), ...(c.ownTags ?? [])].some((one) => same(one, tag)) };
	},
	(r) => {
		const n = r.below(8);
		return { condition: { field: 'orders.count', op: 'at_least', value: n }, holds: (c) => c.orders.count >= n };
	},
	(r) => {
		const n = r.below(3);
		return { condition: { field: 'orders.count', op: 'less_than', value: n }, holds: (c) => c.orders.count < n };
	},
	(r) => {
		const [from, to] = [r.below(4), 4 + r.below(4)];
		return { condition: { field: 'orders.count', op: 'between', value: from, to }, holds: (c) => c.orders.count >= from && c.orders.count <= to };
	},
	(r) => {
		const amount = r.below(50_000);
		return { condition: { field: 'orders.spent', op: 'more_than', value: amount }, holds: (c) => (c.orders.spentMinor.EUR ?? 0) > amount };
	},
	(r) => {
		const amount = r.below(50_000);
		return { condition: { field: 'orders.spent', op: 'at_most', value: amount, currency: 'USD' }, holds: (c) => (c.orders.spentMinor.USD ?? 0) <= amount };
	},
	(r) => {
		const amount = r.below(20_000);
		return { condition: { field: 'orders.average', op: 'at_least', value: amount }, holds: (c) => c.orders.spentMinor.EUR !== undefined && c.orders.spentMinor.EUR >= amount * c.orders.count };
	},
	(r) => {
		const n = r.below(400);
		return { condition: { field: 'orders.last', op: 'days_ago_at_least', value: n }, holds: (c) => c.orders.lastAtMs !== undefined && c.orders.lastAtMs <= now - n * dayMs };
	},
	(r) => {
		const n = r.below(200);
		return { condition: { field: 'orders.last', op: 'days_ago_at_most', value: n }, holds: (c) => (c.orders.lastAtMs ?? -Infinity) >= now - n * dayMs };
	},
	(r) => {
		const day = DateTime.fromMillis(ago(r, 1400)).toISODate()!;
		const nextDay = DateTime.fromISO(day, { zone: settings.timezone }).plus({ days: 1 }).toMillis();
		return { condition: { field: 'orders.first', op: 'after', value: day }, holds: (c) => (c.orders.firstAtMs ?? -Infinity) >= nextDay };
	},
	(r) => {
		const day = DateTime.fromMillis(ago(r, 1400)).toISODate()!;
		const start = DateTime.fromISO(day, { zone: settings.timezone }).toMillis();
		return { condition: { field: 'created', op: 'before', value: day }, holds: (c) => c.createdAtMs < start };
	},
	(r) => {
		const n = r.below(40);
		return { condition: { field: 'birthday', op: 'anniversary_within_days', value: n }, holds: (c) => isWithin(c.birthday, c.timezone, 0, n) };
	},
	(r) => {
		const n = r.below(4);
		return { condition: { field: 'birthday', op: 'anniversary_in_days', value: n }, holds: (c) => isWithin(c.birthday, c.timezone, n, n) };
	},
	(r) => {
		const n = r.below(30);
		return { condition: { field: 'children.birthday', op: 'anniversary_within_days', value: n }, holds: (c) => (c.children ?? []).some(({ birthday }) => isWithin(birthday, c.timezone, 0, n)) };
	},
	() => ({ condition: { field: 'account', op: 'is_true' }, holds: (c) => c.hasAccount === true }),
	() => ({ condition: { field: 'suppressed', op: 'is_true' }, holds: (c) => !!c.suppressed }),
	(r) => {
		const status = r.pick([...statuses, 'none']);
		return { condition: { field: 'consent.email', op: 'is', value: status }, holds: (c) => (c.consent.email?.status ?? 'none') === status };
	},
	() => ({ condition: { field: 'consent.email.basis', op: 'none_of', value: ['soft_opt_in'] }, holds: (c) => c.consent.email?.basis !== 'soft_opt_in' }),
	(r) => {
		const size = r.below(50);
		return { condition: { field: 'attributes.size', op: 'at_least', value: size }, holds: (c) => c.attributes?.size !== undefined && Number(c.attributes.size) >= size };
	},
	() => ({ condition: { field: 'attributes.shop', op: 'is_set' }, holds: (c) => !!c.attributes?.shop }),
	(r) => {
		const category = r.pick(categories);
		return { condition: { field: 'bought.categories', op: 'includes', value: [category.toUpperCase()] }, holds: (c) => c.bought?.categories[category] !== undefined };
	},
	(r) => {
		const product = `p${r.below(40)}`;
		return { condition: { field: 'bought.products', op: 'includes', value: product }, holds: (c) => c.bought?.products[product] !== undefined };
	},
	(r) => {
		const share = r.below(100);
		return { condition: { field: 'bought.saleShare', op: 'more_than', value: share }, holds: (c) => !!c.bought && (c.bought.saleItems * 100) / c.bought.items > share };
	},
	(r) => {
		const n = r.below(30);
		return { condition: { field: 'visits.count', op: 'at_most', value: n }, holds: (c) => !c.visits || c.visits.count <= n };
	},
	(r) => {
		const n = r.below(10);
		return { condition: { field: 'messages.opened', op: 'is', value: n }, holds: (c) => (c.engagement?.opened ?? 0) === n };
	},
	(r) => {
		const [category, count, within] = [r.pick(categories), 1 + r.below(4), 1 + r.below(119)];
		const holds = (history: HistoryRecord | null) => {
			let sum = 0;
			for (const [day, counts] of Object.entries(history?.days ?? {})) if ((Number(day) + 1) * dayMs > now - within * dayMs) sum += counts[`category_viewed:category=${category.toLowerCase()}`] ?? 0;
			return sum >= count;
		};
		return { condition: { event: 'category_viewed', of: { category }, times: 'at_least', count, withinDays: within }, holds: (_c, history) => holds(history) };
	},
	(r) => {
		const within = 1 + r.below(119);
		return {
			condition: { event: 'category_viewed', times: 'exactly', count: 0, withinDays: within },
			holds: (_c, history) => !Object.entries(history?.days ?? {}).some(([day, counts]) => (Number(day) + 1) * dayMs > now - within * dayMs && counts.category_viewed > 0),
		};
	},
	(r) => {
		const near = { latitude: 46 + r.next() * 4, longitude: 14 + r.next() * 4, km: 20 + r.below(150) };
		const [lat, lon] = [near.latitude, near.longitude].map((degrees) => (degrees * Math.PI) / 180);
		return {
			condition: { near },
			holds: (c) => {
				if (c.latitude === undefined || c.longitude === undefined) return false;
				const [cLat, cLon] = [c.latitude, c.longitude].map((degrees) => (degrees * Math.PI) / 180);
				// The spherical law of cosines.
				return 6371.0088 * Math.acos(Math.min(1, Math.sin(lat) * Math.sin(cLat) + Math.cos(lat) * Math.cos(cLat) * Math.cos(cLon - lon))) <= near.km;
			},
		};
	},
];

/** Groups within groups: a `not` counts twice, so that the deepest stands 12 deep, within the 20 that a condition may have. */
const deepest = 6;

/** A random condition with its meaning: single, or groups of them. The first ones are one of each kind. */
export function randomMeaning(random: Random, position: number, depth = 1): Meaning {
	if (position < makers.length) return makers[position](random);
	const parts = Array.from({ length: 2 + random.below(2) }, () => (depth < deepest && random.chance(0.25) ? randomMeaning(random, position, depth + 1) : random.pick(makers)(random)));
	const conditions = parts.map(({ condition }) => condition);
	switch (random.below(5)) {
		case 0:
			return { condition: { not: { any: conditions } }, holds: (c, h) => !parts.some(({ holds }) => holds(c, h)) };
		case 1:
		case 2:
			return { condition: { any: conditions }, holds: (c, h) => parts.some(({ holds }) => holds(c, h)) };
		default:
			return { condition: { all: conditions }, holds: (c, h) => parts.every(({ holds }) => holds(c, h)) };
	}
}

export const kinds = makers.length;
