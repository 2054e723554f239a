import type { IDataObject } from 'n8n-workflow';
import { issueCode } from '../../../lib/discounts/issue';
import { codesLeft, listSource, loadCodes } from '../../../lib/discounts/listSource';
import { namedPurpose } from '../../../lib/discounts/purpose';
import { endOfValidity } from '../../../lib/discounts/validity';
import type { DueStep } from '../../../lib/journeys/engine';
import { sampleToken } from '../../../lib/messages/send/guards';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import type { ItemDiscount } from '../../../lib/model/item';
import { type DiscountCodeRecord, indexes, keys } from '../../../lib/model/records';
import type { Installation } from '../../../lib/n8n/installation';
import { DiscountCode, executeDiscountCode } from '../../../nodes/DiscountCode/DiscountCode.node';
import { codeCheck } from '../../../nodes/SendReminder/codeCheck';
import { SendReminder } from '../../../nodes/SendReminder/SendReminder.node';
import { startWooShop, type WooShop } from '../../mocks/woocommerce';
import { sampleSettings } from '../messages/samples';
import { firstRetryMs, leaseMs } from '../journeys/engine';
import { customerEvent, opening, orderEvent } from '../record/shop';
import { jobOf, openPost, type Post } from '../send/post';
import { type Execution, fakeExecution } from './execution';

// Rests between requests take no time here.
jest.mock('n8n-workflow', () => ({ ...jest.requireActual<object>('n8n-workflow'), sleep: async () => {} }));

const { description } = new DiscountCode();
const anna = { email: 'anna@example.com', firstName: 'Anna', timezone: 'Europe/Vienna', shopCustomerId: '7' };
let post: Post;
let woo: WooShop;
let installation: Installation;
let step: DueStep;
let hints: string[];

beforeEach(async () => {
	post = await openPost({ endsOn: ['code_used', 'order'] });
	woo = await startWooShop({ nowMs: () => post.shop.now() });
	const settings = { ...sampleSettings({ system: 'woocommerce' }), timezone: 'UTC' };
	installation = { clock: post.shop.clock, leaseMs, firstRetryMs, shop: () => ({ id: 'main', store: post.shop.store, settings: async () => settings }) } as unknown as Installation;
	await post.fillBy(anna);
	post.shop.pass(hourMs);
	step = await post.claimOne();
	hints = [];
});
afterEach(async () => {
	await woo.close();
	await post.shop.hub.close();
});

/** What n8n's helper does, with fetch. */
async function httpRequest({ method, url, qs, headers, body }: { method: string; url: string; qs?: Record<string, string>; headers: Record<string, string>; body?: string }) {
	const address = new URL(url);
	for (const [name, value] of Object.entries(qs ?? {})) address.searchParams.set(name, String(value));
	try {
		const answer = await fetch(address, { method, headers, body });
		return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: Buffer.from(await answer.arrayBuffer()) };
	} catch {
		throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
	}
}

function context(of: typeof description, execution: Execution) {
	const made = fakeExecution(of, { hints, credentials: { wooCommerceApi: woo.credential }, ...execution });
	Object.assign(made.helpers, { httpRequest });
	return made;
}
const run = async (parameters: Record<string, unknown>, items: object[] = [step.item]) => await executeDiscountCode(context(description, { items: items as IDataObject[], parameters: { operation: 'issue', ...parameters } }), installation);
const inWoo = { source: 'woocommerce', pattern: 'TEA-########' };
const issued = async (parameters: Record<string, unknown> = inWoo, items?: object[]) => {
	const [[item], not] = await run(parameters, items);
	expect(not).toEqual([]);
	return item.json.discount as unknown as ItemDiscount;
};
const notIssued = async (parameters: Record<string, unknown> = inWoo, items?: object[]) => {
	const [done, [item]] = await run(parameters, items);
	expect(done).toEqual([]);
	return item.json.discountCode as { status: string; reason: string; detail?: string };
};
const recordOf = async (code: string) => (await post.shop.store.read<DiscountCodeRecord>([keys.discountCode(code)]))[0].value;

describe('the panel', () => {
	it("shows each credential for its source only; no field has one for each of its options, which n8n's editor would take for the choice of a login", () => {
		expect(description.credentials!.map(({ name, displayOptions }) => [name, displayOptions!.show])).toEqual([['shopifyAccessTokenApi', { source: ['shopify'] }], ['wooCommerceApi', { source: ['woocommerce'] }]]);
		const source = description.properties.find(({ name }) => name === 'source')!;
		expect((source.options as Array<{ value: string }>).map(({ value }) => value)).toContain('list');
	});
});

