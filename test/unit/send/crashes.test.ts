import { hourMs, minuteMs } from '../../../lib/model/clock';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { SendOutcome } from '../../../lib/messages/channels/channel';
import { type DueStep, giveBack } from '../../../lib/journeys/engine';
import { anna, orderEvent } from '../record/shop';
import { leaseMs } from '../journeys/engine';
import { cutOff, openPost, type Post, reasonOf, refusedForGood, refusedForNow, sendsOf } from './post';

let post: Post;
let step: DueStep;

beforeEach(async () => {
	post = await openPost();
	await post.fillBy(anna);
	post.shop.pass(hourMs);
	step = await post.claimOne();
});
afterEach(() => post.shop.hub.close());

const buy = () => post.shop.record(orderEvent(post.shop.now(), {}, { customer: anna }));
const never = new Promise<undefined>(() => undefined);

/** n8n dies with the message on its way: the answer never comes, and the lease runs out. */
async function crash(policy = post.options.policy): Promise<void> {
	const onItsWay = new Promise<void>((resolve) => {
		post.channel.during = () => {
			resolve();
			return never;
		};
	});
	void post.sendOne(step, 'node-1', { policy });
	await onItsWay;
	post.channel.during = () => undefined;
	post.shop.pass(leaseMs);
	step = await post.claimOne();
}

describe('a purchase', () => {
	it('between claim and sending stops the message', async () => {
		await buy();
		expect(reasonOf(await post.sendOne(step))).toBe('journey_ended');
		expect(post.channel.sent).toEqual([]);
	});

	it('while the message is being made stops it', async () => {
		let isFirst = true;
		const { compose } = post.options;
		let bought: Promise<unknown> = Promise.resolve();
		const composeAndBuy: typeof compose = (...all) => {
			// Its commit comes before the one that books the message.
			if (isFirst) bought = buy();
			isFirst = false;
			return compose(...all);
		};
		const { store } = post.shop;
		const slow = Object.assign(Object.create(store) as typeof store, {
			commit: async (commit: Parameters<typeof store.commit>[0]) => {
				await bought;
				return await store.commit(commit);
			},
		});
		const result = await post.sendOne(step, 'node-1', { compose: composeAndBuy, store: slow });
		expect(['journey_ended', 'superseded']).toContain(reasonOf(result));
		expect(post.channel.sent).toEqual([]);
		expect(await post.enrolment()).toMatchObject({ status: 'ended', endReason: 'bought', sends: {} });
	});

	it('while the message is on its way leaves it booked as sent, and the journey ended', async () => {
		post.channel.during = async () => {
			await buy();
			return undefined;
		};
		expect(reasonOf(await post.sendOne(step))).toBe('sent');
		expect(await post.enrolment()).toMatchObject({ status: 'ended', endReason: 'bought', step: 0 });
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'sent' });
		expect((await post.counters())['sent.1']).toBe(1);
	});

	it('while a message on its way is refused for now does not bring the journey back', async () => {
		post.channel.during = async () => {
			await buy();
			return refusedForNow;
		};
		expect(reasonOf(await post.sendOne(step))).toBe('provider_unavailable');
		expect(await post.enrolment()).toMatchObject({ status: 'ended', endReason: 'bought', sends: {} });
	});
});

describe('a crash with a message on its way', () => {
	it('leaves it as unknown, and it is not sent again unless the operator wants so', async () => {
		await crash();
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'reserved' });
		expect(reasonOf(await post.sendOne(step))).toBe('unknown_delivery');
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'unknown' });
		expect(await post.enrolment()).toMatchObject({ status: 'open', step: 1 });
		expect(post.channel.sent).toEqual([]);
	});

	it('sends it again, under the same Message-ID, where nothing may be lost', async () => {
		await crash('never_lost');
		expect(reasonOf(await post.sendOne(step, 'node-1', { policy: 'never_lost' }))).toBe('sent');
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'sent' });
		expect(post.channel.sent.map(({ messageId }) => messageId)).toEqual(['<main/carts:cart-a/1/node-1@shop.example>']);
	});

	it('that the channel reports by throwing ends the batch only after all others went out', async () => {
		await post.fillBy({ email: 'ben@example.com' }, 'cart-b');
		post.shop.pass(hourMs);
		const steps = await post.claim();
		post.channel.during = ({ to }) => {
			if (to === 'anna@example.com') throw new Error('A defect of the channel');
			return undefined;
		};
		await expect(post.send(steps)).rejects.toThrow('A defect of the channel');
		expect(post.channel.sent.map(({ to }) => to)).toEqual(['ben@example.com']);
		await giveBack(post.engine, post.definition, steps);
		post.shop.pass(hourMs);
		post.channel.during = () => undefined;
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('unknown_delivery');
	});

	it('that was none, only a slow server: what it says at last is booked, and nothing is sent twice', async () => {
		let answer!: (outcome: SendOutcome) => void;
		post.channel.during = () => new Promise<SendOutcome>((resolve) => (answer = resolve));
		const slow = post.sendOne(step);
		while (!answer) await new Promise((resolve) => setImmediate(resolve));
		post.shop.pass(leaseMs);
		post.channel.during = () => undefined;
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('unknown_delivery');
		answer({ status: 'sent', response: '250 OK' });
		expect(reasonOf(await slow)).toBe('sent');
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'sent' });
		expect(await post.enrolment()).toMatchObject({ step: 1, stepsDone: 1 });
	});

	it.each([refusedForNow, refusedForGood, cutOff])('that was none: a late refusal does not undo what another run has sent meanwhile', async (late) => {
		let answer!: (outcome: SendOutcome) => void;
		post.channel.during = () => new Promise<SendOutcome>((resolve) => (answer = resolve));
		const slow = post.sendOne(step, 'node-1', { policy: 'never_lost' });
		while (!answer) await new Promise((resolve) => setImmediate(resolve));
		post.shop.pass(leaseMs);
		post.channel.during = () => undefined;
		expect(reasonOf(await post.sendOne(await post.claimOne(), 'node-1', { policy: 'never_lost' }))).toBe('sent');
		answer(late);
		expect((await slow).status).toBe('not_sent');
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'sent' });
		expect(await post.enrolment()).toMatchObject({ step: 1, stepsDone: 1 });
	});
});

