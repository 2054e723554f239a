import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';
import { hourMs } from '../../../lib/model/clock';
import { saveForms } from '../../../lib/forms/form';
import type { JourneyParameters } from '../../../lib/n8n/definition';
import { sampleItem as triggerSample } from '../../../lib/n8n/sample';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import * as preview from '../../../nodes/SendReminder/operations/preview.operation';
import * as sendTest from '../../../nodes/SendReminder/operations/sendTest.operation';
import * as checkJourney from '../../../nodes/SendReminder/operations/checkJourney.operation';
import { SendReminder } from '../../../nodes/SendReminder/SendReminder.node';
import { liveCheck } from '../../../nodes/SendReminder/contentCheck';
import { viewRoute } from '../../../nodes/MessageWebhookTrigger/routes/view.route';
import { withVariant } from '../../../nodes/SendReminder/variants';
import { type MailServer, startMailServer } from '../messages/mail-server';
import { sampleItem, sampleSettings } from '../messages/samples';
import { testHelpers } from '../messages/text-channels';
import { accountSid, authToken, startTwilio } from '../../mocks/message-apis/twilio';
import { startWooShop, type WooShop } from '../../mocks/woocommerce';
import { type Execution, fakeExecution } from './execution';

/* What an operator does before publishing: look at the message, send it to oneself, ask what is missing. */

const nowMs = Date.parse('2026-03-02T08:00:00Z');
const { description } = new SendReminder();
const words = { message: 'custom', subject: 'Hello {{customer.firstName}}', html: '<p>{{cart.items.length}} in the cart, order {{order.number}}</p><a href="{{links.unsubscribe}}">Unsubscribe</a>' };
let folder: string;
let installation: Installation;
let mail: MailServer;

