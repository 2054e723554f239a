import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { register } from '../../../lib/journeys/definitions';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { CustomerFacts, ShopEvent } from '../../../lib/model/events';
import { type CustomerRecord, type HistoryRecord, indexes, type JourneyDefinition, keys, type OrderRecord, type ReturnRecord } from '../../../lib/model/records';
import { type Installation, openInstallation, type ShopHandle } from '../../../lib/n8n/installation';
import { findCustomer, readCustomer } from '../../../lib/record/identity';
import { Customer, executeCustomer } from '../../../nodes/Customer/Customer.node';
import { fakeExecution, type Execution } from '../n8n/execution';
import { cartEvent, cartJourney, customerEvent, orderEvent } from '../record/shop';

let folder: string;
let nowMs: number;
let installation: Installation;
let shop: ShopHandle;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'customer-'));
	nowMs = Date.parse('2026-03-02T08:00:00Z');
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
	shop = installation.shop('main');
	await shop.saveSettings({ currency: 'EUR', country: 'AT' });
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const { description } = new Customer();
type Items = Array<{ json: IDataObject & { customer: IDataObject } } & INodeExecutionData>;

async function run(operation: string, parameters: Record<string, unknown>, more: Omit<Execution, 'parameters'> = {}): Promise<Items> {
	const [items] = await executeCustomer(fakeExecution(description, { parameters: { operation, ...parameters }, ...more }), installation);
	return items as Items;
}
const byEmail = (customerValue: string) => ({ customerBy: 'email', customerValue });
const ofAnna = byEmail('anna@example.com');
const anna: CustomerFacts = { email: 'Anna@Example.com', firstName: 'Anna', lastName: 'Berger', shopCustomerId: '77', phone: '+436641234567' };

const tell = (customer: CustomerFacts = anna, extra: Partial<ShopEvent> = {}) => shop.record(customerEvent(nowMs, customer, extra));
const found = (email = 'anna@example.com') => findCustomer(shop.store, keys.alias('email', email)) as Promise<CustomerRecord>;
/** Who waits for the next step of the journey on carts. */
const due = () => shop.store.walk(indexes.due('carts'), { limit: 10 });
const history = async (id: string) => (await shop.store.read<HistoryRecord>([keys.history(id)]))[0].value;

async function switchOn(journey: Partial<JourneyDefinition> = {}): Promise<void> {
	await register(shop.store, { ...cartJourney, ...journey }, { mode: 'activate', owner: 'test', journeyNowMs: nowMs, machineNowMs: nowMs });
	shop.definitions.clear();
}
const work = () => shop.workTasks();

/** Guest and account that prove to be one: the id of the one who is gone, and of the one who stays. */
async function mergeTwo(): Promise<{ gone: string; stays: string }> {
	await tell({ shopCustomerId: '77', firstName: 'Anna' });
	nowMs += hourMs;
	await tell({ email: 'anna@example.com', lastName: 'Berger' });
	const account = (await findCustomer(shop.store, keys.alias('shop-customer', '77')))!;
	const guest = await found();
	nowMs += hourMs;
	await tell({ shopCustomerId: '77', email: 'anna@example.com' });
	await work();
	const stays = (await found()).id;
	return { stays, gone: stays === account.id ? guest.id : account.id };
}

/** Operations on a customer, with parameters that are enough for each. */
const onOne: Array<[string, Record<string, unknown>]> = [
	['get', {}],
	['upsert', { profile: { city: 'Wien' } }],
	['changeTags', { tagsToAdd: 'vip' }],
	['setConsent', {}],
	['recordEvent', { eventName: 'called' }],
	['timeline', {}],
	['export', {}],
	['erase', { confirmation: 'anna@example.com' }],
	['block', {}],
	['unblock', {}],
];
const byId = (customerValue: string) => ({ customerBy: 'id', customerValue });

