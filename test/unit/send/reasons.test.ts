import { hourMs, minuteMs } from '../../../lib/model/clock';
import { ShopJourneysError } from '../../../lib/model/errors';
import { type CustomerRecord, keys } from '../../../lib/model/records';
import { notSentReasons, type NotSentReason } from '../../../lib/model/reasons';
import { sampleToken } from '../../../lib/messages/send/guards';
import type { DueStep } from '../../../lib/journeys/engine';
import { anna, cartEvent, checkoutEvent, orderEvent } from '../record/shop';
import { cutOff, openPost, type Post, reasonOf, refusedForGood, refusedForNow, sendsOf } from './post';

let post: Post;
let step: DueStep;
const reached = new Set<NotSentReason>();
const now = () => post.shop.now();

beforeEach(async () => {
	post = await openPost();
	await post.fillBy(anna);
	post.shop.pass(hourMs);
	step = await post.claimOne();
});
afterEach(() => post.shop.hub.close());

/** Sends, and expects this refusal. */
async function expectRefusal(reason: NotSentReason, send: Promise<unknown> = post.sendOne(step)): Promise<void> {
	const result = (await send) as Awaited<ReturnType<Post['sendOne']>>;
	expect(result).toMatchObject({ status: 'not_sent', reason, sentence: notSentReasons[reason].sentence });
	reached.add(reason);
}

async function changeCustomer(change: Partial<CustomerRecord>): Promise<void> {
	const [{ version, value }] = await post.shop.store.read<CustomerRecord>([keys.customer('customer-1')]);
	await post.shop.store.commit({ writes: [{ key: keys.customer('customer-1'), version, value: { ...value, ...change } as never }] });
}

const stands = (expected: object) => post.enrolment().then((enrolment) => expect(enrolment).toMatchObject(expected));

describe('a message that may leave', () => {
	it('is sent once, booked, counted, and the enrolment goes on to the next step', async () => {
		expect(await post.sendOne(step)).toMatchObject({ status: 'sent', to: 'anna@example.com', subject: 'Green Tea' });
		await stands({ status: 'open', step: 1, stepsDone: 1 });
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'sent' });
		expect(await post.counters()).toEqual({ entered: 1, 'sent.1': 1 });
		const [entry] = await post.shop.store.readTimeline(keys.customer('customer-1'), { limit: 1 });
		expect(entry).toMatchObject({ type: 'message_sent', data: { channel: 'email', journey: 'carts', step: 1 } });
	});

	it('needs no consent in a transactional journey', async () => {
		await post.shop.hub.close();
		post = await openPost({ kind: 'transactional' });
		await post.fill();
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
	});
});

describe('the enrolment ends when the customer', () => {
	it('was erased', async () => {
		await changeCustomer({ erasedAtMs: now() });
		await expectRefusal('erased');
		await stands({ status: 'ended', endReason: 'erased' });
	});

	it('is suppressed', async () => {
		await changeCustomer({ suppressed: { reason: 'bounced', atMs: now() } });
		await expectRefusal('suppressed');
		await stands({ status: 'ended', endReason: 'suppressed' });
	});

	it('has unsubscribed', async () => {
		// As another process would have it, whose record() did not know of this journey.
		await changeCustomer({ consent: { email: { status: 'unsubscribed', basis: 'unknown', source: 'test', atMs: now() } } });
		await expectRefusal('unsubscribed');
		await stands({ status: 'ended', endReason: 'unsubscribed' });
	});

	it.each(['pending', undefined] as const)('has not agreed (%p)', async (status) => {
		await changeCustomer({ consent: status ? { email: { status, basis: 'unknown', source: 'test', atMs: now() } } : {} });
		await expectRefusal('no_consent');
		await stands({ status: 'ended', endReason: 'no_consent' });
	});

	it('left the cart longer ago than the maximum age, though the step was claimed in time', async () => {
		post.shop.pass(post.definition.maxAgeMs);
		await expectRefusal('too_old');
		await stands({ status: 'ended', endReason: 'expired' });
	});
});

describe('soft opt-in', () => {
	beforeEach(async () => {
		await post.shop.hub.close();
		post = await openPost({ watch: ['cart', 'checkout'] });
	});

	it.each([
		['a checkout where the shop allows it', 'checkout', true, 'sent'],
		['a checkout where the shop does not', 'checkout', false, 'no_consent'],
		['a cart', 'cart', true, 'no_consent'],
	] as const)('counts for %s', async (_what, stage, softOptIn, expected) => {
		await post.configure({ softOptIn });
		await post.shop.record((stage === 'checkout' ? checkoutEvent : cartEvent)(now(), {}, { customer: anna }));
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe(expected);
	});

	it('does not count against a no', async () => {
		await post.configure({ softOptIn: true });
		await post.shop.record(checkoutEvent(now(), {}, { customer: anna }));
		post.shop.pass(hourMs);
		step = await post.claimOne();
		await changeCustomer({ consent: { email: { status: 'unsubscribed', basis: 'unknown', source: 'test', atMs: now() } } });
		await expectRefusal('unsubscribed');
	});
});