beforeAll(async () => {
	mail = await startMailServer();
});
afterAll(() => mail.close());
beforeEach(async () => {
	mail.received.length = 0;
	folder = mkdtempSync(path.join(tmpdir(), 'send-reminder-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
	const shop = installation.shop('main');
	await shop.saveSettings(sampleSettings());
	await shop.saveMessageAddress('https://n8n.fern.example/webhook/1/messages');
	const at = { occurredAtMs: nowMs - hourMs, source: 'test', customer: { email: 'mia@example.org', firstName: 'Mia' } };
	const items = [{ productId: 'p1', title: 'Throw', quantity: 1, unitPriceMinor: 6900 }, { productId: 'p2', title: 'Mug', quantity: 2, unitPriceMinor: 1850 }];
	await shop.record({ ...at, type: 'order_placed', dedupeId: 'o1', order: { orderId: '1', number: '#1001', items, currency: 'EUR', totalMinor: 10_600, placedAtMs: nowMs - hourMs, updatedAtMs: nowMs - hourMs } });
	await shop.record({ ...at, type: 'cart_updated', dedupeId: 'c1', cart: { cartToken: 'cart-1', stage: 'cart', items, updatedAtMs: nowMs - hourMs / 2 } });
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const smtp = () => ({ smtp: { host: '127.0.0.1', port: mail.port, secure: false } });
const context = (execution: Execution) => fakeExecution(description, { credentials: smtp(), ...execution });
const everything = async () => {
	const { store } = installation.shop('main');
	return JSON.stringify([await store.readCounters('journey:test'), await store.readCounters('campaign:test'), await store.readLog({ afterSeq: 0, limit: 1000 })]);
};

/** What n8n's helper does, with fetch. */
async function httpRequest({ method, url, qs, headers }: { method: string; url: string; qs?: Record<string, string>; headers: Record<string, string> }) {
	const address = new URL(url);
	for (const [name, value] of Object.entries(qs ?? {})) address.searchParams.set(name, String(value));
	const answer = await fetch(address, { method, headers });
	return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: Buffer.from(await answer.arrayBuffer()) };
}

function file({ binary }: INodeExecutionData): string {
	return Buffer.from(binary!.preview.data, 'base64').toString();
}

describe('the credentials', () => {
	it('stand once each: n8n takes the first entry of a type', () => {
		const names = description.credentials!.map(({ name }) => name);
		expect(names).toEqual([...new Set(names)]);
	});

	it("are shown by no field that has a credential for each of its options: n8n's editor would take it for the choice of a login, hide it and change it", () => {
		const shownBy = new Map<string, unknown[]>();
		for (const { displayOptions } of description.credentials!) for (const [field, values] of Object.entries(displayOptions?.show ?? {})) shownBy.set(field, [...(shownBy.get(field) ?? []), ...(values as unknown[])]);
		for (const [field, values] of shownBy) {
			const options = description.properties.find(({ name }) => name === field)!.options as Array<{ value: string }>;
			expect(options.map(({ value }) => value).filter((value) => !values.includes(value))).not.toEqual([]);
		}
	});
});

describe('a preview', () => {
	it('shows the message with the cart and order of any customer, and sends nothing', async () => {
		const [[shown]] = await preview.execute(context({ parameters: { operation: 'preview', ...words, showAs: 'Mia@Example.org' } }), installation);
		expect(shown.json.preview).toMatchObject({ channel: 'email', shows: 'mia@example.org', subject: 'Hello Mia', from: 'Fern & Field <hello@fern.example>' });
		expect(file(shown)).toContain('2 in the cart, order #1001');
		expect(mail.received).toEqual([]);
	});

	it('has an address to open in the browser while Message Webhook Trigger is published', async () => {
		const run = async () => (await preview.execute(context({ parameters: { operation: 'preview', ...words, showAs: 'mia@example.org' } }), installation))[0][0].json.preview as { openInBrowser?: string };
		const { openInBrowser } = await run();
		const query = Object.fromEntries(new URL(openInBrowser!).searchParams);
		const page = await viewRoute.handle({ installation, shopId: 'main', method: 'GET', query, headers: {} } as never);
		expect(page.status).toBe(200);
		expect(page.body.toString()).toContain('2 in the cart, order #1001');
		await installation.shop('main').saveMessageAddress(null);
		expect((await run()).openInBrowser).toBeUndefined();
	});

	it('shows the item that a trigger gives when it is tested, though nobody is behind it', async () => {
		const [[shown]] = await preview.execute(context({ items: [sampleItem({ customer: { id: 'sample', email: 'sample@example.com', firstName: 'Sam' } }) as never], parameters: { operation: 'preview', ...words } }), installation);
		expect(shown.json.preview).toMatchObject({ subject: 'Hello Sam' });
		expect(file(shown)).toContain('3 in the cart');
	});

	it('shows points and a tier though nobody has any yet, where the shop has a loyalty programme', async () => {
		const shop = installation.shop('main');
		const journey: JourneyParameters = { id: 'w:n', name: 'Points', workflowId: 'w', nodeName: 'n', trigger: 'event', subject: 'customer', events: ['points_earned'], kind: 'marketing', steps: [{ name: 'At once', delayMs: 0 }], endsOn: [], reentryAfterMs: null, maxAgeMs: hourMs, emitEnded: false };
		const html = '<p>{{points.available}}, {{points.expiring}} until {{points.expiresAt}}, {{points.count.earned}} new; {{points.tier}}, {{points.toNextTier}} to {{points.nextTier}} ({{points.count.onTheWay}} %)</p>';
		const shown = async () => {
			const { item } = await triggerSample(installation, shop, journey);
			return file((await preview.execute(context({ items: [item as never], parameters: { operation: 'preview', ...words, html } }), installation))[0][0]);
		};
		const loyalty = { earnFromOrders: true, rate: 1, rounding: 'down' as const, excluded: [], pendingDays: 0, expiresAfterDays: 0, tiers: [{ id: 's', label: 'Silver', from: 200 }, { id: 'g', label: 'Gold', from: 1_000 }], tierPeriod: 'ever' as const, tierKeptDays: 0 };
		expect(await shown()).toContain('<p>,  until , 120 new; ,  to  (0 %)</p>');
		await shop.saveSettings(sampleSettings({ loyalty: { ...loyalty, tierBy: 'points' } }));
		expect((await shown()).replaceAll('\u00a0', ' ')).toContain('<p>1,250, 350 until 1 April 2026 at 08:59, 120 new; Silver, 150 points to Gold (85 %)</p>');
		await shop.saveSettings(sampleSettings({ loyalty: { ...loyalty, tierBy: 'spent' } }));
		expect(await shown()).toContain('Silver, €150.00 to Gold (85 %)');
	});

	it('keeps the code and the picks that nodes before it gave, whomever it shows', async () => {
		const item = { ...sampleItem(), picks: [{ id: 'p9', title: 'Tray' }], discount: { code: 'SAMPLE-CODE', kind: 'percentage', percent: 10, currency: 'EUR', isUnique: true } };
		const html = '<p>{{customer.firstName}}: {{discount.code}}, {{discount.value}}{{#each picks}}, {{title}}{{/each}}</p>';
		const [[shown]] = await preview.execute(context({ items: [item as never], parameters: { operation: 'preview', ...words, html, showAs: 'mia@example.org' } }), installation);
		expect(file(shown)).toContain('Mia: SAMPLE-CODE, 10%, Tray');
	});

	it('says how to name a customer when nobody is named, or nobody known', async () => {
		await expect(preview.execute(context({ parameters: { operation: 'preview', ...words } }), installation)).rejects.toThrow('Item 0 names no customer');
		await expect(preview.execute(context({ parameters: { operation: 'preview', ...words, showAs: 'bo@example.org' } }), installation)).rejects.toThrow('"Show as Customer" is "bo@example.org", whom the store does not know');
	});
});

describe('a test', () => {
	const toMe = { operation: 'sendTest', ...words, showAs: 'mia@example.org', testAddress: 'me@fern.example' };

	it('goes to the operator, marked, and is counted nowhere', async () => {
		const before = await everything();
		const [[sent], refused] = await sendTest.execute(context({ parameters: toMe }), installation);
		expect(refused).toEqual([]);
		expect(sent.json.test).toMatchObject({ status: 'sent', subject: '[Test] Hello Mia', shows: 'mia@example.org' });
		expect(mail.received.map(({ recipients, parsed }) => [recipients, parsed.subject])).toEqual([[['me@fern.example'], '[Test] Hello Mia']]);
		expect(await everything()).toBe(before);
	});

	it('has links that name nobody: whoever unsubscribes in it unsubscribes no customer', async () => {
		await sendTest.execute(context({ parameters: toMe }), installation);
		const tokens = [...mail.received[0].parsed.html!.replaceAll('&#x3D;', '=').matchAll(/\?\w=([\w-]+)\./g), ...mail.received[0].headerLines.join(' ').matchAll(/\?t=([\w-]+)\./g)].map(([, body]) => Buffer.from(body, 'base64url').toString());
		expect(tokens.length).toBeGreaterThan(1);
		for (const token of tokens) expect(token).toContain('"main","test","email"');
		expect(mail.received[0].raw).not.toContain('mia@example.org');
	});

	it('goes by SMS to the operator, and asks Twilio to tell nothing of it', async () => {
		const twilio = await startTwilio();
		const parameters = { operation: 'sendTest', channel: 'sms', smsFrom: '+14155550100', smsText: 'Hello {{customer.firstName}}', apiAddress: twilio.url, showAs: 'mia@example.org', testNumber: '+43 664 1234567' };
		const credentials = { twilioApi: { authType: 'authToken', accountSid, authToken } };
		const [[sent], refused] = await sendTest.execute(Object.assign(context({ parameters, credentials }), { helpers: testHelpers() }), installation);
		await twilio.close();
		expect(refused).toEqual([]);
		expect(sent.json.test).toMatchObject({ status: 'sent', channel: 'sms' });
		expect(twilio.messages).toEqual([{ To: '+436641234567', From: '+14155550100', Body: '[Test] Hello Mia' }]);
	});

	it('refuses an address that is none, and says what the server refused', async () => {
		await expect(sendTest.execute(context({ parameters: { ...toMe, testAddress: 'me' } }), installation)).rejects.toThrow('"Test Address" is "me"');
		const [, [refused]] = await sendTest.execute(context({ parameters: toMe, credentials: { smtp: { host: '127.0.0.1', port: 9, secure: false } } }), installation);
		expect(refused.json.test).toMatchObject({ status: 'refused' });
	});
});

describe('an experiment', () => {
	const variants = { list: [{ name: 'A', weight: 50 }, { name: 'B', weight: 50, subject: 'Another subject', text: '<p>Other words</p>' }, { name: 'elsewhere', weight: 10, here: false }] };

	it('is previewed in each variant that is sent here, with what a variant leaves empty as above', async () => {
		const [shown] = await preview.execute(context({ parameters: { operation: 'preview', ...words, showAs: 'mia@example.org', variants } }), installation);
		expect(shown.map(({ json }) => json.preview)).toMatchObject([{ variant: 'A', subject: 'Hello Mia' }, { variant: 'B', subject: 'Another subject' }]);
		expect(shown.map(file).map((html) => html.includes('in the cart'))).toEqual([true, false]);
		expect(file(shown[1])).toContain('Other words');
	});

	it('is tested in each of them', async () => {
		await sendTest.execute(context({ parameters: { operation: 'sendTest', ...words, showAs: 'mia@example.org', testAddress: 'me@fern.example', variants } }), installation);
		expect(mail.received.map(({ parsed }) => parsed.subject)).toEqual(['[Test A] Hello Mia', '[Test B] Another subject']);
		expect(mail.received[1].parsed.text).toContain('Other words');
	});

	it('replaces the words of a built-in message too', async () => {
		const parameters = { operation: 'preview', message: 'cartReminder', tone: 'reminder', ownWords: { headline: 'Mine' }, showAs: 'mia@example.org', variants: { list: [{ name: 'B', weight: 1, subject: 'Another subject' }] } };
		const reader = withVariant(context({ parameters }), parameters.variants.list[0] as never);
		expect(reader.getNodeParameter('ownWords', 0)).toMatchObject({ headline: 'Mine', subject: 'Another subject' });
		expect(reader.getNodeParameter('tone', 0)).toBe('reminder');
	});
});

describe('asking the shop at the moment of sending', () => {
	const parameters = { operation: 'send', contentCheck: 'woocommerce' };
	const job = (productIds: string[]) => ({ item: { cart: { items: productIds.map((productId) => ({ productId })) } } }) as never;
	const asking = (woo: WooShop, hints: string[] = [], credential: object = woo.credential) => {
		const live = context({ parameters, credentials: { ...smtp(), wooCommerceApi: credential }, hints });
		return (jobs: never[]) => liveCheck(Object.assign(live, { helpers: { httpRequest } }), installation.shop('main'), 'woocommerce', jobs);
	};

	it('takes stock and price of a whole batch with one question', async () => {
		const woo = await startWooShop({ nowMs: () => nowMs });
		const [mug, tray] = [await woo.addProduct({ stock_quantity: 3, price: '21.00' }), await woo.addProduct({ stock_quantity: 0, stock_status: 'outofstock' })].map(({ id }) => String(id));
		const checkLive = await asking(woo)([job([mug]), job([tray, mug]), job(['999999'])]);
		expect(woo.requests).toHaveLength(1);
		expect(await checkLive!([{ productId: mug }, { productId: tray }, { productId: '999999' }, { productId: 'never asked for' }], job([]))).toMatchObject([{ productId: mug, stock: 3, priceMinor: 2100 }, { productId: tray, stock: 0 }, { productId: '999999', isGone: true }]);
		await woo.close();
	});

	it('goes by what the shop told before when it does not answer, and says so', async () => {
		const woo = await startWooShop({ nowMs: () => nowMs });
		const hints: string[] = [];
		const ask = asking(woo, hints, { ...woo.credential, consumerSecret: 'wrong' });
		expect(await ask([job(['1'])])).toBeUndefined();
		expect(hints).toEqual([expect.stringMatching(/^WooCommerce could not be asked for stock and prices, so what it told before counts: /)]);
		await woo.close();
	});

	it('asks nobody about messages that show no product', async () => {
		const woo = await startWooShop({ nowMs: () => nowMs });
		expect(await asking(woo)([job([])])).toBeUndefined();
		expect(woo.requests).toEqual([]);
		await woo.close();
	});
});

describe('a check', () => {
	const nodes = { Check: { name: 'Check', type: 'n8n-nodes-shop-journeys.sendReminder', parameters: { operation: 'checkJourney' } }, Carts: { name: 'Carts', type: 'n8n-nodes-shop-journeys.cartAbandonedTrigger', parameters: { schedule: { steps: [{}] } } } };

	it('reads the workflow around the node', async () => {
		const workflow = { nodes, connectionsBySourceNode: { Carts: { main: [[{ node: 'Check', type: 'main', index: 0 }]] } } };
		const [findings] = await checkJourney.execute(context({ parameters: { operation: 'checkJourney' }, workflow }), installation);
		expect(findings.map(({ json }) => json.says)).toEqual(expect.arrayContaining(['Nothing is sent: there is no Send Reminder.', 'No shop is connected, so nothing can start this journey.']));
	});

	it('knows the forms of the published Message Webhook Trigger', async () => {
		const asking = { Ask: { name: 'Ask', type: 'n8n-nodes-shop-journeys.sendReminder', parameters: { message: 'builtIn', builtInMessage: 'complete-profile' } }, ...nodes };
		const workflow = { nodes: asking, connectionsBySourceNode: { Carts: { main: [[{ node: 'Ask', type: 'main', index: 0 }]] } } };
		const ofTheForm = async () => {
			const [findings] = await checkJourney.execute(context({ parameters: { operation: 'checkJourney' }, workflow }), installation);
			return findings.filter(({ json }) => String(json.says).includes('profile form')).map(({ json }) => json.about);
		};
		expect(await ofTheForm()).toEqual(['Ask']);
		await saveForms(installation.shop('main').store, [{ id: 'profile', kind: 'profile', texts: {}, questions: [{ type: 'birthday' }] }]);
		expect(await ofTheForm()).toEqual([]);
	});

	it('says so where n8n shows no workflow', async () => {
		await expect(checkJourney.execute(context({ parameters: { operation: 'checkJourney' } }), installation)).rejects.toThrow('does not show its nodes the workflow');
	});
});
