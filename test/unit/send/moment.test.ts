import { gunzipSync } from 'node:zlib';
import type { DueStep } from '../../../lib/journeys/engine';
import type { EmailMessage } from '../../../lib/messages/channels/channel';
import type { SenderOptions } from '../../../lib/messages/send/sender';
import { trimWebViews } from '../../../lib/messages/send/webViews';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { ProductFacts } from '../../../lib/model/events';
import type { JourneyItem } from '../../../lib/model/item';
import { indexes, type JourneyDefinition, keys, type WebViewRecord, webViewDays } from '../../../lib/model/records';
import { anna, cartEvent, eventOf, pot, tea } from '../record/shop';
import { openPost, type Post, reasonOf } from './post';

/** What is true at the moment of sending: stock, price, code; and what is kept of the message then. */

let post: Post;
let step: DueStep;
let shown: Partial<JourneyItem>[];

/** Keeps what each message was made of. */
const watching = (change: Partial<SenderOptions> = {}): Partial<SenderOptions> => ({
	...change,
	compose: (job, customer, settings) => {
		shown.push(job.item);
		return { ...post.options.compose(job, customer, settings) };
	},
});

const now = () => post.shop.now();
const tell = (product: Omit<ProductFacts, 'updatedAtMs'>) => post.shop.record(eventOf('product_updated', now(), { product: { ...product, updatedAtMs: now() } }));

beforeEach(async () => {
	shown = [];
	post = await openPost();
	await post.fillBy(anna);
	await post.shop.record(cartEvent(now() + 1, { items: [tea, pot] }, { customer: anna }));
	post.shop.pass(hourMs + 1);
	step = await post.claimOne();
});
afterEach(() => post.shop.hub.close());

describe('a cart whose goods changed since it was claimed', () => {
	it('leaves the mail without what is sold out, and with the prices and the total of now', async () => {
		await tell({ productId: 'tea', variants: [{ variantId: 't', stock: 0, priceMinor: 1250 }] });
		await tell({ productId: 'pot', variants: [{ variantId: 'p', stock: 2, priceMinor: 5200 }], currency: 'EUR' });
		await post.configure({ currency: 'EUR' });
		expect(reasonOf(await post.sendOne(step, 'node-1', watching()))).toBe('sent');
		expect(shown[0].cart).toMatchObject({ items: [{ productId: 'pot', stock: 2, unitPriceMinor: 5200 }], totalMinor: 5200 });
		expect(shown[0].cart!.items).toHaveLength(1);
	});

	it('is shown as the item says where the operator wants no check', async () => {
		await tell({ productId: 'tea', variants: [{ variantId: 't', stock: 0 }] });
		await tell({ productId: 'pot', variants: [{ variantId: 'p', stock: 0 }] });
		expect(reasonOf(await post.sendOne(step, 'node-1', watching({ isUnchecked: true })))).toBe('sent');
		expect(shown[0].cart!.items).toHaveLength(2);
	});

	it('goes by the shop’s own word where that is asked; what it does not tell stays as the store has it', async () => {
		await tell({ productId: 'tea', variants: [{ variantId: 't', stock: 0 }] });
		await tell({ productId: 'pot', variants: [{ variantId: 'p', stock: 0 }] });
		const asked: unknown[] = [];
		const checkLive: SenderOptions['checkLive'] = async (wanted) => {
			asked.push(wanted);
			return [{ productId: 'tea', stock: 4 }];
		};
		expect(reasonOf(await post.sendOne(step, 'node-1', watching({ checkLive })))).toBe('sent');
		expect(shown[0].cart!.items).toMatchObject([{ productId: 'tea', stock: 4 }]);
		expect(asked).toEqual([[{ productId: 'tea', variantId: undefined }, { productId: 'pot', variantId: undefined }]]);
	});

	it('keeps picks that sold out meanwhile out of the message, and sends it all the same', async () => {
		await tell({ productId: 'cup', variants: [{ variantId: 'c', stock: 3, priceMinor: 1200 }], currency: 'EUR' });
		await tell({ productId: 'jug', variants: [{ variantId: 'j', stock: 0 }] });
		const picks = [{ id: 'jug', title: 'Jug' }, { id: 'cup', title: 'Cup', priceMinor: 1000, currency: 'EUR' }];
		const withPicks: DueStep = { ...step, item: { ...step.item, picks } };
		expect(reasonOf(await post.sendOne(withPicks, 'node-1', watching()))).toBe('sent');
		expect(shown[0].picks).toEqual([{ id: 'cup', title: 'Cup', priceMinor: 1200, currency: 'EUR', stock: 3 }]);
	});

	it('is asked of the shop once, however often its commit has to be tried', async () => {
		let asked = 0;
		const { store } = post.shop;
		let conflicts = 2;
		const contested = Object.assign(Object.create(store) as typeof store, {
			commit: async (commit: Parameters<typeof store.commit>[0]) => {
				if (conflicts-- > 0) await post.configure({ name: `Shop ${conflicts}` });
				return await store.commit(commit);
			},
		});
		const checkLive = async () => (asked++, []);
		expect(reasonOf(await post.sendOne(step, 'node-1', { checkLive, store: contested }))).toBe('sent');
		expect(asked).toBe(1);
	});

	it('is not asked of the shop for who must not be written to', async () => {
		await post.shop.record(eventOf('blocked', now(), { customer: anna }));
		let asked = 0;
		expect((await post.sendOne(step, 'node-1', { checkLive: async () => (asked++, []) })).status).toBe('not_sent');
		expect(asked).toBe(0);
	});
});

