import { giveBack, keepLeases, maxAttempts, retryDelayMs, settleFinished } from '../../../lib/journeys/engine';
import { dayMs, hourMs, minuteMs, secondMs } from '../../../lib/model/clock';
import { indexes, keys } from '../../../lib/model/records';
import { anna, ben, cartEvent, customerById, orderEvent, pot, tea } from '../record/shop';
import { customerKey, firstRetryMs, leaseMs, type Running, runJourney } from './engine';

let running: Running;

beforeEach(async () => {
	running = await runJourney();
	await running.fill();
});
afterEach(() => running.shop.hub.close());

const pass = (ms: number) => running.shop.pass(ms);
const now = () => running.shop.now();
const settle = async () => {
	const step = await running.claimOne();
	await settleFinished(running.engine, running.definition, [step]);
	return step;
};

describe('a due step', () => {
	it('is emitted when its delay is over, not a millisecond earlier', async () => {
		pass(hourMs - 1);
		expect(await running.claim()).toEqual([]);
		pass(1);
		expect(await running.claim()).toHaveLength(1);
	});

	it('carries journey, shop, customer and cart as its item', async () => {
		const enteredAtMs = now();
		pass(hourMs);
		const { item, step, token } = await running.claimOne();
		expect(step).toBe(0);
		expect(item).toEqual({
			journey: {
				id: 'carts', name: 'Abandoned Cart', kind: 'marketing', shop: 'main', enrolment: 'carts:cart-a', token, attempt: 1,
				step: 1, stepName: '1 hour', steps: 3, enteredAt: new Date(enteredAtMs).toISOString(), messages: [],
			},
			shop: { name: 'My Shop', url: 'https://shop.example', currency: 'EUR', locale: 'en', timezone: 'UTC' },
			customer: { id: 'customer-1', email: 'anna@example.com', firstName: 'Anna', consent: { email: 'none', sms: 'none' }, orders: { count: 0, spentMinor: 0 } },
			cart: { id: 'cart-a', stage: 'cart', currency: 'EUR', totalMinor: tea.unitPriceMinor, url: 'https://shop.example/cart', updatedAt: new Date(enteredAtMs).toISOString(), items: [tea] },
		});
	});

	it('goes to one of two engines that claim at once', async () => {
		for (let index = 0; index < 40; index++) await running.fill(`cart-${index}`, { email: `customer${index}@example.com` });
		pass(hourMs);
		const claims = await Promise.all(Array.from({ length: 8 }, () => running.claim(10)));
		const claimed = claims.flat().map(({ key }) => key);
		expect(claimed).toHaveLength(41);
		expect(new Set(claimed).size).toBe(41);
	});

	it('comes back when its lease runs out, with another token, and the first one is void', async () => {
		pass(hourMs);
		const first = await running.claimOne();
		pass(leaseMs - 1);
		expect(await running.claim()).toEqual([]);
		pass(1);
		const second = await running.claimOne();
		expect(second.attempt).toBe(2);
		await settleFinished(running.engine, running.definition, [first]);
		expect(await running.enrolment()).toMatchObject({ step: 0 });
		await settleFinished(running.engine, running.definition, [second]);
		expect(await running.enrolment()).toMatchObject({ step: 1 });
	});

	it('stays with its execution while the lease is prolonged', async () => {
		pass(hourMs);
		const step = await running.claimOne();
		pass(leaseMs - 1);
		expect(await keepLeases(running.engine, indexes.due('carts'), [step], now() + leaseMs)).toEqual([step]);
		pass(leaseMs - 1);
		expect(await running.claim()).toEqual([]);
	});

	it('loses its token when the cart changes before the first message', async () => {
		pass(hourMs);
		const step = await running.claimOne();
		await running.shop.record(cartEvent(now(), { items: [pot] }));
		expect(await running.holds(step)).toBe(false);
		await settleFinished(running.engine, running.definition, [step]);
		expect(await running.enrolment()).toMatchObject({ step: 0, dueAtMs: now() + hourMs });
	});

	it('keeps its token when the cart changes after the first message', async () => {
		pass(hourMs);
		await settle();
		pass(dayMs);
		const step = await running.claimOne();
		await running.shop.record(cartEvent(now(), { items: [pot] }));
		expect(await running.holds(step)).toBe(true);
	});

	it('is not settled twice', async () => {
		pass(hourMs);
		const step = await settle();
		await settleFinished(running.engine, running.definition, [step]);
		expect(await running.enrolment()).toMatchObject({ step: 1, stepsDone: 1 });
	});
});

