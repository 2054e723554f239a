import fc from 'fast-check';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import type { EventType, MessageFacts, ShopEvent } from '../../../lib/model/events';
import { type EnrolmentRecord, historyField, journeyCounters, keys, type SendRecord } from '../../../lib/model/records';
import { mergeCustomers } from '../../../lib/record/mergeCustomers';
import { transact } from '../../../lib/store/transaction';
import { anna, ben, cartEvent, cartJourney, countersOf, customerByEmail, customerById, customerEvent, enrolmentOf, eventOf, historyOf, opening, openShop, orderEvent, type Shop } from './shop';

let shop: Shop;
beforeEach(async () => {
	shop = openShop();
	await shop.switchOn({});
	shop.pass(hourMs);
	await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
	await book(shop, keys.enrolment('carts:cart-a'));
});
afterEach(() => shop.hub.close());

const sent: SendRecord = { state: 'sent', channel: 'email', step: 0, messageId: '<1@shop>', token: 't', atMs: 0, variant: 'B' };

/** As Send Reminder books a message. */
async function book({ store }: Shop, key: string, sendKey = '1:node', entry: Partial<SendRecord> = {}): Promise<void> {
	await transact(store, async (tx) => {
		await tx.load([key]);
		const record = tx.get<{ sends: object }>(key) ?? { sends: {} };
		tx.set(key, { ...record, sends: { ...record.sends, [sendKey]: { ...sent, ...entry } } });
	});
}

const inCart: Partial<MessageFacts> = { enrolment: 'carts:cart-a', sendKey: '1:node', step: 1 };
const about = (type: EventType, message: Partial<MessageFacts> = inCart, atMs = shop.now()): ShopEvent => eventOf(type, atMs, { customerId: 'customer-1', message: { channel: 'email', ...message } });
const customer = () => customerById(shop, 'customer-1');
const counters = () => shop.store.readCounters(journeyCounters('carts'));
const booking = async () => (await enrolmentOf(shop, 'carts'))!.sends['1:node'];
const logged = async () => (await shop.store.readTimeline('customer:customer-1', { limit: 50 })).map(({ type }) => type);

describe('what becomes of a message', () => {
	it('is noted where the message is booked, each the first time, whatever order it is told in', async () => {
		const at = shop.now();
		await shop.record(about('message_clicked', { ...inCart, url: 'https://shop.example/tea?x=1#y', productId: 'tea' }, at - minuteMs));
		await shop.record(about('message_opened', inCart, at - 2 * minuteMs));
		await shop.record(about('message_opened', inCart, at));
		await shop.record(about('message_delivered', inCart, at - 3 * minuteMs));
		expect(await booking()).toMatchObject({ deliveredAtMs: at - 3 * minuteMs, openedAtMs: at - 2 * minuteMs, clickedAtMs: at - minuteMs, variant: 'B' });
		expect(await counters()).toMatchObject({ 'opened.1': 1, 'opened.1.B': 1, 'clicked.1': 1, 'clicked.1.B': 1, 'delivered.1': 1 });
		expect((await customer())!.engagement).toEqual({ opened: 1, lastOpenedAtMs: at, clicked: 1, lastClickedAtMs: at - minuteMs });
		expect(await countersOf(shop, 'customer-1')).toMatchObject({ message_clicked: 1, [historyField('message_clicked', { product: 'tea' })]: 1 });
		const entry = (await shop.store.readTimeline('customer:customer-1', { limit: 50 })).find(({ type }) => type === 'message_clicked');
		expect(entry?.data).toMatchObject({ journey: 'carts', step: 1, product: 'tea', page: 'https://shop.example/tea' });
	});

	it('what a machine did is counted apart and in the log, and nothing else changes', async () => {
		await shop.switchOn({ id: 'opened', trigger: 'event', events: ['message_opened'], subject: 'customer', watch: undefined });
		const before = [await customer(), await historyOf(shop, 'customer-1')];
		await shop.record(about('message_opened', { ...inCart, isMachine: true }));
		expect([await customer(), await historyOf(shop, 'customer-1')]).toEqual(before);
		expect((await booking()).openedAtMs).toBeUndefined();
		expect(await counters()).toMatchObject({ 'opened.machine': 1 });
		expect(await logged()).toContain('message_opened');
		expect(await enrolmentOf(shop, 'opened', 'customer-1')).toBeNull();
	});

	it('a campaign’s message is found under a name that was merged since', async () => {
		await shop.record(customerEvent(shop.now(), { shopCustomerId: '9' }));
		await book(shop, keys.campaignSend('summer/customer-2'), 'node', { variant: undefined });
		await shop.record(customerEvent(shop.now(), { ...anna, shopCustomerId: '9' }));
		expect((await customerByEmail(shop, 'anna@example.com'))!.id).toBe('customer-1');
		await shop.record(about('message_opened', { campaign: 'summer', sendKey: 'node' }));
		expect((await shop.store.read<{ sends: Record<string, SendRecord> }>([keys.campaignSend('summer/customer-2')]))[0].value!.sends.node.openedAtMs).toBe(shop.now());
		expect(await shop.store.readCounters('campaign:summer')).toEqual({ 'opened.1': 1 });
	});

	it('a message of an earlier run through the same journey is not taken for the one of this run', async () => {
		await shop.record(about('message_opened', { ...inCart, messageId: '<0@shop>' }));
		expect((await booking()).openedAtMs).toBeUndefined();
		await shop.record(about('message_opened', { ...inCart, messageId: '<1@shop>' }));
		expect((await booking()).openedAtMs).toBe(shop.now());
	});

	it('begins a journey that listens, about the product that was clicked', async () => {
		await shop.switchOn({ id: 'clicks', trigger: 'event', events: ['message_clicked'], subject: 'product', watch: undefined, endsOn: [] });
		await shop.record(about('message_clicked', { ...inCart, productId: 'pot', category: 'Pots' }));
		expect(await enrolmentOf(shop, 'clicks', 'customer-1/pot')).toMatchObject({ productId: 'pot', event: { type: 'message_clicked', data: { product: 'pot', category: 'Pots', channel: 'email' } } });
	});

	it('of somebody who was erased reaches the booking alone', async () => {
		await shop.record(eventOf('customer_erased', shop.now(), { customer: anna }));
		expect(await shop.record(about('message_opened'))).toBe('stale');
		expect((await booking()).openedAtMs).toBe(shop.now());
		expect(await customer()).toMatchObject({ erasedAtMs: shop.now(), consent: {} });
		expect(await historyOf(shop, 'customer-1')).toBeNull();
	});
});