describe('whom an item is about', () => {
	it.each<[string, IDataObject]>([
		['a journey’s item', { journey: { shop: 'main' }, customer: { email: 'anna@example.com' } }],
		['an e-mail address, whatever its case', { email: ' ANNA@example.com' }],
		['a phone number of the shop’s country', { phone: '0664 1234567' }],
	])('is found by %s without an expression', async (_what, item) => {
		await tell();
		expect((await run('get', {}, { items: [item] }))[0].json.customer).toMatchObject({ firstName: 'Anna' });
	});

	it('is found by the ID that the shop gave, and by ours', async () => {
		await tell();
		const { id } = await found();
		expect((await run('get', { customerBy: 'shopCustomerId', customerValue: '77' }))[0].json.customer.id).toBe(id);
		expect((await run('get', byId(id)))[0].json.customer.id).toBe(id);
		expect((await run('get', {}, { items: [{ customer: { id } }] }))[0].json.customer.id).toBe(id);
	});

	it('is looked for in the shop of the journey', async () => {
		await installation.shop('second').record(customerEvent(nowMs, { email: 'anna@example.com', firstName: 'Other Anna' }));
		const [item] = await run('get', {}, { items: [{ journey: { shop: 'second' }, customer: { email: 'anna@example.com' } }] });
		expect(item.json.customer.firstName).toBe('Other Anna');
	});

	it.each(onOne.filter(([operation]) => operation !== 'upsert'))('%s says that nobody is known by that name, and which item and field it is', async (operation, parameters) => {
		await expect(run(operation, { ...parameters, ...byEmail('nobody@example.com') })).rejects.toMatchObject({
			message: expect.stringContaining('Item 0: "Customer" names nobody who is known, by e-mail "nobody@example.com"'),
			context: { itemIndex: 0 },
		});
	});

	it.each(onOne)('%s fails for the bad item alone when it is to continue on fail', async (operation, parameters) => {
		await tell();
		const items = [{}, { email: 'anna@example.com' }, { email: 'no address' }];
		const output = await run(operation, parameters, { items, continueOnFail: true });
		const errors = output.filter(({ json }) => json.error !== undefined);
		expect(errors.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
		expect(errors[0].json.error).toContain('Item 0 names no customer');
		expect(errors[1].json.error).toContain('"E-Mail" is "no address"');
		expect(output.filter(({ pairedItem }) => (pairedItem as { item: number }).item === 1).length).toBeGreaterThan(0);
	});

	it.each(onOne)('%s finds a customer by the ID from before a merge', async (operation, parameters) => {
		const { gone, stays } = await mergeTwo();
		const [item] = await run(operation, { ...parameters, ...byId(gone) });
		expect(item.json.customer.id).toBe(stays);
	});

	it.each(onOne.filter(([operation]) => !['get', 'timeline', 'erase'].includes(operation)))('%s refuses who was erased', async (operation, parameters) => {
		await tell();
		const { id } = await found();
		await run('erase', { ...byId(id), confirmation: '77' });
		await work();
		const before = await readCustomer(shop.store, id);
		await expect(run(operation, { ...parameters, ...byId(id) })).rejects.toThrow('was erased on 2026-03-02');
		expect(await readCustomer(shop.store, id)).toEqual(before);
	});
});

describe('Get', () => {
	it('shows profile, consent with its basis, totals, segments and journeys under way, and keeps the rest of the item', async () => {
		await switchOn();
		nowMs += hourMs;
		await tell({ ...anna, tags: ['shop tag'], emailConsent: { status: 'subscribed', basis: 'double_opt_in', atMs: nowMs } });
		await shop.record(orderEvent(nowMs - dayMs, {}, { customer: anna }));
		await shop.record(cartEvent(nowMs, {}, { customer: anna }));
		const [{ json }] = await run('get', {}, { items: [{ keep: 'me', email: 'anna@example.com' }] });
		expect(json).toMatchObject({
			keep: 'me',
			customer: {
				email: 'anna@example.com',
				tags: ['shop tag'],
				consent: { email: 'subscribed', sms: 'none' },
				consentDetails: { email: { status: 'subscribed', basis: 'double_opt_in', source: 'test', at: new Date(nowMs).toISOString() } },
				orders: { count: 1, spentMinor: 1250 },
				totals: { spentMinor: { EUR: 1250 }, itemsBought: 1 },
				segments: [],
				journeys: [{ name: 'Abandoned Cart', step: 1, steps: 3, stepName: '1 hour', dueAt: new Date(nowMs + hourMs).toISOString() }],
			},
		});
	});

	it('shows of who was erased only that', async () => {
		await tell();
		const { id } = await found();
		await run('erase', { ...ofAnna, confirmation: 'anna@example.com' });
		expect((await run('get', byId(id)))[0].json.customer).toEqual({ id, erased: true, erasedAt: new Date(nowMs).toISOString() });
	});
});

describe('Create or Update', () => {
	const profile = { firstName: 'Anna', phone: '0664 1234567', birthday: '1988-05-24', city: 'Wien', postcode: '1010', latitude: '48.2', longitude: '16.37', country: 'at', locale: 'de-at', timezone: 'Europe/Vienna', tags: 'vip, tea lover' };
	const children = { all: [{ birthday: '2019-11-02', name: 'Mia' }, { birthday: '--06-01' }] };
	const attributes = { rows: [{ name: 'shoeSize', type: 'number', value: '38' }, { name: 'club', type: 'boolean', value: 'yes' }, { name: 'favourite', value: 'Oolong' }] };

	it('makes a customer known with everything filled in', async () => {
		const [{ json }] = await run('upsert', { ...ofAnna, profile, children, attributes });
		expect(json).toMatchObject({ created: true, customer: { email: 'anna@example.com', firstName: 'Anna' } });
		expect(await found()).toMatchObject({
			phone: '+436641234567',
			birthday: '1988-05-24',
			city: 'Wien',
			postcode: '1010',
			latitude: 48.2,
			longitude: 16.37,
			country: 'AT',
			locale: 'de-AT',
			timezone: 'Europe/Vienna',
			ownTags: ['tea lover', 'vip'],
			children: [{ birthday: '2019-11-02', name: 'Mia' }, { birthday: '--06-01' }],
			attributes: { shoeSize: 38, club: true, favourite: 'Oolong' },
			consent: {},
		});
	});

	it('changes what is filled in, leaves the rest, and takes out an attribute without a value', async () => {
		await run('upsert', { ...ofAnna, profile, attributes });
		nowMs += hourMs;
		const [{ json }] = await run('upsert', { ...ofAnna, profile: { city: 'Graz', firstName: '' }, attributes: { rows: [{ name: 'club', value: '' }] } });
		expect(json.created).toBe(false);
		expect(await found()).toMatchObject({ city: 'Graz', firstName: 'Anna', attributes: { shoeSize: 38, favourite: 'Oolong' } });
	});

	it('gives a known customer a new address, and both lead there', async () => {
		await tell();
		const { id } = await found();
		nowMs += hourMs;
		await run('upsert', { ...byId(id), profile: { email: 'anna.berger@example.com' } });
		expect(await found('anna.berger@example.com')).toMatchObject({ id, email: 'anna.berger@example.com' });
		expect((await found()).id).toBe(id);
	});

	it('makes nobody one with somebody else by an address typed in', async () => {
		await tell();
		await tell({ email: 'ben@example.com', firstName: 'Ben' });
		await expect(run('upsert', { ...ofAnna, profile: { email: 'ben@example.com' } })).rejects.toThrow('"E-Mail" is "ben@example.com", which belongs to another customer');
		expect((await found('ben@example.com')).id).not.toBe((await found()).id);
	});

	it.each<[string, Record<string, unknown>]>([
		['E-Mail', { profile: { email: 'anna@' } }],
		['Phone', { profile: { phone: 'none' } }],
		['Birthday', { profile: { birthday: '24.5.1988' } }],
		['Birthday', { profile: { birthday: '2030-01-01' } }],
		['Birthday', { profile: { birthday: '1988-02-30' } }],
		['Country', { profile: { country: 'Austria' } }],
		['Locale', { profile: { locale: 'de_AT' } }],
		['Time Zone', { profile: { timezone: 'Vienna' } }],
		['Longitude', { profile: { latitude: '48' } }],
		['Latitude', { profile: { latitude: '148', longitude: '16' } }],
		['Children: Birthday', { children: { all: [{ birthday: '', name: 'Mia' }] } }],
		['Attributes: shoeSize', { attributes: { rows: [{ name: 'shoeSize', type: 'number', value: 'big' }] } }],
		['Attributes: club', { attributes: { rows: [{ name: 'club', type: 'boolean', value: 'perhaps' }] } }],
		['Attributes: Name', { attributes: { rows: [{ name: ' ', value: 'x' }] } }],
	])('refuses a wrong "%s" and changes nothing', async (field, parameters) => {
		await expect(run('upsert', { ...ofAnna, ...parameters })).rejects.toThrow(`"${field}"`);
		expect(await found()).toBeNull();
	});
});

describe('Change Tags', () => {
	it('adds and removes tags of ours, and leaves the shop’s alone', async () => {
		await tell({ ...anna, tags: ['wholesale'] });
		await run('changeTags', { ...ofAnna, tagsToAdd: 'vip, tea lover' });
		nowMs += hourMs;
		const [{ json }] = await run('changeTags', { ...ofAnna, tagsToAdd: 'regular', tagsToRemove: 'vip, wholesale' });
		expect(json.customer.tags).toEqual(['wholesale', 'regular', 'tea lover']);
	});

	it('takes items of one customer in their order', async () => {
		await tell();
		const items = [{ add: 'a' }, { remove: 'a' }, { add: 'b' }, { remove: 'b' }, { add: 'b' }].map((item) => ({ ...item, email: 'anna@example.com' }));
		await run('changeTags', { tagsToAdd: (item: number) => (items[item] as { add?: string }).add ?? '', tagsToRemove: (item: number) => (items[item] as { remove?: string }).remove ?? '' }, { items });
		expect((await found()).ownTags).toEqual(['b']);
	});

	it.each([
		[{}, 'neither "Add" nor "Remove"'],
		[{ tagsToAdd: 'a, b', tagsToRemove: 'b' }, 'both name "b"'],
		[{ tagsToAdd: 'x'.repeat(101) }, '"Add"'],
	])('refuses %j', async (parameters, words) => {
		await tell();
		await expect(run('changeTags', { ...ofAnna, ...parameters })).rejects.toThrow(words);
	});
});

describe('Set Consent', () => {
	it('keeps status, basis, time and note of each channel', async () => {
		await tell();
		await run('setConsent', { ...ofAnna, basis: 'double_opt_in', note: 'Paper form, Maria' });
		await run('setConsent', { ...ofAnna, channel: 'sms', consentStatus: 'pending' });
		await run('setConsent', { ...ofAnna, channel: 'push', basis: 'unknown' });
		expect((await found()).consent).toEqual({
			email: { status: 'subscribed', basis: 'double_opt_in', source: 'operator', atMs: nowMs, note: 'Paper form, Maria' },
			sms: { status: 'pending', basis: 'opt_in', source: 'operator', atMs: nowMs },
			push: { status: 'subscribed', basis: 'unknown', source: 'operator', atMs: nowMs },
		});
	});

	it('ends marketing journeys of who wants no more', async () => {
		await switchOn();
		nowMs += hourMs;
		await tell();
		await shop.record(cartEvent(nowMs, {}, { customer: anna }));
		expect(await due()).toHaveLength(1);
		const [{ json }] = await run('setConsent', { ...ofAnna, consentStatus: 'unsubscribed' });
		expect(json.customer).toMatchObject({ consent: { email: 'unsubscribed' }, journeys: [] });
		expect(await due()).toEqual([]);
	});
});

describe('Record Event', () => {
	beforeEach(() => tell());
	const eventData = { rows: [{ name: 'seats', type: 'number', value: '2' }] };

	it('records a custom event, which counts for segments', async () => {
		const [{ json }] = await run('recordEvent', { ...ofAnna, eventName: 'workshop booked', eventData });
		expect(json.recorded).toBe('recorded');
		expect((await history((await found()).id))?.recent[0]).toMatchObject({ type: 'custom', name: 'workshop booked', atMs: nowMs });
	});

	it('records that the customer turned to the shop, and that a message was answered', async () => {
		await run('recordEvent', { ...ofAnna, eventType: 'contacted', contactWay: 'chat', topic: 'delivery', contactText: 'Where is my parcel?' });
		await run('recordEvent', { ...ofAnna, eventType: 'message_replied', contactText: 'No, thank you.' });
		const recorded = (await history((await found()).id))!.recent.map(({ type }) => type);
		expect(recorded).toEqual(expect.arrayContaining(['contacted', 'message_replied']));
	});

	it('records a contact with its topic', async () => {
		await run('recordEvent', { ...ofAnna, eventType: 'contact', topic: 'delivery' });
		const [entry] = await shop.store.readTimeline(keys.customer((await found()).id), { limit: 1 });
		expect(entry).toMatchObject({ type: 'custom', data: { name: 'contact', data: { topic: 'delivery' } } });
	});

	it('notes who wants to be told when a product is back', async () => {
		await run('recordEvent', { ...ofAnna, eventType: 'restock_requested', productId: 'tea', variantId: 'tea-1' });
		expect(await shop.store.walk('restock:tea/tea-1', { limit: 10 })).toEqual([{ key: keys.customer((await found()).id), value: nowMs }]);
	});

	it('says what an order waits for and until when it is to be paid, and changes nothing else of it', async () => {
		await shop.record(orderEvent(nowMs - dayMs, { number: '#1001', paymentStatus: 'pending' }, { customer: anna }));
		await run('recordEvent', { ...ofAnna, eventType: 'order_held', orderId: 'order-1', waitsFor: 'Green Tea, Tea Pot' });
		nowMs += hourMs;
		await run('recordEvent', { ...ofAnna, eventType: 'order_awaiting_payment', orderId: 'order-1', dueUntil: '2026-03-20T00:00:00Z' });
		const [{ value: order }] = await shop.store.read<OrderRecord>([keys.order('order-1')]);
		expect(order).toMatchObject({ number: '#1001', paymentStatus: 'pending', waitsFor: ['Green Tea', 'Tea Pot'], awaitsPayment: true, paymentDueAtMs: Date.parse('2026-03-20T00:00:00Z'), totalMinor: 1250 });
		expect((await found()).orders.count).toBe(1);
	});

	it('tells of a return', async () => {
		await run('recordEvent', { ...ofAnna, eventType: 'return_updated', returnId: 'R-1', needsBankDetails: true, formUrl: 'https://shop.example.com/r/1' });
		const [{ value: told }] = await shop.store.read<ReturnRecord>([keys.return('R-1')]);
		expect(told).toMatchObject({ status: 'received', needsBankDetails: true, formUrl: 'https://shop.example.com/r/1', customerId: (await found()).id });
	});

	it('records the same event ID once, and the step of a journey that is handed out again once', async () => {
		const twice = async (parameters: Record<string, unknown>, item: IDataObject) => {
			await run('recordEvent', { eventName: 'called', ...parameters }, { items: [item] });
			return (await run('recordEvent', { eventName: 'called', ...parameters }, { items: [item] }))[0].json.recorded;
		};
		const item = { email: 'anna@example.com' };
		expect(await twice({ eventId: 'call-1' }, item)).toBe('duplicate');
		expect(await twice({}, { ...item, journey: { shop: 'main', enrolment: 'carts:a', enteredAt: '2026-03-02', step: 1 } })).toBe('duplicate');
		expect(await twice({}, item)).toBe('recorded');
	});

	it.each<[string, Record<string, unknown>]>([
		['"Name" is empty', {}],
		['"Product ID" is empty', { eventType: 'restock_requested' }],
		['"Return ID" is empty', { eventType: 'return_updated' }],
		['"Order ID" is "77", which is no order that is known', { eventType: 'order_held', orderId: '77' }],
		['"Order ID" is "of-ben", which is an order of another customer', { eventType: 'order_held', orderId: 'of-ben' }],
		['"Due Until" is "soon"', { eventType: 'order_awaiting_payment', orderId: 'order-1', dueUntil: 'soon' }],
		['"Form" is "ask me"', { eventType: 'return_updated', returnId: 'R-1', formUrl: 'ask me' }],
		['"Data: seats" is "two"', { eventName: 'x', eventData: { rows: [{ name: 'seats', type: 'number', value: 'two' }] } }],
	])('refuses when %s', async (words, parameters) => {
		await shop.record(orderEvent(nowMs, {}, { customer: anna }));
		await shop.record(orderEvent(nowMs, { orderId: 'of-ben' }, { customer: { email: 'ben@example.com' } }));
		await expect(run('recordEvent', { ...ofAnna, ...parameters })).rejects.toThrow(words);
	});
});

describe('Timeline', () => {
	const said = (items: Items) => items.map(({ json }) => `${String(json.when)}: ${String(json.what)}`);

	it('answers why Anna got nothing', async () => {
		await switchOn();
		nowMs += hourMs;
		await tell();
		await shop.record(cartEvent(nowMs, {}, { customer: anna }));
		const id = (await found()).id;
		await shop.store.commit({ log: [{ atMs: nowMs + hourMs, type: 'message_not_sent', subject: keys.customer(id), data: { channel: 'email', journey: 'carts', step: 1, reason: 'no_consent' } }] });
		const items = await run('timeline', ofAnna);
		expect(said(items)).toEqual([
			'now: Nothing was ever said about marketing by e-mail, so only messages about a purchase are sent.',
			'next: In the journey "Abandoned Cart": step 1 of 3 ("1 hour") is due next.',
			'past: E-mail not sent (step 1 of the journey "Abandoned Cart"): The customer has not agreed to marketing on this channel.',
			expect.stringMatching(/^past: (Entered the journey "Abandoned Cart"|Cart Updated: 1 line)\.$/),
			expect.stringMatching(/^past: (Entered the journey "Abandoned Cart"|Cart Updated: 1 line)\.$/),
			'past: Customer Updated.',
		]);
		expect(items[1].json).toMatchObject({ at: new Date(nowMs + hourMs).toISOString(), customer: { id, email: 'anna@example.com' } });
	});

	it('says until when the customer has rest on each channel, here and in Get', async () => {
		await tell();
		const { id } = await found();
		const [{ version, value }] = await shop.store.read<CustomerRecord>([keys.customer(id)]);
		// Booked for an SMS that did not leave: what was before it counts again.
		const contacts = { email: { atMs: nowMs - 2 * hourMs, messageKey: 'm1' }, sms: { atMs: nowMs - hourMs, messageKey: '' }, push: { atMs: nowMs - 40 * dayMs, messageKey: 'm0' } };
		await shop.store.commit({ writes: [{ key: keys.customer(id), version, value: { ...value, contacts } as never }] });
		await shop.saveSettings({ capHours: { email: 24, sms: 48, push: 24 }, timezone: 'Europe/Vienna' });
		const byMail = 'The customer has rest from marketing by e-mail until 3 March 2026, 07:00 (Europe/Vienna).';
		const bySms = 'The customer has rest from marketing by SMS until 4 March 2026, 08:00 (Europe/Vienna).';
		expect((await run('timeline', ofAnna)).filter(({ json }) => json.type === 'rest').map(({ json }) => json.what)).toEqual([byMail, bySms]);
		expect((await run('get', ofAnna))[0].json.customer.rest).toEqual([
			{ channel: 'email', until: '2026-03-03T06:00:00.000Z', what: byMail },
			{ channel: 'sms', until: '2026-03-04T07:00:00.000Z', what: bySms },
		]);
		nowMs += 2 * dayMs;
		expect((await run('get', ofAnna))[0].json.customer).not.toHaveProperty('rest');
		expect((await run('timeline', ofAnna)).map(({ json }) => json.type)).not.toContain('rest');
	});

	it('says what keeps messages back at the moment', async () => {
		await tell({ shopCustomerId: '77' });
		const byShopId = { customerBy: 'shopCustomerId', customerValue: '77' };
		await shop.saveSettings({ sendingMode: 'paused' });
		expect(said(await run('timeline', byShopId)).filter((line) => line.startsWith('now'))).toEqual([
			'now: The customer has no e-mail address.',
			expect.stringContaining('Nothing was ever said'),
			expect.stringContaining('Sending is paused'),
			'now: No journey is under way.',
		]);
		await shop.saveSettings({ sendingMode: 'limited', allowedRecipients: ['me@example.com'] });
		await tell();
		await run('setConsent', { ...ofAnna, consentStatus: 'pending' });
		await run('block', { ...ofAnna, blockReason: 'Asked by phone' });
		expect(said(await run('timeline', ofAnna)).filter((line) => line.startsWith('now'))).toEqual([
			'now: Nothing is sent: blocked by hand (Asked by phone).',
			expect.stringContaining('not confirmed yet'),
			expect.stringContaining('limited to chosen addresses'),
			'now: No journey is under way.',
		]);
	});

	it('has what happened before a merge, and no more entries than asked for', async () => {
		const { stays } = await mergeTwo();
		const all = await run('timeline', byId(stays));
		expect(all.filter(({ json }) => json.type === 'customer_updated')).toHaveLength(3);
		const past = (await run('timeline', { ...byId(stays), limit: 2 })).filter(({ json }) => json.when === 'past');
		expect(past).toHaveLength(2);
		expect(past[0].json.at).toBe(new Date(nowMs).toISOString());
	});

	it('says of who was erased that they were, and nothing else', async () => {
		await tell();
		const { id } = await found();
		await run('erase', { ...ofAnna, confirmation: 'anna@example.com' });
		await work();
		expect(said(await run('timeline', byId(id)))).toEqual(['now: The customer asked to be forgotten.']);
	});
});

describe('Export', () => {
	it('gives everything that is held', async () => {
		await tell({ ...anna, attributes: { shoeSize: 38 } });
		await shop.record(orderEvent(nowMs, {}, { customer: anna }));
		const [{ json }] = await run('export', {}, { items: [{ email: 'anna@example.com', secret: 'of the workflow' }] });
		expect(json).toMatchObject({ data: { customer: { email: 'anna@example.com', attributes: { shoeSize: 38 } }, orders: [{ orderId: 'order-1' }], timeline: expect.anything() }, remember: expect.stringContaining('past executions') });
		expect(json.secret).toBeUndefined();
	});

	it('gives a file when told to', async () => {
		await tell();
		const [{ json, binary }] = await run('export', { ...ofAnna, asFile: true, binaryPropertyName: 'export' });
		expect(json.data).toBeUndefined();
		const { data, mimeType, fileName } = binary!.export;
		expect({ mimeType, fileName }).toEqual({ mimeType: 'application/json', fileName: `customer-${(await found()).id}.json` });
		expect(JSON.parse(Buffer.from(data, 'base64').toString())).toMatchObject({ customer: { lastName: 'Berger' } });
	});
});

describe('Erase', () => {
	it.each([[''], ['anna@example.org'], ['Anna']])('erases nothing when "%s" is the confirmation', async (confirmation) => {
		await tell();
		await expect(run('erase', { ...ofAnna, confirmation })).rejects.toThrow('nothing was erased');
		expect(await found()).toMatchObject({ lastName: 'Berger' });
	});

	it.each([['ANNA@example.com '], ['+43 664 1234567'], ['77']])('forgets the customer once "%s" was typed, and reminds of past executions', async (confirmation) => {
		await switchOn();
		nowMs += hourMs;
		await tell();
		await shop.record(cartEvent(nowMs, {}, { customer: anna }));
		const { id } = await found();
		const [{ json }] = await run('erase', { confirmation }, { items: [{ email: 'anna@example.com', firstName: 'Anna' }] });
		expect(json).toEqual({ customer: { id, erased: true, erasedAt: new Date(nowMs).toISOString() }, alreadyErased: false, remember: expect.stringContaining('past executions') });
		await work();
		expect(await found()).toBeNull();
		expect(await due()).toEqual([]);
		expect(await shop.store.readTimeline(keys.customer(id), { limit: 10 })).toEqual([]);
	});

	it('says of who was erased before that there is nothing left to do', async () => {
		await tell();
		const { id } = await found();
		await run('erase', { ...ofAnna, confirmation: 'anna@example.com' });
		const erasedAt = new Date(nowMs).toISOString();
		nowMs += hourMs;
		const [{ json }] = await run('erase', { ...byId(id), confirmation: '' });
		expect(json).toMatchObject({ alreadyErased: true, customer: { erasedAt } });
	});
});

describe('Block and Unblock', () => {
	it('keep everything from a customer and let it through again', async () => {
		await tell();
		const [blocked] = await run('block', { ...ofAnna, blockReason: 'Asked by phone' });
		expect(blocked.json.customer.blocked).toEqual({ reason: 'blocked', at: new Date(nowMs).toISOString(), note: 'Asked by phone' });
		const [free] = await run('unblock', ofAnna);
		expect(free.json.customer.blocked).toBeUndefined();
		expect((await found()).suppressed).toBeUndefined();
	});

	it('do not lift what an erasure left', async () => {
		await tell();
		await run('erase', { ...ofAnna, confirmation: 'anna@example.com' });
		await work();
		nowMs += hourMs;
		await shop.record({ ...orderEvent(nowMs, {}, { customer: { email: 'anna@example.com' } }), dedupeId: randomUUID() });
		await expect(run('unblock', ofAnna)).rejects.toThrow('erased on request');
	});
});

describe('the template for customers’ requests', () => {
	const template = JSON.parse(readFileSync(path.join(__dirname, '../../../workflows-templates/00-connect/customer-desk.json'), 'utf8')) as { nodes: Array<{ name: string; parameters: Record<string, unknown> }> };
	/** The parameters with what the form says in place of its expressions. */
	const filledIn = (name: string, form: Record<string, string>) => {
		const { parameters } = template.nodes.find((node) => node.name === name)!;
		const valueOf = (value: unknown) => (typeof value === 'string' && value.startsWith('={{') ? form[/\["(.+)"\]/.exec(value)![1]] : value);
		return Object.fromEntries(Object.entries(parameters).map(([field, value]) => [field, valueOf(value)]));
	};

	it('shows, exports and erases by the address in the form', async () => {
		await tell();
		const form = { 'E-Mail': 'anna@example.com', 'E-Mail Again (Only to Erase)': 'Anna@example.com' };
		const of = async (name: string) => {
			const { operation, ...parameters } = filledIn(name, form);
			return (await run(operation as string, parameters))[0];
		};
		expect((await of('Show Timeline')).json.what).toContain('Nothing was ever said');
		expect((await of('Export Customer')).binary?.data.fileName).toMatch(/^customer-/);
		expect((await of('Erase Customer')).json.alreadyErased).toBe(false);
	});
});
