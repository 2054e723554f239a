import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { ConsentFact, CustomerFacts, ShopEvent } from '../../../lib/model/events';
import { indexes, keys } from '../../../lib/model/records';
import { mergeCustomers } from '../../../lib/record/mergeCustomers';
import { customerByEmail, customerEvent, eventOf, openShop, opening, type Shop } from './shop';

const email = 'anna@example.com';
let shop: Shop;

beforeEach(() => {
	shop = openShop();
	shop.doubleOptIn = true;
});
afterEach(() => shop.hub.close());

const yes = (more: Partial<ConsentFact> = {}): ConsentFact => ({ status: 'subscribed', basis: 'opt_in', atMs: shop.now(), ...more });
const tell = (emailConsent: ConsentFact, more: Partial<ShopEvent> = {}, facts: CustomerFacts = {}) =>
	shop.record(customerEvent(shop.now(), { email, ...facts, emailConsent }, { type: 'consent_changed', ...more }));
const confirm = async () => {
	const { id } = (await customerByEmail(shop, email))!;
	return await shop.record(eventOf('consent_changed', shop.now(), { source: 'message-link', customerId: id, customer: { emailConsent: yes({ basis: 'double_opt_in' }) } }));
};
const consent = async () => (await customerByEmail(shop, email))?.consent.email;
/** How often it happened, by the log. */
const happened = async (type: string) => (await shop.store.readLog({ afterSeq: 0, limit: 1_000 })).filter((entry) => entry.type === type).length;

test('a yes waits until it is confirmed, and only then somebody has subscribed', async () => {
	await tell(yes({ text: 'News, twice a month' }));
	expect(await consent()).toMatchObject({ status: 'pending', basis: 'opt_in', text: 'News, twice a month' });
	expect([await happened('opt_in_requested'), await happened('subscribed')]).toEqual([1, 0]);
	shop.pass(hourMs);
	await confirm();
	expect(await consent()).toMatchObject({ status: 'subscribed', basis: 'double_opt_in', atMs: shop.now() });
	expect([await happened('opt_in_requested'), await happened('subscribed')]).toEqual([1, 1]);
});

test('the request opens a transactional journey, which asks by mail', async () => {
	await shop.switchOn({ id: 'ask', trigger: 'event', subject: 'customer', events: ['opt_in_requested'], kind: 'transactional', steps: [{ name: 'at once', delayMs: 0 }], endsOn: [], reentryAfterMs: 0 });
	shop.pass(1);
	await tell(yes());
	expect(await shop.store.walk(indexes.due('ask'), { limit: 10 })).toHaveLength(1);
});

test.each<[string, Partial<ConsentFact>, Partial<ShopEvent>]>([
	['one that the shop has had confirmed', { basis: 'double_opt_in' }, {}],
	['one given at the checkout where the law allows it', { basis: 'soft_opt_in' }, {}],
	['one from a history import', {}, { isHistory: true }],
])('a yes counts at once: %s', async (_title, fact, more) => {
	await tell(yes(fact), more);
	expect((await consent())?.status).toBe('subscribed');
	expect(await happened('opt_in_requested')).toBe(0);
});

test('without double opt-in a yes of the shop counts at once, and its own pending is left to the shop', async () => {
	shop.doubleOptIn = false;
	await tell(yes());
	expect((await consent())?.status).toBe('subscribed');
	shop.pass(1);
	await tell(yes({ status: 'pending' }));
	expect([(await consent())?.status, await happened('opt_in_requested')]).toEqual(['pending', 0]);
});

test('who confirmed stays subscribed, whatever the shop repeats, until a no; a yes after that is confirmed anew', async () => {
	await tell(yes());
	shop.pass(1_000);
	await confirm();
	shop.pass(1_000);
	await tell(yes(), { type: 'customer_updated' });
	expect(await consent()).toMatchObject({ status: 'subscribed', basis: 'double_opt_in' });
	shop.pass(1_000);
	await tell(yes({ status: 'unsubscribed' }));
	shop.pass(1_000);
	await tell(yes());
	expect([(await consent())?.status, await happened('opt_in_requested'), await happened('subscribed')]).toEqual(['pending', 2, 1]);
});

test('asks again at most once a day, and three times in a month; being told the same again asks nobody', async () => {
	const asked: number[] = [];
	for (let hours = 0; hours < 24 * 40; hours += 6) {
		const before = await happened('opt_in_requested');
		// A no in between opens no way around.
		if (hours % 24 === 12) await tell(yes({ status: 'unsubscribed' }));
		else await tell(yes());
		if ((await happened('opt_in_requested')) > before) asked.push(hours / 24);
		shop.pass(6 * hourMs);
	}
	expect(asked).toEqual([0, 1, 2, 30, 31, 32]);
});

test('a customer whose data the shop tells anew is not asked again, nor is who is blocked', async () => {
	await tell(yes());
	shop.pass(2 * dayMs);
	await tell(yes(), { type: 'customer_updated' });
	expect(await happened('opt_in_requested')).toBe(1);
	const { id } = (await customerByEmail(shop, email))!;
	await shop.record(eventOf('blocked', shop.now(), { customerId: id }));
	shop.pass(2 * dayMs);
	await tell(yes());
	expect(await happened('opt_in_requested')).toBe(1);
});

