import { type Condition, newestStep } from '../../../lib/model/conditions';
import { dayMs } from '../../../lib/model/clock';
import type { JourneyItem } from '../../../lib/model/item';
import { type CustomerRecord, historyDays, historyField } from '../../../lib/model/records';
import { compileCondition, distanceKm, needs, notCarried } from '../../../lib/segments/compile';
import { factField, factFields, type Facts } from '../../../lib/segments/fields';
import { validateCondition } from '../../../lib/segments/validate';

const now = Date.parse('2026-03-10T12:00:00Z');
const settings = { currency: 'EUR', timezone: 'Europe/Vienna' };

const anna: CustomerRecord = {
	id: 'anna',
	createdAtMs: now - 400 * dayMs,
	profileAtMs: now,
	email: 'anna@example.com',
	firstName: 'Anna',
	city: 'Vienna',
	country: 'AT',
	timezone: 'Europe/Vienna',
	latitude: 48.2082,
	longitude: 16.3738,
	birthday: '1990-03-15',
	children: [{ birthday: '2019-11-02' }, { birthday: '2021-03-11' }],
	hasAccount: true,
	tags: ['Wholesale'],
	ownTags: ['vip'],
	attributes: { shoeSize: 38, shop: 'North', size: '40', newsletter: true, wedding: '2026-04-01' },
	consent: { email: { status: 'subscribed', basis: 'double_opt_in', source: 'test', atMs: now } },
	orders: { count: 4, spentMinor: { EUR: 20_000, USD: 500 }, firstAtMs: Date.parse('2024-03-12T23:30:00Z'), lastAtMs: now - 181 * dayMs },
	bought: { items: 8, saleItems: 2, categories: { Tea: { items: 6, lastAtMs: now } }, products: { t1: { items: 6, lastAtMs: now } } },
	engagement: { sent: 5, opened: 2 },
	pushSubscriptions: [{ endpoint: 'https://push.example/1', p256dh: 'p', auth: 'a', atMs: now }],
	surveys: [{ atMs: now - 10 * dayMs, score: 9 }, { atMs: now - 90 * dayMs, score: 3 }],
	ratings: [{ atMs: now - dayMs, stars: 2 }, { atMs: now - 9 * dayMs, stars: 5 }],
	preferences: { topics: ['green', 'black'], frequency: 'less', atMs: now },
	open: {},
};
const nobody: CustomerRecord = { id: 'n', createdAtMs: now, profileAtMs: 0, consent: {}, orders: { count: 0, spentMinor: {} }, open: {} };

const decide = (condition: Condition, facts: Facts = { customer: anna }, nowMs = now) => compileCondition(condition, settings)(facts, nowMs);