describe('the series', () => {
	it('runs through its steps and ends as completed', async () => {
		for (const delayMs of [hourMs, 23 * hourMs, 2 * dayMs]) {
			pass(delayMs);
			await settle();
		}
		expect(await running.enrolment()).toMatchObject({ status: 'ended', endReason: 'completed', stepsDone: 3 });
		expect((await customerById(running.shop, 'customer-1'))?.open).toEqual({});
	});

	it('keeps the gap to the next step when a step was late', async () => {
		pass(hourMs + 30 * hourMs);
		await settle();
		expect(await running.enrolment()).toMatchObject({ step: 1, dueAtMs: now() + 23 * hourMs });
	});

	it('goes by the entry again where lateness leaves room', async () => {
		const enteredAtMs = now();
		pass(hourMs);
		await settle();
		expect(await running.enrolment()).toMatchObject({ dueAtMs: enteredAtMs + dayMs });
	});

	it('sends nothing after a purchase, and nothing of it stays due', async () => {
		pass(hourMs);
		await settle();
		await running.shop.record(orderEvent(now(), {}, { customer: anna }));
		pass(5 * dayMs);
		expect(await running.claim()).toEqual([]);
		expect(await running.shop.store.count(indexes.due('carts'), { limit: 10 })).toBe(0);
	});

	it('expires instead of sending when n8n was down for longer than the maximum age', async () => {
		pass(7 * dayMs + 1);
		expect(await running.claim()).toEqual([]);
		expect(await running.enrolment()).toMatchObject({ status: 'ended', endReason: 'expired' });
	});

	it('still sends at the maximum age itself', async () => {
		pass(7 * dayMs);
		expect(await running.claim()).toHaveLength(1);
	});

	it('ends as switched off when the journey was off meanwhile', async () => {
		pass(30 * minuteMs);
		running.definition = { ...running.definition, activeFromMs: now() };
		pass(hourMs);
		expect(await running.claim()).toEqual([]);
		expect(await running.enrolment()).toMatchObject({ status: 'ended', endReason: 'switched_off' });
	});
});

describe('sending modes', () => {
	it('hold everything while paused, and let it go on afterwards', async () => {
		pass(hourMs);
		running.settings.sendingMode = 'paused';
		expect(await running.claim()).toEqual([]);
		expect(await running.enrolment()).toMatchObject({ status: 'open', step: 0 });
		running.settings.sendingMode = 'live';
		expect(await running.claimOne()).toMatchObject({ attempt: 1 });
	});

	it('let only chosen addresses and domains through while limited, and keep the others', async () => {
		await running.fill('cart-b', ben);
		await running.fill('cart-c', { email: 'eva@shop.example' });
		Object.assign(running.settings, { sendingMode: 'limited', allowedRecipients: ['ben@example.com', '@shop.example'] });
		pass(hourMs);
		expect((await running.claim()).map(({ item }) => item.customer?.email).sort()).toEqual(['ben@example.com', 'eva@shop.example']);
		expect(await running.enrolment()).toMatchObject({ status: 'open', step: 0, dueAtMs: now() + hourMs });
		running.settings.sendingMode = 'live';
		pass(hourMs);
		expect((await running.claim()).map(({ item }) => item.customer?.email)).toContain('anna@example.com');
	});

	it('do not let a domain through that only ends alike', async () => {
		await running.fill('cart-b', { email: 'mallory@evil-shop.example' });
		Object.assign(running.settings, { sendingMode: 'limited', allowedRecipients: ['@shop.example'] });
		pass(hourMs);
		expect(await running.claim()).toEqual([]);
	});
});