describe('the enrolment goes on to the next step when', () => {
	it('this message was sent before', async () => {
		await post.withoutRest();
		await post.sendOne(step);
		// The second node of the branch cannot send, so the step is emitted again for both.
		post.channel.during = () => refusedForNow;
		await post.sendOne(step, 'node-2');
		post.channel.during = () => undefined;
		post.shop.pass(15 * minuteMs);
		step = await post.claimOne();
		await expectRefusal('already_sent');
		await stands({ step: 1 });
		expect(post.channel.sent).toHaveLength(1);
	});

	it('there is no address', async () => {
		await changeCustomer({ email: undefined });
		await expectRefusal('no_address');
		await stands({ status: 'open', step: 1 });
	});

	it('the address cannot be one', async () => {
		await changeCustomer({ email: 'anna@ex..ample' });
		await expectRefusal('invalid_address');
		await stands({ status: 'open', step: 1 });
	});

	it('the server refused the address for good; what is kept of its answer names nobody', async () => {
		post.channel.during = () => refusedForGood;
		await expectRefusal('rejected');
		await stands({ status: 'open', step: 1, sends: { '1:node-1': { state: 'failed', response: '550 5.1.1 <(address)>: no such user' } } });
		expect(JSON.stringify(await post.enrolment())).not.toContain('anna@');
	});

	it('the connection broke with the message on its way, and it must not be sent twice', async () => {
		post.channel.during = () => cutOff;
		await expectRefusal('unknown_delivery');
		await stands({ status: 'open', step: 1 });
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'unknown' });
	});
});