describe('a store that fails after the message left', () => {
	it('does not make it unsent: the item says sent, and the next attempt does not send again', async () => {
		const { store } = post.shop;
		let isDown = false;
		const failing = Object.assign(Object.create(store) as typeof store, {
			commit: (commit: Parameters<typeof store.commit>[0]) => (isDown ? Promise.reject(new ShopJourneysError('STORE_UNAVAILABLE', 'The disk is full')) : store.commit(commit)),
		});
		post.channel.during = () => {
			isDown = true;
			return undefined;
		};
		expect(reasonOf(await post.sendOne(step, 'node-1', { store: failing }))).toBe('sent');
		post.shop.pass(leaseMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('unknown_delivery');
		expect(post.channel.sent).toHaveLength(1);
	});
});

describe('a later node of the same branch', () => {
	beforeEach(() => post.withoutRest());

	it('may still send after the first one settled the step', async () => {
		await post.sendOne(step);
		expect(reasonOf(await post.sendOne(step, 'node-2'))).toBe('sent');
		expect(sendsOf(await post.enrolment())).toEqual({ '1:node-1': 'sent', '1:node-2': 'sent' });
		expect(await post.enrolment()).toMatchObject({ step: 1, stepsDone: 1 });
	});

	it('may not any more once the next step is due', async () => {
		await post.sendOne(step);
		post.shop.pass((await post.enrolment()).dueAtMs - post.shop.now() - 1);
		expect(reasonOf(await post.sendOne(step, 'node-2'))).toBe('sent');
		post.shop.pass(1);
		expect(reasonOf(await post.sendOne(step, 'node-3'))).toBe('superseded');
	});

	it('may not after a purchase', async () => {
		await post.sendOne(step);
		await buy();
		expect(reasonOf(await post.sendOne(step, 'node-2'))).toBe('journey_ended');
	});

	it.each([
		['the mail server is away', async () => void (post.channel.during = () => refusedForNow), async () => void (post.channel.during = () => undefined)],
		['sending is paused', () => post.configure({ sendingMode: 'paused' }), () => post.configure({ sendingMode: 'live' })],
	])('takes the step back when %s, so that its message is not lost and the first not doubled', async (_what, begin, over) => {
		await post.sendOne(step);
		await begin();
		expect((await post.sendOne(step, 'node-2')).status).toBe('not_sent');
		expect(await post.enrolment()).toMatchObject({ status: 'open', step: 0, stepsDone: 0, dueAtMs: post.shop.now() + 15 * minuteMs });
		await over();
		post.shop.pass(15 * minuteMs);
		step = await post.claimOne();
		expect([reasonOf(await post.sendOne(step)), reasonOf(await post.sendOne(step, 'node-2'))]).toEqual(['already_sent', 'sent']);
		expect(post.channel.sent).toHaveLength(2);
		expect(await post.enrolment()).toMatchObject({ step: 1, stepsDone: 1 });
	});
});

describe('a later node of the last branch', () => {
	beforeEach(async () => {
		await post.shop.hub.close();
		post = await openPost({ steps: [{ name: '1 hour', delayMs: hourMs }] });
		await post.withoutRest();
		await post.fillBy(anna);
		post.shop.pass(hourMs);
		step = await post.claimOne();
		await post.sendOne(step);
	});

	it('may send after the journey was completed', async () => {
		expect(await post.enrolment()).toMatchObject({ endReason: 'completed' });
		expect(reasonOf(await post.sendOne(step, 'node-2'))).toBe('sent');
	});

	it('may not when the customer bought since', async () => {
		post.shop.pass(minuteMs);
		await buy();
		expect(reasonOf(await post.sendOne(step, 'node-2'))).toBe('journey_ended');
	});

	it('opens the journey again when the mail server is away, and takes it off Ended', async () => {
		post.channel.during = () => refusedForNow;
		await post.sendOne(step, 'node-2');
		expect(await post.enrolment()).toMatchObject({ status: 'open', step: 0 });
		expect(await post.shop.store.walk('ended:carts', { limit: 10 })).toEqual([]);
	});
});
