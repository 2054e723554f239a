import type { OutgoingMessage, SendChannel, SendOutcome } from '../../../lib/messages/channels/channel';
import type { SenderOptions } from '../../../lib/messages/send/sender';
import type { DueStep } from '../../../lib/journeys/engine';
import { hourMs, minuteMs, secondMs } from '../../../lib/model/clock';
import type { MessageChannel } from '../../../lib/model/events';
import { type CustomerRecord, keys } from '../../../lib/model/records';
import type { Store } from '../../../lib/store/store';
import { anna } from '../record/shop';
import { openPost, type Post, reasonOf, refusedForNow, sendsOf } from './post';

let post: Post;
beforeEach(async () => {
	post = await openPost();
});
afterEach(() => post.shop.hub.close());

const now = () => post.shop.now();
const yes = { status: 'subscribed', basis: 'opt_in', source: 'test', atMs: 0 } as const;
const browser = (name: string) => ({ endpoint: `https://push.example/${name}`, p256dh: 'key', auth: 'secret', atMs: 0 });

async function changeCustomer(change: Partial<CustomerRecord>): Promise<void> {
	const [{ version, value }] = await post.shop.store.read<CustomerRecord>([keys.customer('customer-1')]);
	await post.shop.store.commit({ writes: [{ key: keys.customer('customer-1'), version, value: { ...value, ...change } as never }] });
}

async function claimMany(count: number): Promise<DueStep[]> {
	for (let index = 0; index < count; index++) await post.fillBy({ email: `customer${index}@example.com` }, `cart-${index}`);
	post.shop.pass(hourMs);
	return await post.claim(count);
}

/** A way out that takes anything, or several at once. */
class AnyChannel implements SendChannel {
	readonly calls: OutgoingMessage[][] = [];
	sendMany?: (messages: OutgoingMessage[]) => Promise<SendOutcome[]>;

	constructor(
		readonly connections: number,
		readonly batchSize?: number,
		private readonly answer: (message: OutgoingMessage) => Promise<SendOutcome> | SendOutcome = () => ({ status: 'sent', response: 'queued' }),
	) {
		if (batchSize === undefined) return;
		this.sendMany = async (messages) => {
			this.calls.push(messages);
			return await Promise.all(messages.map(this.answer));
		};
	}

	async send(message: OutgoingMessage): Promise<SendOutcome> {
		this.calls.push([message]);
		return await this.answer(message);
	}

	async close(): Promise<void> {}
}

