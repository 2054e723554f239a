import { randomUUID } from 'node:crypto';
import type { DefinitionsRecord, EnrolmentRecord } from '../../lib/model/records';
import { Installation, uniqueAddress, until, webhookUrl, type Workflow } from './installation';
import { afterHours, enrolmentsOf, journeyIn, type ShopWorkflows } from './journey';
import { cartEvent, Shop } from './shop';
import { readLogged } from './timeline';

/** An hour of journey time is a second. */
const speed = 3_600;
/** Machine time: a lease, and how often it is prolonged until the step is given out anew whatever its execution does. */
const leaseSeconds = 1;
const leaseLimitSeconds = 3;

const sendNodes = ({ nodes }: Workflow) => nodes.filter(({ type }) => type.endsWith('sendReminder')).map(({ name }) => name);

/** Puts a stock node between the trigger and each Send Reminder. */
function behind(shop: ShopWorkflows, node: { type: string; typeVersion: number; parameters: Record<string, unknown>; webhookId?: string }): ShopWorkflows {
	const trigger = shop.journey.nodes.find(({ type }) => type.endsWith('cartAbandonedTrigger'))!.name;
	const connections = shop.journey.connections as Record<string, { main: Array<Array<{ node: string; type: string; index: number }>> }>;
	shop.journey.nodes.push({ id: randomUUID(), name: 'Between', position: [400, 0], ...node });
	connections.Between = { main: [[{ node: sendNodes(shop.journey)[0], type: 'main', index: 0 }]] };
	connections[trigger].main[0] = [{ node: 'Between', type: 'main', index: 0 }];
	return shop;
}

const waiting = (seconds: number) => ({ type: 'n8n-nodes-base.wait', typeVersion: 1.1, parameters: { amount: seconds, unit: 'seconds' }, webhookId: randomUUID() });