describe('bounces and complaints', () => {
	it('a hard bounce suppresses at once and ends everything, until the block is lifted', async () => {
		await shop.switchOn({ ...cartJourney, id: 'paid', kind: 'transactional', trigger: 'event', events: ['custom'], eventName: 'x', subject: 'customer', watch: undefined });
		await shop.record(eventOf('custom', shop.now(), { customerId: 'customer-1', custom: { name: 'x' } }));
		await shop.record(about('message_bounced', { ...inCart, bounce: 'hard', address: 'ANNA@example.com', detail: '550 no such user' }));
		expect(await customer()).toMatchObject({ suppressed: { reason: 'hard_bounce', atMs: shop.now() }, open: {} });
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ endReason: 'suppressed', sends: { '1:node': { bouncedAtMs: shop.now() } } });
		expect(await enrolmentOf(shop, 'paid', 'customer-1')).toMatchObject({ endReason: 'suppressed' });
		await shop.record(eventOf('unblocked', shop.now(), { customerId: 'customer-1' }));
		expect((await customer())!.suppressed).toBeUndefined();
	});

	it('about an address that the customer no longer has change nothing but the log', async () => {
		const before = await customer();
		for (const type of ['message_bounced', 'message_complained'] as const) await shop.record(about(type, { ...inCart, bounce: 'hard', address: 'old@example.com' }));
		expect(await customer()).toEqual(before);
		expect(await logged()).toEqual(expect.arrayContaining(['message_bounced', 'message_complained']));
		expect(JSON.stringify(await shop.store.readTimeline('customer:customer-1', { limit: 50 }))).not.toContain('old@example.com');
	});

	it('a complaint suppresses and unsubscribes', async () => {
		await shop.record(customerEvent(shop.now(), { ...anna, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: opening } }));
		await shop.record(about('message_complained'));
		expect(await customer()).toMatchObject({ suppressed: { reason: 'complaint' }, consent: { email: { status: 'unsubscribed' } } });
		expect(await counters()).toMatchObject({ 'complained.1': 1 });
	});

	it('the fifth soft bounce in a row suppresses, and a delivery counts them anew', async () => {
		const soft = (minute: number) => shop.record(about('message_bounced', { bounce: 'soft' }, opening + minute * minuteMs));
		for (const minute of [1, 2, 3, 4]) await soft(minute);
		await shop.record(about('message_delivered', {}, opening + 5 * minuteMs));
		for (const minute of [6, 7, 8, 9]) await soft(minute);
		expect((await customer())!.suppressed).toBeUndefined();
		await soft(10);
		expect(await customer()).toMatchObject({ suppressed: { reason: 'soft_bounces', atMs: opening + 10 * minuteMs }, open: {} });
		await shop.record(eventOf('unblocked', shop.now(), { customerId: 'customer-1' }));
		expect(await customer()).not.toHaveProperty('softBouncesAtMs');
		await soft(11);
		expect(await customer()).not.toHaveProperty('softBouncesAtMs');
	});

	it('of an SMS say nothing about the customer', async () => {
		await shop.record(about('message_bounced', { channel: 'sms', bounce: 'hard' }));
		expect((await customer())!.suppressed).toBeUndefined();
	});

	it('repeated a hundred times change nothing more', async () => {
		const event = about('message_bounced', { ...inCart, bounce: 'soft' });
		await shop.record(event);
		const before = [await customer(), await enrolmentOf(shop, 'carts'), await counters(), await logged()];
		for (let time = 0; time < 100; time++) expect(await shop.record(event)).toBe('duplicate');
		expect([await customer(), await enrolmentOf(shop, 'carts'), await counters(), await logged()]).toEqual(before);
	});
});