describe('over another channel than e-mail', () => {
	let step: DueStep;
	beforeEach(async () => {
		await post.fillBy(anna);
		post.shop.pass(hourMs);
		step = await post.claimOne();
	});

	const text = (channel: SendChannel, messageChannel: MessageChannel = 'sms'): Partial<SenderOptions> => ({
		channel,
		messageChannel,
		compose: ({ messageKey }, { phone, pushSubscriptions }) =>
			messageChannel === 'push'
				? { channel: 'push', messageId: messageKey, to: pushSubscriptions!, title: 'Hi', body: 'Hello', url: 'https://shop.example', ttlSeconds: 60 }
				: { channel: 'sms', messageId: messageKey, to: phone!, text: 'Hello', variant: 'short' },
	});

	it('that channel’s consent counts, and the number is looked at', async () => {
		await changeCustomer({ phone: '+436641234567', consent: { sms: yes } });
		const channel = new AnyChannel(1, undefined, () => ({ status: 'sent', response: 'queued', providerId: 'SM1' }));
		expect(await post.sendOne(step, 'node-1', text(channel))).toEqual({ status: 'sent', channel: 'sms', messageId: 'main/carts:cart-a/1/node-1', to: '+436641234567', variant: 'short', providerId: 'SM1', response: 'queued' });
		expect((await post.enrolment()).sends['1:node-1']).toMatchObject({ state: 'sent', channel: 'sms', variant: 'short', providerId: 'SM1' });
		const [entry] = await post.shop.store.readTimeline(keys.customer('customer-1'), { limit: 1 });
		expect(entry).toMatchObject({ type: 'message_sent', data: { channel: 'sms', variant: 'short' } });
		expect((await post.customer()).engagement).toEqual({ sent: 1, lastSentAtMs: now() });
	});

	it.each([
		['no number', undefined, 'no_address'],
		['what is no number', '0664 123', 'invalid_address'],
	])('with %s nothing is sent', async (_what, phone, reason) => {
		await changeCustomer({ phone, consent: { sms: yes } });
		expect(reasonOf(await post.sendOne(step, 'node-1', text(new AnyChannel(1))))).toBe(reason);
	});

	it.each([
		['sms', {}, 'no_consent'],
		['sms', { sms: { ...yes, status: 'unsubscribed' } }, 'unsubscribed'],
		['whatsapp', { sms: yes }, 'no_consent'],
		['push', { sms: yes }, 'no_consent'],
	] as const)('a yes to e-mail is none to %s, but the journey goes on over e-mail', async (messageChannel, consent, reason) => {
		await changeCustomer({ phone: '+436641234567', pushSubscriptions: [browser('a')], consent: { email: yes, ...consent } });
		expect(reasonOf(await post.sendOne(step, 'node-1', text(new AnyChannel(1), messageChannel)))).toBe(reason);
		expect(await post.enrolment()).toMatchObject({ status: 'open', step: 1 });
		// Whoever is on Not Sent may still get the e-mail of a later node.
		expect(reasonOf(await post.sendOne(step, 'node-2'))).toBe('sent');
	});

	it('soft opt-in is none', async () => {
		await post.configure({ softOptIn: true });
		const [{ version, value }] = await post.shop.store.read<object>([keys.cart('cart-a')]);
		await post.shop.store.commit({ writes: [{ key: keys.cart('cart-a'), version, value: { ...value, stage: 'checkout' } as never }] });
		await changeCustomer({ phone: '+436641234567', consent: {} });
		expect(reasonOf(await post.sendOne(step, 'node-1', text(new AnyChannel(1))))).toBe('no_consent');
		expect(reasonOf(await post.sendOne(step, 'node-2'))).toBe('sent');
	});

	it('browsers that are gone are taken off the customer, whether another took the push or none did', async () => {
		await post.withoutRest();
		await changeCustomer({ consent: { push: yes }, pushSubscriptions: [browser('a'), browser('b'), browser('c')] });
		const some = new AnyChannel(1, undefined, () => ({ status: 'sent', response: '201', goneEndpoints: [browser('b').endpoint] }));
		expect(await post.sendOne(step, 'node-1', text(some, 'push'))).not.toHaveProperty('to');
		expect((await post.customer()).pushSubscriptions).toEqual([browser('a'), browser('c')]);
		const none = new AnyChannel(1, undefined, () => ({ status: 'refused', permanent: true, scope: 'recipient', response: '410 Gone', goneEndpoints: [browser('a').endpoint, browser('c').endpoint] }));
		expect(reasonOf(await post.sendOne(step, 'node-2', text(none, 'push')))).toBe('rejected');
		expect((await post.customer()).pushSubscriptions).toEqual([]);
		expect(reasonOf(await post.sendOne(step, 'node-3', text(none, 'push')))).toBe('no_address');
	});

	it('a provider’s word that the customer unsubscribed there is the customer’s word, once', async () => {
		await post.withoutRest();
		await changeCustomer({ phone: '+436641234567', consent: { email: yes, sms: { ...yes, basis: 'opt_in' } } });
		const stopped = new AnyChannel(1, undefined, () => ({ status: 'refused', permanent: true, scope: 'recipient', response: '21610: unsubscribed', isUnsubscribed: true }));
		expect(reasonOf(await post.sendOne(step, 'node-1', text(stopped)))).toBe('rejected');
		expect((await post.customer()).consent).toEqual({ email: yes, sms: { status: 'unsubscribed', basis: 'opt_in', source: 'provider', atMs: now() } });
		const entries = await post.shop.store.readTimeline(keys.customer('customer-1'), { limit: 10 });
		expect(entries.filter(({ type }) => type === 'unsubscribed')).toMatchObject([{ data: { channel: 'sms' } }]);
		// Nothing is handed to the provider again, and e-mail still goes.
		expect(reasonOf(await post.sendOne(step, 'node-2', text(stopped)))).toBe('unsubscribed');
		expect(stopped.calls).toHaveLength(1);
		expect(reasonOf(await post.sendOne(step, 'node-3'))).toBe('sent');
	});

	it('that word stands though another message of the customer’s was refused the same way at the same moment', async () => {
		await post.withoutRest();
		await changeCustomer({ phone: '+436641234567', consent: { sms: yes } });
		const stopped = new AnyChannel(2, undefined, () => ({ status: 'refused', permanent: true, scope: 'recipient', response: '21610: unsubscribed', isUnsubscribed: true }));
		await Promise.all([post.campaign(['customer-1'], 'summer', text(stopped)), post.campaign(['customer-1'], 'winter', text(stopped))]);
		expect((await post.customer()).consent.sms).toMatchObject({ status: 'unsubscribed' });
		const entries = await post.shop.store.readTimeline(keys.customer('customer-1'), { limit: 10 });
		expect(entries.filter(({ type }) => type === 'unsubscribed')).toHaveLength(1);
	});

	it('a webhook needs no address, and says who took the message', async () => {
		await changeCustomer({ consent: { sms: yes } });
		const change = { ...text(new AnyChannel(1)), provider: 'webhook' };
		expect(reasonOf(await post.sendOne(step, 'node-1', change))).toBe('sent');
		expect((await post.enrolment()).sends['1:node-1']).toMatchObject({ channel: 'sms', provider: 'webhook' });
	});

	it('a limited sending mode lets through whose number is named', async () => {
		await changeCustomer({ phone: '+436641234567', consent: { sms: yes } });
		await post.configure({ sendingMode: 'limited', allowedRecipients: ['+436641234567'] });
		expect(reasonOf(await post.sendOne(step, 'node-1', text(new AnyChannel(1))))).toBe('sent');
	});
});

