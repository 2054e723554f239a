import { randomUUID } from 'node:crypto';
import { dayMs, hourMs, minuteMs } from '../../lib/model/clock';
import { keys } from '../../lib/model/records';
import { type PushService, startPushService } from '../mocks/message-apis/push-service';
import { atTheSameTime, chapter, connectTo, Customers, journeyIdOf, linksOf, reader, untilAllSucceeded } from './chapters';
import { filledIn, Installation, template, uniqueAddress, until } from './installation';
import { cartEvent } from './shop';
import { userAgent } from './tracking-page';

/** A day of journey time is two seconds. */
const speed = 43_200;
const limitMs = 150_000;
const daysBetween = (fromMs: number, toMs: number) => (toMs - fromMs) / dayMs;
const pages = 'https://tea.example';

const machine = { id: 'machine-basic', title: 'Espresso Machine Basic', category: 'Machines' };
const pro = { id: 'machine-pro', title: 'Espresso Machine Pro', category: 'Machines' };
const cups = { id: 'cups', title: 'Espresso Cups', category: 'Cups' };
const descaler = { id: 'descaler', title: 'Descaler', category: 'Cleaning' };
const pot = { id: 'pot', title: 'Blue Teapot', category: 'Pots' };
const boots = { id: 'boots', title: 'Leather Boots', category: 'Shoes' };
const sandals = { id: 'sandals', title: 'Cork Sandals', category: 'Shoes' };
const sneakers = { id: 'sneakers', title: 'White Sneakers', category: 'Shoes' };
const small = { id: 'kids-boots-28', title: 'Kids Boots 28', category: 'Kids' };
const bigger = { id: 'kids-boots-29', title: 'Kids Boots 29', category: 'Kids' };
const capsules = { id: 'capsules', title: 'Omega Capsules', category: 'Supplements' };
const hundred = { id: 'capsules-100', title: 'Omega Capsules, Box of 100', category: 'Supplements' };
const powder = { id: 'powder', title: 'Protein Powder', category: 'Supplements' };
type Goods = typeof machine;

const line = ({ id, title, category }: Goods, more: object = {}) => ({ productId: id, title, category, quantity: 1, unitPrice: '20.00', ...more });

