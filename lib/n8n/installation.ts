import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { DefinitionsCache } from '../journeys/definitions';
import { codeSources } from '../discounts/listSource';
import { sweepCodes } from '../discounts/sweep';
import { journeyTaskHandlers } from '../journeys/tasks';
import type { LedgerOperation } from '../loyalty/ledger';
import type { PointsChange } from '../loyalty/points';
import { continuedLoyalty, type Programme, programmeOf } from '../loyalty/programme';
import { type Clock, type ClockOrigin, createClock, hourMs, originAtSpeed, secondMs } from '../model/clock';
import { ShopJourneysError } from '../model/errors';
import { keys } from '../model/records';
import { defaultSettings, type ShopSettings, type TrackingSettings } from '../model/settings';
import { changePointsOf, type PointsShop, sweepPointsOf, sweepTiersOf } from '../record/points';
import { foldLog } from '../picks/fold';
import { createRecorder, type Recorder } from '../record/record';
import { recordTaskHandlers } from '../record/tasks';
import { type TaskHandler, workTasks } from '../tasks/tasks';
import { openStore } from '../store/open';
import type { Store, StoreConfig, StoreHub } from '../store/store';
import { transact } from '../store/transaction';

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

export type SettingsChange = Partial<Omit<ShopSettings, 'tracking'>> & { tracking?: Omit<TrackingSettings, 'publicKey'> & { publicKey?: string } };

export interface ShopHandle {
	id: string;
	store: Store;
	definitions: DefinitionsCache;
	record: Recorder;
	/**
	 * Works off what was left to tasks until nothing is free; one run at a time in this process. What fails is kept with its
	 * reason and tried again later.
	 * @throws STORE_UNAVAILABLE
	 */
	workTasks(): Promise<void>;
	/** Does what comes up by itself as time goes by (`chores`), one run at a time in this process. @throws STORE_UNAVAILABLE */
	doChores(): Promise<void>;
	/**
	 * Changes a customer's points, once per reference; journeys see what came of it. Of somebody who is not known, or was erased, nothing is changed: `unknown`.
	 * @throws PARAMETER_INVALID, STORE_BUSY, STORE_UNAVAILABLE
	 */
	changePoints(customerId: string, operation: LedgerOperation): Promise<PointsChange>;
	/** What a shop that takes any secret signs its deliveries with: the same in every process of the installation. */
	webhookSecret: string;
	/** The shop's settings, at most a few seconds old. */
	settings(): Promise<ShopSettings>;
	/** Replaces what is given. Makes the public key of tracking.js when there is none yet; of loyalty settings what goes on from before stays (`continuedLoyalty`). */
	saveSettings(settings: SettingsChange): Promise<void>;
	/** The public address of Message Webhook Trigger, once it is active. */
	messageAddress(): Promise<string | null>;
	saveMessageAddress(url: string | null): Promise<void>;
}

/** The document that an installation starts with. */
interface InstallationRecord {
	createdAtMs: number;
	isDemo: boolean;
	linkSecret: string;
	clock: ClockOrigin;
}

interface AddressesRecord {
	messages?: string | null;
}

const installationScope = '_installation';
const installationKey = 'installation:this';
const settingsLifeMs = 2 * secondMs;

/** Who does which type of task. */
const taskHandlers: Record<string, TaskHandler> = { ...recordTaskHandlers, ...journeyTaskHandlers };

/** One bounded piece of work that is safe to do anywhere at once, however often: sweeps, and what is derived from the log. */
type Chore = (store: Store, clock: Clock, shop: PointsShop) => Promise<void>;
/** Codes made in the shop are left to the Shop Webhook Trigger, which has the shop's API. */
const codesSweptAtOnce = 50;
const chores: Chore[] = [async (store, clock) => void (await sweepCodes(store, codeSources(store), clock, { limit: codesSweptAtOnce })), async (_store, _clock, shop) => void (await sweepPointsOf(shop)), async (_store, _clock, shop) => void (await sweepTiersOf(shop)), (store, clock) => foldLog(store, clock)];

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

