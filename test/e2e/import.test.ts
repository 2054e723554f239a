import { type CustomerRecord, keys, type OrderRecord } from '../../lib/model/records';
import { type ConnectionState } from '../../lib/n8n/shopConnection';
import { startWooShop, type WooShop } from '../mocks/woocommerce';
import { filledIn, Installation, template, until, webhookUrl, type Workflow } from './installation';

const credentials = { wooCommerceApi: { id: 'e2eWoo', name: 'WooCommerce' } };

/** The connecting template, set to a WooCommerce shop with its API. */
function connecting(): Workflow {
	const workflow = filledIn(template('00-connect/connect-demo-shop.json'), { shop: { system: 'woocommerce', connect: 'api' } });
	for (const node of workflow.nodes) if (node.type.endsWith('shopWebhookTrigger')) node.credentials = credentials;
	return workflow;
}

/** The importing template, set to the same shop. */
function importing(): Workflow {
	const workflow = filledIn(template('00-connect/import-history.json'));
	for (const node of workflow.nodes.filter(({ parameters }) => parameters.operation === 'fromShop')) {
		node.parameters = { ...node.parameters, system: 'woocommerce' };
		node.credentials = credentials;
	}
	return workflow;
}

describe('a WooCommerce shop, connected through its API', () => {
	const connect = connecting();
	const history = importing();
	let woo: WooShop;
	let n8n: Installation;

	beforeAll(async () => {
		woo = await startWooShop();
		// Before the connection: for the import alone.
		await woo.addCustomer({ email: 'old@customers.example', first_name: 'Olga' });
		await woo.addProduct({ name: 'Green Tea' });
		for (let i = 0; i < 120; i++) await woo.placeOrder({ billing: { email: `old${i % 10}@customers.example`, country: 'NO' } });
		for (const { rows, daysAgo } of [{ rows: woo.rows('orders'), daysAgo: 30 }, { rows: woo.rows('customers'), daysAgo: 40 }]) {
			const at = new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 19);
			for (const row of rows) Object.assign(row, { date_created_gmt: at, date_modified_gmt: at, date_paid_gmt: at });
		}
		n8n = await Installation.create({
			workflows: [connect],
			speed: 1,
			credentials: [{ id: 'e2eWoo', name: 'WooCommerce', type: 'wooCommerceApi', data: woo.credential }],
		});
		await n8n.start();
	}, 240_000);
	afterAll(async () => {
		await n8n?.close();
		await woo?.close();
	}, 30_000);

	const order = async (id: number) => (await n8n.store().read<OrderRecord>([keys.order(String(id))]))[0].value;

	test('publishing registers its webhooks, and what they deliver is recorded', async () => {
		expect(n8n.failed).toEqual([]);
		// n8n names itself localhost where no WEBHOOK_URL says otherwise.
		const address = webhookUrl(n8n.url, connect, 'shopWebhookTrigger').replace('127.0.0.1', 'localhost');
		expect(woo.webhooks.length).toBeGreaterThanOrEqual(8);
		expect(new Set(woo.webhooks.map(({ delivery_url: url, status }) => `${status} ${url}`))).toEqual(new Set([`active ${address}`]));
		const placed = await woo.placeOrder({ billing: { email: 'mia@customers.example' } });
		expect(woo.deliveries.at(-1)).toMatchObject({ topic: 'order.created', status: 200 });
		expect(await order(placed.id)).toMatchObject({ totalMinor: 2000 });
		const [{ value: connection }] = await n8n.store().read<ConnectionState>([keys.progress('connection')]);
		expect(connection).toMatchObject({ system: 'woocommerce', address, problems: [] });
	}, 60_000);

	test('an order missed while n8n was down is found when it is back, and a webhook that the shop switched off is on again', async () => {
		await n8n.kill();
		const missed = await woo.placeOrder({ billing: { email: 'missed@customers.example' } });
		expect(woo.deliveries.at(-1)).toMatchObject({ topic: 'order.created', status: 0 });
		woo.webhooks[0].status = 'disabled';
		await n8n.start();
		await until('the missed order', () => order(missed.id));
		await until('the webhook to be on again', () => woo.webhooks.every(({ status }) => status === 'active'));
		await until('the operator to be told', () => n8n.log().includes('WooCommerce had switched off'));
		// What lies before the connection is not asked for.
		expect(await order(woo.rows('orders')[0].id)).toBeNull();
	}, 90_000);

	test('the template imports what was before, once, and shows how far it is', async () => {
		const owner = await n8n.owner();
		const nodes = JSON.parse(JSON.stringify(history.nodes), (key, value: unknown) => (key === 'id' ? (n8n.credentialIds.get(value as string) ?? value) : value)) as Workflow['nodes'];
		await owner.createWorkflow({ ...history, nodes });
		const outcomes: Array<Record<string, unknown>> = [];
		for (let attempt = 0; attempt < 2; attempt++) {
			const id = await owner.run(history.id, 'Start');
			await until('the import', () => n8n.executions().find((execution) => execution.id === id)?.status === 'success');
			const [items] = await owner.outputsOf(id, 'Import From the Shop');
			expect(items.map(({ kind, state, refused }) => [kind, state, refused])).toEqual([['customers', 'done', 0], ['products', 'done', 0], ['orders', 'done', 0]]);
			outcomes.push(items[2]);
		}
		expect(outcomes[0].found).toBeGreaterThanOrEqual(122);
		expect(outcomes[1]).toMatchObject({ found: outcomes[0].found, recorded: 0 });
		const [{ value: alias }] = await n8n.store().read<{ id: string }>([keys.alias('email', 'old3@customers.example')]);
		const [{ value: customer }] = await n8n.store().read<CustomerRecord>([keys.customer(alias!.id)]);
		expect(customer?.orders).toMatchObject({ count: 12, spentMinor: { EUR: 24_000 } });
	}, 60_000);

	test('unpublishing removes the webhooks', async () => {
		await (await n8n.owner()).unpublish(connect.id);
		await until('the webhooks to be gone', () => woo.webhooks.length === 0);
	}, 30_000);

	test('a key that may change nothing keeps the workflow from being published, and says what to do', async () => {
		woo.permissions = 'read';
		const owner = await n8n.owner();
		const startedMs = Date.now();
		await owner.publish(connect.id).catch(() => {});
		await until('n8n to say why', async () => {
			await n8n.untilActive(startedMs);
			return n8n.failed.some(({ workflowId, error }) => workflowId === connect.id && error.includes('make a key with the permission Read/Write'));
		});
		expect(woo.webhooks).toEqual([]);
		woo.permissions = 'read_write';
	}, 60_000);
});
