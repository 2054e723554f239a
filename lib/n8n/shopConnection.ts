import type { IHookFunctions, ITriggerFunctions } from 'n8n-workflow';
import { codeSources } from '../discounts/listSource';
import { hasDueCodes, sweepCodes } from '../discounts/sweep';
import { hourMs, minuteMs } from '../model/clock';
import { isShopJourneysError, messageOf, ShopJourneysError, withHint } from '../model/errors';
import type { ShopEvent } from '../model/events';
import { keys } from '../model/records';
import type { ShopAdapter } from '../shops/adapter';
import type { Registration, ShopApi, ShopApiContext } from '../shops/api';
import { forgetReconciliation, reconcile, reconcileSoon, reconciliationOf } from '../shops/reconcile';
import { transact } from '../store/transaction';
import { shopApiContext } from './http';
import type { Installation, ShopHandle } from './installation';
import { shopCodes } from './shopCodes';

/** An adapter with an API, chosen by the operator to be connected through it. */
export type ConnectedAdapter = ShopAdapter & { api: ShopApi };

/** How a shop is connected: what the operator is shown. Times are machine time. */
export interface ConnectionRecord {
	system: string;
	/** Where the shop delivers to. */
	address: string;
	topics: string[];
	/** What is missing and what to do about it. */
	problems: string[];
	checkedAtMs: number;
}

interface DeliveryRecord {
	atMs: number;
}

const connectionKey = keys.progress('connection');
const deliveryKey = keys.progress('delivery');

/** How often is looked whether something is to be done. */
const tickMs = minuteMs;
/** Shops switch webhooks off by themselves (WooCommerce after five failures): so often they are looked after. */
const checkEveryMs = hourMs;
/** The moment of the last delivery is not worth a commit each. */
const deliveryEveryMs = minuteMs;

/** Each may ask the shop twice. */
const codesSweptAtOnce = 25;

/** Whether n8n starts by itself rather than a person publishes. */
function isRestart(context: IHookFunctions | ITriggerFunctions): boolean {
	return ['init', 'leadershipChange'].includes(context.getActivationMode());
}

async function connectionOf({ store }: ShopHandle): Promise<ConnectionRecord | null> {
	return (await store.read<ConnectionRecord>([connectionKey]))[0].value;
}

async function saveConnection({ store }: ShopHandle, change: (before: ConnectionRecord | null) => ConnectionRecord | null): Promise<void> {
	await transact(store, async (tx) => {
		await tx.load([connectionKey]);
		tx.set(connectionKey, change(tx.get<ConnectionRecord>(connectionKey)));
	});
}

/**
 * On publishing: has the shop deliver to this node. At a restart only the address is noted, as a shop that is down must
 * not keep n8n from switching the node on; `keepConnected` does the rest.
 * @throws SHOP_REFUSED, SHOP_UNREACHABLE with all that the person who publishes has to know in the message
 */
export async function connectShop(context: IHookFunctions, adapter: ConnectedAdapter, shop: ShopHandle): Promise<void> {
	const address = context.getNodeWebhookUrl('default')!;
	const before = await connectionOf(shop);
	if (before && before.system !== adapter.id) await forgetReconciliation(shop.store);
	if (isRestart(context)) {
		await saveConnection(shop, (known) => ({ topics: [], problems: [], checkedAtMs: 0, ...known, system: adapter.id, address }));
		return;
	}
	let registration: Registration;
	try {
		registration = await register(await shopApiContext(context, adapter.credential.type), adapter, shop, address);
	} catch (error) {
		// n8n shows only the message of what kept a workflow from being published.
		if (isShopJourneysError(error, 'SHOP_REFUSED', 'SHOP_UNREACHABLE')) throw new ShopJourneysError(error.code, withHint(error), { hint: error.hint });
		throw error;
	}
	await saveConnection(shop, () => ({ system: adapter.id, address, ...registration, checkedAtMs: Date.now() }));
	for (const problem of registration.problems) context.logger.warn(`${context.getNode().name}: ${problem}`);
}

/** On unpublishing: the shop delivers here no longer. Not at the end of a test in the editor, which has an address of its own. */
export async function disconnectShop(context: IHookFunctions, adapter: ConnectedAdapter, shop: ShopHandle): Promise<void> {
	const connection = await connectionOf(shop);
	const address = context.getNodeWebhookUrl('default');
	if (!connection || connection.address !== address) return;
	try {
		await adapter.api.unregister(await shopApiContext(context, adapter.credential.type), { address });
	} catch (error) {
		// A shop that is gone must not keep a workflow from being switched off.
		context.logger.warn(`${context.getNode().name}: the webhooks could not be taken out of the shop: ${textOf(error)} Delete those that lead to ${address} by hand.`);
	}
	await saveConnection(shop, () => null);
}

/**
 * While the workflow is published: registers again at a restart and every hour, and asks the shop for what its deliveries
 * have missed, at once and every hour. Takes back discount codes that were asked for and never handed out.
 * @param onMissed told of each event that no delivery had brought
 * @returns what stops it
 */