describe('a code made in the shop', () => {
	it('is on the item with what it gives and until when, and is the same one when the step runs again', async () => {
		const discount = await issued();
		// 14 days, today included, to the end of the day in Vienna (an hour ahead).
		expect(discount).toEqual({ code: expect.stringMatching(/^TEA-.{8}$/) as string, kind: 'percentage', percent: 10, currency: 'EUR', expiresAt: '2026-03-15T22:59:59.999Z', isUnique: true });
		expect(await issued({ ...inWoo, percent: 50 })).toEqual(discount);
		expect(woo.coupons).toEqual([expect.objectContaining({ code: discount.code.toLowerCase(), discount_type: 'percent', amount: '10', usage_limit: 1, date_expires_gmt: '2026-03-15T22:59:59' })]);
	});

	it.each<[string, Record<string, unknown>, object, object]>([
		['an amount', { gives: 'amount', amount: 7.5, options: { minimum: 40, products: '11, 12' } }, { kind: 'amount', amountMinor: 750, minimumMinor: 4000 }, { amount: '7.50', minimum_amount: '40.00', product_ids: [11, 12] }],
		['free shipping', { gives: 'free_shipping', validDays: 0 }, { kind: 'free_shipping' }, { free_shipping: true }],
		['a gift for this customer alone', { gives: 'gift', giftProduct: '310', giftPrice: 12, options: { onlyForCustomer: true } }, { kind: 'gift', amountMinor: 1200 }, { product_ids: [310], email_restrictions: ['anna@example.com'] }],
	])('may be %s', async (_what, parameters, expected, coupon) => {
		expect(await issued({ ...inWoo, ...parameters })).toMatchObject(expected);
		expect(woo.coupons).toEqual([expect.objectContaining(coupon)]);
	});

	it('is not asked for when the customer bought a second ago, or another run took the step over', async () => {
		const late = { ...step.item, journey: { ...step.item.journey, token: 'void' } };
		expect(await notIssued(inWoo, [late])).toMatchObject({ reason: 'superseded' });
		await post.shop.record(orderEvent(post.shop.now(), {}, { customer: anna }));
		expect(await notIssued()).toMatchObject({ status: 'not_issued', reason: 'journey_ended' });
		expect(woo.requests).toEqual([]);
	});

	it('is not asked for in a test in the editor, which shows what one looks like', async () => {
		const discount = await issued(inWoo, [{ ...step.item, journey: { ...step.item.journey, token: sampleToken } }]);
		expect(discount.code).toMatch(/^TEA-.{8}$/);
		expect(woo.requests).toEqual([]);
		expect(await recordOf(discount.code)).toBeNull();
	});

	it.each<[string, object]>([
		['is down', { status: 500, times: 99 }],
		['wants rest', { status: 429, times: 99 }],
		['breaks off after it made the code', { isLate: true, method: 'POST' }],
	])('while the shop %s the step is put off with a banner, and later gets one code', async (_what, fault) => {
		woo.faults.push({ path: /coupons/, ...fault });
		expect(await notIssued()).toMatchObject({ status: 'not_issued', reason: 'unavailable' });
		expect(hints).toEqual([expect.stringContaining('could not be had now')]);
		expect(await post.holds(step)).toBe(false);
		const enrolment = await post.enrolment();
		expect(enrolment).toMatchObject({ status: 'open', step: 0, sends: {}, dueAtMs: post.shop.now() + 15 * minuteMs, failure: expect.stringContaining('could not be had now') });
		expect(await post.counters()).toMatchObject({ 'not_sent.code_unavailable': 1 });
		woo.faults.length = 0;
		post.shop.pass(15 * minuteMs);
		step = await post.claimOne();
		const { code } = await issued();
		expect(woo.coupons.map((coupon) => coupon.code)).toEqual([code.toLowerCase()]);
	});

	it('that the shop refuses to make is tried again some times, with its reason', async () => {
		woo.permissions = 'read';
		expect(await notIssued()).toMatchObject({ reason: 'refused' });
		expect(await post.holds(step)).toBe(false);
		expect(await post.enrolment()).toMatchObject({ status: 'open', step: 0, failure: expect.stringContaining('does not make this discount code') });
		post.shop.pass(firstRetryMs);
		expect((await post.claimOne()).attempt).toBe(2);
	});

	it('that ran out before its message left is replaced by a fresh one; one that was seen is not', async () => {
		const today = { ...inWoo, validDays: 1 };
		const first = await issued(today);
		post.shop.pass(dayMs);
		step = await post.claimOne();
		const second = await issued(today);
		expect(second.code).not.toBe(first.code);
		expect((await post.sendOne(step)).status).toBe('sent');
		post.shop.pass(dayMs);
		const { settled: _settled, ...enrolment } = await post.enrolment();
		const key = keys.enrolment(enrolment.id);
		const [{ version }] = await post.shop.store.read([key]);
		// The step is handed out once more, as after a crash.
		await post.shop.store.commit({ writes: [{ key, version, value: { ...enrolment, step: 0, dueAtMs: post.shop.now() } as never }], index: [{ index: indexes.due('carts'), key, value: post.shop.now() }] });
		step = await post.claimOne();
		expect(await notIssued(today)).toMatchObject({ reason: 'over', code: second.code });
	});

	it('asks a shop that is down twice only for a whole batch', async () => {
		for (const name of ['b', 'c', 'd', 'e']) await post.fillBy({ email: `${name}@example.com` }, `cart-${name}`);
		post.shop.pass(hourMs);
		const steps = await post.claim();
		woo.faults.push({ path: /coupons/, isDropped: true, times: 99 });
		const [done, not] = await run(inWoo, steps.map(({ item }) => item));
		expect([done.length, not.length]).toEqual([0, steps.length]);
		expect(steps.length).toBeGreaterThan(3);
		expect(woo.requests.length).toBeLessThanOrEqual(2);
		for (const one of steps) expect(await post.holds(one)).toBe(false);
	});
});

