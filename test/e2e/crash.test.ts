import { randomUUID } from 'node:crypto';
import { notSentReasons } from '../../lib/model/reasons';
import type { EnrolmentRecord, SendRecord } from '../../lib/model/records';
import { smtpError } from '../unit/messages/mail-server';
import { Installation, uniqueAddress, until, webhookUrl } from './installation';
import { afterHours, enrolmentsOf, journeyIn, type ShopWorkflows } from './journey';
import { cartEvent, Shop } from './shop';

/** An hour of journey time is a second. */
const speed = 3_600;
const connections = 5;

describe('a real n8n that is killed in the middle of its work', () => {
	// Enrolled with every delivery, never due.
	const bulk = journeyIn('bulk', { trigger: { schedule: afterHours(24 * 365), maxAgeDays: 400 } });
	const neverTwice = journeyIn('twice', { trigger: { schedule: afterHours(12) } });
	const neverLost = journeyIn('lost', { trigger: { schedule: afterHours(12) }, send: { options: { uncertain: 'never_lost' } } });
	const batch = journeyIn('batch', { trigger: { schedule: afterHours(5) } });
	const series = journeyIn('series', { trigger: { schedule: afterHours(1, 25, 26) } });
	let n8n: Installation;

	beforeAll(async () => {
		n8n = await (
			await Installation.create({
				workflows: [...bulk.workflows, ...neverTwice.workflows, ...neverLost.workflows, ...batch.workflows, ...series.workflows],
				speed,
				mail: {
					answerAfterMs: 100,
					onRcptTo: ({ address }, _session, answer) => answer(address.startsWith('refused-') ? smtpError(550, '5.1.1 No such user here') : null),
				},
			})
		).start();
	}, 240_000);
	afterAll(() => n8n?.close(), 30_000);

	/**
	 * Sends one event for each token, 16 at once, until each was acknowledged: as a shop would that tries again. Between
	 * listening and having migrated its database n8n answers any request with 200 and a text of its own, before any node
	 * is loaded: that is no acknowledgement of ours (docs/shopify.md says how to close that gap).
	 */
	async function deliver({ connect }: ShopWorkflows, events: Array<{ token: string; email: string }>, onAcknowledged: (token: string) => void = () => undefined) {
		const shop = new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger'));
		const updatedAt = new Date();
		const queue = [...events];
		const worker = async () => {
			for (let event = queue.shift(); event; event = queue.shift()) {
				const { token, email } = event;
				const body = cartEvent({ token, email, updatedAt });
				const answer = await shop.send(body, { id: `msg_${token}` }).catch(() => null);
				if (answer?.status === 200 && answer.body.text !== 'n8n is starting up. Please wait') {
					expect(answer.body.ok).toBe(true);
					onAcknowledged(token);
				} else {
					queue.push(event);
					await new Promise((resolve) => setTimeout(resolve, 100));
				}
			}
		};
		await Promise.all(Array.from({ length: 16 }, worker));
	}

	const shoppers = (count: number, name = 'shopper') => Array.from({ length: count }, () => ({ token: randomUUID(), email: uniqueAddress(name) }));

	test('keeps every delivery that it acknowledged, once, when it is killed during 2,000 of them', async () => {
		const events = shoppers(2_000);
		const acknowledged = new Set<string>();
		const delivering = deliver(bulk, events, (token) => acknowledged.add(token));
		await until('some hundred deliveries', () => acknowledged.size >= 700);
		await n8n.kill();
		const beforeRestart = [...acknowledged];
		expect(beforeRestart.length).toBeLessThan(2_000);
		const store = n8n.store('bulk');
		expect((await enrolmentsOf(store, bulk.journeyId, beforeRestart)).filter((enrolment) => enrolment?.status !== 'open')).toEqual([]);

		await n8n.start();
		await delivering;
		const tokens = events.map(({ token }) => token);
		expect((await enrolmentsOf(store, bulk.journeyId, tokens)).filter((enrolment) => enrolment?.status !== 'open')).toEqual([]);
		expect(await store.count(`due:${bulk.journeyId}`, { limit: 10_000 })).toBe(2_000);
		expect(await store.readCounters('deliveries')).toEqual({ 'generic.cart_updated': 2_000 });
		const log = await store.readLog({ afterSeq: 0, limit: 10_000 });
		const carts = log.filter(({ type }) => type === 'cart_updated').map(({ data }) => (data as { cart: string }).cart);
		expect(carts.length).toBe(2_000);
		expect(new Set(carts)).toEqual(new Set(tokens));
	}, 180_000);

	test('sends no mail twice, or loses none, as the operator chose, when it is killed while mails go out', async () => {
		const [once, atLeastOnce, one] = [shoppers(150, 'once'), shoppers(150, 'often'), shoppers(1, 'series')];
		await deliver(series, one);
		const beforeKill = (await enrolmentsOf(n8n.store('series'), series.journeyId, [one[0].token]))[0]!;
		await deliver(neverTwice, once);
		await deliver(neverLost, atLeastOnce);
		await until('the first mail of the series', () => n8n.mailsTo(one[0].email).length === 1);
		await until('some of the mails', () => n8n.mail.received.length >= 60);
		await n8n.kill();
		const receivedBefore = n8n.mail.received.length;
		expect(receivedBefore).toBeLessThan(300);
		await n8n.start();

		const states = async ({ journeyId, connect }: ShopWorkflows, events: typeof once) => {
			const enrolments = await enrolmentsOf(n8n.store(connect.id.split('_')[1]), journeyId, events.map(({ token }) => token));
			return enrolments.map((enrolment) => lastSend(enrolment)?.state);
		};
		const isSettled = (state: SendRecord['state'] | undefined) => state === 'sent' || state === 'unknown';
		await until('all reminders to be settled', async () => [...(await states(neverTwice, once)), ...(await states(neverLost, atLeastOnce))].every(isSettled), 60_000);

		const arrivals = (events: typeof once) => events.map(({ email }) => n8n.mailsTo(email).length);
		const onceStates = await states(neverTwice, once);
		const onceArrivals = arrivals(once);
		expect(Math.max(...onceArrivals)).toBe(1);
		expect(onceStates.map((state, index) => (state === 'unknown' ? 1 : onceArrivals[index]))).toEqual(once.map(() => 1));
		const unknown = onceStates.filter((state) => state === 'unknown').length;

		const oftenArrivals = arrivals(atLeastOnce);
		expect(new Set(await states(neverLost, atLeastOnce))).toEqual(new Set(['sent']));
		expect(Math.min(...oftenArrivals)).toBe(1);
		expect(Math.max(...oftenArrivals)).toBeLessThanOrEqual(2);
		const twice = oftenArrivals.filter((count) => count === 2).length;
		// Both journeys share the connections of one credential.
		expect(unknown + twice).toBeLessThanOrEqual(connections);

		// The same message has the same id, whichever attempt brought it.
		const ids = atLeastOnce.map(({ email }) => new Set(n8n.mailsTo(email).map(({ parsed }) => parsed.messageId)).size);
		expect(new Set(ids)).toEqual(new Set([1]));

		// The series of somebody else goes on where it was, and its clock with it.
		await until('the rest of the series', () => n8n.mailsTo(one[0].email).length === 3, 60_000);
		expect(new Set(n8n.mailsTo(one[0].email).map(({ parsed }) => parsed.subject)).size).toBe(3);
		const [after] = shoppers(1);
		await deliver(series, [after]);
		const afterRestart = (await enrolmentsOf(n8n.store('series'), series.journeyId, [after.token]))[0]!;
		expect(afterRestart.enteredAtMs).toBeGreaterThan(beforeKill.enteredAtMs + 26 * 3_600_000);
	}, 240_000);

	test('sends the other 98 of a batch of 100 when the mail server refuses one and one is no address', async () => {
		const events = [...shoppers(98), { token: randomUUID(), email: uniqueAddress('refused') }, { token: randomUUID(), email: uniqueAddress('no,address') }];
		await deliver(batch, events);
		const execution = await until('the execution', () => n8n.executions().find(({ workflowId, status }) => workflowId === batch.journey.id && status !== 'running' && status !== 'new'), 60_000);
		expect(execution.status).toBe('success');
		const sendNode = batch.journey.nodes.find(({ type }) => type.endsWith('sendReminder'))!.name;
		const [sent, notSent] = await (await n8n.owner()).outputsOf(execution.id, sendNode);
		expect(sent).toHaveLength(98);
		const reasons = notSent.map(({ message, customer }) => [(customer as { email: string }).email.split('-')[0], message as Record<string, unknown>] as const);
		expect(Object.fromEntries(reasons)).toEqual({
			refused: { channel: 'email', status: 'not_sent', reason: 'rejected', sentence: expect.any(String), detail: expect.stringContaining('No such user here') },
			'no,address': expect.objectContaining({ status: 'not_sent', reason: 'invalid_address', sentence: notSentReasons.invalid_address.sentence }),
		});
		expect(events.slice(0, 98).every(({ email }) => n8n.mailsTo(email).length === 1)).toBe(true);
		expect(n8n.executions().filter(({ workflowId }) => workflowId === batch.journey.id)).toHaveLength(1);
	}, 90_000);

	const lastSend = (enrolment: EnrolmentRecord | null): SendRecord | undefined => Object.values(enrolment?.sends ?? {}).at(-1);
});
