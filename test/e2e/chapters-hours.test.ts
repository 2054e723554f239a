import { randomUUID } from 'node:crypto';
import { hourMs, minuteMs } from '../../lib/model/clock';
import { chapter, connectTo, Customers, journeyIdOf, orderOf, untilAllSucceeded } from './chapters';
import { Installation, uniqueAddress, until, type Workflow } from './installation';
import { cartEvent } from './shop';
import { userAgent } from './tracking-page';

/** An hour of journey time is a second. */
const speed = 3_600;
const pages = 'https://tea.example';

describe('the shipped journeys of chapters 04 and 10 that take hours, in a real n8n', () => {
	const connect = { look: connectTo('look'), stock: connectTo('stock'), orders: connectTo('orders'), hosted: connectTo('hosted', { system: 'shopify' }) };
	const browse = chapter('04-behaviour/browse-abandoned.json', 'look');
	const page = chapter('04-behaviour/page-visited.json', 'look');
	const restock = chapter('04-behaviour/back-in-stock.json', 'stock');
	const waiting = chapter('10-purchase-status/waiting-for-items.json', 'orders');
	const returns = chapter('10-purchase-status/return-status.json', 'orders');
	const incomplete = chapter('10-purchase-status/return-incomplete.json', 'orders');
	let n8n: Installation;
	let look: Customers;
	let stock: Customers;
	let orders: Customers;

	beforeAll(async () => {
		const workflows: Workflow[] = [...Object.values(connect), browse, page, restock, waiting, returns, incomplete];
		n8n = await (await Installation.create({ workflows, speed })).start();
		expect(n8n.failed).toEqual([]);
		look = await Customers.of(n8n, connect.look);
		stock = await Customers.of(n8n, connect.stock);
		orders = await Customers.of(n8n, connect.orders);
	}, 240_000);
	afterAll(() => n8n?.close(), 30_000);

	describe('Browsed, Not Bought', () => {
		const teapot = { product: 'pot-1', name: 'Blue Teapot', price: 48, path: '/p/blue-teapot', image: `${pages}/blue.png` };
		const viewed = { type: 'product_viewed', ...teapot };

		test('shows a known customer the product that was looked at twice, four hours after the last look', async () => {
			const [email, visitor] = [uniqueAddress('browser'), randomUUID()];
			await look.consent(email, { firstName: 'Mia' });
			await browsed(visitor, { type: 'identified', email }, viewed);
			await browsed(visitor, viewed);
			const [mail] = await look.untilMails(email, 1);
			expect(mail.subject).toBe('Another look at Blue Teapot?');
			for (const part of ['Still thinking about it?', 'You had a look at this.', '€48.00', 'https://tea.example/blue.png']) expect(mail.html).toContain(part);
			expect(mail.text).toContain('https://tea.example/p/blue-teapot');
			const [lastLook] = (await look.times(email, 'product_viewed')).slice(-1);
			const [sentMs] = await look.times(email, 'message_sent');
			expect(sentMs - lastLook).toBeGreaterThanOrEqual(4 * hourMs);
		}, 60_000);

		test('takes a minute in view for two looks, and less than that for nothing', async () => {
			const [email, hasty] = [uniqueAddress('dwelling'), uniqueAddress('hasty')];
			for (const address of [email, hasty]) await look.consent(address);
			const [long, short] = [randomUUID(), randomUUID()];
			await browsed(short, { type: 'identified', email: hasty }, viewed, { ...viewed, type: 'dwelled', seconds: 59 });
			await browsed(long, { type: 'identified', email }, viewed, { ...viewed, type: 'dwelled', seconds: 61 });
			await look.untilMails(email, 1);
			expect(await look.times(hasty, 'journey_entered')).toEqual([]);
			expect(look.mails(hasty)).toEqual([]);
		}, 60_000);

		test('knows nobody until the visitor is identified, and then counts what was looked at before', async () => {
			const [email, visitor] = [uniqueAddress('later-known'), randomUUID()];
			await look.consent(email);
			await browsed(visitor, viewed);
			await browsed(visitor, viewed);
			expect(await look.times(email, 'journey_entered')).toEqual([]);
			await browsed(visitor, { type: 'identified', email });
			const [mail] = await look.untilMails(email, 1);
			expect(mail.subject).toBe('Another look at Blue Teapot?');
		}, 60_000);

		test('says nothing more once something is in the cart', async () => {
			const [email, visitor, witness] = [uniqueAddress('cart'), randomUUID(), uniqueAddress('witness')];
			for (const address of [email, witness]) await look.consent(address);
			await browsed(visitor, { type: 'identified', email }, viewed, viewed);
			expect(await look.times(email, 'journey_entered')).toHaveLength(1);
			await look.tell(cartEvent({ token: email, email }));
			expect(await look.endings(email)).toEqual(['cart_started']);
			await browsed(randomUUID(), { type: 'identified', email: witness }, viewed, viewed);
			await look.untilMails(witness, 1);
			expect(look.mails(email)).toEqual([]);
		}, 60_000);
	});

	describe('Visited a Page Twice', () => {
		test('writes an hour after the second visit, and never after one, of this page or of others', async () => {
			const [twice, once, others] = ['twice', 'once', 'others'].map(uniqueAddress);
			const visits = { [twice]: ['/pages/prices', '/pages/prices'], [once]: ['/pages/prices'], [others]: ['/pages/about', '/pages/prices', '/pages/about'] };
			for (const [email, paths] of Object.entries(visits).reverse()) {
				await look.consent(email);
				const visitor = randomUUID();
				await browsed(visitor, { type: 'identified', email });
				for (const path of paths) await browsed(visitor, { type: 'page_viewed', path, title: `Page ${path}` });
			}
			const [mail] = await look.untilMails(twice, 1);
			expect(mail.subject).toBe('Do you have a question?');
			expect(mail.text).toContain('at “Page /pages/prices” among others. If a question was left open, just answer this mail');
			const [sentMs] = await look.times(twice, 'message_sent');
			expect(sentMs - (await look.times(twice, 'page_viewed'))[1]).toBeGreaterThanOrEqual(hourMs);
			for (const email of [once, others]) {
				expect(await look.times(email, 'page_viewed')).toHaveLength(visits[email].length);
				expect(await look.times(email, 'journey_entered')).toEqual([]);
				expect(look.mails(email)).toEqual([]);
			}
		}, 60_000);
	});

	describe('Back in Stock', () => {
		test('tells as many as there are pieces, who asked first is told first; the next delivery tells the rest, in their language', async () => {
			const [first, second, third] = ['first', 'second', 'third'].map(uniqueAddress);
			const product = { id: 'mug-1', title: 'Stone Mug', url: `${pages}/p/mug`, currency: 'EUR' };
			const stocked = (pieces: number) => stock.tell({ type: 'product_updated', product: { ...product, variants: [{ id: 'mug-1a', price: '18.00', stock: pieces }] } });
			await stocked(0);
			for (const email of [first, second, third]) {
				await stock.consent(email, email === third ? { locale: 'ru-RU' } : {});
				await stock.tell({ type: 'restock_requested', customer: { email }, product: { id: product.id } });
			}
			await stocked(2);
			for (const email of [first, second]) {
				const [mail] = await stock.untilMails(email, 1);
				expect(mail.subject).toBe('Back in stock: Stone Mug');
				expect(mail.text).toContain('There are 2 pieces at the moment.');
				expect(mail.text).toContain('https://tea.example/p/mug');
			}
			expect(stock.mails(third)).toEqual([]);
			expect(await stock.endings(first, journeyIdOf(restock, 'Asked to be told'))).toEqual(['restocked']);
			expect(await stock.endings(third)).toEqual([]);

			await stocked(0);
			await stocked(5);
			const [mail] = await stock.untilMails(third, 1);
			expect(mail.subject).toBe('Снова в наличии: Stone Mug');
			expect(mail.text).toContain('Отложить его мы не можем');
			expect([first, second, third].map((email) => stock.mails(email).length)).toEqual([1, 1, 1]);
		}, 60_000);

		test('tells nobody who has bought it meanwhile', async () => {
			const [buyer, waits] = ['buyer', 'waits'].map(uniqueAddress);
			const product = { id: 'bowl-1', title: 'Bowl', currency: 'EUR' };
			const stocked = (pieces: number) => stock.tell({ type: 'product_updated', product: { ...product, variants: [{ id: 'bowl-1a', price: '20.00', stock: pieces }] } });
			await stocked(0);
			for (const email of [buyer, waits]) {
				await stock.consent(email);
				await stock.tell({ type: 'restock_requested', customer: { email }, product: { id: product.id } });
			}
			await stock.order('order_placed', buyer, { items: [{ productId: product.id, title: 'Bowl', quantity: 1, unitPrice: '20.00' }] });
			expect(await stock.endings(buyer)).toEqual(['bought']);
			await stocked(9);
			await stock.untilMails(waits, 1);
			expect(await stock.times(buyer, 'journey_entered')).toHaveLength(1);
			expect(stock.mails(buyer)).toEqual([]);
		}, 60_000);
	});

	describe('Waiting for Items', () => {
		test('names what is missing ten minutes later, to an unsubscribed customer too', async () => {
			const email = uniqueAddress('held');
			await orders.consent(email, { consent: 'unsubscribed' });
			await orders.order('order_held', email, { number: '#2001', waitsFor: ['Green Tea', 'Stone Mug'], statusUrl: `${pages}/orders/2001` });
			const [mail] = await orders.untilMails(email, 1);
			expect(mail.subject).toBe('Your order #2001: we are waiting for something');
			expect(mail.text).toContain('Not in yet: Green Tea and Stone Mug.');
			expect(mail.text).toContain('€25.00');
			expect(mail.text).toContain('https://tea.example/orders/2001');
			expect(mail.headers.map(({ key }) => key)).not.toContain('list-unsubscribe');
			const [heldMs] = await orders.times(email, 'order_held');
			expect((await orders.times(email, 'message_sent'))[0] - heldMs).toBeGreaterThanOrEqual(10 * minuteMs);
		}, 60_000);

		test('says nothing when the goods have come, or the order is cancelled, within that time', async () => {
			const [released, cancelled, witness] = ['released', 'cancelled', 'witness'].map(uniqueAddress);
			const later = new Date(Date.now() + 1).toISOString();
			for (const [email, then] of [
				[released, { type: 'order_held', waitsFor: [] }],
				[cancelled, { type: 'order_cancelled', waitsFor: ['Green Tea'] }],
			] as const) {
				const order = { id: randomUUID(), number: '#2002' };
				const { type, ...change } = then;
				await orders.tell(orderOf('order_held', email, { ...order, waitsFor: ['Green Tea'] }), { ...orderOf(type, email, { ...order, ...change, updatedAt: later }) });
			}
			await orders.order('order_held', witness, { waitsFor: ['Green Tea'] });
			await orders.untilMails(witness, 1);
			expect(await orders.endings(released)).toEqual(['released']);
			expect(await orders.endings(cancelled)).toEqual(['cancelled']);
			expect([released, cancelled].flatMap((email) => orders.mails(email))).toEqual([]);
		}, 60_000);

		test('is not published for a shop that never tells of held orders, and says why', async () => {
			await until('the shop to be known as a Shopify one', async () => (await n8n.store('hosted').read<{ system?: string }>(['settings:shop']))[0].value?.system === 'shopify');
			const journey = chapter('10-purchase-status/waiting-for-items.json', 'hosted');
			await n8n.publish(journey);
			expect(n8n.failed).toEqual([expect.objectContaining({ workflowId: journey.id, error: expect.stringContaining('The connected shop never tells of "Order Held for Goods", so this journey would wait for ever') })]);
		}, 60_000);
	});

	describe('Return Status', () => {
		test('tells each change in one mail with the right words, and the same change told again in none', async () => {
			const email = uniqueAddress('returning');
			await orders.order('order_placed', email, { id: `o-${email}`, number: '#3001' });
			const told: Array<[string, string, string]> = [
				['requested', 'We have your return request', 'We have your request'],
				['approved', 'You may send it back', 'Your return is approved.'],
				['received', 'Your return has arrived', 'Your parcel is here.'],
				['refunded', 'Your money is on its way', 'We have paid you back.'],
			];
			for (const [index, [status, , text]] of told.entries()) {
				const change = { type: 'return_updated', customer: { email }, return: { id: `r-${email}`, orderId: `o-${email}`, status, updatedAt: new Date().toISOString() } };
				await orders.tell(change);
				await orders.tell(change);
				const mails = await orders.untilMails(email, index + 1);
				expect(mails[index].text).toContain(text);
				await until('the enrolment to be through', async () => (await orders.endings(email)).length === index + 1);
			}
			expect(orders.subjects(email)).toEqual(told.map(([, subject]) => `${subject} (order #3001)`));
			expect(await orders.endings(email)).toEqual(told.map(() => 'completed'));
		}, 60_000);

		test('leaves a return whose bank details are missing to the other journey', async () => {
			const email = uniqueAddress('missing');
			await orders.tell({ type: 'return_updated', customer: { email }, return: { id: `r-${email}`, status: 'received', needsBankDetails: true, formUrl: `${pages}/bank-form` } });
			const [mail] = await orders.untilMails(email, 1);
			expect(mail.subject).toBe('Your return has arrived: where may we send the money?');
			expect(mail.text).toContain('https://tea.example/bank-form');
			await orders.tell({ type: 'return_updated', customer: { email }, return: { id: `r-${email}`, status: 'received', needsBankDetails: false } });
			expect(await orders.endings(email)).toContain('return_settled');
		}, 60_000);
	});

	test('every execution has succeeded', () => untilAllSucceeded(n8n), 30_000);

	let script: string | undefined;
	/** One batch of tracking.js from a page of the shop. */
	async function browsed(visitor: string, ...events: Array<Record<string, unknown>>): Promise<void> {
		if (!script) {
			const address = `${n8n.url}/webhook/e2e-look/tracking.js`;
			const [, key] = /\?key=([\w-]+)/.exec(await (await fetch(address)).text())!;
			script = `${address}?key=${key}`;
		}
		const body = JSON.stringify({ visitor, events: events.map((event) => ({ id: randomUUID(), age: 0, ...event })) });
		const { status } = await fetch(script, { method: 'POST', body, headers: { 'content-type': 'text/plain', origin: pages, 'user-agent': userAgent } });
		expect(status).toBe(204);
	}
});