describe('a provider that takes several at once', () => {
	it('gets them in one call, none reserved further ahead than that, and each gets its own answer', async () => {
		const count = 25;
		const steps = await claimMany(count);
		let most = 0;
		const channel = new AnyChannel(1, 10, async (message) => {
			const enrolments = await Promise.all(Array.from({ length: count }, (_enrolment, index) => post.enrolment(`cart-${index}`)));
			most = Math.max(most, enrolments.filter((enrolment) => Object.values(sendsOf(enrolment)).includes('reserved')).length);
			return message.to === 'customer13@example.com' ? { status: 'refused', permanent: true, scope: 'recipient', response: '550' } : { status: 'sent', response: 'queued' };
		});
		const results = await post.send(steps, 'node-1', { channel });
		expect(channel.calls.map(({ length }) => length)).toEqual([10, 10, 5]);
		expect(most).toBe(10);
		expect(results.filter(({ status }) => status === 'sent')).toHaveLength(count - 1);
		const failed = results.findIndex(({ status }) => status === 'not_sent');
		expect(steps[failed].item.customer?.email).toBe('customer13@example.com');
		expect(await post.counters()).toMatchObject({ 'sent.1': count - 1, 'not_sent.rejected': 1 });
	});

	it('gets none that the guard rails hold back, nor an item twice', async () => {
		const [step, other] = await claimMany(2);
		await changeCustomer({ suppressed: { reason: 'blocked', atMs: now() } });
		const channel = new AnyChannel(1, 10);
		const results = await post.send([step, step, other], 'node-1', { channel });
		const blocked = step.item.customer!.id === 'customer-1' ? 0 : 2;
		expect(reasonOf(results[blocked])).toBe('suppressed');
		expect(channel.calls.flat()).toHaveLength(1);
	});

	it('that forgets to answer for one leaves that one uncertain', async () => {
		const steps = await claimMany(3);
		const channel = new AnyChannel(1, 10);
		channel.sendMany = async (messages) => messages.slice(1).map(() => ({ status: 'sent', response: 'queued' }));
		expect((await post.send(steps, 'node-1', { channel })).map(reasonOf)).toEqual(['sent', 'sent', 'unknown_delivery']);
	});

	it('that breaks with all of them on their way throws only when the others are out, and leaves them uncertain', async () => {
		const steps = await claimMany(6);
		const channel = new AnyChannel(2, 3);
		let calls = 0;
		channel.sendMany = async (messages) => {
			if (++calls === 1) throw new Error('A defect of the channel');
			return messages.map(() => ({ status: 'sent', response: 'queued' }));
		};
		await expect(post.send(steps, 'node-1', { channel })).rejects.toThrow('A defect of the channel');
		const states = await Promise.all(steps.map((_step, index) => post.enrolment(`cart-${index}`)));
		expect(states.flatMap((enrolment) => Object.values(sendsOf(enrolment))).sort()).toEqual(['reserved', 'reserved', 'reserved', 'sent', 'sent', 'sent']);
	});

	it('sends the rest of a load when one message in it cannot be made', async () => {
		const steps = await claimMany(3);
		const channel = new AnyChannel(1, 10);
		const { compose } = post.options;
		const broken: typeof compose = (job, customer, settings) => {
			if (customer.email === 'customer1@example.com') throw new Error('A defect of the composer');
			return compose(job, customer, settings);
		};
		await expect(post.send(steps, 'node-1', { channel, compose: broken })).rejects.toThrow('A defect of the composer');
		expect(channel.calls.flat().map(({ to }) => to).sort()).toEqual(['customer0@example.com', 'customer2@example.com']);
	});
});

