import type { IDataObject, INodeExecutionData, IRun, ITriggerFunctions } from 'n8n-workflow';
import { hourMs, minuteMs, secondMs } from '../../../lib/model/clock';
import type { JourneyItem } from '../../../lib/model/item';
import { defaultSettings } from '../../../lib/model/settings';
import type { Installation, ShopHandle } from '../../../lib/n8n/installation';
import { JourneyRunner } from '../../../lib/n8n/journeyRunner';
import { anna, cartEvent, cartJourney, enrolmentOf, openShop, type Shop } from '../record/shop';

/** One execution as n8n would run it: what was emitted, and the promise by which its end is told. */
interface Emitted {
	items: JourneyItem[];
	end(run: unknown): void;
}

let shop: Shop;
let runner: JourneyRunner;
let emitted: Emitted[];
let logged: string[];

function fakeTrigger(): ITriggerFunctions {
	const createDeferredPromise = () => Promise.withResolvers<IRun>();
	return {
		getActivationMode: () => 'activate',
		logger: { error: (text: string) => logged.push(text), warn: (text: string) => logged.push(text) },
		helpers: { createDeferredPromise },
		emit: (outputs: INodeExecutionData[][], _response: unknown, done: ReturnType<typeof createDeferredPromise>) => {
			emitted.push({ items: outputs.flat().map(({ json }) => json as IDataObject as unknown as JourneyItem), end: (run) => done.resolve(run as IRun) });
		},
	} as unknown as ITriggerFunctions;
}

/** What is done in the background shows soon: the store is in memory. */
async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
	for (const giveUpAt = Date.now() + 10_000; Date.now() < giveUpAt; await new Promise((resolve) => setTimeout(resolve, 5))) {
		const value = await look();
		if (value) return value;
	}
	throw new Error(`Waited in vain for ${what}`);
}

beforeEach(async () => {
	shop = openShop();
	emitted = [];
	logged = [];
	const handle = { id: 'main', store: shop.store, definitions: shop.definitions, record: shop.record, settings: async () => defaultSettings, workTasks: async () => void (await shop.workTasks()) } as ShopHandle;
	const installation = { clock: shop.clock, leaseMs: minuteMs, firstRetryMs: 15 * secondMs, leaseLimitMs: hourMs } as Installation;
	runner = new JourneyRunner(fakeTrigger(), installation, handle, 100);
	await shop.switchOn({});
	await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
	shop.pass(hourMs);
	await runner.start(cartJourney);
	await until('the step to be emitted', () => emitted.length > 0);
});
afterEach(async () => {
	runner.close();
	await shop.hub.close();
});

const failureAfter = async (run: unknown) => {
	emitted[0].end(run);
	return await until('the reason to be kept', async () => (await enrolmentOf(shop, 'carts'))?.failure);
};
const stopped = (resultData: object) => ({ status: 'error', data: { resultData } });

describe('a workflow that stops with an error', () => {
	it('leaves the node and its message with the customer', async () => {
		const error = { message: 'The resource you are requesting\n could not be found', node: { name: 'Customer List' } };
		expect(await failureAfter(stopped({ error, lastNodeExecuted: 'Something Else' }))).toBe('The workflow stopped at the node "Customer List": The resource you are requesting could not be found');
	});

	it('names the node that ran last where the error names none', async () => {
		expect(await failureAfter(stopped({ error: { message: 'Out of memory' }, lastNodeExecuted: 'Code' }))).toBe('The workflow stopped at the node "Code": Out of memory');
	});

	it('keeps no more of a message than a timeline can show', async () => {
		expect(await failureAfter(stopped({ error: { message: 'x'.repeat(5000) } }))).toHaveLength(500);
	});

	it.each([
		['n8n tells nothing', { status: 'crashed' }],
		['n8n tells of no error', stopped({ lastNodeExecuted: 'Code' })],
	])('keeps no reason where %s, and is tried again all the same', async (_what, run) => {
		emitted[0].end(run);
		await until('the lease to be given back', async () => {
			shop.pass(15 * secondMs);
			return emitted.length > 1;
		});
		expect((await enrolmentOf(shop, 'carts'))?.failure).toBeUndefined();
		expect(emitted[1].items[0].journey.attempt).toBe(2);
		expect(logged).toEqual([]);
	});
});
