import { hourMs, minuteMs } from '../../../lib/model/clock';
import type { DueStep } from '../../../lib/journeys/engine';
import { sendBatch } from '../../../lib/messages/send/sender';
import { anna, customerByEmail, customerEvent } from '../record/shop';
import { FakeChannel, jobOf, openPost, type Post, reasonOf, refusedForGood, refusedForNow, sendsOf } from './post';

let post: Post;
beforeEach(async () => {
	post = await openPost();
});
afterEach(() => post.shop.hub.close());

async function claimMany(count: number): Promise<DueStep[]> {
	for (let index = 0; index < count; index++) await post.fillBy({ email: `customer${index}@example.com` }, `cart-${index}`);
	post.shop.pass(hourMs);
	return await post.claim(count);
}

/** How many reservations stand open in the store. */
async function reserved(count: number): Promise<number> {
	const enrolments = await Promise.all(Array.from({ length: count }, (_enrolment, index) => post.enrolment(`cart-${index}`)));
	return enrolments.filter((enrolment) => Object.values(sendsOf(enrolment)).includes('reserved')).length;
}

describe('a batch', () => {
	it('sends ninety-nine of a hundred when one address is bad, and says which', async () => {
		const steps = await claimMany(100);
		post.channel.during = ({ to }) => (to === 'customer42@example.com' ? refusedForGood : undefined);
		const results = await post.send(steps);
		expect(results.filter(({ status }) => status === 'sent')).toHaveLength(99);
		const failed = results.findIndex(({ status }) => status === 'not_sent');
		expect(steps[failed].item.customer?.email).toBe('customer42@example.com');
		expect(results[failed]).toMatchObject({ reason: 'rejected', detail: refusedForGood.response });
		expect(await post.counters()).toEqual({ entered: 100, 'sent.1': 99, 'not_sent.rejected': 1 });
	});

	it('gives its results in the order of its items, whichever is done first', async () => {
		const steps = await claimMany(10);
		post.channel.during = async ({ to }) => {
			for (let turns = to.charCodeAt(8) % 5; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
			return undefined;
		};
		const results = await post.send(steps);
		expect(results.map((result) => result.status === 'sent' && result.to)).toEqual(steps.map(({ item }) => item.customer?.email));
	});

	it('sends an item once that is in it twice', async () => {
		const [step] = await claimMany(1);
		const results = await post.send([step, step]);
		expect(results.map(reasonOf).sort()).toEqual(['already_sent', 'sent']);
		expect(post.channel.sent).toHaveLength(1);
		expect(await post.enrolment('cart-0')).toMatchObject({ step: 1, stepsDone: 1 });
	});

	it('does not go on to the next step for the second of two alike while the first is refused for now', async () => {
		const [step] = await claimMany(1);
		post.channel.during = () => refusedForNow;
		expect((await post.send([step, step])).map(reasonOf).sort()).toEqual(['already_sent', 'provider_unavailable']);
		expect(await post.enrolment('cart-0')).toMatchObject({ step: 0, stepsDone: 0, sends: {}, dueAtMs: post.shop.now() });
	});

	it('never has more reservations open than its channel has connections, two batches at once included', async () => {
		const count = 24;
		const steps = await claimMany(count);
		const channel = new FakeChannel(3);
		let most = 0;
		channel.during = async () => {
			most = Math.max(most, await reserved(count));
			return undefined;
		};
		const results = await Promise.all([post.send(steps.slice(0, 12), 'node-1', { channel }), post.send(steps.slice(12), 'node-1', { channel })]);
		expect(results.flat().map(reasonOf)).toEqual(Array.from({ length: count }, () => 'sent'));
		expect(most).toBe(3);
	});

	it('books the next message in the same turn in which it asks to confirm the one before, and never earlier', async () => {
		const steps = await claimMany(3);
		const { store } = post.shop;
		const asked: string[] = [];
		const observed = Object.assign(Object.create(store) as typeof store, {
			commit: async (commit: Parameters<typeof store.commit>[0]) => {
				// A message is booked as it enters the sends of its enrolment, and confirmed as it changes there.
				const states = (commit.writes ?? []).flatMap(({ value }) => Object.values(((value as { sends?: object } | null)?.sends ?? {}) as Record<string, { state: string }>).map(({ state }) => state));
				asked.push(...states);
				const answer = await store.commit(commit);
				asked.push(...states.map((state) => `${state} answered`));
				return answer;
			},
		});
		const results = await post.send(steps, 'node-1', { store: observed, channel: new FakeChannel(1) });
		expect(results.map(reasonOf)).toEqual(['sent', 'sent', 'sent']);
		const step = ['reserved', 'reserved answered', 'sent', 'sent answered'];
		expect([...asked].sort()).toEqual([...step, ...step, ...step].sort());
		for (let message = 1; message < 3; message++) {
			const nth = (state: string, number: number) => asked.flatMap((one, index) => (one === state ? [index] : []))[number];
			expect(nth('reserved', message)).toBe(nth('sent', message - 1) + 1);
		}
	});

	it('decides anew about what was worked out before and had to wait for its turn', async () => {
		const steps = await claimMany(2);
		const channel = new FakeChannel(1);
		channel.during = () => {
			// Longer than the journey's maximum age, while the second message waits for the only connection.
			if (channel.sent.length === 0) post.shop.pass(60 * 24 * hourMs);
			return undefined;
		};
		expect((await post.send(steps, 'node-1', { channel })).map(reasonOf).sort()).toEqual(['sent', 'too_old']);
	});

	it('frees its connections again after refusals and defects', async () => {
		const steps = await claimMany(6);
		const channel = new FakeChannel(1);
		channel.during = () => {
			throw new Error('A defect of the channel');
		};
		await expect(post.send(steps.slice(0, 3), 'node-1', { channel })).rejects.toThrow();
		channel.during = () => undefined;
		expect((await post.send(steps.slice(3), 'node-1', { channel })).map(reasonOf)).toEqual(['sent', 'sent', 'sent']);
	});

	it('shows the cart as it is when it leaves, not as it was when it was claimed', async () => {
		const [step] = await claimMany(1);
		await post.sendOne(step);
		post.shop.pass(24 * hourMs);
		const second = await post.claimOne();
		const [{ value, version }] = await post.shop.store.read<{ items: object[] }>(['cart:cart-0']);
		await post.shop.store.commit({ writes: [{ key: 'cart:cart-0', version, value: { ...value, items: [{ ...value!.items[0], title: 'Black Tea' }], updatedAtMs: post.shop.now() } as never }] });
		const [result] = await sendBatch([jobOf(second, 'node-1')], post.options);
		expect(result).toMatchObject({ status: 'sent', subject: 'Black Tea' });
	});
});

describe('a campaign outside a journey', () => {
	let id: string;
	beforeEach(async () => {
		await post.withoutRest();
		await post.shop.record(customerEvent(post.shop.now(), { ...anna, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: post.shop.now() } }));
		id = (await customerByEmail(post.shop, 'anna@example.com'))!.id;
	});

	it('reaches a customer once per key, however often the workflow runs', async () => {
		expect((await post.campaign([id])).map(reasonOf)).toEqual(['sent']);
		expect((await post.campaign([id])).map(reasonOf)).toEqual(['already_sent']);
		expect((await post.campaign([id], 'autumn')).map(reasonOf)).toEqual(['sent']);
		expect(post.channel.sent).toHaveLength(2);
	});

	it('reaches a customer once who is in it twice, or in two runs at once', async () => {
		const results = await Promise.all([post.campaign([id, id]), post.campaign([id])]);
		expect(results.flat().map(reasonOf).filter((reason) => reason === 'sent')).toHaveLength(1);
		expect(post.channel.sent).toHaveLength(1);
	});

	it('does not reach once more who had it under another name, when both prove to be one customer', async () => {
		post.shop.pass(minuteMs);
		const account = { shopCustomerId: '77', email: 'anna.account@example.com', emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: post.shop.now() } } as const;
		await post.shop.record(customerEvent(post.shop.now(), account));
		const younger = (await customerByEmail(post.shop, 'anna.account@example.com'))!.id;
		expect((await post.campaign([younger])).map(reasonOf)).toEqual(['sent']);
		await post.shop.record(customerEvent(post.shop.now(), { shopCustomerId: '77', email: 'anna@example.com' }));
		const survivor = (await customerByEmail(post.shop, 'anna@example.com'))!;
		expect([survivor.id, survivor.merged]).toEqual([id, [younger]]);
		expect((await post.campaign([id])).map(reasonOf)).toEqual(['already_sent']);
		expect((await post.campaign([id], 'autumn')).map(reasonOf)).toEqual(['sent']);
	});

	it('asks for consent when it is marketing, and not when it is transactional', async () => {
		await post.shop.record(customerEvent(post.shop.now(), { email: 'ben@example.com' }));
		const ben = (await customerByEmail(post.shop, 'ben@example.com'))!.id;
		expect((await post.campaign([ben])).map(reasonOf)).toEqual(['no_consent']);
		expect((await post.campaign([ben], 'notice', { kind: 'transactional' })).map(reasonOf)).toEqual(['sent']);
	});

	it('does not reach who unsubscribes while the message is being made', async () => {
		const { store } = post.shop;
		let isFirst = true;
		const slow = Object.assign(Object.create(store) as typeof store, {
			commit: async (commit: Parameters<typeof store.commit>[0]) => {
				if (isFirst) await post.shop.record({ type: 'unsubscribed', dedupeId: 'link', occurredAtMs: post.shop.now(), source: 'message-link', customerId: id });
				isFirst = false;
				return await store.commit(commit);
			},
		});
		expect((await post.campaign([id], 'summer', { store: slow })).map(reasonOf)).toEqual(['unsubscribed']);
		expect(post.channel.sent).toEqual([]);
	});

	it('may be sent later what the mail server could not take now', async () => {
		post.channel.during = () => ({ status: 'refused', permanent: false, scope: 'provider', response: '451' });
		expect((await post.campaign([id])).map(reasonOf)).toEqual(['provider_unavailable']);
		post.channel.during = () => undefined;
		expect((await post.campaign([id])).map(reasonOf)).toEqual(['sent']);
	});

	it.each([
		['never_twice', 'unknown_delivery', 0],
		['never_lost', 'sent', 1],
	] as const)('cut off by a crash is, with the policy %s, %s when it runs again', async (policy, expected, sent) => {
		const onItsWay = new Promise<void>((resolve) => {
			post.channel.during = () => {
				resolve();
				return new Promise(() => undefined);
			};
		});
		void post.campaign([id], 'summer', { policy });
		await onItsWay;
		post.channel.during = () => undefined;
		expect((await post.campaign([id], 'summer', { policy })).map(reasonOf)).toEqual(['superseded']);
		post.shop.pass(15 * minuteMs);
		expect((await post.campaign([id], 'summer', { policy })).map(reasonOf)).toEqual([expected]);
		expect(post.channel.sent).toHaveLength(sent);
	});
});