describe('a code from a list', () => {
	it('waits with a banner while the list is empty, and goes on once codes are loaded', async () => {
		expect(await notIssued({})).toMatchObject({ reason: 'used_up' });
		expect(hints).toEqual([expect.stringContaining('List "main": The list has no code left.')]);
		const [[loaded]] = await run({ operation: 'load', codes: 'A-1, A-2\nA-1' }, [{}]);
		expect(loaded.json).toEqual({ list: 'main', added: 2, known: 0, left: 2 });
		post.shop.pass(15 * minuteMs);
		step = await post.claimOne();
		expect(await issued({})).toMatchObject({ code: 'A-1', kind: 'percentage', percent: 10 });
		expect(await codesLeft(post.shop.store, 'main')).toBe(1);
	});

	it('is loaded from items too, and from nothing not at all', async () => {
		const [[loaded]] = await run({ operation: 'load', list: 'vip', codesFrom: 'items', codeName: 'Code', codesEnd: '2027-01-01T00:00:00Z' }, [{ Code: 'V-1' }, { Code: 77 }, { other: 1 }]);
		expect(loaded.json).toEqual({ list: 'vip', added: 2, known: 0, left: 2 });
		await expect(run({ operation: 'load', codes: ' \n' }, [{}])).rejects.toThrow('There is no code to load');
		await expect(run({ operation: 'load', codes: 'A', codesEnd: '2020-01-01' }, [{}])).rejects.toThrow('no time to come');
	});

	it('outside a journey is one for each customer and purpose, and the same after a merge', async () => {
		await loadCodes(post.shop.store, 'main', ['A-1', 'A-2', 'A-3']);
		const item = { customer: { email: 'anna@example.com' } };
		await expect(run({}, [item])).rejects.toThrow('it has to be said what its code is for');
		expect(await notIssued({ options: { purpose: 'summer' } }, [{ email: 'nobody@example.com' }])).toMatchObject({ reason: 'unknown_customer' });
		expect(await issued({ options: { purpose: 'summer' } }, [item])).toMatchObject({ code: 'A-1' });
		expect(await issued({ options: { purpose: 'autumn' } }, [item])).toMatchObject({ code: 'A-2' });
		// Somebody older, who proves to be Anna: the younger one is merged away.
		const older = 'older@example.com';
		await post.shop.record(customerEvent(opening - dayMs, { email: older, shopCustomerId: '6' }));
		await post.shop.record(customerEvent(post.shop.now(), { email: 'anna@example.com', shopCustomerId: '6' }));
		await post.shop.workTasks();
		expect(await issued({ options: { purpose: 'summer' } }, [item])).toMatchObject({ code: 'A-1' });
		expect(await codesLeft(post.shop.store, 'main')).toBe(1);
	});
});

