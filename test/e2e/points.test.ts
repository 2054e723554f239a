import { pointsBalance, pointsHistory } from '../../lib/loyalty/points';
import type { Store } from '../../lib/store/store';
import { filledIn, Installation, template, uniqueAddress, until, webhookUrl, type Workflow } from './installation';
import { orderEvent, Shop } from './shop';
import { readLogged } from './timeline';

/** Whoever earned points gets a cup for ten of them, on the order that earned them. */
const cup: Workflow = {
	id: 'e2eCup',
	name: 'A Cup for Ten Points',
	nodes: [
		{
			id: 'earned',
			name: 'Points Earned',
			type: 'n8n-nodes-shop-journeys.shopEventTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: { events: ['points_earned'], subject: 'customer', conditions: {}, match: 'all', anchor: 'entry', schedule: { steps: [{ name: '', delay: 0, unit: 'minutes' }] }, endsOn: [], kind: 'transactional', reentry: 'once', showEnded: false, shop: 'main' },
		},
		{ id: 'redeem', name: 'Redeem', type: 'n8n-nodes-shop-journeys.loyaltyPoints', typeVersion: 1, position: [300, 0], parameters: { operation: 'redeem', points: 10, reference: '=order:{{ $json.customer.email }}', options: { note: 'A cup' } } },
	],
	connections: { 'Points Earned': { main: [[{ node: 'Redeem', type: 'main', index: 0 }]] } },
	settings: { executionOrder: 'v1' },
};

describe('points in a real n8n', () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'), { shop: { loyalty: { earnFromOrders: true, rate: 1, expiresAfterDays: 365 } } });
	let n8n: Installation;
	let shop: Shop;
	let store: Store;

	beforeAll(async () => {
		n8n = await (await Installation.create({ workflows: [connect, cup], speed: 1 })).start();
		shop = new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger'));
		store = n8n.store();
	}, 240_000);
	afterAll(() => n8n?.close(), 30_000);

	test('are earned with a paid order, redeemed by the node, and go back and forth with refunds, each told twice', async () => {
		const email = uniqueAddress('points');
		const tell = async (type: string, more: Record<string, unknown>) => {
			const at = new Date().toISOString();
			const placed = orderEvent({ email, orderId: email }) as { order: Record<string, unknown> };
			const event = { ...placed, type, occurredAt: at, order: { ...placed.order, ...more, updatedAt: at } };
			for (let delivery = 1; delivery <= 2; delivery++) expect((await shop.send(event)).status).toBe(200);
		};
		const id = async () => (await store.read<{ id: string }>([`alias:email:${email}`]))[0].value!.id;
		const available = async () => (await pointsBalance(store, await id(), Date.now())).available;

		await tell('order_paid', { paidAt: new Date().toISOString() });
		await until('the cup', async () => (await available()) === 15, 90_000);
		const history = async () => (await pointsHistory(store, await id(), { limit: 20 })).reverse().map(({ type, points, note }) => [type, points, ...(note ? [note] : [])]);
		expect(await history()).toEqual([['earned', 25], ['redeemed', -10, 'A cup']]);

		// Half of it was paid back: half of what was spent returns, half of what was earned goes, rounded so that nobody gains.
		await tell('order_refunded', { paidAt: new Date().toISOString(), refunded: '12.50' });
		expect(await available()).toBe(7);
		await tell('order_refunded', { paidAt: new Date().toISOString(), refunded: '25.00' });
		expect(await pointsBalance(store, await id(), Date.now())).toEqual({ available: 0, pending: 0, reserved: 0, owed: 0, expiring: [] });
		expect((await history()).slice(2)).toEqual([['given_back', 5], ['clawed_back', -13], ['given_back', 5], ['clawed_back', -12]]);

		const logged = (await readLogged(store, email)).map(({ type }) => type).filter((type) => type.startsWith('points_'));
		expect(logged.sort()).toEqual(['points_clawed_back', 'points_clawed_back', 'points_earned', 'points_given_back', 'points_given_back', 'points_redeemed']);
	}, 180_000);
});
