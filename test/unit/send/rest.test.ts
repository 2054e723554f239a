import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DefinitionsCache } from '../../../lib/journeys/definitions';
import { claimSteps } from '../../../lib/journeys/engine';
import { sendBatch } from '../../../lib/messages/send/sender';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { type CustomerRecord, type EnrolmentRecord, type JourneyDefinition, keys } from '../../../lib/model/records';
import { openStore } from '../../../lib/store/open';
import type { StoreConfig } from '../../../lib/store/store';
import { RedisServer } from '../../contract/suite/redisServer';
import { anna, customerById } from '../record/shop';
import { cutOff, FakeChannel, jobOf, openPost, type Post, reasonOf, refusedForGood, refusedForNow } from './post';

let post: Post;
beforeEach(async () => {
	post = await openPost();
	await post.fillBy(anna);
});
afterEach(() => post.shop.hub.close());

const now = () => post.shop.now();
const capMs = 16 * hourMs;

/** The steps of another journey that are due. */
const claimOf = (definition: JourneyDefinition) => claimSteps(post.engine, definition, post.settings, 100);

async function changeCustomer(change: Partial<CustomerRecord>): Promise<void> {
	const [{ version, value }] = await post.shop.store.read<CustomerRecord>([keys.customer('customer-1')]);
	await post.shop.store.commit({ writes: [{ key: keys.customer('customer-1'), version, value: { ...value, ...change } as never }] });
}

async function enrolmentIn({ id }: JourneyDefinition, customer = 'customer-1'): Promise<EnrolmentRecord> {
	return (await post.shop.store.read<EnrolmentRecord>([keys.enrolment(`${id}:${customer}`)]))[0].value!;
}