describe('codes that were issued', () => {
	it('are checked, revoked and cleaned up', async () => {
		// The credential's shop lives by the real clock.
		const discount = await issued({ ...inWoo, validDays: 0 });
		const [[valid]] = await run({ operation: 'check', ...inWoo }, [{ discount }]);
		expect(valid.json.discountCode).toMatchObject({ code: discount.code, status: 'valid' });
		const [[revoked]] = await run({ operation: 'revoke', ...inWoo, code: discount.code }, [{}]);
		expect(revoked.json.discountCode).toMatchObject({ status: 'revoked' });
		expect(woo.coupons).toEqual([]);
		const [, [gone]] = await run({ operation: 'check', ...inWoo }, [{ code: discount.code }]);
		expect(gone.json.discountCode).toMatchObject({ status: 'revoked' });
		await expect(run({ operation: 'check', ...inWoo }, [{}])).rejects.toThrow('names no discount code');
		post.shop.pass(30 * dayMs);
		await loadCodes(post.shop.store, 'main', ['A-1'], { expiresAtMs: post.shop.now() + 1 });
		post.shop.pass(1);
		const [[cleaned]] = await run({ operation: 'clean' }, [{}]);
		expect(cleaned.json).toEqual({ expired: 1, forgotten: 0, left: 0 });
	});
});

describe('Send Reminder', () => {
	const checkWith = (contentCheck: 'store' | 'woocommerce' | 'off') => {
		const check = codeCheck(context(new SendReminder().description, { parameters: {} }), installation, installation.shop('main'), contentCheck);
		return async (code: string, isOnItem = true) => await check(code, { ...jobOf(step, 'node-1'), item: { ...step.item, ...(isOnItem && { discount: { code, kind: 'percentage', currency: 'EUR', isUnique: true } }) } });
	};

	it('asks our record always, and the shop where it is asked for stock and prices', async () => {
		const { code } = await issued({ ...inWoo, validDays: 0 });
		for (const how of ['store', 'woocommerce', 'off'] as const) expect(await checkWith(how)(code)).toBe(true);
		woo.coupons.length = 0;
		expect(await checkWith('store')(code)).toBe(true);
		expect(await checkWith('woocommerce')(code)).toBe(false);
		post.shop.pass(hourMs);
		await post.shop.record(orderEvent(post.shop.now(), { discountCodes: [code] }, { customer: { email: 'ben@example.com' } }));
		expect(await checkWith('off')(code)).toBe(false);
	});

	it('keeps the message back while the shop does not answer, and asks it no more in this run', async () => {
		const { code } = await issued();
		woo.faults.push({ path: /coupons/, isDropped: true, times: 99 });
		const check = checkWith('woocommerce');
		const before = woo.requests.length;
		for (let i = 0; i < 5; i++) expect(await check(code)).toBe('unavailable');
		expect(woo.requests.length - before).toBeLessThan(40);
		expect(hints).toHaveLength(1);
	});

	it('leaves codes alone that the operator typed in, and takes none that an item only claims to have', async () => {
		const check = checkWith('store');
		expect(await check('SPRING', false)).toBe(true);
		expect(await check('MADE-UP')).toBe(false);
	});
});