export function keepConnected(context: ITriggerFunctions, adapter: ConnectedAdapter, { clock }: Installation, shop: ShopHandle, onMissed: (event: ShopEvent) => void): () => void {
	let isStopped = false;
	let isStarted = false;
	let isBusy = false;
	const told = new Map<string, string>();
	/** Each trouble once, until it is mended or another one. */
	const guarded = async (what: string, work: () => Promise<void>) => {
		try {
			await work();
			if (told.delete(what)) context.logger.info(`${context.getNode().name}: ${what} works again`);
		} catch (error) {
			const text = textOf(error);
			if (told.get(what) === text) return;
			told.set(what, text);
			context.logger.warn(`${context.getNode().name}: ${what} failed: ${text} It is tried again by itself.`);
		}
	};
	const tick = async () => {
		if (isBusy || isStopped) return;
		isBusy = true;
		if (!isStarted) {
			await guarded('looking for missed deliveries', async () => {
				await reconcileSoon(shop.store, clock.machineNowMs());
				isStarted = true;
			});
		}
		await guarded('registering the webhooks', () => check(context, adapter, shop));
		await guarded('looking for missed deliveries', async () => {
			const counts = await reconcile({
				store: shop.store,
				clock,
				record: async (event) => {
					const outcome = await shop.record(event);
					if (outcome === 'recorded') onMissed(event);
					return outcome;
				},
				api: adapter.api,
				context: () => shopApiContext(context, adapter.credential.type),
				normalise: await shop.normaliseContext(),
				isStopped: () => isStopped,
			});
			if (counts?.recorded) context.logger.info(`${context.getNode().name}: the shop’s API told of what no delivery had (${counts.recorded})`);
		});
		await guarded('cleaning up discount codes', async () => {
			if (!adapter.api.discounts || !(await hasDueCodes(shop.store, clock))) return;
			await sweepCodes(shop.store, codeSources(shop.store, await shopCodes(context, adapter, clock)), clock, { limit: codesSweptAtOnce });
		});
		isBusy = false;
	};
	const timer = setInterval(() => void tick(), tickMs).unref();
	void tick();
	return () => {
		isStopped = true;
		clearInterval(timer);
	};
}

/** Registers anew what is older than the pause between two checks, or was last registered before this start of n8n. */
async function check(context: ITriggerFunctions, adapter: ConnectedAdapter, shop: ShopHandle): Promise<void> {
	const connection = await connectionOf(shop);
	const isDue = connection && (Date.now() - connection.checkedAtMs >= checkEveryMs || connection.checkedAtMs < processStartMs);
	if (!isDue) return;
	const registration = await register(await shopApiContext(context, adapter.credential.type), adapter, shop, connection.address);
	await saveConnection(shop, (now) => now && { ...now, ...registration, checkedAtMs: Date.now() });
	for (const problem of registration.problems) {
		if (!connection.problems.includes(problem)) context.logger.warn(`${context.getNode().name}: ${problem}`);
	}
}

const processStartMs = Date.now();

async function register(apiContext: ShopApiContext, adapter: ConnectedAdapter, shop: ShopHandle, address: string): Promise<Registration> {
	const { secretField } = adapter.credential;
	const secret = secretField === undefined ? shop.webhookSecret : String(apiContext.credential[secretField] ?? '');
	const unreachable = addressProblem(address, apiContext.credential);
	try {
		const { topics, problems } = await adapter.api.register(apiContext, { address, secret });
		return { topics, problems: unreachable ? [unreachable, ...problems] : problems };
	} catch (error) {
		if (unreachable && isShopJourneysError(error, 'SHOP_REFUSED')) throw new ShopJourneysError(error.code, error.message, { hint: unreachable });
		throw error;
	}
}

const isLoopback = (url: string) => URL.canParse(url) && /^(localhost|127(\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)$/i.test(new URL(url).hostname);

/** A shop on the internet cannot reach an n8n that knows itself by the name of its own machine. */
export function addressProblem(address: string, credential: Record<string, unknown>): string | null {
	const isShopHere = Object.values(credential).some((value) => typeof value === 'string' && isLoopback(value));
	if (!isLoopback(address) || isShopHere) return null;
	return `The shop cannot deliver to ${address}: that address leads to no machine but this one. Start n8n with WEBHOOK_URL set to its public address (https://...) and publish again.`;
}

const deliveries = new Map<string, number>();

/** Keeps when the last delivery came, to the minute. It is for show: a failure changes nothing. */
export function noteDelivery({ id, store }: ShopHandle, machineNowMs: number): void {
	if (machineNowMs - (deliveries.get(id) ?? 0) < deliveryEveryMs) return;
	deliveries.set(id, machineNowMs);
	transact(store, async (tx) => {
		await tx.load([deliveryKey]);
		tx.set(deliveryKey, { atMs: machineNowMs } satisfies DeliveryRecord);
	}).catch(() => deliveries.delete(id));
}

/** How the shop is connected, as the operator is shown it: times in ISO 8601. */
export interface ConnectionState {
	system: string;
	address: string;
	topics: string[];
	problems: string[];
	lastDelivery: string | null;
	lastReconciled: string | null;
}

/** null for a shop that is not connected through its API. */
export async function connectionState(shop: ShopHandle): Promise<ConnectionState | null> {
	const connection = await connectionOf(shop);
	if (!connection) return null;
	const [{ value: delivery }] = await shop.store.read<DeliveryRecord>([deliveryKey]);
	const reconciliation = await reconciliationOf(shop.store);
	const { system, address, topics, problems } = connection;
	return {
		system,
		address,
		topics,
		problems: [...problems, ...(reconciliation?.failure ? [reconciliation.failure] : []), ...(reconciliation?.last?.refused ?? [])],
		lastDelivery: delivery ? new Date(delivery.atMs).toISOString() : null,
		lastReconciled: reconciliation?.last ? new Date(reconciliation.last.atMs).toISOString() : null,
	};
}

function textOf(error: unknown): string {
	if (isShopJourneysError(error)) return withHint(error);
	return messageOf(error).replace(/\.?$/, '.');
}