describe('rest between marketing messages of different journeys', () => {
	it('puts the second one off until it is over, and then sends it', async () => {
		const news = await post.alsoIn({ id: 'news' }, now() + hourMs);
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
		post.shop.pass(minuteMs);
		const [second] = await claimOf(news);
		const allowedAtMs = now() - minuteMs + capMs;
		expect(await post.sendOne(second)).toMatchObject({ status: 'not_sent', reason: 'capped', channel: 'email', allowedAt: new Date(allowedAtMs).toISOString() });
		expect(await enrolmentIn(news)).toMatchObject({ status: 'open', step: 0, dueAtMs: allowedAtMs, sends: {} });
		expect(await post.shop.store.readCounters('journey:news')).toMatchObject({ 'not_sent.capped': 1 });

		post.shop.pass(allowedAtMs - now() - 1);
		expect(await claimOf(news)).toEqual([]);
		post.shop.pass(1);
		const [later] = await claimOf(news);
		expect(later.attempt).toBe(1);
		expect(reasonOf(await post.sendOne(later))).toBe('sent');
	});

	it('is a week for who asked for less', async () => {
		await post.shop.switchOn({ maxAgeMs: 30 * dayMs });
		await changeCustomer({ preferences: { frequency: 'less', atMs: now() } });
		post.shop.pass(hourMs);
		const sentAtMs = now();
		await post.sendOne(await post.claimOne());
		post.shop.pass(dayMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('capped');
		expect(await post.enrolment()).toMatchObject({ step: 1, dueAtMs: sentAtMs + 7 * dayMs });
	});

	it('ends the journey where it would carry the message beyond its maximum age', async () => {
		const news = await post.alsoIn({ id: 'news', maxAgeMs: 10 * hourMs }, now() + hourMs);
		post.shop.pass(hourMs);
		await post.sendOne(await post.claimOne());
		const result = await post.sendOne((await claimOf(news))[0]);
		expect(result).toMatchObject({ status: 'not_sent', reason: 'capped', detail: expect.stringContaining('maximum age') });
		expect(result).not.toHaveProperty('allowedAt');
		expect(await enrolmentIn(news)).toMatchObject({ status: 'ended', endReason: 'expired' });
		expect((await post.customer()).open).not.toHaveProperty('news:customer-1');
	});

	it('is none for messages about a purchase, which begin none either', async () => {
		const notice = await post.alsoIn({ id: 'notice', kind: 'transactional' }, now());
		expect(reasonOf(await post.sendOne((await claimOf(notice))[0]))).toBe('sent');
		expect((await post.customer()).contacts).toBeUndefined();
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
		const another = await post.alsoIn({ id: 'another', kind: 'transactional' }, now());
		expect(reasonOf(await post.sendOne((await claimOf(another))[0]))).toBe('sent');
	});

	it('holds for each channel by itself', async () => {
		const texts = await post.alsoIn({ id: 'texts' }, now() + hourMs);
		await changeCustomer({ phone: '+436641234567', consent: { ...(await post.customer()).consent, sms: { status: 'subscribed', basis: 'opt_in', source: 'test', atMs: now() } } });
		post.shop.pass(hourMs);
		await post.sendOne(await post.claimOne());
		expect(reasonOf(await post.sendOne((await claimOf(texts))[0], 'node-1', { messageChannel: 'sms' }))).toBe('sent');
		expect((await post.customer()).contacts).toMatchObject({ email: { atMs: now() }, sms: { atMs: now() } });
	});

	it.each([
		['refused for now', refusedForNow],
		['refused for good', refusedForGood],
	])('is given back by a message that was %s', async (_what, outcome) => {
		const news = await post.alsoIn({ id: 'news' }, now() + hourMs);
		await changeCustomer({ contacts: { email: { atMs: now() - dayMs, messageKey: 'yesterday' } } });
		post.shop.pass(hourMs);
		post.channel.during = () => outcome;
		await post.sendOne(await post.claimOne());
		expect((await post.customer()).contacts?.email).toMatchObject({ atMs: now() - dayMs - hourMs });
		post.channel.during = () => undefined;
		expect(reasonOf(await post.sendOne((await claimOf(news))[0]))).toBe('sent');
	});

	it('is not given back by a message that may have arrived', async () => {
		const news = await post.alsoIn({ id: 'news' }, now() + hourMs);
		post.shop.pass(hourMs);
		post.channel.during = () => cutOff;
		await post.sendOne(await post.claimOne());
		expect(reasonOf(await post.sendOne((await claimOf(news))[0]))).toBe('capped');
	});

	it('does not keep a message from being sent again that may have been lost', async () => {
		post.shop.pass(hourMs);
		post.channel.during = () => cutOff;
		expect(reasonOf(await post.sendOne(await post.claimOne(), 'node-1', { policy: 'never_lost' }))).toBe('provider_unavailable');
		post.channel.during = () => undefined;
		post.shop.pass(post.options.firstRetryMs);
		expect(reasonOf(await post.sendOne(await post.claimOne(), 'node-1', { policy: 'never_lost' }))).toBe('sent');
	});

	it('outside a journey refuses with the time when it may leave, and books nothing', async () => {
		post.shop.pass(hourMs);
		await post.sendOne(await post.claimOne());
		const before = await post.customer();
		expect((await post.campaign(['customer-1']))[0]).toMatchObject({ reason: 'capped', allowedAt: new Date(now() + capMs).toISOString() });
		expect(await post.customer()).toEqual(before);
		expect((await post.shop.store.read([keys.campaignSend('w/node-1/summer/customer-1')]))[0].value).toBeNull();
		post.shop.pass(capMs);
		expect((await post.campaign(['customer-1'])).map(reasonOf)).toEqual(['sent']);
	});
});

describe('a more important journey', () => {
	it('goes first: the other waits for it, then for the rest after it, and is sent after all', async () => {
		const urgent = await post.alsoIn({ id: 'urgent', priority: 10 }, now() + 3 * hourMs);
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('yields');
		expect(await post.enrolment()).toMatchObject({ dueAtMs: now() + 2 * hourMs + 15 * minuteMs });
		post.shop.pass(2 * hourMs);
		expect(reasonOf(await post.sendOne((await claimOf(urgent))[0]))).toBe('sent');
		const sentAtMs = now();
		post.shop.pass(15 * minuteMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('capped');
		expect((await post.enrolment()).dueAtMs).toBe(sentAtMs + capMs);
		post.shop.pass(capMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
		expect(await post.counters()).toMatchObject({ 'not_sent.yields': 1, 'not_sent.capped': 1, 'sent.1': 1 });
	});

	it('that ends meanwhile is not waited for any longer', async () => {
		const urgent = await post.alsoIn({ id: 'urgent', priority: 10, maxAgeMs: hourMs }, now() + 3 * hourMs);
		post.shop.pass(hourMs);
		await post.sendOne(await post.claimOne());
		post.shop.pass(5 * hourMs);
		expect(await claimOf(urgent)).toEqual([]);
		expect(await enrolmentIn(urgent)).toMatchObject({ endReason: 'expired' });
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
	});

	it.each<[string, Partial<JourneyDefinition>, number]>([
		['has no higher priority', { priority: 0 }, 2 * hourMs],
		['falls due only after the rest', { priority: 10 }, hourMs + capMs],
		['is about a purchase', { priority: 10, kind: 'transactional' }, 2 * hourMs],
		['only counts this customer', { priority: 10, holdoutPercent: 100 }, 2 * hourMs],
	])('is not waited for when it %s', async (_what, change, dueInMs) => {
		await post.alsoIn({ id: 'other', ...change }, now() + dueInMs);
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
	});

	it('is not waited for once it is off', async () => {
		const urgent = await post.alsoIn({ id: 'urgent', priority: 10 }, now() + 2 * hourMs);
		const [{ version, value }] = await post.shop.store.read<{ journeys: JourneyDefinition[] }>([keys.definitions]);
		await post.shop.store.commit({ writes: [{ key: keys.definitions, version, value: { journeys: value!.journeys.map((journey) => (journey.id === urgent.id ? { ...journey, offAtMs: now() } : journey)) } as never }] });
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('sent');
	});

	it('does not starve another: its last opportunity is its own', async () => {
		const short = await post.alsoIn({ id: 'short', maxAgeMs: 20 * hourMs }, now() + hourMs);
		await post.alsoIn({ id: 'urgent', priority: 10 }, now() + 8 * hourMs);
		post.shop.pass(hourMs);
		expect(reasonOf(await post.sendOne((await claimOf(short))[0]))).toBe('sent');
	});

	it('is waited for by a campaign too, which says when', async () => {
		await post.alsoIn({ id: 'urgent', priority: 10 }, now() + 2 * hourMs);
		expect((await post.campaign(['customer-1']))[0]).toMatchObject({ reason: 'yields', allowedAt: new Date(now() + 2 * hourMs + 15 * minuteMs).toISOString() });
	});
});

describe('quiet hours', () => {
	it('put a message off to their end by the customer’s own clock, else the shop’s, and use up no attempt', async () => {
		await post.configure({ quietHours: { from: 21, to: 8 }, timezone: 'Asia/Bangkok' });
		post.shop.pass(7 * hourMs);
		expect(reasonOf(await post.sendOne(await post.claimOne()))).toBe('quiet_hours');
		const morning = Date.parse('2026-03-03T08:00:00+07:00');
		expect(await post.enrolment()).toMatchObject({ status: 'open', step: 0, dueAtMs: morning });
		await changeCustomer({ timezone: 'America/New_York' });
		expect((await post.campaign(['customer-1'])).map(reasonOf)).toEqual(['sent']);
		await changeCustomer({ contacts: {}, timezone: 'Asia/Bangkok' });
		post.shop.pass(morning - now());
		const step = await post.claimOne();
		expect(step.attempt).toBe(1);
		expect(reasonOf(await post.sendOne(step))).toBe('sent');
	});

	it('do not keep messages about a purchase', async () => {
		await post.configure({ quietHours: { from: 0, to: 23 } });
		const notice = await post.alsoIn({ id: 'notice', kind: 'transactional' }, now());
		expect(reasonOf(await post.sendOne((await claimOf(notice))[0]))).toBe('sent');
	});

	it('that begin before the rest is over are waited out too', async () => {
		await post.configure({ quietHours: { from: 22, to: 9 } });
		await changeCustomer({ contacts: { email: { atMs: now(), messageKey: 'another' } } });
		post.shop.pass(hourMs);
		// The rest is over at midnight.
		expect((await post.sendOne(await post.claimOne()))).toMatchObject({ reason: 'capped', allowedAt: '2026-03-03T09:00:00.000Z' });
	});
});

const hasRedis = spawnSync(process.env.REDIS_SERVER_BIN ?? 'redis-server', ['--version']).status === 0;

/** Two processes that work on one store: each with a connection and copies of its own. */
function concurrency(config: () => StoreConfig): void {
	it('two journeys that write to the same customers at once: each customer gets one message, and the other one waits', async () => {
		await post.shop.hub.close();
		post = await openPost({}, config());
		const customers = 12;
		for (let index = 0; index < customers; index++) await post.fillBy({ email: `customer${index}@example.com` }, `cart-${index}`);
		const ids = Array.from({ length: customers }, (_customer, index) => `customer-${index + 1}`);
		let news!: JourneyDefinition;
		for (const id of ids) news = await post.alsoIn({ id: 'news' }, now() + hourMs, id);
		post.shop.pass(hourMs);
		const [reminders, letters] = [await post.claim(), await claimOf(news)];
		expect([reminders.length, letters.length]).toEqual([customers, customers]);

		const hub = openStore(config());
		try {
			const store = hub.scope(post.shop.store.scope);
			const channel = new FakeChannel(4);
			const there = { ...post.options, store, definitions: new DefinitionsCache(store), channel };
			const results = (await Promise.all([post.send(reminders), sendBatch(letters.map((step, index) => jobOf(step, 'node-9', index)), there)])).flat();
			expect(results.filter(({ status }) => status === 'sent')).toHaveLength(customers);
			expect(results.filter((result) => reasonOf(result) === 'capped')).toHaveLength(customers);
			const reached = [...post.channel.sent, ...channel.sent].map(({ to }) => to);
			expect(new Set(reached).size).toBe(customers);
			for (const id of ids) {
				const [cart, letter] = [await post.enrolment(`cart-${Number(id.slice(9)) - 1}`), await enrolmentIn(news, id)];
				expect([Object.keys(cart.sends).length, Object.keys(letter.sends).length].sort()).toEqual([0, 1]);
				expect([cart, letter].find(({ sends }) => Object.keys(sends).length === 0)).toMatchObject({ status: 'open', step: 0, dueAtMs: now() + capMs });
				expect((await customerById(post.shop, id))!.engagement).toEqual({ sent: 1, lastSentAtMs: now() });
			}
		} finally {
			await hub.close();
		}
	}, 60_000);
}

describe('two processes on one SQLite file', () => {
	let folder: string;
	beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'rest-'))));
	afterEach(async () => {
		await post.shop.hub.close();
		rmSync(folder, { recursive: true, force: true });
	});
	concurrency(() => ({ driver: 'sqlite', file: path.join(folder, 'store.sqlite') }));
});

(hasRedis ? describe : describe.skip)(`two processes on one Redis${hasRedis ? '' : ' (redis-server is missing)'}`, () => {
	let server: RedisServer;
	beforeAll(async () => {
		server = await RedisServer.start();
	});
	afterAll(() => server.remove());
	// The connection goes before its server does.
	afterEach(() => post.shop.hub.close());
	concurrency(() => ({ driver: 'redis', url: server.url }));
});
