import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { codeSources } from '../discounts/listSource';
import { sweepCodes } from '../discounts/sweep';
import { DefinitionsCache } from '../journeys/definitions';
import { journeyTaskHandlers } from '../journeys/tasks';
import type { LedgerOperation } from '../loyalty/ledger';
import type { PointsChange } from '../loyalty/points';
import { continuedLoyalty, type Programme, programmeOf } from '../loyalty/programme';
import { type Clock, secondMs } from '../model/clock';
import type { EventType } from '../model/events';
import { keys } from '../model/records';
import { defaultSettings, type ShopSettings, type TrackingSettings } from '../model/settings';
import { foldLog } from '../picks/fold';
import { changePointsOf, type PointsShop, sweepPointsOf, sweepTiersOf } from '../record/points';
import { createRecorder, type Recorder } from '../record/record';
import { recordTaskHandlers } from '../record/tasks';
import type { Delivery, NormaliseContext } from '../shops/adapter';
import { adapterFor } from '../shops/registry';
import { takeDelivery, type Taken } from '../shops/takeDelivery';
import type { Store } from '../store/store';
import { transact } from '../store/transaction';
import { type TaskHandler, workTasks } from '../tasks/tasks';

export type SettingsChange = Partial<Omit<ShopSettings, 'tracking'>> & { tracking?: Omit<TrackingSettings, 'publicKey'> & { publicKey?: string } };

export interface ShopHandle {
	id: string;
	store: Store;
	definitions: DefinitionsCache;
	record: Recorder;
	/**
	 * Reads a delivery that was verified, and records what it tells.
	 * @param system id of the shop's adapter
	 * @param tell the types of events that are handed back when they were news
	 * @throws PAYLOAD_INVALID, STORE_BUSY, STORE_UNAVAILABLE
	 */
	takeDelivery(system: string, delivery: Delivery, tell: EventType[]): Promise<Taken>;
	/** What deliveries are read with. */
	normaliseContext(): Promise<NormaliseContext>;
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
	/** Has them read again at the next call. */
	forgetSettings(): void;
	/** Replaces what is given. Makes the public key of tracking.js when there is none yet; of loyalty settings what goes on from before stays (`continuedLoyalty`). */
	saveSettings(settings: SettingsChange): Promise<void>;
	/** The public address of Message Webhook Trigger, once it is active. */
	messageAddress(): Promise<string | null>;
	saveMessageAddress(url: string | null): Promise<void>;
}

interface AddressesRecord {
	messages?: string | null;
}

const settingsLifeMs = 2 * secondMs;

/** Who does which type of task. */
const taskHandlers: Record<string, TaskHandler> = { ...recordTaskHandlers, ...journeyTaskHandlers };

/** One bounded piece of work that is safe to do anywhere at once, however often: sweeps, and what is derived from the log. */
type Chore = (store: Store, clock: Clock, shop: PointsShop) => Promise<void>;
/** Codes made in the shop are left to the Shop Webhook Trigger, which has the shop's API. */
const codesSweptAtOnce = 50;
const chores: Chore[] = [async (store, clock) => void (await sweepCodes(store, codeSources(store), clock, { limit: codesSweptAtOnce })), async (_store, _clock, shop) => void (await sweepPointsOf(shop)), async (_store, _clock, shop) => void (await sweepTiersOf(shop)), (store, clock) => foldLog(store, clock)];

/** One shop of an installation, for this thread. */
export function createShop(id: string, store: Store, clock: Clock, linkSecret: Buffer): ShopHandle {
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
	const record = createRecorder({
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
	});
	const normaliseContext = async (): Promise<NormaliseContext> => {
		const { currency, url } = await settings();
		return { toJourneyMs: clock.toJourneyMs, currency, shopUrl: url };
	};
	const forgetSettings = () => {
		cached = null;
	};
	return {
		id,
		store,
		definitions,
		workTasks: workOneAtATime,
		doChores: () => (choring ??= doChores().finally(() => (choring = null))),
		changePoints: async (customerId, operation) => await changePointsOf(pointsShop, customerId, operation),
		record,
		normaliseContext,
		takeDelivery: async (system, delivery, tell) => await takeDelivery(delivery, adapterFor(system), { store, record, normalise: await normaliseContext() }, tell),
		webhookSecret: createHmac('sha256', linkSecret).update(`webhook:${id}`).digest('base64url'),
		settings,
		forgetSettings,
		async saveSettings(settings) {
			const newKey = randomBytes(12).toString('base64url');
			await replace(keys.settings, (before: Partial<ShopSettings> | null) => ({
				...before,
				...settings,
				...(settings.loyalty && { loyalty: continuedLoyalty(before?.loyalty, settings.loyalty, clock.journeyNowMs()) }),
				...(settings.tracking && { tracking: { publicKey: before?.tracking?.publicKey ?? newKey, ...settings.tracking } }),
			}));
			forgetSettings();
		},
		async messageAddress() {
			const [{ value }] = await store.read<AddressesRecord>([keys.addresses]);
			return value?.messages ?? null;
		},
		saveMessageAddress: (url) => replace(keys.addresses, (before) => ({ ...before, messages: url })),
	};
}

