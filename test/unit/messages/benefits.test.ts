import { buildContext, type MessageItem, withOwnCode } from '../../../lib/messages/context';
import { placeNear } from '../../../lib/messages/near';
import { createRenderer } from '../../../lib/messages/render';
import type { ItemDiscount } from '../../../lib/model/item';
import { sampleItem, sampleSettings } from './samples';

const berlin = (locale: string) => ({ locale, timezone: 'Europe/Berlin' });
const context = (item: MessageItem, data = berlin('en-GB'), nowMs?: number) => buildContext(item, sampleSettings(), {}, data, { nowMs });
const discount = (changes: Partial<ItemDiscount> = {}): ItemDiscount => ({ code: 'MIA-1', kind: 'percentage', percent: 12.5, currency: 'EUR', isUnique: true, ...changes });
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('a discount code', () => {
	test.each([
		['en-GB', '12.5%', '12.5% off', '€5.00', 'free shipping'],
		['ru-RU', '12,5 %', 'скидка 12,5 %', '5,00 €', 'бесплатная доставка'],
		['zh-TW', '12.5%', '折扣 12.5%', '€5.00', '免運費'],
		['zh-CN', '12.5%', '优惠 12.5%', '€5.00', '免运费'],
		['th-TH', '12.5%', 'ส่วนลด 12.5%', '€5.00', 'ส่งฟรี'],
	])('says in %s what it gives', (locale, percent, offer, amount, shipping) => {
		const value = (changes: Partial<ItemDiscount>) => plain(context({ discount: discount(changes) }, berlin(locale)).discount.value);
		expect(value({})).toBe(percent);
		expect(plain(context({ discount: discount() }, berlin(locale)).discount.offer)).toBe(offer);
		expect(value({ kind: 'amount', amountMinor: 500 })).toBe(amount);
		expect(value({ kind: 'free_shipping' })).toBe(shipping);
	});

	test.each([
		['the end of a day', '2026-03-15T22:59:59.999Z', '15 March 2026'],
		['midnight, which is over the day before', '2026-03-15T23:00:00.000Z', '15 March 2026'],
		['the middle of a day, with its hour', '2026-03-15T13:30:00.000Z', '15 March 2026 at 14:29'],
		['no time at all', 'soon', ''],
	])('ends at %s', (_when, expiresAt, shown) => {
		expect(plain(context({ discount: discount({ expiresAt }) }).discount.expiresAt)).toBe(shown);
	});

	test('ends today by the clock of the reader, and never where the time is not told', () => {
		const expiresAt = '2026-03-15T22:59:59.999Z';
		const endsToday = (now?: string) => context({ discount: discount({ expiresAt }) }, berlin('en'), now === undefined ? undefined : Date.parse(now)).discount.endsToday;
		expect([endsToday(), endsToday('2026-03-14T22:59:00Z'), endsToday('2026-03-14T23:01:00Z'), endsToday('2026-03-15T22:00:00Z')]).toEqual([false, false, true, true]);
	});

	test('of the operator’s own is shown instead, and keeps nothing of the other', () => {
		const facts = context({ discount: discount({ minimumMinor: 3_000, expiresAt: '2026-03-15T22:59:59.999Z' }) });
		expect(facts).toMatchObject({ discountCode: 'MIA-1', discount: { code: 'MIA-1', minimum: '€30.00' } });
		withOwnCode(facts, ' SPRING ');
		expect(facts).toMatchObject({ discountCode: 'SPRING', discount: { code: 'SPRING', value: '', offer: '', minimum: '', expiresAt: '', endsToday: false } });
		const same = context({ discount: discount() });
		withOwnCode(same, 'MIA-1');
		expect(same.discount.value).toBe('12.5%');
	});

	test('is told of the operator’s own HTML only where it stands in it', () => {
		const rendered = (html: string) => createRenderer({ content: { kind: 'custom', subject: 'S', html } }).render({ ...sampleItem(), discount: discount() }, { settings: sampleSettings() });
		expect(rendered('<p>{{discount.code}}: {{discount.value}}</p>')).toMatchObject({ discountCode: 'MIA-1', html: '<p>MIA-1: 12.5%</p>' });
		expect(rendered('<p>Hello</p>').discountCode).toBe('');
	});
});

describe('points', () => {
	const customer = (points?: object): MessageItem => ({ customer: { ...sampleItem().customer!, ...(points && { points: { available: 0, pending: 0, ...points } }) } });

	test('are written as the reader counts, and told apart from none', () => {
		expect(context(customer()).points).toMatchObject({ available: '', pending: '', expiring: '', expiresAt: '', tier: '', nextTier: '', toNextTier: '' });
		expect(context(customer({})).points).toMatchObject({ available: '0', pending: '' });
		const points = context(customer({ available: 12_500, pending: 40, expiring: 7, expiresAt: '2026-06-30T22:00:00.000Z' }), berlin('ru-RU')).points;
		expect([points.available, points.pending, points.expiring, points.expiresAt].map(plain)).toEqual(['12 500', '40', '7', '30 июня 2026 г.']);
		expect(points.count).toMatchObject({ available: 12_500, pending: 40, expiring: 7 });
	});

	test('to the next tier are points, or money where tiers are reached by spending; none where it is reached', () => {
		const way = (points: object) => context(customer({ nextTier: 'Gold', ...points })).points;
		expect(plain(way({ toNextTier: 1 }).toNextTier)).toBe('1 point');
		expect(way({ toNextTier: 3_500, toNextTierCurrency: 'EUR', nextTierPercent: 82.4 })).toMatchObject({ nextTier: 'Gold', toNextTier: '€35.00', count: { onTheWay: 82 } });
		expect(way({ toNextTier: 0 })).toMatchObject({ nextTier: '', toNextTier: '', count: { onTheWay: 0 } });
	});

	test('earned are those of the event, and of no other event', () => {
		const earned = (type: string, points: unknown) => context({ ...customer({}), event: { type, at: '2026-03-01T10:00:00Z', data: { points } as never } }).points.count.earned;
		expect([earned('points_earned', 25), earned('points_redeemed', 25), earned('points_earned', 'x'), earned('points_earned', -3)]).toEqual([25, 0, 0, 0]);
	});
});

describe('a place near the customer', () => {
	const quay = { name: 'Quay', city: 'Dublin', postcode: 'D02 XY45', country: 'IE', latitude: 53.3459, longitude: -6.2576 };
	const cork = { name: 'Cork', city: 'Cork', country: 'IE', latitude: 51.8985, longitude: -8.4756 };
	const ohio = { name: 'Dublin, Ohio', city: 'Dublin', country: 'US' };

	test.each([
		['the nearest on the map', { latitude: 53.35, longitude: -6.26, city: 'Cork' }, 'Quay'],
		['none that is far away', { latitude: 52.66, longitude: -8.63 }, undefined],
		['that of the same postcode', { postcode: 'd02xy45', city: 'Elsewhere' }, 'Quay'],
		['that of the same town', { city: 'CORK', country: 'IE' }, 'Cork'],
		['none of the same name in another country', { city: 'Dublin', country: 'CA' }, undefined],
		['none where nothing is known', {}, undefined],
	])('is %s', (_which, customer, name) => {
		expect(placeNear(customer, [ohio, cork, quay])?.name).toBe(name);
	});

	test('is none where the shop has none', () => {
		expect(placeNear({ city: 'Dublin' }, undefined)).toBeUndefined();
	});
});