/** Opens the installation that the environment describes. @throws CONFIG_INVALID, STORE_UNAVAILABLE */
export async function openInstallation(env: Environment, machineNowMs: () => number): Promise<Installation> {
	const speed = positiveNumber(env, 'SHOP_JOURNEYS_CLOCK_SPEED', 1);
	const leaseMs = positiveNumber(env, 'SHOP_JOURNEYS_LEASE_SECONDS', 60) * secondMs;
	const leaseLimitMs = positiveNumber(env, 'SHOP_JOURNEYS_LEASE_LIMIT_SECONDS', hourMs / secondMs) * secondMs;
	const firstRetryMs = positiveNumber(env, 'SHOP_JOURNEYS_RETRY_SECONDS', 15) * secondMs;
	const hub = openStore(storeConfig(env));
	try {
		await hub.ping();
		const record = await loadRecord(hub.scope(installationScope), speed, env.SHOP_JOURNEYS_DEMO_STORE === 'true', machineNowMs());
		const clock = createClock(record.clock, machineNowMs);
		const linkSecret = Buffer.from(record.linkSecret, 'base64');
		const shops = new Map<string, ShopHandle>();
		const shop = (id: string) => {
			let handle = shops.get(id);
			if (!handle) shops.set(id, (handle = createShop(id, hub.scope(id), clock, linkSecret)));
			return handle;
		};
		return { hub, clock, isDemo: record.isDemo, linkSecret, leaseMs, firstRetryMs, leaseLimitMs: Math.max(leaseMs, leaseLimitMs), shop, tellWarnings: warningsOf(hub) };
	} catch (error) {
		await hub.close();
		throw error;
	}
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

function createShop(id: string, store: Store, clock: Clock, linkSecret: Buffer): ShopHandle {
	const definitions = new DefinitionsCache(store);
	// Node.js takes five times as long with a buffer.
	const addressKey = createSecretKey(linkSecret);
	let cached: { atMs: number; settings: Promise<ShopSettings> } | null = null;
	const readSettings = async () => {
		const [{ value }] = await store.read<Partial<ShopSettings>>([keys.settings]);
		return { ...defaultSettings, ...value };
	};
	const replace = async (key: string, change: (before: object | null) => object) => {
		await transact(store, async (tx) => {
			await tx.load([key]);
			const before = tx.get<object>(key);
			const next = change(before);
			if (JSON.stringify(before) !== JSON.stringify(next)) tx.set(key, next);
		});
	};
	let working: Promise<void> | null = null;
	let isAskedAgain = false;
	const work = async () => {
		do {
			isAskedAgain = false;
			await workTasks(store, clock, taskHandlers);
		} while (isAskedAgain);
	};
	const workOneAtATime = () => {
		isAskedAgain = true;
		working ??= work().finally(() => (working = null));
		return working;
	};
	let choring: Promise<void> | null = null;
	const doChores = async () => {
		const outcomes = [];
		// What one cannot do now keeps no other waiting.
		for (const chore of chores) outcomes.push(...(await Promise.allSettled([chore(store, clock, pointsShop)])));
		for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
	};
	const settings = () => {
		const nowMs = clock.machineNowMs();
		if (!cached || nowMs - cached.atMs > settingsLifeMs) {
			cached = { atMs: nowMs, settings: readSettings() };
			cached.settings.catch(() => (cached = null));
		}
		return cached.settings;
	};
	const pointsShop: PointsShop = { store, clock, definitions, loyalty: async (): Promise<Programme | null> => programmeOf(await settings()) };
	return {
		id,
		store,
		definitions,
		workTasks: workOneAtATime,
		doChores: () => (choring ??= doChores().finally(() => (choring = null))),
		changePoints: async (customerId, operation) => await changePointsOf(pointsShop, customerId, operation),
		record: createRecorder({
			store,
			clock,
			definitions,
			// Whoever runs next takes over what this run could not finish.
			onTask: () => void workOneAtATime().catch(() => {}),
			newId: randomUUID,
			hashAddress: (address) => createHmac('sha256', addressKey).update(`address:${address}`).digest('base64url'),
			country: async () => (await settings()).country,
			doubleOptIn: async () => (await settings()).doubleOptIn === true,
			loyalty: pointsShop.loyalty,
		}),
		webhookSecret: createHmac('sha256', linkSecret).update(`webhook:${id}`).digest('base64url'),
		settings,
		async saveSettings(settings) {
			const newKey = randomBytes(12).toString('base64url');
			await replace(keys.settings, (before: Partial<ShopSettings> | null) => ({
				...before,
				...settings,
				...(settings.loyalty && { loyalty: continuedLoyalty(before?.loyalty, settings.loyalty, clock.journeyNowMs()) }),
				...(settings.tracking && { tracking: { publicKey: before?.tracking?.publicKey ?? newKey, ...settings.tracking } }),
			}));
			cached = null;
		},
		async messageAddress() {
			const [{ value }] = await store.read<AddressesRecord>([keys.addresses]);
			return value?.messages ?? null;
		},
		saveMessageAddress: (url) => replace(keys.addresses, (before) => ({ ...before, messages: url })),
	};
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