describe('a reply', () => {
	const begin = async (id: string, more: object = {}) => {
		await shop.switchOn({ ...cartJourney, id, trigger: 'event', events: ['custom'], eventName: id, subject: 'customer', watch: undefined, endsOn: [], ...more });
		await shop.record(eventOf('custom', shop.now(), { customerId: 'customer-1', custom: { name: id } }));
	};
	const endOf = async (id: string) => (await enrolmentOf(shop, id, 'customer-1'))!.endReason;

	it('ends the enrolment it replies to, and others only where they listen', async () => {
		await begin('other');
		await begin('listening', { kind: 'transactional', endsOn: ['replied'] });
		shop.pass(hourMs);
		await shop.record(about('message_replied', { ...inCart, detail: 'Can you help me?' }));
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ endReason: 'replied', sends: { '1:node': { answeredAtMs: shop.now() } } });
		expect([await endOf('other'), await endOf('listening')]).toEqual([undefined, 'replied']);
	});

	it('that names no message ends all marketing that was under way, and nothing transactional', async () => {
		await begin('other');
		await begin('order', { kind: 'transactional' });
		shop.pass(hourMs);
		await shop.record(about('message_replied', {}));
		expect([(await enrolmentOf(shop, 'carts'))!.endReason, await endOf('other'), await endOf('order')]).toEqual(['replied', 'replied', undefined]);
	});

	it('told late ends nothing that began after it', async () => {
		const before = shop.now() - hourMs;
		await shop.record(about('message_replied', {}, before));
		expect((await enrolmentOf(shop, 'carts'))!.status).toBe('open');
	});
});

