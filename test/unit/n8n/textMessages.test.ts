import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateVAPIDKeys } from 'web-push';
import type { OutgoingMessage, PushMessage, TextMessage, WebhookMessage } from '../../../lib/messages/channels/channel';
import { readLink } from '../../../lib/messages/links';
import type { SendJob } from '../../../lib/messages/send/sender';
import type { CustomerRecord } from '../../../lib/model/records';
import type { ShopSettings } from '../../../lib/model/settings';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import { composerFor, type SendOptions } from '../../../nodes/SendReminder/compose/compose';
import { providerOf } from '../../../nodes/SendReminder/providers';
import { SendReminder } from '../../../nodes/SendReminder/SendReminder.node';
import { madeUp } from '../../mocks/mail-apis/server';
import { sampleItem, sampleSettings } from '../messages/samples';
import { type Execution, fakeExecution } from './execution';

/* What SMS, WhatsApp, web push and webhooks say, and what their providers refuse before anything is sent. */

const { description } = new SendReminder();
const nowMs = Date.parse('2026-03-02T08:00:00Z');
const address = 'https://n8n.fern.example/webhook/1/messages';
const settings = sampleSettings();
let folder: string;
let installation: Installation;

beforeAll(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'text-messages-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
});
afterAll(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const subscription = { endpoint: 'https://fcm.googleapis.com/x', p256dh: `B${'a'.repeat(86)}`, auth: 'b'.repeat(22) };
const customer = { id: 'c1', firstName: 'Mia', phone: '+436641234567', email: 'mia@example.org', locale: 'en', consent: {}, orders: { count: 0, spentMinor: {} }, open: {}, pushSubscriptions: [{ ...subscription, atMs: 1 }] } as unknown as CustomerRecord;

function jobOf(item: SendJob['item'] = sampleItem() as unknown as SendJob['item']): SendJob {
	return { item, itemIndex: 0, customerId: null, sendKey: '1:n', messageKey: 'main/e/1/n', campaign: item.journey ? null : 'w/n/summer' };
}

async function written<M extends OutgoingMessage>(parameters: Record<string, unknown>, { job = jobOf(), who = customer, options = {}, at = address as string | null, withUtm } = {} as { job?: SendJob; who?: CustomerRecord; options?: SendOptions; at?: string | null; withUtm?: ShopSettings['utm'] }): Promise<M> {
	const compose = await composerFor(fakeExecution(description, { parameters }), installation, options);
	return compose(job, who, { ...settings, utm: withUtm }, { address: at }) as M;
}

describe('SMS', () => {
	const sms = (parameters: object = {}, more?: Parameters<typeof written>[1]) => written<TextMessage>({ channel: 'sms', ...parameters }, more);

	it('says something useful without a word of the operator’s, and links straight to the shop', async () => {
		const message = await sms();
		const { cart } = sampleItem();
		expect(message).toMatchObject({ channel: 'sms', to: '+436641234567', text: expect.stringContaining(cart!.url) });
		expect(message.text).toMatch(/^Hello \S+, your cart at/);
		expect(message.text).not.toContain(address);
		expect(readLink(message.ref!, installation.linkSecret, nowMs, 'message')).toMatchObject({ customerId: 'c1', channel: 'sms', sendKey: '1:n' });
	});

	it('says where a provider may tell of it, at an address that it reaches only', async () => {
		expect((await sms()).eventsAddress).toBe(address);
		for (const at of ['http://localhost:5678/webhook', null]) expect(await sms({}, { at })).not.toHaveProperty('eventsAddress');
	});

	it('greets nobody whose name is not known', async () => {
		const item = { ...sampleItem(), customer: { ...sampleItem().customer!, firstName: undefined } } as unknown as SendJob['item'];
		expect((await sms({}, { job: jobOf(item) })).text).toMatch(/^Hello, your cart/);
	});

	it('is the same message when it is written again, and another for another step', async () => {
		const [first, again, other] = [await sms(), await sms(), await sms({}, { job: { ...jobOf(), messageKey: 'main/e/2/n' } })];
		expect(again.messageId).toBe(first.messageId);
		expect(other.messageId).not.toBe(first.messageId);
	});

	it('escapes nothing, and keeps lines but no control characters', async () => {
		const item = { ...sampleItem(), customer: { ...sampleItem().customer!, firstName: 'Mia & \u0007Bo' } } as unknown as SendJob['item'];
		expect((await sms({ smsText: 'Dear {{customer.firstName}},\n{{discountCode}}', discountCode: 'TEA10' }, { job: jobOf(item) })).text).toBe('Dear Mia & Bo,\nTEA10');
	});

	it('goes to a customer outside a journey, who is in the store only', async () => {
		const message = await sms({ smsText: 'Hello {{customer.firstName}} of {{shop.name}}' }, { job: jobOf({ email: 'mia@example.org' }) });
		expect(message.text).toBe(`Hello Mia of ${settings.name}`);
		expect(readLink(message.ref!, installation.linkSecret, nowMs, 'message')).toMatchObject({ campaign: 'w/n/summer' });
	});

	it('is refused when more than ten would leave, or nothing is left to say', async () => {
		await expect(sms({ smsText: 'ж'.repeat(671) })).rejects.toThrow('11 SMS (UCS-2)');
		await expect(sms({ smsText: 'a'.repeat(1530) })).resolves.toMatchObject({ channel: 'sms' });
		await expect(sms({ smsText: '{{customer.lastName}}{{event.name}}{{view.query}}{{return.id}}' }, { job: jobOf({}) })).rejects.toThrow('nothing is left');
		await expect(sms({ smsText: ' ' })).rejects.toThrow('no text');
		await expect(sms({ smsText: 'Hello\n{{#if customer}}' })).rejects.toThrow('Text, line 2');
		await expect(sms({ smsText: '{{constructor.constructor}}' })).rejects.toThrow('"constructor" cannot be read');
	});

	it('reads an n8n expression anew for each item', async () => {
		const texts = ['One', 'Two'];
		const context = fakeExecution(description, { parameters: { channel: 'sms', smsText: (itemIndex: number) => texts[itemIndex] } });
		context.getNode().parameters = { smsText: '={{ $json.text }}' };
		const compose = await composerFor(context, installation, {});
		expect([0, 1].map((itemIndex) => (compose({ ...jobOf(), itemIndex }, customer, settings, { address: null }) as TextMessage).text)).toEqual(texts);
	});
});

describe('WhatsApp', () => {
	const values = (...all: string[]) => ({ values: all.map((value) => ({ value })) });
	const whatsapp = (parameters: object) => written<TextMessage>({ channel: 'whatsapp', ...parameters });

	it('fills an approved template in one line each', async () => {
		const message = await whatsapp({ whatsappProvider: 'whatsappCloud', templateName: ' cart_reminder ', templateLanguage: 'de', templateValues: values('{{default customer.lastName "there"}}', 'a\n  b\tc') });
		expect(message.template).toMatchObject({ name: 'cart_reminder', language: 'de', values: [expect.any(String), 'a b c'] });
	});

	it('says which value would be empty, and that a template has a name', async () => {
		await expect(whatsapp({ templateName: 'x', templateValues: values('ok', '{{event.name}}') })).rejects.toThrow('Value 2: nothing is left');
		await expect(whatsapp({})).rejects.toThrow('no template');
	});

	it('says free words', async () => {
		const message = await whatsapp({ whatsappMessage: 'text', whatsappText: 'Hello {{shop.name}}' });
		expect(message).toMatchObject({ channel: 'whatsapp', text: `Hello ${settings.name}` });
		expect(message.template).toBeUndefined();
	});
});

describe('web push', () => {
	const push = (parameters: object = {}, more?: Parameters<typeof written>[1]) => written<PushMessage>({ channel: 'push', ...parameters }, more);

	it('opens the cart, counted as a click', async () => {
		const message = await push({ pushHours: 2 });
		expect(message).toMatchObject({ channel: 'push', to: [subscription], title: settings.name, ttlSeconds: 7200 });
		const token = new URL(message.url).searchParams.get('c')!;
		expect(readLink(token, installation.linkSecret, nowMs, 'click')).toMatchObject({ channel: 'push', customerId: 'c1', to: sampleItem().cart!.url });
	});

	it('opens the page itself while nobody counts', async () => {
		const { cart } = sampleItem();
		expect((await push({}, { at: null })).url).toBe(cart!.url);
		expect((await push({}, { options: { track: false } })).url).toBe(cart!.url);
		expect((await push({}, { at: 'http://n8n.fern.example/webhook' })).url).toBe(cart!.url);
	});

	it('shows the product that a journey is about', async () => {
		const product = { id: 'p9', title: 'Oolong', url: 'https://fern.example/oolong', imageUrl: 'https://fern.example/oolong.png' };
		const item = { ...sampleItem(), cart: undefined, product } as unknown as SendJob['item'];
		expect(await push({}, { job: jobOf(item), at: null })).toMatchObject({ body: 'Oolong: have another look', url: product.url, imageUrl: product.imageUrl });
	});

	it('tells the click of the product it shows, and the shop’s statistics of a push', async () => {
		const url = 'https://fern.example/oolong';
		const item = { ...sampleItem(), cart: undefined, product: { id: 'p9', title: 'Oolong', url, category: 'Tea' } } as unknown as SendJob['item'];
		const shown = { job: jobOf(item), withUtm: { source: 'shop-journeys', medium: 'email', campaign: 'tea' } };
		const tagged = `${url}?utm_source=shop-journeys&utm_medium=push&utm_campaign=tea`;
		const token = new URL((await push({}, shown)).url).searchParams.get('c')!;
		expect(readLink(token, installation.linkSecret, nowMs, 'click')).toMatchObject({ to: tagged, productId: 'p9', category: 'Tea' });
		expect((await push({}, { ...shown, options: { track: false } })).url).toBe(tagged);
		const paper = { ...item, journey: { ...sampleItem().journey, kind: 'transactional' } } as unknown as SendJob['item'];
		expect((await push({}, { ...shown, job: jobOf(paper) })).url).toBe(url);
	});

	it('opens no address that is none', async () => {
		expect((await push({ pushUrl: 'javascript:alert(1)' }, { at: null })).url).toBe(sampleItem().cart!.url);
	});
});

describe('a webhook', () => {
	it('says who, what, and what else the operator’s system needs', async () => {
		const message = await written<WebhookMessage>({ channel: 'webhook', countsAs: 'sms', webhookSubject: 'Line\nbreak', webhookText: 'Hello {{customer.firstName}}', webhookData: { fields: [{ name: ' total ', value: '{{cart.total}}' }, { name: '', value: 'x' }] } });
		expect(message).toMatchObject({ channel: 'sms', to: { customerId: 'c1', email: 'mia@example.org', phone: '+436641234567', firstName: 'Mia', locale: 'en' }, subject: 'Line break' });
		expect(Object.keys(message.data)).toEqual(['total']);
	});
});

describe('providers', () => {
	const opening = async ({ parameters, credentials = {} }: Pick<Execution, 'parameters' | 'credentials'>, fast = false) => {
		const context = fakeExecution(description, { parameters, credentials });
		context.getNode().credentials = Object.fromEntries(Object.keys(credentials).map((name) => [name, { id: '1', name }]));
		const provider = providerOf((name, fallback) => context.getNodeParameter(name, 0, fallback) as string);
		const running = fast ? { ...installation, isDemo: true, clock: { ...installation.clock, speed: 60 } } : installation;
		return await provider.open(context, running as Installation);
	};
	const twilioApi = { accountSid: 'AC1', authToken: 'x' };
	const whatsAppApi = { accessToken: 'x', businessAccountId: '1' };
	const shopJourneysVapidApi = { ...generateVAPIDKeys(), subject: 'mailto:shop@fern.example' };

	it.each([
		['sms', { smsFrom: '+14155550100' }, { twilioApi }],
		['sms', { smsFrom: 'FernField' }, { twilioApi }],
		['sms', { smsFrom: `MG${'0'.repeat(32)}` }, { twilioApi }],
		['whatsapp', { whatsappFrom: 'whatsapp:+14155238886' }, { twilioApi }],
		['whatsapp', { whatsappProvider: 'whatsappCloud', phoneNumberId: '106540352242922' }, { whatsAppApi }],
		['push', {}, { shopJourneysVapidApi }],
		['webhook', { webhookAddress: 'http://10.0.0.5:8080/x' }, {}],
		['webhook', { webhookAddress: 'https://crm.fern.example/x' }, { shopJourneysShopApi: { signingSecret: madeUp('whsec') }, httpHeaderAuth: { name: 'X-Key', value: 'abc' } }],
	])('%s opens with %j', async (channel, parameters, credentials) => {
		expect((await opening({ parameters: { channel, ...parameters }, credentials })).connections).toBe(5);
	});

	it.each([
		['sms', { smsFrom: '' }, { twilioApi }, 'Nobody is filled in'],
		['sms', { smsFrom: '004366412345' }, { twilioApi }, 'no sender'],
		['sms', { smsFrom: '+14155550100', apiAddress: 'http://api.twilio.com' }, { twilioApi }, 'API Address'],
		['whatsapp', { whatsappFrom: 'Fern' }, { twilioApi }, 'no number'],
		['whatsapp', { whatsappProvider: 'whatsappCloud', phoneNumberId: '+1/../x' }, { whatsAppApi }, 'Phone Number ID'],
		['push', {}, { shopJourneysVapidApi: { ...shopJourneysVapidApi, privateKey: 'x' } }, 'private key'],
		['webhook', { webhookAddress: 'ftp://crm.fern.example' }, {}, 'no web address'],
		['webhook', { webhookAddress: 'https://crm.fern.example/x' }, { httpHeaderAuth: { name: 'X-Key', value: 'a\r\nX-Evil: b' } }, 'no header'],
		['webhook', { webhookAddress: 'https://crm.fern.example/x' }, { httpHeaderAuth: { name: 'X-Key: b\r\nX', value: 'a' } }, 'no header'],
	])('%s says what is wrong with %j', async (channel, parameters, credentials, words) => {
		await expect(opening({ parameters: { channel, ...parameters }, credentials })).rejects.toThrow(words);
	});

	it.each([
		['sms', { smsFrom: '+14155550100' }, { twilioApi }],
		['whatsapp', { whatsappProvider: 'whatsappCloud', phoneNumberId: '106540352242922' }, { whatsAppApi }],
		['webhook', { webhookAddress: 'https://crm.fern.example/x' }, {}],
	])('%s reaches nobody real where time runs faster', async (channel, parameters, credentials) => {
		await expect(opening({ parameters: { channel, ...parameters }, credentials }, true)).rejects.toThrow('SHOP_JOURNEYS_CLOCK_SPEED');
		const local = channel === 'webhook' ? { webhookAddress: 'http://127.0.0.1:9/x' } : { apiAddress: 'http://127.0.0.1:9' };
		await expect(opening({ parameters: { channel, ...parameters, ...local }, credentials }, true)).resolves.toBeDefined();
	});
});