describe('an order with a code', () => {
	const order = (id: string, code: string, atMs = post.shop.now(), more = {}) => orderEvent(atMs, { orderId: id, discountCodes: ['OTHER', code.toLowerCase()], ...more }, { customer: anna });

	it('ends the enrolment where its journey listens, is noted on the message, counted and told once, however often it is told', async () => {
		const { code } = await issued();
		await post.sendOne(step);
		post.shop.pass(hourMs);
		const atMs = post.shop.now();
		await post.shop.record(order('order-1', code));
		await post.shop.record({ ...order('order-1', code), type: 'order_updated' });
		await post.shop.record(order('order-2', code, atMs + 1));
		const enrolment = await post.enrolment();
		expect(enrolment).toMatchObject({ status: 'ended', endReason: 'code_used' });
		expect(Object.values(enrolment.sends)).toEqual([expect.objectContaining({ codeUsedAtMs: atMs })]);
		expect(await post.counters()).toMatchObject({ code_used: 1, 'code_used.1': 1, 'ended.code_used': 1 });
		expect(await recordOf(code)).toMatchObject({ state: 'redeemed', redeemed: { orderId: 'order-1', atMs } });
		const log = await post.shop.store.readLog({ afterSeq: 0, limit: 1000 });
		expect(log.filter(({ type }) => type === 'code_redeemed')).toHaveLength(1);
	});

	it('counts the order placed first, in whatever order they are told, a cancelled one too', async () => {
		const { code } = await issued();
		const atMs = post.shop.now();
		await post.shop.record(order('order-2', code, atMs + 5));
		await post.shop.record({ ...order('order-1', code, atMs + 1, { cancelledAtMs: atMs + 9, updatedAtMs: atMs + 9 }), type: 'order_cancelled' });
		expect(await recordOf(code)).toMatchObject({ redeemed: { orderId: 'order-1', atMs: atMs + 1 } });
		expect(await post.counters()).toMatchObject({ code_used: 1 });
	});

	it('starts journeys', async () => {
		await post.shop.switchOn({ id: 'used', trigger: 'event', subject: 'order', watch: undefined, events: ['code_redeemed'], endsOn: [], steps: [{ name: 'thanks', delayMs: 0 }] });
		const { code } = await issued();
		await post.shop.record(order('order-1', code));
		expect(await post.shop.store.readCounters('journey:used')).toMatchObject({ entered: 1 });
	});

	it('takes a code off the list that nobody was given yet', async () => {
		await loadCodes(post.shop.store, 'main', ['A-1', 'A-2']);
		await post.shop.record(orderEvent(post.shop.now(), { discountCodes: ['a-1'] }, { customer: { email: 'ben@example.com' } }));
		expect(await issued({})).toMatchObject({ code: 'A-2' });
	});

	it('costs no read when it has none', async () => {
		const asked: string[] = [];
		const { store } = post.shop;
		const read = store.read.bind(store);
		store.read = (async (documents: string[]) => {
			asked.push(...documents);
			return await read(documents);
		}) as typeof store.read;
		await post.shop.record(orderEvent(post.shop.now(), {}, { customer: anna }));
		expect(asked.filter((key) => key.startsWith('discount'))).toEqual([]);
	});

	it('is credited to no later entry of the same customer', async () => {
		const { code } = await issued();
		const key = keys.enrolment((await post.enrolment()).id);
		const [{ version, value }] = await post.shop.store.read<object>([key]);
		await post.shop.store.commit({ writes: [{ key, version, value: { ...value, openedAtMs: post.shop.now() + 1 } as never }] });
		await post.shop.record(order('order-1', code, opening - dayMs));
		expect(await post.enrolment()).toMatchObject({ status: 'open' });
		expect(await recordOf(code)).toMatchObject({ state: 'redeemed' });
	});
});

describe('the end of "today"', () => {
	const at = (text: string, days: number, zone = 'Europe/Vienna') => new Date(endOfValidity(Date.parse(text), days, zone)!).toISOString();

	it('is midnight where the customer is; late in the evening the next one', () => {
		expect(at('2026-03-02T08:00:00Z', 1)).toBe('2026-03-02T22:59:59.999Z');
		expect(at('2026-03-02T08:00:00Z', 1, 'America/New_York')).toBe('2026-03-03T04:59:59.999Z');
		expect(at('2026-03-02T20:30:00Z', 1)).toBe('2026-03-03T22:59:59.999Z');
		expect(at('2026-03-02T20:30:00Z', 2)).toBe('2026-03-03T22:59:59.999Z');
		// The clocks go on by an hour on the 29th.
		expect(at('2026-03-28T12:00:00Z', 2)).toBe('2026-03-29T21:59:59.999Z');
		expect(endOfValidity(0, 0, 'UTC')).toBeUndefined();
	});
});

it('is one for each purpose: what a list gives under one id is found under the other', async () => {
	const { store, clock } = post.shop;
	await loadCodes(store, 'main', ['A-1', 'A-2']);
	const terms = { value: { kind: 'percentage', percent: 10 }, currency: 'EUR' } as const;
	const given = await issueCode(store, listSource(store, 'main'), { purpose: namedPurpose('gone', 'x'), terms }, clock);
	expect(await issueCode(store, listSource(store, 'main'), { purpose: namedPurpose('stays', 'x'), terms, earlierIds: ['gone'] }, clock)).toEqual({ ...given, isNew: false });
});
