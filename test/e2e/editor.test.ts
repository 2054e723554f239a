import { selectors } from 'playwright-core';
import { signGeneric } from '../../lib/shops/generic';
import { Editor, findChromium } from './browser';
import { filledIn, Installation, secrets, template, until, webhookUrl } from './installation';
import { cartEvent, Shop } from './shop';

const withBrowser = process.env.SHOP_JOURNEYS_NO_BROWSER_TESTS && !findChromium() ? describe.skip : describe;

withBrowser("our nodes in n8n's editor, in a real browser", () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'));
	const shopify = filledIn(template('00-connect/connect-shopify.json'), { shop: { shop: 'shopify' } });
	const links = template('00-connect/message-links.json');
	const journey = filledIn(template('03-cart-reminder/abandoned-cart.json'));
	const trigger = journey.nodes.find(({ type }) => type.endsWith('cartAbandonedTrigger'))!;
	const [send] = journey.nodes.filter(({ type }) => type.endsWith('sendReminder'));
	let n8n: Installation;
	let editor: Editor;

	beforeAll(async () => {
		n8n = await (await Installation.create({ workflows: [connect, shopify, links, journey], speed: 1 })).start();
		await new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger')).send(cartEvent({ token: 't1', email: 'mia@example.com', firstName: 'Mia' }));
		selectors.setTestIdAttribute('data-test-id');
		editor = await Editor.open(n8n.url);
	}, 240_000);
	afterAll(async () => {
		await editor?.close();
		await n8n?.close();
	}, 30_000);
	afterEach(() => expect(editor.errors.splice(0)).toEqual([]));

	/** What the published journey and the messages rest on. */
	async function state() {
		const store = n8n.store();
		const due = await store.walk(`due:${journey.id}.${trigger.id}`, { limit: 10 });
		const documents = await store.read([...due.map(({ key }) => key), 'settings:shop', 'settings:addresses', 'definitions:all']);
		return { due, documents, log: await store.readLog({ afterSeq: 0, limit: 100 }), counters: await store.readCounters('deliveries') };
	}

	test('the canvas shows one labelled output for each step, and Ended', async () => {
		await editor.openWorkflow(journey.id);
		const labels = (await editor.node(trigger.name).innerText()).split('\n').slice(0, 5);
		expect(labels).toEqual(['1 hour', '1 day', '3 days', '5 days', 'Ended']);
		expect((await editor.node(send.name).innerText()).split('\n').slice(0, 2)).toEqual(['Sent', 'Not Sent']);
		await editor.picture('canvas');
	}, 60_000);

	const step = ['Delay', 'Unit', 'Name'];
	const settings = ['Shop Name', 'Shop URL', 'Sender', 'Postal Address', 'Currency', 'Locale', 'Time Zone', 'Sending Mode', 'More Settings'];
	test.each([
		['the Cart Abandoned Trigger', journey, trigger.name, ['Trigger On', 'Schedule', ...step, ...step, ...step, ...step, 'Ends On', 'Kind', 'Re-Entry', 'Maximum Age (Days)', 'Show Ended Output', 'Batch Size', 'Shop ID']],
		['Send Reminder', journey, send.name, ['Message', 'Tone', 'Discount Code', 'Own Words', 'Options']],
		['the Shop Webhook Trigger of a generic shop', connect, 'Shop Webhook Trigger', ['Shop System', ...settings, 'Start This Workflow For', 'Shop ID']],
		['the Shop Webhook Trigger of a Shopify shop', shopify, 'Shop Webhook Trigger', ['Shop System', ...settings, 'Start This Workflow For', 'Shop ID']],
		['the Message Webhook Trigger', links, 'Message Webhook Trigger', ['Shop ID']],
	])('the panel of %s opens with its fields in order', async (what, workflow, name, labels) => {
		expect(await editor.openPanel(workflow.id, name)).toEqual(labels);
		await editor.picture(what.replaceAll(' ', '-'));
	}, 60_000);

	test('a test of the trigger shows one cart, claims nothing and sends nothing', async () => {
		const before = await state();
		expect(before.due).toHaveLength(1);
		await editor.openPanel(journey.id, trigger.name);
		await editor.executeStep();
		await editor.panel.getByTestId('output-panel').getByText('mia@example.com').waitFor();
		await editor.picture('trigger-tested');
		expect(await editor.panel.getByTestId('output-panel').innerText()).toContain('1 item');

		await editor.openPanel(journey.id, send.name);
		await editor.executeStep();
		await editor.panel.getByTestId('output-panel').getByText('Not Sent').click();
		await editor.panel.getByTestId('output-panel').getByText('This is a sample from a test in the editor').first().waitFor();
		await editor.picture('send-tested');
		expect(await state()).toEqual(before);
		expect(n8n.mail.received).toHaveLength(0);
	}, 90_000);

	test('a test of the shop trigger shows a delivery and records nothing', async () => {
		const before = await state();
		await editor.openPanel(connect.id, 'Shop Webhook Trigger');
		await editor.executeStep();
		const url = webhookUrl(n8n.url, connect, 'shopWebhookTrigger').replace('/webhook/', '/webhook-test/');
		const body = JSON.stringify(cartEvent({ token: 'tested', email: 'test@example.com' }));
		const deliver = () => new Shop(url).post(body, signGeneric({ id: 'msg_tested', sentAtMs: Date.now(), body, secret: secrets.generic }));
		const answer = await until('n8n to listen', async () => ((found) => (found.status === 404 ? null : found))(await deliver()));
		expect(answer).toEqual({ status: 200, body: { ok: true, test: true } });
		await editor.panel.getByTestId('output-panel').getByText('test@example.com').waitFor();
		await editor.picture('shop-tested');
		expect(await state()).toEqual(before);
	}, 90_000);

	test('a test of the message trigger leaves the published address in messages', async () => {
		const before = await state();
		expect(before.documents.find(({ key }) => key === 'settings:addresses')!.value).toEqual({ messages: webhookUrl(n8n.url, links, 'messageWebhookTrigger').replace('127.0.0.1', 'localhost') });
		await editor.openPanel(links.id, 'Message Webhook Trigger');
		await editor.executeStep();
		await editor.panel.getByText(/listening/i).first().waitFor();
		await editor.picture('messages-listening');
		expect(await state()).toEqual(before);
		await editor.panel.getByRole('button', { name: /stop listening/i }).first().click();
		await editor.panel.getByText(/stop listening/i).first().waitFor({ state: 'hidden' });
		expect(await state()).toEqual(before);
	}, 90_000);
});