describe('executions of a real n8n that come late, too late or never', () => {
	const schedule = afterHours(1);
	const shortWait = behind(journeyIn('short', { trigger: { schedule } }), waiting(1));
	const longWait = behind(journeyIn('long', { trigger: { schedule } }), waiting(leaseLimitSeconds + 2));
	const timeout = behind(journeyIn('timeout', { trigger: { schedule }, settings: { executionTimeout: 1 } }), waiting(2));
	const failing = behind(journeyIn('failing', { trigger: { schedule } }), { type: 'n8n-nodes-base.stopAndError', typeVersion: 1, parameters: { errorMessage: 'The discount service is down' } });
	const blocker = behind(journeyIn('blocker', { trigger: { schedule } }), waiting(4));
	const late = journeyIn('late', { trigger: { schedule } });
	const switched = journeyIn('switched', { trigger: { schedule: afterHours(1, 15) } });
	const all = [shortWait, longWait, timeout, failing, blocker, late, switched];
	const emails = new Map<ShopWorkflows, string>();
	let n8n: Installation;

	beforeAll(async () => {
		n8n = await (
			await Installation.create({
				workflows: all.flatMap(({ workflows }) => workflows),
				speed,
				env: { SHOP_JOURNEYS_LEASE_SECONDS: String(leaseSeconds), SHOP_JOURNEYS_LEASE_LIMIT_SECONDS: String(leaseLimitSeconds), SHOP_JOURNEYS_RETRY_SECONDS: '0.0001' },
			})
		).start();
		// All at once: a step is tried nine times before it is given up.
		for (const shop of [shortWait, longWait, timeout, failing]) emails.set(shop, await abandon(shop));
	}, 240_000);
	afterAll(() => n8n?.close(), 30_000);

	const shopName = ({ connect }: ShopWorkflows) => connect.id.split('_')[1];
	const executionsOf = ({ journey }: ShopWorkflows) => n8n.executions().filter(({ workflowId }) => workflowId === journey.id);

	async function abandon(shop: ShopWorkflows): Promise<string> {
		const email = uniqueAddress(shopName(shop));
		expect(await new Shop(webhookUrl(n8n.url, shop.connect, 'shopWebhookTrigger')).send(cartEvent({ token: email, email }))).toMatchObject({ status: 200, body: { recorded: 1 } });
		return email;
	}

	async function enrolmentOf(shop: ShopWorkflows, email: string): Promise<EnrolmentRecord> {
		return (await enrolmentsOf(n8n.store(shopName(shop)), shop.journeyId, [email]))[0]!;
	}

	async function closed(shop: ShopWorkflows, email: string): Promise<EnrolmentRecord | null> {
		const enrolment = await enrolmentOf(shop, email);
		return enrolment.status === 'open' ? null : enrolment;
	}

	/** Reasons of all items that came out of Not Sent, in all executions of the journey. */
	async function reasons(shop: ShopWorkflows): Promise<unknown[]> {
		const owner = await n8n.owner();
		const outputs = await Promise.all(executionsOf(shop).map(({ id }) => owner.outputsOf(id, sendNodes(shop.journey)[0])));
		return outputs.flatMap(([, notSent]) => notSent ?? []).map(({ message }) => (message as { reason: string }).reason);
	}

	/** Waits until the enrolment is over, and its executions with it. */
	async function outcome(shop: ShopWorkflows): Promise<{ enrolment: EnrolmentRecord; mails: number; statuses: string[] }> {
		const email = emails.get(shop)!;
		const enrolment = await until('the end of the enrolment', () => closed(shop, email), 90_000);
		await until('the last execution to end', () => executionsOf(shop).every(({ status }) => status !== 'running'));
		return { enrolment, mails: n8n.mailsTo(email).length, statuses: executionsOf(shop).map(({ status }) => status) };
	}

	test('sends once behind a Wait that ends before the step is given out anew', async () => {
		expect(await outcome(shortWait)).toMatchObject({ enrolment: { status: 'ended', endReason: 'completed' }, mails: 1, statuses: ['success'] });
	}, 60_000);

	test.each([
		['a Wait that is longer than any lease', longWait, 'success', 'was tried 9 times and the workflow did not finish it'],
		['a Wait that is longer than the workflow may run', timeout, 'canceled', 'was tried 9 times and the workflow did not finish it'],
		['an error of a stock node', failing, 'error', 'The workflow stopped at the node "Between": The discount service is down'],
	])('sends nothing behind %s, tries nine times, and lists the enrolment as failed', async (_what, shop, status, failure) => {
		const { enrolment, mails, statuses } = await outcome(shop);
		expect(enrolment).toMatchObject({ status: 'failed', failure: expect.stringContaining(failure), sends: {} });
		expect(statuses).toEqual(Array.from({ length: 9 }, () => status));
		expect(mails).toBe(0);
		const store = n8n.store(shopName(shop));
		expect(await store.walk('failed', { limit: 10 })).toEqual([expect.objectContaining({ key: `enrolment:${enrolment.id}` })]);
		const log = await readLogged(store, emails.get(shop)!);
		expect(log.filter(({ type }) => type === 'journey_failed')).toEqual([expect.objectContaining({ data: { journey: shop.journeyId, failure: enrolment.failure } })]);
		// Only the first of these comes as far as Send Reminder, with a void token each time.
		expect(new Set(await reasons(shop))).toEqual(new Set(shop === longWait ? ['superseded'] : []));
	}, 120_000);

	test('sends once when n8n runs after a restart what was queued, though the step was given out anew meanwhile', async () => {
		// While it stands in the queue the step is kept for it.
		const env = { N8N_CONCURRENCY_PRODUCTION_LIMIT: '1', SHOP_JOURNEYS_LEASE_LIMIT_SECONDS: '120' };
		await n8n.stop();
		await n8n.start(env);
		const before = executionsOf(blocker).length;
		await abandon(blocker);
		await until('the only place to be taken', () => executionsOf(blocker).some(({ status }) => status === 'running'));
		// These wait for it; what comes first keeps the place after the restart, too.
		await abandon(blocker);
		await until('another execution to wait', () => executionsOf(blocker).length === before + 2);
		const email = await abandon(late);
		const [queued] = await until('the step to wait', () => (executionsOf(late).length === 1 ? executionsOf(late) : null));
		expect(queued.status).toBe('new');
		await n8n.kill();
		await n8n.start(env);
		await until('the mail', () => n8n.mailsTo(email).length > 0, 60_000);
		await until('all executions to end', () => [...executionsOf(late), ...executionsOf(blocker)].every(({ status }) => status !== 'running' && status !== 'new'), 60_000);
		expect(n8n.mailsTo(email)).toHaveLength(1);
		expect(executionsOf(late)).toHaveLength(2);
		expect(await reasons(late)).toEqual(['superseded']);
		expect(await enrolmentOf(late, email)).toMatchObject({ status: 'ended', endReason: 'completed' });
	}, 180_000);

	test('stops when the journey is switched off, and mails nobody from the past when it is switched on again', async () => {
		const owner = await n8n.owner();
		const past = await abandon(switched);
		await until('the first mail', () => n8n.mailsTo(past).length === 1);
		await owner.unpublish(switched.journey.id);
		const store = n8n.store('switched');
		const definitions = async () => (await store.read<DefinitionsRecord>(['definitions:all']))[0].value!.journeys;
		await until('the journey to be off', async () => (await definitions()).every(({ offAtMs }) => offAtMs !== undefined));
		const meanwhile = await abandon(switched);
		expect(await enrolmentsOf(store, switched.journeyId, [meanwhile])).toEqual([null]);
		const second = await enrolmentOf(switched, past);
		expect(second).toMatchObject({ status: 'open', step: 1 });

		await owner.publish(switched.journey.id);
		await until('the journey to be on', async () => (await definitions()).every(({ offAtMs }) => offAtMs === undefined));
		const now = await abandon(switched);
		await until('a mail to somebody new', () => n8n.mailsTo(now).length === 1);
		expect(await until('the old enrolment to end', () => closed(switched, past))).toMatchObject({ endReason: 'switched_off' });
		expect(n8n.mailsTo(past)).toHaveLength(1);
		expect(n8n.mailsTo(meanwhile)).toHaveLength(0);
	}, 120_000);
});