test('when two customers prove to be one, the times they were asked at are kept', () => {
	const one = (id: string, optInAsks?: number[]) => ({ id, createdAtMs: 1, profileAtMs: 1, consent: {}, orders: { count: 0, spentMinor: {} }, open: {}, ...(optInAsks && { optInAsks }) });
	expect(mergeCustomers(one('a', [5, 3, 1]), one('b', [6, 3])).optInAsks).toEqual([6, 5, 3]);
	expect(mergeCustomers(one('a'), one('b', [6])).optInAsks).toEqual([6]);
});

describe('a form', () => {
	const post = (facts: CustomerFacts, more: Partial<ShopEvent> = {}) =>
		shop.record({ type: 'consent_changed', dedupeId: randomUUID(), occurredAtMs: shop.now(), source: 'form', customer: facts, ...more });
	const known = async () => (await customerByEmail(shop, email))!;

	test('subscribes somebody new to what they chose, with number and name', async () => {
		shop.doubleOptIn = false;
		await post({ email, phone: '+436641234567', firstName: 'Anna', emailConsent: yes(), smsConsent: yes() });
		expect(await known()).toMatchObject({ email, phone: '+436641234567', firstName: 'Anna', consent: { email: { status: 'subscribed', source: 'form' }, sms: { status: 'subscribed' } } });
	});

	test('does not undo a no by itself, however often it is posted', async () => {
		shop.doubleOptIn = false;
		await tell(yes({ status: 'unsubscribed' }));
		for (let posts = 0; posts < 3; posts++) {
			shop.pass(1_000);
			await post({ email, emailConsent: yes() });
			expect((await consent())?.status).toBe('pending');
		}
		expect(await happened('opt_in_requested')).toBe(1);
		shop.pass(1_000);
		await confirm();
		expect((await consent())?.status).toBe('subscribed');
	});

	test('leaves name, number, consent and its words of a known customer as they are, and fills in what is missing', async () => {
		await tell(yes({ basis: 'double_opt_in', text: 'The words back then' }), {}, { firstName: 'Anna', phone: '+436641234567', attributes: { shoe: 38 } });
		shop.pass(1_000);
		await post({ email, phone: '+436649999999', firstName: 'Eve', birthday: '1990-01-31', attributes: { shoe: 44, ring: 52 }, emailConsent: yes({ text: 'Other words' }), smsConsent: yes() });
		expect(await known()).toMatchObject({ firstName: 'Anna', phone: '+436641234567', birthday: '1990-01-31', attributes: { shoe: 38, ring: 52 }, consent: { email: { text: 'The words back then', atMs: opening } } });
		expect((await known()).consent.sms).toBeUndefined();
		// The word of the shop counts more, even an older one.
		await shop.record(customerEvent(opening, { email, birthday: '1991-02-28' }));
		expect((await known()).birthday).toBe('1991-02-28');
	});

	test('joins nobody: the number of one customer and the address of another stay apart', async () => {
		await shop.record(customerEvent(shop.now(), { phone: '+436641234567', shopCustomerId: '7' }));
		await tell(yes({ basis: 'double_opt_in' }));
		await post({ email, phone: '+436641234567', smsConsent: yes() });
		expect((await known()).phone).toBeUndefined();
		expect((await known()).consent.sms).toBeUndefined();
	});

	test('proven by a signed link it may change the name, never the address or the number', async () => {
		await tell(yes({ basis: 'double_opt_in' }), {}, { firstName: 'Ana' });
		const { id } = await known();
		await post({ email: 'other@example.com', firstName: 'Anna', phone: '+436641234567' }, { type: 'customer_updated', customerId: id });
		expect(await known()).toMatchObject({ id, email, firstName: 'Anna', phone: '+436641234567' });
		expect(await customerByEmail(shop, 'other@example.com')).toBeNull();
		await post({ phone: '+436649999999' }, { type: 'customer_updated', customerId: id });
		expect((await known()).phone).toBe('+436641234567');
		expect((await shop.store.read([keys.alias('phone', '+436649999999')]))[0].value).toBeNull();
	});

	test('whatever the shop and forms say, nobody is subscribed by it before confirming', async () => {
		const fact = fc.record({ status: fc.constantFrom('subscribed', 'unsubscribed', 'pending'), basis: fc.constantFrom('opt_in', 'unknown') });
		const step = fc.record({ source: fc.constantFrom('form', 'shopify', 'generic'), type: fc.constantFrom('consent_changed', 'customer_updated'), fact, afterMs: fc.integer({ min: 0, max: 2 * dayMs }), withPhone: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
				const fresh = openShop();
				fresh.doubleOptIn = true;
				for (const { source, type, fact: told, afterMs, withPhone } of steps) {
					fresh.pass(afterMs);
					const emailConsent = { ...told, atMs: fresh.now() } as ConsentFact;
					const isForm = source === 'form';
					await fresh.record({ type: type as ShopEvent['type'], dedupeId: randomUUID(), occurredAtMs: fresh.now(), source, customer: { email, emailConsent, ...(withPhone && { phone: '+436641234567' }), ...(isForm && { smsConsent: emailConsent }) } });
				}
				const customer = await customerByEmail(fresh, email);
				expect(Object.values(customer!.consent).filter(({ status }) => status === 'subscribed')).toEqual([]);
			}),
			{ numRuns: 60 },
		);
	});
});