describe('the enrolment is kept for later when', () => {
	it('sending is paused', async () => {
		await post.configure({ sendingMode: 'paused' });
		await expectRefusal('paused');
		await stands({ status: 'open', step: 0, sends: {}, dueAtMs: now() + 15 * minuteMs });
		await post.configure({ sendingMode: 'live' });
		post.shop.pass(15 * minuteMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
	});

	it('sending is limited to other addresses', async () => {
		await post.configure({ sendingMode: 'limited', allowedRecipients: ['ben@example.com'] });
		await expectRefusal('not_allowed');
		await stands({ status: 'open', step: 0, sends: {} });
	});

	it.each([
		['for now', refusedForNow],
		['because of us, for good', { ...refusedForGood, scope: 'provider' as const }],
	])('the mail server refuses %s: it is tried again under a new token', async (_what, outcome) => {
		post.channel.during = () => outcome;
		await expectRefusal('provider_unavailable');
		await stands({ status: 'open', step: 0, sends: {}, failure: expect.stringContaining(outcome.response.slice(0, 3)) });
		expect(await post.claim()).toEqual([]);
		post.shop.pass(post.options.firstRetryMs);
		post.channel.during = () => undefined;
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
		expect((await post.enrolment()).failure).toBeUndefined();
	});

	it('the template does not render for this customer', async () => {
		const compose = () => {
			throw new ShopJourneysError('TEMPLATE_INVALID', 'Line 3: no such variable');
		};
		await expectRefusal('template_invalid', post.sendOne(step, 'node-1', { compose }));
		await stands({ status: 'open', step: 0, sends: {}, failure: expect.stringContaining('Line 3') });
		expect(await post.holds(step)).toBe(false);
	});

	it('the store cannot be reached', async () => {
		const { store } = post.shop;
		const broken = Object.assign(Object.create(store) as typeof store, { commit: () => Promise.reject(new ShopJourneysError('STORE_UNAVAILABLE', 'The disk is full')) });
		await expectRefusal('store_unavailable', post.sendOne(step, 'node-1', { store: broken }));
		expect(post.channel.sent).toEqual([]);
		await stands({ status: 'open', step: 0, sends: {} });
	});
});

describe('the enrolment waits until the message may leave when', () => {
	it('the customer had a marketing message not long ago', async () => {
		await changeCustomer({ contacts: { email: { atMs: now() - hourMs, messageKey: 'another' } } });
		await expectRefusal('capped');
		await stands({ status: 'open', step: 0, sends: {}, dueAtMs: now() + 15 * hourMs });
	});

	it('a more important journey goes first', async () => {
		await post.alsoIn({ id: 'urgent', priority: 10 }, now() + hourMs);
		await expectRefusal('yields');
		await stands({ status: 'open', step: 0, sends: {}, dueAtMs: now() + hourMs + 15 * minuteMs });
	});

	it('it is night where the customer is', async () => {
		await post.configure({ quietHours: { from: 17, to: 8 } });
		await changeCustomer({ timezone: 'Asia/Bangkok' });
		post.shop.pass(hourMs + minuteMs);
		step = await post.claimOne();
		await expectRefusal('quiet_hours');
		await stands({ status: 'open', step: 0, sends: {}, dueAtMs: Date.parse('2026-03-03T01:00:00Z') });
	});

	it('the provider takes no more for now', async () => {
		post.channel.during = () => ({ ...refusedForNow, retryAfterMs: 5 * minuteMs });
		await expectRefusal('throttled');
		await stands({ status: 'open', step: 0, sends: {}, dueAtMs: now() + 5 * minuteMs });
	});
});

describe('what the message says is not true any more:', () => {
	it('everything in the cart is sold out', async () => {
		await post.shop.record({ type: 'product_updated', dedupeId: 'stock', occurredAtMs: now(), source: 'test', product: { productId: 'tea', variants: [{ variantId: 'tea-1', stock: 0 }], updatedAtMs: now() } });
		await expectRefusal('sold_out');
		await stands({ status: 'open', step: 1, sends: {} });
		expect(post.channel.sent).toEqual([]);
	});

	it('the discount code is not valid: tried again', async () => {
		const { compose } = post.options;
		const change = { compose: (...all: Parameters<typeof compose>) => ({ ...compose(...all), discountCode: 'GONE10' }), codeIsValid: async (code: string) => code !== 'GONE10' };
		await expectRefusal('code_invalid', post.sendOne(step, 'node-1', change));
		await stands({ status: 'open', step: 0, sends: {}, failure: expect.stringContaining('GONE10') });
		expect(await post.holds(step)).toBe(false);
	});

	it('whether the discount code is valid cannot be found out: kept, and tried again later however often', async () => {
		const { compose } = post.options;
		await expectRefusal('code_unavailable', post.sendOne(step, 'node-1', { compose: (...all: Parameters<typeof compose>) => ({ ...compose(...all), discountCode: 'TEA10' }), codeIsValid: async () => 'unavailable' }));
		await stands({ status: 'open', step: 0, sends: {}, dueAtMs: now() + 15 * minuteMs });
		expect(post.channel.sent).toEqual([]);
	});
});

describe('the topic is none of those that the customer chose', () => {
	it('goes on to the next step', async () => {
		await changeCustomer({ preferences: { topics: ['sale'], atMs: now() } });
		await expectRefusal('not_interested', post.sendOne(step, 'node-1', { topic: 'news' }));
		await stands({ status: 'open', step: 1, sends: {} });
	});

	it.each([
		['it is one of them', ['news'], 'news'],
		['nothing was chosen yet', undefined, 'news'],
		['the message has none', ['sale'], undefined],
	])('but not when %s', async (_what, topics, topic) => {
		await changeCustomer({ preferences: { topics, atMs: now() } });
		expect(reasonOf(await post.sendOne(step, 'node-1', { topic }))).toBe('sent');
	});
});

describe('nothing changes when', () => {
	it('the item is a sample, even one of a real enrolment', async () => {
		await expectRefusal('sample', post.sendOne({ ...step, item: { ...step.item, journey: { ...step.item.journey, token: sampleToken } } }));
		expect(await post.holds(step)).toBe(true);
		expect(await post.counters()).toEqual({ entered: 1 });
	});

	it('the customer is in a variant that another node sends: it finds the step as it was', async () => {
		await expectRefusal('other_variant', post.sendOne(step, 'node-1', { isElsewhere: () => true }));
		expect(post.channel.sent).toEqual([]);
		expect(await post.holds(step)).toBe(true);
	});

	it('the token is void, because the step was claimed anew', async () => {
		post.shop.pass(minuteMs);
		const second = await post.claimOne();
		await expectRefusal('superseded');
		expect(post.channel.sent).toEqual([]);
		expect(await post.holds(second)).toBe(true);
	});

	it('the token is void, because the cart changed', async () => {
		await post.shop.record(cartEvent(now(), {}, { customer: anna }));
		await expectRefusal('superseded');
		await stands({ status: 'open', step: 0, sends: {} });
	});

	it('the journey ended, because the customer bought', async () => {
		await post.shop.record(orderEvent(now(), {}, { customer: anna }));
		await expectRefusal('journey_ended');
		await stands({ status: 'ended', endReason: 'bought', sends: {} });
	});

	it('the enrolment is not there any more', async () => {
		await expectRefusal('superseded', post.sendOne({ ...step, item: { ...step.item, journey: { ...step.item.journey, enrolment: 'carts:other' } } }));
	});

	it('nobody knows the customer', async () => {
		const [result] = await post.campaign([null]);
		await expectRefusal('unknown_customer', Promise.resolve(result));
	});
});

describe('the table of reasons', () => {
	it('holds nothing that no situation leads to', () => {
		expect([...reached].sort()).toEqual(Object.keys(notSentReasons).sort());
	});

	it('says in words what it means', () => {
		for (const { sentence } of Object.values(notSentReasons)) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
	});
});