describe('compiled conditions', () => {
	it.each<[string, Condition, boolean, boolean]>([
		// what, condition, Anna, somebody of whom nothing is known
		['text, in any case', { field: 'city', op: 'is', value: ' vienna' }, true, false],
		['text that is not', { field: 'city', op: 'is_not', value: 'vienna' }, false, true],
		['one of several', { field: 'country', op: 'one_of', value: ['de', 'at'] }, true, false],
		['none of several', { field: 'country', op: 'none_of', value: ['de', 'ch'] }, true, true],
		['a part of a text', { field: 'email', op: 'contains', value: '@EXAMPLE' }, true, false],
		['the beginning of a text', { field: 'firstName', op: 'starts_with', value: 'an' }, true, false],
		['a known fact', { field: 'firstName', op: 'is_set' }, true, false],
		['a fact not known', { field: 'lastName', op: 'is_not_set' }, true, true],
		['a counted number', { field: 'orders.count', op: 'at_most', value: 0 }, false, true],
		['numbers between, bounds included', { field: 'orders.count', op: 'between', value: 4, to: 9 }, true, false],
		['money of the shop', { field: 'orders.spent', op: 'more_than', value: 19_999 }, true, false],
		['money of another currency', { field: 'orders.spent', op: 'at_least', value: 501, currency: 'USD' }, false, false],
		['an average', { field: 'orders.average', op: 'is', value: 5_000 }, true, false],
		['a share', { field: 'bought.saleShare', op: 'is', value: 25 }, true, false],
		['days ago', { field: 'orders.last', op: 'days_ago_at_least', value: 181 }, true, false],
		['not so many days ago', { field: 'orders.last', op: 'days_ago_at_most', value: 180 }, false, false],
		['a day before', { field: 'orders.first', op: 'before', value: '2024-03-14' }, true, false],
		['a day, in the shop’s time zone', { field: 'orders.first', op: 'between', value: '2024-03-13', to: '2024-03-13' }, true, false],
		['a day after', { field: 'orders.first', op: 'after', value: '2024-03-13' }, false, false],
		['a birthday near', { field: 'birthday', op: 'anniversary_within_days', value: 5 }, true, false],
		['a birthday on the day', { field: 'birthday', op: 'anniversary_in_days', value: 4 }, false, false],
		['a birthday of any child', { field: 'children.birthday', op: 'anniversary_in_days', value: 1 }, true, false],
		['the day of the first order, in the customer’s time zone', { field: 'orders.first', op: 'anniversary_in_days', value: 3 }, true, false],
		['yes or no', { field: 'account', op: 'is_true' }, true, false],
		['the shop’s tags', { field: 'tags', op: 'includes', value: 'wholesale' }, true, false],
		['tags of our own', { field: 'tags', op: 'includes', value: ['gold', 'VIP'] }, true, false],
		['what a list does not hold', { field: 'bought.categories', op: 'includes_not', value: ['tea'] }, false, true],
		['a choice', { field: 'consent.email', op: 'is', value: 'subscribed' }, true, false],
		['consent nobody asked for', { field: 'consent.sms', op: 'is', value: 'none' }, true, true],
		['the basis of consent', { field: 'consent.email.basis', op: 'one_of', value: ['opt_in', 'double_opt_in'] }, true, false],
		['an attribute as a number', { field: 'attributes.shoeSize', op: 'at_least', value: 38 }, true, false],
		['an attribute that holds a number as text', { field: 'attributes.size', op: 'between', value: 39, to: 41 }, true, false],
		['an attribute as text', { field: 'attributes.shop', op: 'is', value: 'north' }, true, false],
		['an attribute as yes or no', { field: 'attributes.newsletter', op: 'is_true' }, true, false],
		['an attribute as a date', { field: 'attributes.wedding', op: 'in_days_at_most', value: 30 }, true, false],
		['an attribute between two days', { field: 'attributes.wedding', op: 'between', value: '2026-04-01', to: '2026-04-02' }, true, false],
		['an attribute nobody has', { field: 'attributes.constructor', op: 'is_set' }, false, false],
		['consent for one more channel', { field: 'consent.whatsapp', op: 'is', value: 'none' }, true, true],
		['whether web push can reach', { field: 'push', op: 'is_true' }, true, false],
		['the last answer to a survey', { field: 'survey.score', op: 'is', value: 9 }, true, false],
		['when a survey was answered last', { field: 'survey.date', op: 'days_ago_at_most', value: 10 }, true, false],
		['the last rating', { field: 'rating.stars', op: 'at_most', value: 2 }, true, false],
		['when something was rated last', { field: 'rating.date', op: 'is_set' }, true, false],
		['a topic of interest', { field: 'preferences.topics', op: 'includes', value: ['green'] }, true, false],
		['who wants it all', { field: 'preferences.frequency', op: 'one_of', value: ['all'] }, false, true],
		['a place nearby', { near: { latitude: 48.3069, longitude: 14.2858, km: 160 } }, true, false],
		['a place further away', { near: { latitude: 48.3069, longitude: 14.2858, km: 150 } }, false, false],
		['groups', { all: [{ any: [{ field: 'city', op: 'is', value: 'Graz' }, { field: 'account', op: 'is_true' }] }, { not: { field: 'tags', op: 'includes', value: 'gold' } }] }, true, false],
	])('%s', (_what, condition, forAnna, forNobody) => {
		expect([decide(condition), decide(condition, { customer: nobody })]).toEqual([forAnna, forNobody]);
	});

	it('knows shares exactly', () => {
		const bought = { items: 20, saleItems: 11, categories: {}, products: {} };
		expect(decide({ field: 'bought.saleShare', op: 'more_than', value: 55 }, { customer: { ...anna, bought } })).toBe(false);
		expect(decide({ field: 'bought.saleShare', op: 'is', value: 55 }, { customer: { ...anna, bought } })).toBe(true);
	});

	it('takes a moment just ahead for now: clocks of shops go wrong', () => {
		const late = (aheadMs: number) => decide({ field: 'orders.last', op: 'days_ago_at_most', value: 1 }, { customer: { ...anna, orders: { ...anna.orders, lastAtMs: now + aheadMs } } });
		expect([late(60_000), late(2 * dayMs)]).toEqual([true, false]);
	});

	it.each([
		['2025-02-27T12:00:00Z', 1],
		['2025-02-28T12:00:00Z', 0],
		['2025-03-01T12:00:00Z', 364],
		['2024-02-28T12:00:00Z', 1],
		['2024-02-29T12:00:00Z', 0],
	])('celebrates a 29 February on the last day of February (%s)', (at, away) => {
		expect(decide({ field: 'birthday', op: 'anniversary_in_days', value: away }, { customer: { ...anna, birthday: '--02-29' } }, Date.parse(at))).toBe(true);
	});

	it('begins a birthday when it begins where the customer lives, or else the shop', () => {
		const born = (timezone: string | undefined, at: string) => decide({ field: 'birthday', op: 'anniversary_in_days', value: 0 }, { customer: { ...anna, timezone, birthday: '1990-03-15' } }, Date.parse(at));
		expect(born('Pacific/Auckland', '2026-03-14T12:00:00Z')).toBe(true);
		expect(born('America/Los_Angeles', '2026-03-15T03:00:00Z')).toBe(false);
		expect(born(undefined, '2026-03-14T23:30:00Z')).toBe(true);
		expect(born('Nowhere/Land', '2026-03-14T23:30:00Z')).toBe(true);
	});

	it('has no anniversary in the year itself, nor for a day that no calendar has', () => {
		const first = { ...anna, orders: { ...anna.orders, firstAtMs: now } };
		expect(decide({ field: 'orders.first', op: 'anniversary_in_days', value: 0 }, { customer: first })).toBe(false);
		expect(decide({ field: 'orders.first', op: 'anniversary_in_days', value: 365 }, { customer: first })).toBe(true);
		expect(decide({ field: 'birthday', op: 'anniversary_within_days', value: 366 }, { customer: { ...anna, birthday: '1990-13-40' } })).toBe(false);
	});

	it('counts what was done within the period, of a kind or of all', () => {
		const today = Math.floor(now / dayMs);
		const shoes = { category: 'Shoes' };
		const days = Object.fromEntries([0, 7, 8, 40].map((ago) => [today - ago, { category_viewed: 3, [historyField('category_viewed', shoes)]: 1 }]));
		const viewed = (times: 'at_least' | 'at_most' | 'exactly', count: number, of?: { category: string }) => decide({ event: 'category_viewed', of, times, count, withinDays: 7 }, { customer: anna, history: { days, recent: [] } });
		expect([viewed('at_least', 2, { category: 'shoes' }), viewed('at_least', 3, shoes), viewed('exactly', 6), viewed('at_most', 5), viewed('exactly', 0, { category: 'hats' })]).toEqual([true, false, true, false, true]);
		expect(decide({ event: 'searched', times: 'at_most', count: 0, withinDays: historyDays })).toBe(true);
	});

	it('grades how much a customer cares for messages', () => {
		const grade = (engagement: CustomerRecord['engagement'], more: Partial<CustomerRecord> = {}, nowMs = now) => ['A', 'B', 'C', 'D', 'none'].filter((value) => decide({ field: 'messages.grade', op: 'is', value }, { customer: { ...nobody, createdAtMs: now - 200 * dayMs, engagement, ...more } }, nowMs));
		const ago = (days: number) => now - days * dayMs;
		expect(grade(undefined)).toEqual(['none']);
		expect(grade({ sent: 3, lastSentAtMs: ago(1), opened: 2, lastOpenedAtMs: ago(36), clicked: 1, lastClickedAtMs: ago(35) })).toEqual(['A']);
		expect(grade({ sent: 3, lastSentAtMs: ago(1), opened: 2, lastOpenedAtMs: ago(35), clicked: 1, lastClickedAtMs: ago(36) })).toEqual(['B']);
		expect(grade({ sent: 3, lastSentAtMs: ago(1), opened: 1, lastOpenedAtMs: ago(36) })).toEqual(['C']);
		expect(grade({ sent: 3, lastSentAtMs: ago(1), opened: 1, lastOpenedAtMs: ago(91) })).toEqual(['D']);
		expect(grade({ sent: 3, lastSentAtMs: ago(1) })).toEqual(['D']);
		// Known for long, but asked for mail only five weeks ago.
		const lately: Partial<CustomerRecord> = { consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'test', atMs: ago(36) } } };
		expect(grade({ sent: 3, lastSentAtMs: ago(1) }, lately)).toEqual(['C']);
		// The same function, as time goes by.
		expect([20, 60].map((days) => grade({ sent: 1 }, lately, now + days * dayMs))).toEqual([['C'], ['D']]);
		const isEngaged = compileCondition({ field: 'messages.grade', op: 'one_of', value: ['A', 'B'] }, settings);
		const opened: CustomerRecord = { ...nobody, engagement: { sent: 1, opened: 1, lastOpenedAtMs: now } };
		expect([now, now + 36 * dayMs].map((nowMs) => isEngaged({ customer: opened }, nowMs))).toEqual([true, false]);
	});

	it('asks what became of the earlier messages of this enrolment', () => {
		const base = { channel: 'email', messageId: 'm', token: 't', atMs: now } as const;
		const enrolment = { sends: { '0:a': { ...base, state: 'sent', step: 0, clickedAtMs: now }, '1:a': { ...base, state: 'failed', step: 1 } } } as const;
		const asked = (condition: Condition) => decide(condition, { enrolment });
		expect(asked({ message: 'opened', is: true })).toBe(true);
		expect(asked({ message: 'clicked', step: 2, is: true })).toBe(false);
		expect(asked({ message: 'clicked', step: 2, is: false })).toBe(true);
		expect(asked({ message: 'sent', step: 2, is: true })).toBe(false);
		expect(asked({ message: 'code_used', is: true })).toBe(false);
		const inTurn = { sends: { a: { ...base, state: 'sent', step: 3, openedAtMs: now, atMs: now - 1 }, b: { ...base, state: 'sent', step: 0, clickedAtMs: now, atMs: now - 2 }, c: { ...base, state: 'failed', step: 4 } } } as const;
		expect((['sent', 'opened', 'clicked'] as const).map((message) => decide({ message, step: newestStep, is: true }, { enrolment: inTurn }))).toEqual([true, true, false]);
		expect(decide({ message: 'sent', step: newestStep, is: false }, { enrolment: { sends: {} } })).toBe(true);
		expect([decide({ message: 'opened', is: true }), decide({ message: 'opened', is: false })]).toEqual([false, false]);
	});

	it('reads orders, carts, products, views and events', () => {
		const line = { productId: 'p1', title: 'Green Tea', category: 'Tea', quantity: 2, unitPriceMinor: 500 };
		const facts: Facts = {
			order: { orderId: 'o', items: [line], currency: 'EUR', totalMinor: 1_000, placedAtMs: now, updatedAtMs: now, discountCodes: ['WELCOME'], awaitsPayment: true },
			cart: { id: 'c', stage: 'checkout', items: [line], updatedAtMs: now, createdAtMs: now, seen: {} },
			product: { productId: 'p1', variants: [{ variantId: 'a', priceMinor: 500, stock: 2 }, { variantId: 'b', priceMinor: 400, stock: 0 }, { variantId: 'c' }], updatedAtMs: now },
			view: { path: '/tea', utm: { source: 'mail' }, seconds: 30 },
			event: { name: 'tasting_booked', data: { seats: 2 } },
		};
		const conditions: Condition[] = [
			{ field: 'order.total', op: 'at_least', value: 1_000 },
			{ field: 'order.items', op: 'is', value: 2 },
			{ field: 'order.products', op: 'includes', value: 'green tea' },
			{ field: 'order.codes', op: 'includes', value: 'welcome' },
			{ field: 'order.awaitsPayment', op: 'is_true' },
			{ field: 'cart.total', op: 'is', value: 1_000 },
			{ field: 'cart.stage', op: 'is', value: 'checkout' },
			{ field: 'cart.categories', op: 'includes', value: 'tea' },
			{ field: 'product.price', op: 'is', value: 400 },
			{ field: 'product.stock', op: 'is', value: 2 },
			{ field: 'view.source', op: 'is', value: 'mail' },
			{ field: 'event.name', op: 'is', value: 'tasting_booked' },
			{ field: 'event.data.seats', op: 'at_least', value: 2 },
		];
		expect(conditions.filter((condition) => !decide(condition, facts))).toEqual([]);
		expect(conditions.filter((condition) => decide(condition, {}))).toEqual([]);
		expect(decide({ field: 'order.total', op: 'at_least', value: 1, currency: 'USD' }, facts)).toBe(false);
	});

	it('reads from the item what it carries', () => {
		const item: Partial<JourneyItem> = {
			journey: { messages: [{ step: 1, channel: 'email', state: 'sent', openedAt: '2026-03-09T10:00:00Z' }] } as JourneyItem['journey'],
			customer: { id: 'a', country: 'AT', tags: ['vip'], birthday: '1990-03-11', consent: { email: 'subscribed', sms: 'none' }, orders: { count: 2, spentMinor: 5_000, lastAt: '2026-03-01T10:00:00Z' } },
			cart: { id: 'c', stage: 'cart', currency: 'EUR', totalMinor: 4_000, url: '', updatedAt: '', items: [] },
		};
		const decideCarried = (condition: Condition) => compileCondition(condition, { ...settings, readFrom: 'item' })(item, now);
		const conditions: Condition[] = [
			{ field: 'country', op: 'is', value: 'at' },
			{ field: 'tags', op: 'includes', value: 'VIP' },
			{ field: 'birthday', op: 'anniversary_in_days', value: 1 },
			{ field: 'consent.push', op: 'is', value: 'none' },
			{ field: 'orders.average', op: 'is', value: 2_500 },
			{ field: 'orders.last', op: 'days_ago_at_most', value: 10 },
			{ field: 'cart.total', op: 'at_least', value: 4_000 },
			{ message: 'opened', is: true },
		];
		expect(conditions.filter((condition) => !decideCarried(condition))).toEqual([]);
		expect(conditions.flatMap((condition) => notCarried(condition, 'EUR'))).toEqual([]);
		expect(compileCondition(conditions[6], { ...settings, readFrom: 'item_and_customer' })({ item, customer: anna }, now)).toBe(true);
		expect(compileCondition(conditions[4], { ...settings, readFrom: 'item_and_customer' })({ item, customer: anna }, now)).toBe(false);
	});

	it('says which facts items do not carry', () => {
		const condition: Condition = { all: [{ field: 'postcode', op: 'is_set' }, { field: 'orders.spent', op: 'at_least', value: 1, currency: 'USD' }, { event: 'searched', times: 'at_least', count: 1, withinDays: 7 }] };
		expect(notCarried(condition, 'EUR')).toEqual(['"Customer: Postcode"', '"Orders: Total Spent" in USD', 'what the customer did']);
	});

	it('says which documents must be read', () => {
		expect(needs({ all: [{ event: 'searched', times: 'at_least', count: 1, withinDays: 7 }, { not: { message: 'sent', is: true } }] })).toMatchObject({ history: true, enrolment: true, customer: false, order: false });
		expect(needs({ any: [{ field: 'attributes.size', op: 'is_set' }, { field: 'order.total', op: 'is_set' }] })).toMatchObject({ history: false, customer: true, order: true });
	});

	it('measures distances on the earth', () => {
		// Vienna to Sydney: 15,990 km along the great circle.
		expect(distanceKm({ latitude: 48.2082, longitude: 16.3738 }, { latitude: -33.8688, longitude: 151.2093 })).toBeCloseTo(15_990, -2);
		expect(distanceKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeCloseTo(111.2, 0);
	});
});