describe('a journey about a product', () => {
	const stockOf = (stock: number) => tell({ productId: 'tea', variants: [{ variantId: 't', stock }] });

	async function claimAbout(journey: Partial<JourneyDefinition> & { id: string }, about: object): Promise<DueStep> {
		await post.alsoIn(journey, now());
		const key = keys.enrolment(`${journey.id}:customer-1`);
		const [{ version, value }] = await post.shop.store.read<object>([key]);
		await post.shop.store.commit({ writes: [{ key, version, value: { ...value, ...about } as never }] });
		post.definition = { ...post.definition, ...journey };
		return await post.claimOne();
	}

	it.each([
		['that is back in stock', { productId: 'tea' }],
		['that was looked at', { view: { productId: 'tea' } }],
	])('%s sends nothing once it is sold out, and what is shown is of now', async (_what, about) => {
		await post.withoutRest();
		await stockOf(3);
		const item = await claimAbout({ id: 'about' }, about);
		await stockOf(0);
		expect(reasonOf(await post.sendOne(item))).toBe('sold_out');
	});

	it('that waits for its return speaks of it while it is sold out', async () => {
		await stockOf(0);
		expect(reasonOf(await post.sendOne(await claimAbout({ id: 'waiting', endsOn: ['restocked', 'same_product'] }, { productId: 'tea' })))).toBe('sent');
	});

	it('that was bought speaks of it although it is sold out, unless it is to be bought again', async () => {
		await stockOf(0);
		const rate = await claimAbout({ id: 'rate' }, { productId: 'tea', orderId: 'order-1' });
		expect(reasonOf(await post.sendOne(rate))).toBe('sent');
		await post.withoutRest();
		const reorder = await claimAbout({ id: 'reorder', anchor: { type: 'supply', leadDays: 0 } }, { productId: 'tea', orderId: 'order-1' });
		expect(reasonOf(await post.sendOne(reorder))).toBe('sold_out');
	});
});

describe('the discount code of a message', () => {
	const withCode = (codeIsValid?: SenderOptions['codeIsValid']): Partial<SenderOptions> => ({ codeIsValid, compose: (...all) => ({ ...post.options.compose(...all), discountCode: 'TEA10' }) });

	it('is asked for when it leaves, and lets it leave when it is valid, or nobody can tell', async () => {
		const asked: string[] = [];
		expect(reasonOf(await post.sendOne(step, 'node-1', withCode(async (code) => (asked.push(code), true))))).toBe('sent');
		expect(asked).toEqual(['TEA10']);
		await post.withoutRest();
		expect(reasonOf(await post.sendOne(step, 'node-2', withCode()))).toBe('sent');
	});
});

describe('a mail that is kept for its web view', () => {
	const page = `<p>${'Hello Anna, '.repeat(500)}</p>`;
	const kept: Partial<SenderOptions> = { compose: (...all) => ({ ...(post.options.compose(...all) as EmailMessage), webViewHtml: page }) };
	const id = '<main/carts:cart-a/1/node-1@shop.example>';
	const view = async () => (await post.shop.store.read<WebViewRecord>([keys.webView(id)]))[0].value;

	it('is there from the moment it is booked, small, and is its customer’s', async () => {
		let early: WebViewRecord | null = null;
		post.channel.during = async () => {
			early = await view();
			return undefined;
		};
		await post.sendOne(step, 'node-1', kept);
		expect(early).toMatchObject({ customerId: 'customer-1', atMs: now() });
		expect(gunzipSync(Buffer.from(early!.html, 'base64')).toString()).toBe(page);
		expect(early!.html.length).toBeLessThan(page.length / 10);
	});

	it('is kept anew when it is sent again', async () => {
		post.channel.during = () => ({ status: 'refused', permanent: false, scope: 'provider', response: '451' });
		await post.sendOne(step, 'node-1', kept);
		post.channel.during = () => undefined;
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne(), 'node-1', kept))).toBe('sent');
		expect(await view()).toMatchObject({ atMs: now() });
	});

	it('is forgotten after its days, with its place in the indexes', async () => {
		await post.sendOne(step, 'node-1', kept);
		post.shop.pass(webViewDays * dayMs - 1);
		expect(await trimWebViews(post.shop.store, now())).toBe(0);
		post.shop.pass(1);
		expect(await trimWebViews(post.shop.store, now())).toBe(1);
		expect(await view()).toBeNull();
		const left = await post.shop.store.walk(indexes.belongings('customer-1'), { limit: 100 });
		expect(left.map(({ key }) => key)).not.toContain(keys.webView(id));
		expect(await post.shop.store.walk(indexes.webViews, { limit: 10 })).toEqual([]);
	});

	it('goes by itself when something is sent later', async () => {
		await post.sendOne(step, 'node-1', kept);
		post.shop.pass(webViewDays * dayMs);
		await post.campaign(['customer-1']);
		expect(await view()).toBeNull();
	});

	it('goes with its customer', async () => {
		await post.sendOne(step, 'node-1', kept);
		await post.shop.record(eventOf('customer_erased', now(), { customer: anna }));
		await post.shop.workTasks();
		expect(await view()).toBeNull();
		expect(await post.shop.store.walk(indexes.webViews, { limit: 10 })).toEqual([]);
	});
});