describe('the shipped journeys of chapter 05, in a real n8n', () => {
	const connect = { extras: connectTo('extras'), better: connectTo('better'), worn: connectTo('worn'), refill: connectTo('refill'), main: connectTo('main') };
	const accessories = chapter('05-selling-to-buyers/accessories.json', 'extras');
	const care = chapter('05-selling-to-buyers/care.json', 'extras');
	const upgrade = chapter('05-selling-to-buyers/upgrade.json', 'better');
	const replacement = chapter('05-selling-to-buyers/replacement.json', 'worn');
	const nextSize = chapter('05-selling-to-buyers/next-size.json', 'worn');
	const replenishment = chapter('05-selling-to-buyers/replenishment.json', 'refill');
	const saleLovers = filledIn(template('05-selling-to-buyers/sale-lovers.json'));
	let n8n: Installation;
	let pushes: PushService;
	let extras: Customers;
	let better: Customers;
	let worn: Customers;
	let refill: Customers;
	let main: Customers;

	beforeAll(async () => {
		pushes = await startPushService();
		const journeys = [accessories, care, upgrade, replacement, nextSize, replenishment, saleLovers];
		n8n = await (await Installation.create({ workflows: [...Object.values(connect), linksOf('extras'), ...journeys], speed })).start();
		expect(n8n.failed).toEqual([]);
		[extras, better, worn, refill, main] = await Promise.all(Object.values(connect).map((workflow) => Customers.of(n8n, workflow)));
		await rules(extras, [{ product: machine.id, accessories: [cups.id, descaler.id] }]);
		await rules(better, [{ product: machine.id, upgrade: pro.id }]);
		await rules(worn, [{ category: 'Shoes', replacementDays: 20 }, { product: small.id, replacementDays: 20, nextSize: bigger.id }]);
		await rules(refill, [
			{ category: 'Supplements', daysPerUnit: 1, deliveryDays: 5 },
			{ product: capsules.id, unitsPerPack: 30 },
			{ product: hundred.id, unitsPerPack: 100 },
			{ product: powder.id, unitsPerPack: 18 },
		]);
		await catalogue(extras, machine, cups, descaler, pot);
		await catalogue(better, machine, pro, pot);
		await catalogue(worn, boots, sandals, sneakers, small, bigger, pot);
		await catalogue(refill, capsules, hundred, powder);
	}, 240_000);
	afterAll(async () => {
		await n8n?.close();
		await pushes?.close();
	}, 30_000);

	const rules = (shop: Customers, list: object[]) => shop.store.commit({ writes: [{ key: keys.productRules, value: { rules: list, updatedAtMs: 0 } as never, version: 0 }] });
	const catalogue = (shop: Customers, ...goods: Goods[]) =>
		shop.tell(...goods.map((one) => ({ type: 'product_updated', product: { ...one, url: `${pages}/p/${one.id}`, currency: 'EUR', variants: [{ id: `${one.id}-1`, price: '20.00', stock: 50 }] } })));

	/** Enrolments of one journey, under way or over. */
	const entered = async (shop: Customers, email: string, journeyId: string) => (await shop.timeline(email)).filter(({ type, data }) => type === 'journey_entered' && (data as { journey: string }).journey === journeyId).length;

	atTheSameTime(
		{
			'Accessories shows what goes with it, once more where nothing was ordered, and asks who bought it for a review and nothing else': async () => {
				const [buyer, silent, plain] = ['buyer', 'silent', 'plain'].map(uniqueAddress);
				for (const email of [buyer, silent, plain]) await extras.consent(email, { firstName: 'Mia' });
				for (const email of [buyer, silent]) await extras.order('order_placed', email, { items: [line(machine)] });
				await extras.order('order_placed', plain, { items: [line(pot)] });
				const [offer] = await extras.untilMails(buyer, 1, limitMs);
				for (const { id, title } of [cups, descaler]) for (const part of [title, `${pages}/p/${id}`]) expect(offer.text).toContain(part);
				expect(offer.text).not.toContain(pot.title);
				await until('the note that it was shown', async () => (await extras.times(buyer, 'custom')).length > 0);
				await extras.order('order_placed', buyer, { number: '#7001', items: [line(cups)] });

				await extras.untilEnded(silent, 'completed', limitMs);
				for (const { text } of extras.mails(silent)) for (const { title } of [cups, descaler]) expect(text).toContain(title);
				expect(extras.mails(silent)).toHaveLength(2);
				expect(extras.subjects(silent)[1]).not.toBe(extras.subjects(silent)[0]);

				const [, review] = await extras.untilMails(buyer, 2, limitMs);
				expect(reader.links(review, 'rate').length).toBeGreaterThan(0);
				expect(review.text).toContain(cups.title);
				const boughtMs = (await extras.times(buyer, 'order_placed'))[1];
				expect(daysBetween(boughtMs, (await extras.times(buyer, 'message_sent'))[1])).toBeGreaterThanOrEqual(4);
				expect(await extras.endings(buyer, journeyIdOf(accessories, 'Order placed'))).toEqual(['bought']);
				expect(await entered(extras, buyer, journeyIdOf(accessories, 'Order placed'))).toBe(1);
				expect(extras.mails(buyer)).toHaveLength(2);
				await extras.untilEnded(plain, 'completed', limitMs);
				expect(extras.mails(plain)).toEqual([]);
			},

			'Care writes the day after the delivery, and not of an order that was cancelled': async () => {
				const [owner, cancels] = ['owner', 'cancels'].map(uniqueAddress);
				const delivered = { items: [line(pot)], deliveredAt: new Date().toISOString() };
				for (const email of [owner, cancels]) await extras.consent(email);
				await extras.order('order_delivered', owner, delivered);
				const id = randomUUID();
				await extras.order('order_delivered', cancels, { ...delivered, id });
				await extras.order('order_updated', cancels, { ...delivered, id, cancelledAt: new Date().toISOString() });
				await extras.untilMails(owner, 1, limitMs);
				const [deliveredMs] = await extras.times(owner, 'order_delivered');
				const [sentMs] = await extras.times(owner, 'message_sent');
				expect(daysBetween(deliveredMs, sentMs)).toBeGreaterThanOrEqual(1);
				expect(await extras.endings(cancels, journeyIdOf(care))).toEqual(['cancelled']);
				expect(extras.mails(cancels)).toEqual([]);
			},

			'Upgrade shows the better one four hours after the look or the cart, once more two days later, and an order ends it': async () => {
				const [looks, carts, buys, plain] = ['looks', 'carts', 'buys', 'plain'].map(uniqueAddress);
				for (const email of [looks, carts, buys, plain]) await better.consent(email);
				await browsed(looks, { type: 'product_viewed', product: machine.id, name: machine.title, price: 20, path: `/p/${machine.id}` });
				for (const email of [carts, buys]) await better.tell(cartEvent({ token: email, email, items: [line(pot), line(machine)] }));
				await better.tell(cartEvent({ token: plain, email: plain, items: [line(pot)] }));
				await better.untilMails(buys, 1, limitMs);
				await better.order('order_placed', buys, { items: [line(pot)] });
				for (const email of [looks, carts]) {
					await better.untilEnded(email, 'completed', limitMs);
					expect(better.mails(email)).toHaveLength(2);
					for (const { text } of better.mails(email)) for (const part of [pro.title, `${pages}/p/${pro.id}`]) expect(text).toContain(part);
					const [enteredMs] = await better.times(email, 'journey_entered');
					const [first, second] = await better.times(email, 'message_sent');
					expect(first - enteredMs).toBeGreaterThanOrEqual(4 * hourMs);
					expect(daysBetween(first, second)).toBeGreaterThanOrEqual(1.9);
				}
				expect(await better.endings(buys)).toEqual(['bought']);
				expect(better.mails(buys)).toHaveLength(1);
				expect(await better.times(plain, 'journey_entered')).toEqual([]);
			},

			'Upgrade shows it by web push after ten minutes, once, in each browser that allows it, and in none that has gone': async () => {
				const [allows, moved] = ['allows', 'moved'].map(uniqueAddress);
				const browsers = { [allows]: pushes.browser(), [moved]: pushes.browser() };
				const look = { type: 'product_viewed', product: machine.id, name: machine.title, price: 20, path: `/p/${machine.id}` };
				for (const email of [allows, moved]) {
					await better.consent(email);
					await browsed(email, { type: 'push_subscribed', ...browsers[email].subscription, asked: true });
				}
				pushes.forget(browsers[moved]);
				for (const email of [allows, moved]) await browsed(email, look, look);
				const pushesTo = (email: string) => pushes.pushes.filter(({ path }) => browsers[email].endpoint.endsWith(path));
				const [push] = await until('the push', () => (pushesTo(allows).length > 0 ? pushesTo(allows) : null), limitMs);
				const { title, body } = JSON.parse(push.text) as Record<string, string>;
				expect([title, body]).toEqual([pro.title, 'It can do more than what you looked at. Have a look.']);
				const [mail] = await better.untilMails(moved, 1, limitMs);
				expect(mail.text).toContain(pro.title);
				for (const email of [allows, moved]) await better.untilEnded(email, 'completed', limitMs);
				const [enteredMs] = await better.times(allows, 'journey_entered');
				const [pushedMs] = await better.times(allows, 'message_sent');
				expect(pushedMs - enteredMs).toBeGreaterThanOrEqual(10 * minuteMs);
				const channels = (await better.timeline(allows)).filter(({ type }) => type === 'message_sent').map(({ data }) => (data as { channel: string }).channel);
				expect(channels).toEqual(['push', 'email', 'email']);
				expect([allows, moved].map((email) => pushesTo(email).length)).toEqual([1, 0]);
				expect([allows, moved].map((email) => better.mails(email).length)).toEqual([2, 2]);
			},

			'Replacement writes when the rules say that shoes are worn out, and from the newer pair on where there is one': async () => {
				const [wornOut, renewed] = ['worn-out', 'renewed'].map(uniqueAddress);
				for (const email of [wornOut, renewed]) {
					await worn.consent(email);
					await worn.order('order_placed', email, { items: [line(boots), line(pot)] });
				}
				await until('some days to pass', async () => worn.nowMs() - (await worn.times(renewed, 'order_placed'))[0] > 4 * dayMs, limitMs);
				await worn.order('order_placed', renewed, { items: [line(sneakers)] });
				expect(await worn.endings(renewed)).toEqual(['bought']);
				const [mail] = await worn.untilMails(wornOut, 1, limitMs);
				expect(mail.text).toContain(sandals.title);
				const sentAfter = async (email: string, order: number) => daysBetween((await worn.times(email, 'order_placed'))[order], (await worn.times(email, 'message_sent'))[0]);
				expect(await sentAfter(wornOut, 0)).toBeGreaterThanOrEqual(20);
				expect(await sentAfter(wornOut, 0)).toBeLessThan(24);
				await worn.untilMails(renewed, 1, limitMs);
				expect(await sentAfter(renewed, 1)).toBeGreaterThanOrEqual(20);
				expect(worn.mails(renewed)).toHaveLength(1);
				for (const email of [wornOut, renewed]) expect(worn.mails(email)[0].text).not.toContain(pot.title);
			},

			'Next Size shows the size that comes next, and says nothing to who has it already': async () => {
				const [grows, grown] = ['grows', 'grown'].map(uniqueAddress);
				for (const email of [grows, grown]) {
					await worn.consent(email);
					await worn.order('order_placed', email, { items: [line(small)] });
				}
				await worn.order('order_placed', grown, { items: [line(bigger)] });
				const [mail] = await worn.untilMails(grows, 1, limitMs);
				for (const part of [bigger.title, `${pages}/p/${bigger.id}`]) expect(mail.text).toContain(part);
				expect(daysBetween((await worn.times(grows, 'order_placed'))[0], (await worn.times(grows, 'message_sent'))[0])).toBeGreaterThanOrEqual(20);
				await worn.untilEnded(grown, 'completed', limitMs);
				expect(worn.mails(grown)).toEqual([]);
				for (const email of [grows, grown]) expect(await entered(worn, email, journeyIdOf(replacement))).toBe(0);
			},

			'Replenishment reminds on the right day, and a reorder before then starts anew with what is left': async () => {
				const [once, again, large] = ['once', 'again', 'large'].map(uniqueAddress);
				for (const email of [once, again, large]) await refill.consent(email);
				await refill.order('order_placed', once, { items: [line(capsules)] });
				await refill.order('order_placed', again, { items: [line(powder)] });
				await refill.order('order_placed', large, { items: [line(hundred)] });
				const placedMs = async (email: string) => (await refill.times(email, 'order_placed'))[0];
				const dueDays = async (email: string) => daysBetween(await placedMs(email), (await refill.enrolments(email))[0].dueAtMs);
				// From the morning of that day on.
				expect(await dueDays(large)).toBeGreaterThanOrEqual(92);
				expect(await dueDays(large)).toBeLessThan(93);

				await until('some days to pass', async () => refill.nowMs() - (await placedMs(again)) > 4 * dayMs, limitMs);
				await refill.order('order_placed', again, { items: [line(powder)] });
				expect(await refill.endings(again)).toEqual(['bought']);
				// Both packs last 36 days, less five of delivery and three.
				expect(await dueDays(again)).toBeGreaterThanOrEqual(28);
				expect(await dueDays(again)).toBeLessThan(29);

				for (const [email, { title }, days] of [[once, capsules, 22], [again, powder, 28]] as const) {
					const [mail] = await refill.untilMails(email, 1, limitMs);
					expect(`${mail.subject} ${mail.text}`).toContain(title);
					const [sentMs] = await refill.times(email, 'message_sent');
					expect(daysBetween(await placedMs(email), sentMs)).toBeGreaterThanOrEqual(days);
					expect(daysBetween(await placedMs(email), sentMs)).toBeLessThan(days + 4);
					expect(refill.mails(email)).toHaveLength(1);
				}
				expect(refill.mails(large)).toEqual([]);
			},

			'Sale Lovers tells those who mostly buy what is reduced, once for each sale': async () => {
				const [lover, thrifty, payer, refuses] = ['lover', 'thrifty', 'payer', 'refuses'].map(uniqueAddress);
				const product = (price: string) => ({ type: 'product_updated', product: { ...pot, url: `${pages}/p/${pot.id}`, currency: 'EUR', updatedAt: new Date().toISOString(), variants: [{ id: 'pot-1', price, stock: 50 }] } });
				await main.tell(product('48.00'));
				await main.consent(refuses, { consent: 'unsubscribed' });
				for (const email of [lover, thrifty, payer]) await main.consent(email);
				const orders = async (email: string, items: object[][]) => {
					for (const one of items) await main.order('order_placed', email, { items: one });
				};
				const reduced = line(cups, { fullPrice: '30.00' });
				for (const email of [lover, refuses]) await orders(email, [[reduced], [reduced, line(machine)]]);
				await orders(thrifty, [[reduced]]);
				await orders(payer, [[line(machine)], [line(cups), reduced]]);
				await main.tell(product('36.00'));

				await saleStarts('Summer 2026');
				const [mail] = await main.untilMails(lover, 1, limitMs);
				for (const part of [pot.title, '36.00', `${pages}/p/${pot.id}`]) expect(mail.text).toContain(part);
				await saleStarts('Summer 2026');
				await until('two days to pass', async () => daysBetween((await main.times(lover, 'message_sent'))[0], main.nowMs()) > 2, limitMs);
				await saleStarts('Winter 2026');
				await main.untilMails(lover, 2, limitMs);
				expect(main.mails(lover)).toHaveLength(2);
				for (const email of [thrifty, payer, refuses]) expect([email, main.mails(email)]).toEqual([email, []]);
			},
		},
		limitMs,
	);

	test('every execution has succeeded', () => untilAllSucceeded(n8n), 30_000);

	/** Submits the form that an operator fills in. */
	async function saleStarts(name: string): Promise<void> {
		const executions = () => n8n.executions().filter(({ workflowId, status }) => workflowId === saleLovers.id && status === 'success').length;
		const before = executions();
		const form = new FormData();
		form.set('field-0', name);
		const address = `${n8n.url}/form/${saleLovers.nodes.find(({ type }) => type.endsWith('formTrigger'))!.webhookId}`;
		expect((await fetch(address, { method: 'POST', body: form })).status).toBe(200);
		await until('the sale to be told', () => executions() > before, limitMs);
	}

	/** What tracking.js tells of a customer who has been to the shop's pages. */
	async function browsed(email: string, ...events: Array<Record<string, unknown>>): Promise<void> {
		const address = `${n8n.url}/webhook/e2e-better/tracking.js`;
		const [, key] = /\?key=([\w-]+)/.exec(await (await fetch(address)).text())!;
		const body = JSON.stringify({ visitor: randomUUID(), events: [{ type: 'identified', email }, ...events].map((event) => ({ id: randomUUID(), age: 0, ...event })) });
		const { status } = await fetch(`${address}?key=${key}`, { method: 'POST', body, headers: { 'content-type': 'text/plain', origin: pages, 'user-agent': userAgent } });
		expect(status).toBe(204);
	}
});
