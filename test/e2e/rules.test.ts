import { readLogged } from './timeline';
import { noRest } from './journey';
import { cartEvent, orderEvent, Shop } from './shop';
import { filledIn, Installation, template, uniqueAddress, until, webhookUrl } from './installation';

/** An hour of journey time is two seconds. */
const speed = 1_800;
const schedule = { steps: [1, 2, 3].map((delay) => ({ name: `${delay} h`, delay, unit: 'hours' })) };
const hours = (count: number) => new Promise((resolve) => setTimeout(resolve, (count * 3_600_000) / speed));

describe('what starts, postpones and ends reminders in a real n8n', () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'), { shop: { rest: noRest } });
	const links = template('00-connect/message-tracking.json');
	const cart = filledIn(template('03-cart-reminder/abandoned-cart.json'), { trigger: { schedule } });
	const checkout = filledIn(template('03-cart-reminder/abandoned-checkout.json'), { trigger: { schedule } });
	// A second shop in the same installation, whose sending is paused.
	const pausedConnect = { ...filledIn(template('00-connect/connect-shopify.json'), { shop: { system: 'generic', shop: 'paused', sendingMode: 'paused' } }), id: 'e2ePausedShop' };
	const pausedCart = { ...filledIn(template('03-cart-reminder/abandoned-cart.json'), { trigger: { schedule, shop: 'paused' } }), id: 'e2ePausedCart' };
	const limitedConnect = { ...filledIn(template('00-connect/connect-demo-shop.json'), { shop: { shop: 'limited', sendingMode: 'limited', allowedRecipients: '@allowed.example' } }), id: 'e2eLimitedShop' };
	const limitedCart = { ...filledIn(template('03-cart-reminder/abandoned-cart.json'), { trigger: { schedule, shop: 'limited' } }), id: 'e2eLimitedCart' };
	for (const node of limitedConnect.nodes) if (node.webhookId) node.webhookId = 'e2e-limited-shop';
	let n8n: Installation;
	let shop: Shop;

	beforeAll(async () => {
		n8n = await (
			await Installation.create({
				workflows: [connect, links, cart, checkout, pausedConnect, pausedCart, limitedConnect, limitedCart],
				speed,
				// As behind a proxy that terminates https: links in mails carry the public address.
				env: { WEBHOOK_URL: 'https://n8n.tea.example/' },
			})
		).start();
		shop = new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger'));
	}, 240_000);
	afterAll(() => n8n?.close(), 30_000);

	test('sends nothing to who emptied the cart', async () => {
		const email = uniqueAddress('emptied');
		await shop.send(cartEvent({ token: email, email }));
		await shop.send(cartEvent({ token: email, email, items: [] }));
		await hours(2);
		expect(n8n.mailsTo(email)).toHaveLength(0);
		expect(await ended(email)).toContain('emptied');
	}, 30_000);

	test('starts the clock anew when the cart is touched before the first mail', async () => {
		const email = uniqueAddress('touched');
		const startedMs = Date.now();
		await shop.send(cartEvent({ token: email, email }));
		await hours(0.7);
		await shop.send(cartEvent({ token: email, email }));
		await until('the first mail', () => n8n.mailsTo(email).length === 1);
		expect(((Date.now() - startedMs) * speed) / 3_600_000).toBeGreaterThanOrEqual(1.65);
	}, 30_000);

	test('goes on with the next unsent step when the cart is touched after the first mail', async () => {
		const email = uniqueAddress('later');
		await shop.send(cartEvent({ token: email, email }));
		await until('the first mail', () => n8n.mailsTo(email).length === 1);
		await shop.send(cartEvent({ token: email, email }));
		await until('all three mails', () => n8n.mailsTo(email).length === 3);
		await hours(1.5);
		const subjects = n8n.mailsTo(email).map(({ parsed }) => parsed.subject);
		expect(new Set(subjects).size).toBe(3);
		expect(subjects).toHaveLength(3);
	}, 40_000);

	test('reminds a cart that reached the checkout as a checkout only', async () => {
		const email = uniqueAddress('checkout');
		await shop.send(cartEvent({ token: email, email }));
		await shop.send(cartEvent({ token: email, email, stage: 'checkout' }));
		await until('all three mails', () => n8n.mailsTo(email).length === 3);
		await hours(1.5);
		expect(n8n.mailsTo(email)).toHaveLength(3);
		const log = await readLogged(n8n.store(), email);
		expect(new Set(log.filter(({ type }) => type === 'message_sent').map(({ data }) => data.journey))).toEqual(new Set([journeyId(checkout)]));
		expect(await ended(email)).toEqual(['completed', 'checkout_started']);
	}, 40_000);

	test('sends nothing more to who unsubscribed with one click after the first mail', async () => {
		const email = uniqueAddress('unsubscribed');
		await shop.send(cartEvent({ token: email, email }));
		const mail = await until('the first mail', () => n8n.mailsTo(email)[0]);
		const header = (name: string) => mail.parsed.headers.find(({ key }) => key === name)?.value;
		expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
		const [, publicUrl] = /<(https:\/\/n8n\.tea\.example\/[^>]+)>/.exec(header('list-unsubscribe')!)!;
		const url = publicUrl.replace('https://n8n.tea.example', n8n.url);

		const page = await fetch(url);
		expect(page.status).toBe(200);
		expect(page.headers.get('content-security-policy')).toMatch(/^sandbox allow-forms; default-src 'none'/);
		expect(await consentOf(email)).toBe('subscribed');

		const click = await fetch(url, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });
		expect(click.status).toBe(200);
		expect(await consentOf(email)).toBe('unsubscribed');
		expect((await fetch(url.replace(/t=./, 't=x'), { method: 'POST' })).status).toBe(400);
		await hours(3);
		expect(n8n.mailsTo(email)).toHaveLength(1);
		expect(await ended(email)).toContain('unsubscribed');
	}, 40_000);

	test('asks why not: one answer per message, by a button and never by opening the link', async () => {
		const email = uniqueAddress('answered');
		await shop.send(cartEvent({ token: email, email }));
		const mail = await until('the first mail', () => n8n.mailsTo(email)[0]);
		const [, link] = /href="(https:\/\/n8n\.tea\.example\/[^"]*\?a[^"]*)"/.exec(mail.parsed.html!)!;
		const url = link.replace('https://n8n.tea.example', n8n.url).replaceAll('&#x3D;', '=');
		const answers = async () => (await readLogged(n8n.store(), email)).filter(({ type }) => type === 'cart_answered').map(({ data }) => data.reason);

		const page = await fetch(url);
		expect(page.status).toBe(200);
		expect(await page.text()).toContain('value="price"');
		expect(await answers()).toEqual([]);
		for (const reason of ['nonsense', 'price', 'delivery']) {
			expect((await fetch(url, { method: 'POST', body: new URLSearchParams({ reason, comment: 'a bit' }) })).status).toBe(200);
		}
		expect(await answers()).toEqual(['price']);
		expect((await fetch(url.replace('?a=', '?t='), { method: 'POST' })).status).toBe(400);
		expect(await consentOf(email)).toBe('subscribed');
	}, 30_000);

	test('sends nothing to a customer who has not agreed, and says so', async () => {
		const email = uniqueAddress('silent');
		await shop.send(cartEvent({ token: email, email, consent: false }));
		await until('the refusal', async () => (await readLogged(n8n.store(), email)).some(({ data }) => data.reason === 'no_consent'));
		expect(n8n.mailsTo(email)).toHaveLength(0);
	}, 30_000);

	test('holds everything while sending is paused, and goes on when it is live again', async () => {
		const email = uniqueAddress('paused');
		const paused = new Shop(webhookUrl(n8n.url, pausedConnect, 'shopWebhookTrigger'));
		expect((await paused.send(cartEvent({ token: email, email }))).status).toBe(200);
		await hours(1.5);
		expect(n8n.mailsTo(email)).toHaveLength(0);
		// What publishing the changed trigger does.
		const store = n8n.store('paused');
		const [settings] = await store.read<Record<string, string>>(['settings:shop']);
		await store.commit({ writes: [{ ...settings, value: { ...settings.value, sendingMode: 'live' } }] });
		await until('the first mail', () => n8n.mailsTo(email).length >= 1);
	}, 40_000);

	test('writes to allowed addresses only while sending is limited', async () => {
		const limited = new Shop(webhookUrl(n8n.url, limitedConnect, 'shopWebhookTrigger'));
		const outside = uniqueAddress('limited');
		const inside = uniqueAddress('limited').replace('@example.com', '@allowed.example');
		for (const email of [outside, inside]) await limited.send(cartEvent({ token: email, email }));
		await until('the allowed mail', () => n8n.mailsTo(inside).length === 1);
		await hours(1);
		expect(n8n.mailsTo(outside)).toHaveLength(0);
		expect(await openJourneys(outside, 'limited')).toHaveLength(1);
	}, 30_000);

	test('ends with the order, even when its delivery names no cart', async () => {
		const email = uniqueAddress('bought');
		await shop.send(cartEvent({ token: email, email }));
		await until('the first mail', () => n8n.mailsTo(email).length === 1);
		await shop.send(orderEvent({ email }));
		await hours(3);
		expect(n8n.mailsTo(email)).toHaveLength(1);
		expect(await ended(email)).toContain('bought');
	}, 40_000);

	const journeyId = (workflow: typeof cart) => `${workflow.id}.${workflow.nodes.find(({ type }) => type.endsWith('cartAbandonedTrigger'))!.id}`;
	const ended = async (email: string) => (await readLogged(n8n.store(), email)).filter(({ type }) => type === 'journey_ended').map(({ data }) => data.reason);

	async function customerOf(email: string, scope = 'main') {
		const store = n8n.store(scope);
		const [alias] = await store.read<{ id: string }>([`alias:email:${email}`]);
		const [customer] = await store.read<{ consent: { email?: { status: string } }; open: Record<string, unknown> }>([`customer:${alias.value!.id}`]);
		return customer.value!;
	}
	const consentOf = async (email: string) => (await customerOf(email)).consent.email?.status;
	const openJourneys = async (email: string, scope: string) => Object.keys((await customerOf(email, scope)).open);
});