describe('conditions that cannot apply', () => {
	it.each<[string, unknown, RegExp]>([
		['an unknown fact', { field: 'orders.cuont', op: 'is', value: 1 }, /no fact called "orders.cuont"/],
		['an operator that does not fit', { field: 'city', op: 'at_least', value: 3 }, /"Customer: City" is a text, to which "is at least" does not apply/],
		['text compared as a number', { field: 'orders.count', op: 'at_least', value: 'many' }, /"Orders: Number" is a number, but is compared with "many"/],
		['a number compared as text', { field: 'city', op: 'is', value: 3 }, /"Customer: City" is a text, but is compared with 3/],
		['a period longer than kept', { event: 'searched', times: 'at_least', count: 1, withinDays: 365 }, /365 days, but what customers do is kept for 120 days/],
		['bounds in the wrong order', { field: 'orders.count', op: 'between', value: 5, to: 2 }, /between 5 and 2: the first must not be greater/],
		['days in the wrong order', { field: 'created', op: 'between', value: '2026-03-02', to: '2026-03-01' }, /first day must not be later/],
		['a day that no calendar has', { field: 'created', op: 'before', value: '2026-02-30' }, /"2026-02-30", which is no day/],
		['nothing to compare with', { field: 'city', op: 'one_of', value: [] }, /nothing to be compared with/],
		['days that are no number', { field: 'created', op: 'days_ago_at_most', value: 1.5 }, /whole number, 0 or more/],
		['a choice that there is not', { field: 'consent.email', op: 'is', value: 'yes' }, /never "yes". What it can be: subscribed/],
		['no currency', { field: 'orders.spent', op: 'at_least', value: 1, currency: 'Euro' }, /no currency code/],
		['an empty group', { all: [{ any: [] }] }, /group has no condition/],
		['an event that is not counted', { event: 'message_sent', times: 'at_most', count: 0, withinDays: 7 }, /"Message Sent" is not counted by days.*"Messages: Last Sent"/],
		['an unknown event', { event: 'danced', times: 'at_least', count: 1, withinDays: 1 }, /no event called "danced"/],
		['an event of two kinds', { event: 'searched', of: { query: 'a', product: 'b' }, times: 'at_least', count: 1, withinDays: 1 }, /not by several at once/],
		['a step that there is not', { message: 'opened', step: 0, is: true }, /numbered from 1 on/],
		['no place', { near: { latitude: 91, longitude: 0, km: 0 } }, /latitude.*\n?.*/],
		['nothing at all', {}, /neither which fact nor what was done/],
		['null', null, /empty/],
		['groups without an end', (() => { const loop: { all: unknown[] } = { all: [] }; loop.all.push(loop); return loop; })(), /deep in each other/],
	])('%s', (_what, condition, problem) => {
		expect(validateCondition(condition as Condition).join(' ')).toMatch(problem);
		expect(() => compileCondition(condition as Condition, settings)).toThrow(expect.objectContaining({ code: 'CONDITION_INVALID', message: expect.stringMatching(problem) as string }));
	});

	it('lists all that is wrong', () => {
		expect(validateCondition({ near: { latitude: 91, longitude: 181, km: 0 } })).toHaveLength(3);
	});
});

describe('the catalogue of facts', () => {
	it('names each fact once, and finds it by its id', () => {
		expect(new Set(factFields.map(({ id }) => id)).size).toBe(factFields.length);
		expect(new Set(factFields.map(({ label }) => label)).size).toBe(factFields.length);
		for (const field of factFields) expect(factField(field.id)).toBe(field);
		expect([factField('attributes.'), factField('toString')]).toEqual([undefined, undefined]);
	});

	it('indexes facts of the customer only', () => {
		expect(factFields.filter(({ index, part }) => index && part !== 'customer')).toEqual([]);
	});
});