describe('answers', () => {
	it('a rating is kept, begins and ends journeys, and is noted on its message', async () => {
		await shop.record(orderEvent(opening, {}, { customer: anna, isHistory: true }));
		await shop.switchOn({ ...cartJourney, id: 'asking', trigger: 'event', events: ['custom'], eventName: 'x', subject: 'customer', watch: undefined, endsOn: ['answered'] });
		await shop.switchOn({ ...cartJourney, id: 'rated', trigger: 'event', events: ['rated'], subject: 'order', watch: undefined, endsOn: [] });
		await shop.record(eventOf('custom', shop.now(), { customerId: 'customer-1', custom: { name: 'x' } }));
		await book(shop, keys.enrolment('asking:customer-1'));
		shop.pass(hourMs);
		const rated = eventOf('rated', shop.now(), { customerId: 'customer-1', rating: { stars: 2, comment: 'Broken', orderId: 'order-1' }, message: { channel: 'email', enrolment: 'asking:customer-1', sendKey: '1:node' } });
		expect(await shop.record(rated)).toBe('recorded');
		expect((await customer())!.ratings).toEqual([{ atMs: shop.now(), stars: 2, comment: 'Broken', orderId: 'order-1' }]);
		expect(await enrolmentOf(shop, 'asking', 'customer-1')).toMatchObject({ endReason: 'answered', sends: { '1:node': { answeredAtMs: shop.now() } } });
		expect(await enrolmentOf(shop, 'rated', 'order-1')).toMatchObject({ orderId: 'order-1', event: { data: { stars: 2, comment: 'Broken', order: 'order-1' } } });
	});

	it('that names no message ends the journeys that listen, of another order’s none', async () => {
		const asking = (orderId: string) => eventOf('order_delivered', shop.now(), { customer: anna, order: { ...orderEvent(opening, { orderId }).order!, deliveredAtMs: shop.now(), updatedAtMs: shop.now() } });
		await shop.switchOn({ ...cartJourney, id: 'review', trigger: 'event', events: ['order_delivered'], subject: 'order', watch: undefined, endsOn: ['answered'] });
		await shop.record(asking('order-1'));
		await shop.record(asking('order-2'));
		shop.pass(hourMs);
		await shop.record(eventOf('rated', shop.now(), { customerId: 'customer-1', rating: { stars: 5, orderId: 'order-1' } }));
		expect((await enrolmentOf(shop, 'review', 'order-1'))!.endReason).toBe('answered');
		expect((await enrolmentOf(shop, 'review', 'order-2'))!.status).toBe('open');
	});

	it('keep the twenty newest surveys, and the latest rating of each order', async () => {
		for (let day = 0; day < 25; day++) await shop.record(eventOf('surveyed', opening - day * dayMs, { customerId: 'customer-1', survey: { score: day % 11, topics: ['price'] } }));
		expect((await customer())!.surveys!.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 20 }, (_survey, day) => opening - day * dayMs));
		for (const [minute, stars] of [[2, 4], [3, 5], [1, 1]]) await shop.record(eventOf('rated', opening + minute * minuteMs, { customerId: 'customer-1', rating: { stars, productId: 'tea' } }));
		expect((await customer())!.ratings).toEqual([{ atMs: opening + 3 * minuteMs, stars: 5, productId: 'tea' }]);
	});

	it('STOP by SMS unsubscribes from SMS alone', async () => {
		await shop.record(eventOf('unsubscribed', shop.now(), { customerId: 'customer-1', message: { channel: 'sms' } }));
		expect((await customer())!.consent).toEqual({ sms: { status: 'unsubscribed', basis: 'unknown', source: 'test', atMs: shop.now() } });
		expect((await enrolmentOf(shop, 'carts'))!.status).toBe('open');
	});

	it('a language and a channel that come with preferences are taken over', async () => {
		await shop.record(eventOf('preferences_changed', shop.now(), { customerId: 'customer-1', preferences: { topics: ['tea'], frequency: 'less' }, customer: { locale: 'de-AT', emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: shop.now() } } }));
		expect(await customer()).toMatchObject({ locale: 'de-AT', preferences: { topics: ['tea'], frequency: 'less', atMs: shop.now() }, consent: { email: { status: 'unsubscribed' } } });
		expect((await enrolmentOf(shop, 'carts'))!.endReason).toBe('unsubscribed');
	});

	it('keeps five browsers, each with its permission as consent, and forgets one that takes none any more', async () => {
		const browser = (name: string) => ({ endpoint: `https://push.example/${name}`, p256dh: 'p', auth: 'a' });
		for (const [minute, name] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) await shop.record(eventOf('push_subscribed', opening + minute * minuteMs, { customerId: 'customer-1', push: browser(name) }));
		expect((await customer())!.pushSubscriptions!.map(({ endpoint }) => endpoint.slice(-1))).toEqual(['f', 'e', 'd', 'c', 'b']);
		expect((await customer())!.consent.push).toMatchObject({ status: 'subscribed', basis: 'opt_in' });
		await shop.record(eventOf('unsubscribed', shop.now(), { customerId: 'customer-1', message: { channel: 'push' } }));
		shop.pass(hourMs);
		await shop.record(eventOf('push_subscribed', shop.now(), { customerId: 'customer-1', push: browser('f') }));
		expect((await customer())!.consent.push).toMatchObject({ status: 'unsubscribed' });
		await shop.record(eventOf('push_unsubscribed', shop.now(), { customerId: 'customer-1', push: browser('f') }));
		expect((await customer())!.pushSubscriptions!.map(({ endpoint }) => endpoint.slice(-1))).toEqual(['e', 'd', 'c', 'b']);
	});
});