describe('a step that fails', () => {
	it('is tried again after a pause that grows, and given up after the last attempt', async () => {
		pass(hourMs);
		for (let attempt = 1; attempt <= maxAttempts; attempt++) {
			const step = await running.claimOne();
			expect(step).toMatchObject({ attempt, item: { journey: { attempt } } });
			await giveBack(running.engine, running.definition, [step]);
			pass(retryDelayMs(attempt, firstRetryMs) - 1);
			expect(await running.claim()).toEqual([]);
			pass(1);
		}
		expect(await running.claim()).toEqual([]);
		expect(await running.enrolment()).toMatchObject({ status: 'failed', failure: expect.stringContaining('Step 1') });
		expect(await running.shop.store.walk(indexes.failed, { limit: 10 })).toEqual([{ key: keys.enrolment('carts:cart-a'), value: now() }]);
		expect((await customerById(running.shop, 'customer-1'))?.open).toEqual({});
		expect((await running.shop.store.readTimeline(customerKey, { limit: 1 }))[0].type).toBe('journey_failed');
	});

	it('keeps why, until a later attempt succeeds', async () => {
		pass(hourMs);
		await giveBack(running.engine, running.definition, [await running.claimOne()], 'The workflow stopped at the node "Sheet": no access');
		expect(await running.enrolment()).toMatchObject({ status: 'open', failure: 'The workflow stopped at the node "Sheet": no access' });
		pass(firstRetryMs);
		await settle();
		expect((await running.enrolment()).failure).toBeUndefined();
	});

	it('is given up with the reason of its last attempt', async () => {
		pass(hourMs);
		for (let attempt = 1; attempt <= maxAttempts; attempt++) {
			await giveBack(running.engine, running.definition, [await running.claimOne()], `Attempt ${attempt} found no sheet`);
			pass(hourMs);
		}
		await running.claim();
		expect(await running.enrolment()).toMatchObject({ status: 'failed', failure: `Attempt ${maxAttempts} found no sheet` });
	});

	it('that was settled before its workflow stopped keeps no reason', async () => {
		pass(hourMs);
		const step = await running.claimOne();
		await settleFinished(running.engine, running.definition, [step]);
		await giveBack(running.engine, running.definition, [step], 'Too late');
		expect((await running.enrolment()).failure).toBeUndefined();
	});

	it('waits longer each time, an hour at most, and hours in all', () => {
		const delays = Array.from({ length: maxAttempts - 1 }, (_delay, index) => retryDelayMs(index + 1, firstRetryMs));
		expect(delays.slice(0, 4)).toEqual([15 * secondMs, minuteMs, 4 * minuteMs, 16 * minuteMs]);
		expect(Math.max(...delays)).toBe(hourMs);
		expect(delays.reduce((sum, delayMs) => sum + delayMs, 0)).toBeGreaterThan(4 * hourMs);
	});

	it('counts its attempts anew for the next step', async () => {
		pass(hourMs);
		await giveBack(running.engine, running.definition, [await running.claimOne()]);
		pass(firstRetryMs);
		await settle();
		pass(dayMs);
		expect(await running.claimOne()).toMatchObject({ step: 1, attempt: 1 });
	});

	it('leaves the list of failures when its cart begins anew', async () => {
		pass(hourMs);
		for (let attempt = 1; attempt <= maxAttempts + 1; attempt++) {
			await running.claim();
			pass(leaseMs);
		}
		expect((await running.enrolment()).status).toBe('failed');
		await running.fill();
		expect((await running.enrolment()).status).toBe('open');
		expect(await running.shop.store.count(indexes.failed, { limit: 10 })).toBe(0);
	});

	it('given back by somebody who lost it changes nothing', async () => {
		pass(hourMs);
		const first = await running.claimOne();
		pass(leaseMs);
		const second = await running.claimOne();
		await giveBack(running.engine, running.definition, [first]);
		expect(await running.holds(second)).toBe(true);
	});
});
