import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { type Clock, type ClockOrigin, createClock, hourMs, originAtSpeed, secondMs } from '../model/clock';
import { ShopJourneysError } from '../model/errors';
import { openStore } from '../store/open';
import type { Store, StoreConfig, StoreHub } from '../store/store';
import { transact } from '../store/transaction';
import type { ThreadScript } from '../threads/thread';
import { createShop, type ShopHandle } from './shopHandle';
import { builtShopThread, recordingInThread } from './recordingInThread';

export type { SettingsChange, ShopHandle } from './shopHandle';

/** What all nodes of one n8n process share: the store, the two clocks, the secret behind links. */
export interface Installation {
	hub: StoreHub;
	clock: Clock;
	/** Made for a demo: the only kind of store in which journey time may run faster. */
	isDemo: boolean;
	/** Signs links in messages. */
	linkSecret: Buffer;
	/** Machine time that a lease lasts unless the execution is still seen to run. */
	leaseMs: number;
	/** Machine time before the second attempt at a step; later ones wait longer. */
	firstRetryMs: number;
	/** Machine time after which a lease is not prolonged any more, whatever the execution does. */
	leaseLimitMs: number;
	shop(id: string): ShopHandle;
	/** Tells what should be changed about the store, each once in this process. Never rejects: a store that is not there is told elsewhere. */
	tellWarnings(warn: (text: string) => void): Promise<void>;
}

/** The document that an installation starts with. */
interface InstallationRecord {
	createdAtMs: number;
	isDemo: boolean;
	linkSecret: string;
	clock: ClockOrigin;
}

const installationScope = '_installation';
const installationKey = 'installation:this';

type Environment = Record<string, string | undefined>;

/** Which store the environment asks for. @throws CONFIG_INVALID in queue mode without Redis. */
export function storeConfig(env: Environment): StoreConfig {
	if (env.SHOP_JOURNEYS_REDIS_URL) return { driver: 'redis', url: env.SHOP_JOURNEYS_REDIS_URL };
	if (env.EXECUTIONS_MODE === 'queue') {
		throw new ShopJourneysError('CONFIG_INVALID', 'n8n runs in queue mode, where several processes work together, but Shop Journeys has no Redis to share its data in', {
			hint: 'Set SHOP_JOURNEYS_REDIS_URL (e.g. redis://redis:6379/1) for the main process, the workers and the webhook processors, and start them again.',
		});
	}
	const userFolder = path.join(env.N8N_USER_FOLDER || homedir(), '.n8n');
	return { driver: 'sqlite', file: path.join(userFolder, 'shop-journeys', 'store.sqlite') };
}

function positiveNumber(env: Environment, name: string, fallback: number): number {
	const text = env[name];
	if (text === undefined || text.trim() === '') return fallback;
	const value = Number(text);
	if (!Number.isFinite(value) || value <= 0) throw new ShopJourneysError('CONFIG_INVALID', `${name} is "${text}", which is not a number above 0`);
	return value;
}

/**
 * Opens the installation that the environment describes. Where the store works in a thread of its own, events are recorded there too.
 * @throws CONFIG_INVALID, STORE_UNAVAILABLE
 */
export async function openInstallation(env: Environment, machineNowMs: () => number, thread: ThreadScript | undefined = builtShopThread()): Promise<Installation> {
	const speed = positiveNumber(env, 'SHOP_JOURNEYS_CLOCK_SPEED', 1);
	const leaseMs = positiveNumber(env, 'SHOP_JOURNEYS_LEASE_SECONDS', 60) * secondMs;
	const leaseLimitMs = positiveNumber(env, 'SHOP_JOURNEYS_LEASE_LIMIT_SECONDS', hourMs / secondMs) * secondMs;
	const firstRetryMs = positiveNumber(env, 'SHOP_JOURNEYS_RETRY_SECONDS', 15) * secondMs;
	const hub = openStore(storeConfig(env), thread);
	try {
		await hub.ping();
		const record = await loadRecord(hub.scope(installationScope), speed, env.SHOP_JOURNEYS_DEMO_STORE === 'true', machineNowMs());
		const { clock, linkSecret, shop } = shopsOf(hub, record, machineNowMs);
		return { hub, clock, isDemo: record.isDemo, linkSecret, leaseMs, firstRetryMs, leaseLimitMs: Math.max(leaseMs, leaseLimitMs), shop, tellWarnings: warningsOf(hub) };
	} catch (error) {
		await hub.close();
		throw error;
	}
}

/** The shops of an installation that was opened before, by whoever started this thread. @throws STORE_UNAVAILABLE */
export async function shopsOfOpened(hub: StoreHub, machineNowMs: () => number): Promise<Installation['shop']> {
	const [{ value }] = await hub.scope(installationScope).read<InstallationRecord>([installationKey]);
	if (!value) throw new ShopJourneysError('STORE_UNAVAILABLE', `${hub.label} holds no installation yet.`);
	return shopsOf(hub, value, machineNowMs).shop;
}

function shopsOf(hub: StoreHub, record: InstallationRecord, machineNowMs: () => number): Pick<Installation, 'clock' | 'linkSecret' | 'shop'> {
	const clock = createClock(record.clock, machineNowMs);
	const linkSecret = Buffer.from(record.linkSecret, 'base64');
	const shops = new Map<string, ShopHandle>();
	const shop = (id: string) => {
		let handle = shops.get(id);
		if (!handle) {
			handle = createShop(id, hub.scope(id), clock, linkSecret);
			if (hub.thread) handle = recordingInThread(handle, hub.thread);
			shops.set(id, handle);
		}
		return handle;
	};
	return { clock, linkSecret, shop };
}

function warningsOf(hub: StoreHub): Installation['tellWarnings'] {
	const told = new Set<string>();
	return async (warn) => {
		const warnings = await hub.warnings().catch(() => []);
		for (const warning of warnings) {
			if (!told.has(warning)) warn(warning);
			told.add(warning);
		}
	};
}

async function loadRecord(store: Store, speed: number, asDemo: boolean, machineNowMs: number): Promise<InstallationRecord> {
	const outcome = await transact(store, async (tx) => {
		await tx.load([installationKey]);
		const before = tx.get<InstallationRecord>(installationKey);
		const isDemo = before?.isDemo ?? asDemo;
		if (speed !== 1 && !isDemo) {
			throw new ShopJourneysError('CONFIG_INVALID', `SHOP_JOURNEYS_CLOCK_SPEED is ${speed}, but this store holds a real shop: its customers would get their messages ${speed} times too early`, {
				hint: 'Remove SHOP_JOURNEYS_CLOCK_SPEED. Time can only run faster in a store that was created for a demo (npm start without --live).',
			});
		}
		const start: ClockOrigin = before?.clock ?? { machineMs: machineNowMs, journeyMs: machineNowMs, speed };
		const record: InstallationRecord = {
			createdAtMs: before?.createdAtMs ?? machineNowMs,
			isDemo,
			linkSecret: before?.linkSecret ?? randomBytes(32).toString('base64'),
			clock: originAtSpeed(start, speed, machineNowMs),
		};
		if (JSON.stringify(record) !== JSON.stringify(before)) tx.set(installationKey, record);
		return record;
	});
	if (outcome.status !== 'committed') throw new Error('unreachable: opening uses no once-keys and no leases');
	return outcome.result;
}

let current: Promise<Installation> | null = null;

/** The installation of this process, opened on first use. A failed opening is tried again at the next call. */
export function getInstallation(): Promise<Installation> {
	if (!current) {
		current = openInstallation(process.env, () => Date.now());
		current.catch(() => (current = null));
	}
	return current;
}
