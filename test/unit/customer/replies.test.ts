import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { register } from '../../../lib/journeys/definitions';
import { isAutomatic, readMail } from '../../../lib/messages/replies';
import { hourMs } from '../../../lib/model/clock';
import { type EnrolmentRecord, keys } from '../../../lib/model/records';
import { type Installation, openInstallation, type ShopHandle } from '../../../lib/n8n/installation';
import { transact } from '../../../lib/store/transaction';
import { Customer, executeCustomer } from '../../../nodes/Customer/Customer.node';
import { fakeExecution } from '../n8n/execution';
import { cartEvent, cartJourney } from '../record/shop';

/** As Email Trigger (IMAP) gives it in its format Simple. */
const mail = (more: object = {}, metadata: object = {}): IDataObject => ({
	from: 'Anna Berger <Anna@Example.com>',
	to: 'shop@example.com',
	subject: 'Re: Your cart',
	textPlain: 'Is it still there?\r\n\r\nOn Mon, 2 Mar 2026, Fern & Co wrote:\r\n> You left something',
	metadata: { 'message-id': '<reply-1@mail.example.com>', 'in-reply-to': '<m1@shop>', references: '<m0@shop> <m1@shop>', ...metadata },
	...more,
});

describe('a received mail', () => {
	it('is read in both formats of Email Trigger (IMAP)', () => {
		const resolved = {
			from: { value: [{ address: 'anna@example.com', name: 'Anna' }], text: 'Anna <anna@example.com>' },
			subject: 'Re: Your cart',
			text: 'Is it still there?\n\n> You left something',
			messageId: '<reply-1@mail.example.com>',
			inReplyTo: '<m1@shop>',
			references: ['<m0@shop>', '<m1@shop>'],
			headers: { 'content-type': { value: 'text/plain', params: {} } },
		};
		const same = { from: 'anna@example.com', messageId: '<reply-1@mail.example.com>', refersTo: ['<m1@shop>', '<m0@shop>'], subject: 'Re: Your cart', text: 'Is it still there?' };
		expect(readMail(mail())).toMatchObject(same);
		expect(readMail(resolved)).toMatchObject(same);
		expect(readMail({})).toEqual({ refersTo: [], subject: '', text: '', headers: {} });
	});

	it.each<[string, object, object]>([
		['an out-of-office note', {}, { 'auto-submitted': 'auto-replied' }],
		['one of an older program', {}, { precedence: 'auto_reply' }],
		['a mailing list', {}, { 'list-id': '<news.example.com>' }],
		['a bounce', { from: 'MAILER-DAEMON@mx.example.com' }, {}],
		['a delivery report', {}, { 'content-type': 'multipart/report; report-type=delivery-status' }],
		['a robot', { from: 'no-reply@example.com' }, {}],
	])('that is %s was written by nobody', (_what, more, metadata) => {
		expect(isAutomatic(readMail(mail(more, metadata)))).toBe(true);
	});

	it('of a person is one, whatever program sent it', () => {
		for (const metadata of [{}, { 'auto-submitted': 'no' }, { 'x-mailer': 'Outlook', 'content-type': 'multipart/alternative', 'x-auto-response-suppress': 'All' }]) expect(isAutomatic(readMail(mail({}, metadata)))).toBe(false);
	});
});

describe('Record Event: Message Replied To', () => {
	let folder: string;
	let installation: Installation;
	let shop: ShopHandle;
	const nowMs = Date.parse('2026-03-02T09:00:00Z');
	beforeEach(async () => {
		folder = mkdtempSync(path.join(tmpdir(), 'replies-'));
		installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
		shop = installation.shop('main');
		for (const id of ['carts', 'others']) await register(shop.store, { ...cartJourney, id }, { mode: 'activate', owner: 'test', journeyNowMs: nowMs - 2 * hourMs, machineNowMs: nowMs });
		shop.definitions.clear();
		await shop.record(cartEvent(nowMs - hourMs, {}, { customer: { email: 'anna@example.com' } }));
		await transact(shop.store, async (tx) => {
			await tx.load([keys.enrolment('carts:cart-a')]);
			tx.set(keys.enrolment('carts:cart-a'), { ...tx.get<object>(keys.enrolment('carts:cart-a'))!, sends: { k: { state: 'sent', channel: 'email', step: 0, messageId: '<m1@shop>', token: 't', atMs: nowMs } } });
		});
	});
	afterEach(async () => {
		await installation.hub.close();
		rmSync(folder, { recursive: true, force: true });
	});

	const run = async (json: IDataObject, parameters: object = {}) => {
		const [[item]] = await executeCustomer(fakeExecution(new Customer().description, { items: [json], parameters: { operation: 'recordEvent', eventType: 'message_replied', customerBy: 'item', ...parameters } }), installation);
		return item?.json;
	};
	const enrolment = async (id: string) => (await shop.store.read<EnrolmentRecord>([keys.enrolment(`${id}:cart-a`)]))[0].value!;

	it('ends the series that the mail replies to, notes the answer on its message, and says what was written', async () => {
		expect(await run(mail())).toMatchObject({ recorded: 'recorded', subject: 'Re: Your cart', customer: { email: 'anna@example.com' }, reply: { enrolment: 'carts:cart-a', step: 1, text: 'Is it still there?' } });
		expect(await enrolment('carts')).toMatchObject({ endReason: 'replied', sends: { k: { answeredAtMs: nowMs } } });
		expect((await enrolment('others')).status).toBe('open');
		expect(await run(mail())).toMatchObject({ recorded: 'duplicate' });
	});

	it('ends all marketing of the customer where the mail names no message of ours', async () => {
		await run(mail({}, { 'in-reply-to': '<other@elsewhere>', references: '' }));
		expect([(await enrolment('carts')).endReason, (await enrolment('others')).endReason]).toEqual(['replied', 'replied']);
	});

	it('gives no item for what no person wrote, refuses what nobody known wrote, and records neither', async () => {
		expect(await run(mail({}, { 'auto-submitted': 'auto-replied' }))).toBeUndefined();
		await expect(run(mail({ from: 'stranger@example.com' }))).rejects.toThrow('from nobody who is known');
		expect((await enrolment('carts')).status).toBe('open');
	});

	it('takes a customer that the node names, and refuses an item that names nobody', async () => {
		expect(await run({}, { customerBy: 'email', customerValue: 'anna@example.com', contactText: 'By phone' })).toMatchObject({ recorded: 'recorded', reply: { text: 'By phone' } });
		await expect(run({ subject: 'Hello' })).rejects.toThrow('names no customer');
	});
});

it('a contact by form or chat is recorded with its words', async () => {
	const folder = mkdtempSync(path.join(tmpdir(), 'contacts-'));
	const installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => Date.parse('2026-03-02T09:00:00Z'));
	const shop = installation.shop('main');
	await shop.record({ type: 'customer_created', dedupeId: '1', occurredAtMs: 0, source: 'test', customer: { email: 'anna@example.com' } });
	const node = fakeExecution(new Customer().description, { parameters: { operation: 'recordEvent', eventType: 'contacted', customerBy: 'email', customerValue: 'anna@example.com', contactWay: 'chat', topic: 'delivery', contactText: 'Where is it?' } });
	const [[{ json }]] = await executeCustomer(node, installation);
	const [entry] = await shop.store.readTimeline(keys.customer(String((json.customer as IDataObject).id)), { limit: 1 });
	expect(entry).toMatchObject({ type: 'contacted', data: { way: 'chat', topic: 'delivery', text: 'Where is it?' } });
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});