describe('a provider that asks for time', () => {
	const throttled = (ms: number): SendOutcome => ({ ...refusedForNow, retryAfterMs: ms }) as SendOutcome;

	it('is left alone by the rest of the batch, and gets all of it later, as often as it takes', async () => {
		const steps = await claimMany(20);
		let isBusy = true;
		const channel = new AnyChannel(1, undefined, () => (isBusy ? throttled(2 * minuteMs) : { status: 'sent', response: 'queued' }));
		const results = await post.send(steps, 'node-1', { channel });
		expect(results.map(reasonOf)).toEqual(steps.map(() => 'throttled'));
		expect(channel.calls).toHaveLength(1);
		for (let times = 0; times < 12; times++) {
			post.shop.pass(2 * minuteMs);
			const again = await post.claim();
			expect([again.length, new Set(again.map(({ attempt }) => attempt))]).toEqual([20, new Set([1])]);
			await post.send(again, 'node-1', { channel });
		}
		isBusy = false;
		post.shop.pass(2 * minuteMs);
		expect(new Set((await post.send(await post.claim(), 'node-1', { channel })).map(reasonOf))).toEqual(new Set(['sent']));
	});

	it('for nonsense is believed a second at least and a day at most', async () => {
		const [first, second] = await claimMany(2);
		const dueAfter = async (step: DueStep, ms: number) => {
			await post.send([step], 'node-1', { channel: new AnyChannel(1, undefined, () => throttled(ms)) });
			const [{ value }] = await post.shop.store.read<{ dueAtMs: number }>([step.key]);
			return value!.dueAtMs - now();
		};
		expect([await dueAfter(first, -5), await dueAfter(second, 400 * 24 * hourMs)]).toEqual([secondMs, 24 * hourMs]);
	});

	it('for one recipient only does not keep the others waiting', async () => {
		const steps = await claimMany(3);
		const channel = new AnyChannel(1, undefined, ({ to }) => (to === 'customer0@example.com' ? { ...throttled(minuteMs), scope: 'recipient' } : { status: 'sent', response: 'queued' }) as SendOutcome);
		expect((await post.send(steps, 'node-1', { channel })).map(reasonOf).sort()).toEqual(['sent', 'sent', 'throttled']);
	});
});

describe('what a message costs the store', () => {
	it('is two reads (one where products were read for another just before) and two commits; nothing is read anew to confirm it', async () => {
		const [step] = await claimMany(1);
		const calls: string[] = [];
		const { store } = post.shop;
		const counting = Object.assign(Object.create(store) as Store, {
			read: (wanted: string[]) => (calls.push(`read ${wanted.map((key) => key.split(':')[0]).join(' ')}`), store.read(wanted)),
			commit: (commit: Parameters<Store['commit']>[0]) => (calls.push(`commit ${commit.writes?.map(({ key }) => key.split(':')[0]).join(' ')}`), store.commit(commit)),
		});
		expect(reasonOf(await post.sendOne(step, 'node-1', { store: counting }))).toBe('sent');
		expect(calls).toEqual(['read enrolment settings customer cart', 'read product', 'commit enrolment customer', 'commit enrolment customer']);
	});
});