describe('in any order, and repeated', () => {
	const happening = fc.oneof(
		fc.constantFrom<Partial<ShopEvent>>(
			...(['message_opened', 'message_clicked', 'message_delivered', 'message_complained', 'message_replied'] as const).map((type) => ({ type, message: { channel: 'email' as const, ...inCart } })),
			{ type: 'message_bounced', message: { channel: 'email', bounce: 'soft' } },
			{ type: 'message_bounced', message: { channel: 'email', bounce: 'soft', ...inCart } },
			{ type: 'message_bounced', message: { channel: 'email', bounce: 'hard' } },
			{ type: 'rated', rating: { stars: 3, orderId: 'o' } },
			{ type: 'rated', rating: { stars: 5, orderId: 'o', comment: 'now good' } },
			{ type: 'surveyed', survey: { score: 7 } },
			{ type: 'preferences_changed', preferences: { topics: ['tea'] } },
			{ type: 'preferences_changed', preferences: { frequency: 'less', topics: [] } },
			{ type: 'preferences_changed', preferences: { frequency: 'all' } },
			{ type: 'push_subscribed', push: { endpoint: 'https://push.example/a', p256dh: 'p', auth: 'a' } },
			{ type: 'push_unsubscribed', push: { endpoint: 'https://push.example/a', p256dh: 'p', auth: 'a' } },
		),
		// Soft bounces often enough for five in a row.
		fc.constant<Partial<ShopEvent>>({ type: 'message_bounced', message: { channel: 'email', bounce: 'soft' } }),
	);

	async function standing(events: ShopEvent[]): Promise<object> {
		const own = openShop();
		try {
			own.pass(hourMs);
			await own.record(customerEvent(opening, { ...anna, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: opening } }));
			const enrolment: Partial<EnrolmentRecord> = { id: 'carts:cart-a', journey: 'carts', customerId: 'customer-1', status: 'ended', sends: {} };
			await transact(own.store, async (tx) => {
				await tx.load([keys.enrolment('carts:cart-a')]);
				tx.set(keys.enrolment('carts:cart-a'), enrolment);
			});
			await book(own, keys.enrolment('carts:cart-a'));
			for (const event of events) await own.record(event);
			const counted = await own.store.readCounters(journeyCounters('carts'));
			// Consent to push is given by a browser the first time it is told of, which depends on the order.
			const found = (await customerById(own, 'customer-1'))!;
			return { ...found, consent: { email: found.consent.email }, history: await historyOf(own, 'customer-1'), booking: (await enrolmentOf(own, 'carts'))!.sends, counted };
		} finally {
			await own.hub.close();
		}
	}

	it('the customer, the booking and the counters are the same', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 12 }), fc.infiniteStream(fc.nat()), async (happenings, stream) => {
				const events = happenings.map((more, index) => eventOf(more.type!, opening + (index + 1) * minuteMs, { customerId: 'customer-1', ...more }));
				const rank = () => stream.next().value;
				const arrivals = [...events, ...events.filter(() => rank() % 3 === 0)].map((event) => ({ event, rank: rank() })).sort((a, b) => a.rank - b.rank);
				expect(await standing(arrivals.map(({ event }) => event))).toEqual(await standing(events));
			}),
			{ numRuns: 120 },
		);
	}, 120_000);
});

describe('two customers that prove to be one', () => {
	it('are one in what they answered, and in whether their address works', async () => {
		await shop.record(customerEvent(opening, ben));
		const tell = (id: string, events: Array<Partial<ShopEvent>>) => Promise.all(events.map((more, index) => shop.record(eventOf(more.type!, opening + (index + 1) * minuteMs + (id === 'customer-1' ? 0 : 30_000), { customerId: id, ...more }))));
		const soft = { type: 'message_bounced' as const, message: { channel: 'email' as const, bounce: 'soft' as const } };
		await tell('customer-1', [soft, soft, soft, { type: 'surveyed', survey: { score: 9 } }, { type: 'rated', rating: { stars: 1, orderId: 'o' } }, { type: 'preferences_changed', preferences: { topics: ['tea'], frequency: 'all' } }]);
		await tell('customer-2', [soft, soft, { type: 'surveyed', survey: { score: 2 } }, { type: 'preferences_changed', preferences: { frequency: 'less' } }, { type: 'rated', rating: { stars: 5, orderId: 'o' } }, { type: 'push_subscribed', push: { endpoint: 'https://push.example/a', p256dh: 'p', auth: 'a' } }]);
		const contacts = (atMs: number) => ({ contacts: { email: { atMs, messageKey: `m${atMs}` } } });
		const [a, b] = [{ ...(await customerById(shop, 'customer-1'))!, ...contacts(1) }, { ...(await customerById(shop, 'customer-2'))!, ...contacts(2) }];
		const { id: _id, merged: _merged, ...one } = mergeCustomers(a, b);
		const { id: _other, merged: _same, ...theOther } = mergeCustomers(b, a);
		expect(one).toEqual(theOther);
		expect(one).toMatchObject({
			suppressed: { reason: 'soft_bounces' },
			surveys: [{ score: 9 }, { score: 2 }],
			ratings: [{ stars: 5 }],
			preferences: { topics: ['tea'], frequency: 'all' },
			pushSubscriptions: [{ endpoint: 'https://push.example/a' }],
			contacts: { email: { atMs: 2 } },
		});
	});
});
