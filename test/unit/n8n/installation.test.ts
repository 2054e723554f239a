import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { isShopJourneysError } from '../../../lib/model/errors';
import { keys } from '../../../lib/model/records';
import { type Installation, openInstallation, storeConfig } from '../../../lib/n8n/installation';
import { findCustomer } from '../../../lib/record/identity';

const start = Date.parse('2026-03-01T12:00:00Z');
let folder: string;
let nowMs: number;
const opened: Installation[] = [];

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'installation-'));
	nowMs = start;
});

afterEach(async () => {
	await Promise.all(opened.splice(0).map(({ hub }) => hub.close()));
	rmSync(folder, { recursive: true, force: true });
});

async function open(env: Record<string, string> = {}): Promise<Installation> {
	const installation = await openInstallation({ N8N_USER_FOLDER: folder, ...env }, () => nowMs);
	opened.push(installation);
	return installation;
}

async function restart(env: Record<string, string> = {}): Promise<Installation> {
	await Promise.all(opened.splice(0).map(({ hub }) => hub.close()));
	return await open(env);
}

async function refusalOf(promise: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> {
	const error: unknown = await promise.then(
		() => new Error('Nothing was refused'),
		(reason: unknown) => reason,
	);
	if (!isShopJourneysError(error)) throw error;
	return error;
}

const demo = { SHOP_JOURNEYS_DEMO_STORE: 'true' };

describe('where the store is', () => {
	it('is a file in the user folder of n8n', () => {
		expect(storeConfig({ N8N_USER_FOLDER: '/data' })).toEqual({ driver: 'sqlite', file: path.join('/data', '.n8n', 'shop-journeys', 'store.sqlite') });
	});

	it('is Redis when an address is set, in queue mode and without it', () => {
		const redis = { driver: 'redis', url: 'redis://redis:6379/1' };
		expect(storeConfig({ SHOP_JOURNEYS_REDIS_URL: redis.url })).toEqual(redis);
		expect(storeConfig({ SHOP_JOURNEYS_REDIS_URL: redis.url, EXECUTIONS_MODE: 'queue' })).toEqual(redis);
	});

	it('refuses queue mode without Redis, and says what to set', async () => {
		const { code, hint } = await refusalOf(open({ EXECUTIONS_MODE: 'queue' }));
		expect(code).toBe('CONFIG_INVALID');
		expect(hint).toContain('SHOP_JOURNEYS_REDIS_URL');
	});
});

describe('the clock of an installation', () => {
	it('refuses another speed than 1 on a store that holds a real shop', async () => {
		await open();
		const { code, message } = await refusalOf(restart({ SHOP_JOURNEYS_CLOCK_SPEED: '60' }));
		expect(code).toBe('CONFIG_INVALID');
		expect(message).toContain('60');
	});

	it('does not let a real store be called a demo afterwards', async () => {
		await open();
		const { code } = await refusalOf(restart({ ...demo, SHOP_JOURNEYS_CLOCK_SPEED: '60' }));
		expect(code).toBe('CONFIG_INVALID');
		expect((await restart(demo)).isDemo).toBe(false);
	});

	it('leaves the store usable after a refused speed', async () => {
		await refusalOf(open({ SHOP_JOURNEYS_CLOCK_SPEED: '60' }));
		expect((await open()).clock.speed).toBe(1);
	});

	it('runs on over a restart of a demo without turning back', async () => {
		const env = { ...demo, SHOP_JOURNEYS_CLOCK_SPEED: '60' };
		await open(env);
		nowMs += 10 * minuteMs;
		const again = await restart(env);
		expect(again.clock.journeyNowMs()).toBe(start + 10 * hourMs);
	});

	it('goes on from where a demo stood when its speed changes', async () => {
		await open({ ...demo, SHOP_JOURNEYS_CLOCK_SPEED: '1440' });
		nowMs += minuteMs;
		const slow = await restart();
		expect(slow.clock.speed).toBe(1);
		expect(slow.clock.journeyNowMs()).toBe(start + dayMs);
		nowMs += minuteMs;
		expect((await restart()).clock.journeyNowMs()).toBe(start + dayMs + minuteMs);
	});

	it.each(['fast', '0', '-1', 'Infinity'])('refuses the speed %p', async (speed) => {
		expect((await refusalOf(open({ ...demo, SHOP_JOURNEYS_CLOCK_SPEED: speed }))).code).toBe('CONFIG_INVALID');
	});
});

describe('an installation', () => {
	it('tells each warning of its store once', async () => {
		const installation = await open();
		const told: string[] = [];
		await installation.tellWarnings((text) => told.push(text));
		expect(told).toEqual([]);
		jest.spyOn(installation.hub, 'warnings').mockResolvedValue(['Redis keeps no append-only file.']);
		await installation.tellWarnings((text) => told.push(text));
		await installation.tellWarnings((text) => told.push(text));
		expect(told).toEqual(['Redis keeps no append-only file.']);
	});

	it('says no more of a store that is not there than what fails by it says', async () => {
		const installation = await open();
		jest.spyOn(installation.hub, 'warnings').mockRejectedValue(new Error('Connection lost'));
		await expect(installation.tellWarnings(() => undefined)).resolves.toBeUndefined();
	});

	it('reads phone numbers without a country code as those of the country in the settings', async () => {
		const shop = (await open()).shop('main');
		await shop.saveSettings({ country: 'AT' });
		await shop.record({ type: 'customer_updated', dedupeId: 'one', occurredAtMs: start, source: 'test', customer: { email: 'anna@example.com', phone: '0664 1234567' } });
		expect(await findCustomer(shop.store, keys.alias('phone', '+436641234567'))).toMatchObject({ email: 'anna@example.com' });
	});

	it('keeps the secret behind its links over a restart', async () => {
		const { linkSecret } = await open();
		expect(linkSecret).toHaveLength(32);
		expect((await restart()).linkSecret).toEqual(linkSecret);
	});

	it('agrees on one secret when several open it at once', async () => {
		const all = await Promise.all(Array.from({ length: 5 }, () => open()));
		expect(new Set(all.map(({ linkSecret }) => linkSecret.toString('hex'))).size).toBe(1);
	});

	it('fills settings that were never saved with defaults, and shows saved ones at once', async () => {
		const shop = (await open()).shop('main');
		expect((await shop.settings()).sendingMode).toBe('live');
		await shop.saveSettings({ sendingMode: 'paused', currency: 'EUR' });
		expect(await shop.settings()).toMatchObject({ sendingMode: 'paused', currency: 'EUR', locale: 'en' });
	});

	it('sees settings that another process saved within a few seconds', async () => {
		const shop = (await open()).shop('main');
		await shop.settings();
		const other = await open();
		await other.shop('main').saveSettings({ sendingMode: 'paused' });
		nowMs += 3000;
		expect((await shop.settings()).sendingMode).toBe('paused');
	});

	it('makes the public key of tracking.js once, whatever is changed afterwards', async () => {
		const shop = (await open()).shop('main');
		await shop.saveSettings({ tracking: { allowedOrigins: ['https://shop.example.com'] } });
		const { tracking } = await shop.settings();
		expect(tracking?.publicKey).toMatch(/^[\w-]{16}$/);
		await shop.saveSettings({ tracking: { allowedOrigins: [] } });
		expect((await shop.settings()).tracking).toEqual({ allowedOrigins: [], publicKey: tracking!.publicKey });
	});

	it('never sets the absolute end of a lease before its first end', async () => {
		const { leaseMs, leaseLimitMs } = await open({ SHOP_JOURNEYS_LEASE_SECONDS: '120', SHOP_JOURNEYS_LEASE_LIMIT_SECONDS: '30' });
		expect(leaseMs).toBe(2 * minuteMs);
		expect(leaseLimitMs).toBe(leaseMs);
	});

	it('forgets the address of the message webhook when that is switched off', async () => {
		const shop = (await open()).shop('main');
		await shop.saveMessageAddress('https://n8n.example/webhook/messages');
		expect(await shop.messageAddress()).toBe('https://n8n.example/webhook/messages');
		await shop.saveMessageAddress(null);
		expect(await shop.messageAddress()).toBeNull();
	});
});
