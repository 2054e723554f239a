import { cartEvent, orderEvent, Shop } from './shop';
import { filledIn, Installation, template, uniqueAddress, until, webhookUrl } from './installation';

/** An hour of journey time is a sixth of a second: the five days of the shipped template pass in twenty. */
const speed = 21_600;

describe('the shipped abandoned-cart journey in a real n8n', () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'));
	const journey = filledIn(template('03-cart-reminder/abandoned-cart.json'));
	const links = template('00-connect/message-tracking.json');
	let n8n: Installation;
	let shop: Shop;

	beforeAll(async () => {
		n8n = await (await Installation.create({ workflows: [connect, links, journey], speed })).start();
		shop = new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger'));
	}, 240_000);
	afterAll(() => n8n?.close(), 30_000);

	test('sends four different mails at 1 hour, 1 day, 3 days and 5 days, and then no more', async () => {
		const email = uniqueAddress('series');
		expect((await shop.send(cartEvent({ token: email, email }))).status).toBe(200);
		await until('four mails', () => n8n.mailsTo(email).length === 4, 60_000);
		const subjects = n8n.mailsTo(email).map(({ parsed }) => parsed.subject);
		expect(new Set(subjects).size).toBe(4);
		const ended = await until('the end of the enrolment', async () => {
			const [customer] = await customerOf(email);
			return Object.keys(customer.open).length === 0 && customer;
		});
		expect(ended).toBeDefined();
		expect(n8n.mailsTo(email)).toHaveLength(4);
	}, 90_000);

	test('sends nothing after the order', async () => {
		const email = uniqueAddress('buyer');
		await shop.send(cartEvent({ token: email, email }));
		await until('the first mail', () => n8n.mailsTo(email).length === 1);
		expect((await shop.send(orderEvent({ token: email, email }))).body).toMatchObject({ ok: true, recorded: 1 });
		const before = n8n.mailsTo(email).length;
		const other = uniqueAddress('witness');
		await shop.send(cartEvent({ token: other, email: other }));
		await until('the whole series of somebody who did not buy', () => n8n.mailsTo(other).length === 4, 60_000);
		expect(n8n.mailsTo(email)).toHaveLength(before);
	}, 90_000);

	async function customerOf(email: string) {
		const store = n8n.store();
		const [alias] = await store.read<{ id: string }>([`alias:email:${email}`]);
		const [customer] = await store.read<{ id: string; open: Record<string, unknown> }>([`customer:${alias.value!.id}`]);
		return [customer.value!];
	}
});
