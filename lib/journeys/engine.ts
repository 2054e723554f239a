import { hourMs, type Clock } from '../model/clock';
import { type CustomerRecord, type EndReason, type EnrolmentRecord, indexes, type JourneyDefinition, keys } from '../model/records';
import type { JourneyItem } from '../model/item';
import type { ShopSettings } from '../model/settings';
import type { Claimed, Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { advance, end, expiresAtMs, park, reschedule } from './enrolment';
import { type EnrolmentFacts, journeyItem, productsOf, readFacts } from './items';
import { dueMs, isLocal, zoneOf } from './schedule';

/** After this many claims of the same step an enrolment is parked as failed. */
export const maxAttempts = 9;
/** With a limited sending mode, enrolments of other customers are looked at again this much later (journey time). */
const limitedRetryMs = hourMs;

export interface Lease {
	key: string;
	token: string;
}

/** A claimed step on its way into a workflow. */
export interface DueStep extends Lease {
	/** 0-based: which output of the trigger it leaves by. */
	step: number;
	attempt: number;
	item: JourneyItem;
}

export interface EngineOptions {
	store: Store;
	shop: string;
	clock: Clock;
	/** Machine time a lease lasts when nobody renews it. */
	leaseMs: number;
	/** Machine time before the second attempt at a step. */
	firstRetryMs: number;
}

/**
 * Machine time to wait before the next attempt: four times as long each time, an hour at most. With the first pause at
 * 15 seconds the last attempt comes more than five hours after the first: longer than most outages of a mail server.
 */
export function retryDelayMs(attempt: number, firstMs: number): number {
	return Math.min(firstMs * 4 ** (attempt - 1), hourMs);
}

/**
 * Leases the steps of a journey that are due and makes their items. Steps that must not leave (expired, of a journey
 * that was off meanwhile, not due by the schedule as it is now) are settled here and not returned.
 * While sending is paused nothing is claimed: enrolments are kept as they are.
 */
export async function claimSteps(engine: EngineOptions, definition: JourneyDefinition, settings: ShopSettings, limit: number): Promise<DueStep[]> {
	const { store, clock, leaseMs } = engine;
	if (settings.sendingMode === 'paused') return [];
	const nowMs = clock.journeyNowMs();
	const due: Array<{ claim: Claimed; fact: EnrolmentFacts }> = [];
	// What is settled here leaves room for more: a batch stays a full one, however many are in the holdout.
	for (let asked = limit; asked > 0; asked = limit - due.length) {
		const machineNowMs = clock.machineNowMs();
		const claimed = await store.claim(indexes.due(definition.id), { dueMs: nowMs, machineNowMs, leaseUntilMs: machineNowMs + leaseMs, limit: asked });
		const facts = new Map((await readFacts(store, claimed.map(({ key }) => key))).map((fact) => [keys.enrolment(fact.enrolment.id), fact]));
		const settled: Array<{ claim: Claimed; settle: Settlement }> = [];
		for (const claim of claimed) {
			const fact = facts.get(claim.key);
			const settle = fact ? settlement(fact, claim, definition, settings, nowMs) : forget(definition, claim);
			if (settle) settled.push({ claim, settle });
			else due.push({ claim, fact: fact! });
		}
		await atOnce(settled, ({ claim, settle }) =>
			transact(store, async (tx) => {
				tx.requireLease({ index: indexes.due(definition.id), key: claim.key, token: claim.token });
				await settle(tx);
			}),
		);
		if (claimed.length < asked) break;
	}
	const products = await productsOf(store, due.map(({ fact }) => fact));
	return due.map(({ claim, fact }) => ({
		key: claim.key,
		token: claim.token,
		step: fact.enrolment.step,
		attempt: claim.attempt,
		item: journeyItem(fact, definition, settings, products, engine.shop, claim),
	}));
}

/** Commits under way at a time: the store writes what comes together in one go. */
const commitsAtOnce = 16;

async function atOnce<T>(all: T[], work: (one: T) => Promise<unknown>): Promise<void> {
	for (let start = 0; start < all.length; start += commitsAtOnce) await Promise.all(all.slice(start, start + commitsAtOnce).map(work));
}

type Settlement = (tx: Transaction) => Promise<void>;

/** An index entry without a document: only a defect could leave one. Takes it out, so that it does not come again. */
function forget(definition: JourneyDefinition, claim: Claimed): Settlement {
	return async (tx) => tx.index(indexes.due(definition.id), claim.key, null);
}

/** What to do with a claimed enrolment instead of emitting it, or null when it is to be emitted. */
function settlement(fact: EnrolmentFacts, claim: Claimed, definition: JourneyDefinition, settings: ShopSettings, nowMs: number): Settlement | null {
	const { enrolment, customer } = fact;
	const change = (apply: (tx: Transaction, current: EnrolmentRecord) => void): Settlement => async (tx) => {
		await tx.load([claim.key, keys.customer(enrolment.customerId)]);
		const current = tx.get<EnrolmentRecord>(claim.key);
		if (current?.status === 'open') apply(tx, current);
		else tx.index(indexes.due(definition.id), claim.key, null);
	};
	const ending = (reason: EndReason) => change((tx, current) => end(tx, definition, current, reason, nowMs));

	if (enrolment.status !== 'open') return forget(definition, claim);
	// Put off since it was claimed (the cart changed): not due any more, and the lease is void.
	if (enrolment.dueAtMs > nowMs) return change((tx, current) => reschedule(tx, current, current.dueAtMs));
	if (enrolment.openedAtMs < definition.activeFromMs) return ending('switched_off');
	if (nowMs > expiresAtMs(definition, enrolment)) return ending('expired');
	if (enrolment.step >= definition.steps.length) return ending('completed');
	if (claim.attempt > maxAttempts) {
		return change((tx, current) => park(tx, current, current.failure ?? `Step ${enrolment.step + 1} was tried ${maxAttempts} times and the workflow did not finish it; see its executions.`, nowMs));
	}
	// Only counted: goes on as if the workflow had done its part.
	if (enrolment.holdout) return change((tx, current) => advance(tx, definition, current, claim.token, nowMs));
	if (settings.sendingMode === 'limited' && !isAllowedRecipient(settings, customer?.email, customer?.phone)) {
		return change((tx, current) => reschedule(tx, current, nowMs + limitedRetryMs));
	}
	return null;
}

/** Whether a limited sending mode lets messages to this customer through: the address, its `@domain`, or the phone number is named. */
export function isAllowedRecipient(settings: ShopSettings, email: string | undefined, phone?: string): boolean {
	if (settings.sendingMode === 'live') return true;
	const address = email?.toLowerCase();
	return settings.allowedRecipients.some((allowed) => allowed === address || allowed === phone || (allowed.startsWith('@') && address?.endsWith(allowed)));
}

/** Goes on to the next step for those that still hold their token: the workflow finished and no node of ours had settled them. */
export async function settleFinished(engine: EngineOptions, definition: JourneyDefinition, steps: DueStep[]): Promise<void> {
	const { store, clock } = engine;
	const index = indexes.due(definition.id);
	await atOnce(steps, ({ key, token, step }) =>
		transact(store, async (tx) => {
			tx.requireLease({ index, key, token });
			await tx.load([key]);
			const enrolment = tx.get<EnrolmentRecord>(key);
			if (enrolment?.status !== 'open' || enrolment.step !== step) return;
			await tx.load([keys.customer(enrolment.customerId)]);
			advance(tx, definition, enrolment, token, clock.journeyNowMs());
		}),
	);
}

/**
 * Gives steps back after an execution that failed: tried again after a pause that grows with each attempt.
 * @param failure why, in words, where it is known: kept for the timeline, and for the list of what was given up
 */
export async function giveBack(engine: Pick<EngineOptions, 'store' | 'clock' | 'firstRetryMs'>, definition: Pick<JourneyDefinition, 'id'>, steps: Array<Lease & { attempt: number }>, failure?: string): Promise<void> {
	const { store, clock, firstRetryMs } = engine;
	if (failure) await atOnce(steps, (step) => noteFailure(store, definition, step, failure));
	const byDelay = Map.groupBy(steps, ({ attempt }) => retryDelayMs(attempt, firstRetryMs));
	for (const [delayMs, group] of byDelay) {
		await store.release(indexes.due(definition.id), group.map(({ key, token }) => ({ key, token })), clock.machineNowMs() + delayMs);
	}
}

/** Nothing when the step was settled meanwhile: what failed then was behind it. */
async function noteFailure(store: Store, definition: Pick<JourneyDefinition, 'id'>, { key, token }: Lease, failure: string): Promise<void> {
	await transact(store, async (tx) => {
		tx.requireLease({ index: indexes.due(definition.id), key, token });
		await tx.load([key]);
		const enrolment = tx.get<EnrolmentRecord>(key);
		if (enrolment?.status === 'open' && enrolment.failure !== failure) tx.set(key, { ...enrolment, failure });
	});
}

/** Prolongs the leases of steps whose execution is still under way. Returns those that still hold. */
export async function keepLeases<T extends Lease>(engine: EngineOptions, index: string, leases: T[], untilMs: number): Promise<T[]> {
	const held = new Set(await engine.store.renew(index, leases.map(({ key, token }) => ({ key, token })), untilMs));
	return leases.filter(({ key }) => held.has(key));
}

/** Leases finished enrolments whose item on Ended is still to be emitted. */
export async function claimEnded(engine: EngineOptions, definition: JourneyDefinition, settings: ShopSettings, limit: number): Promise<DueStep[]> {
	const { store, clock, leaseMs } = engine;
	const machineNowMs = clock.machineNowMs();
	const claimed = await store.claim(indexes.ended(definition.id), { dueMs: clock.journeyNowMs(), machineNowMs, leaseUntilMs: machineNowMs + leaseMs, limit });
	if (claimed.length === 0) return [];
	const facts = new Map((await readFacts(store, claimed.map(({ key }) => key))).map((fact) => [keys.enrolment(fact.enrolment.id), fact]));
	const products = await productsOf(store, [...facts.values()]);
	const emitted: DueStep[] = [];
	const dropped: Lease[] = [];
	for (const { key, token, attempt } of claimed) {
		const fact = facts.get(key);
		if (!fact || attempt > maxAttempts) dropped.push({ key, token });
		else emitted.push({ key, token, step: definition.steps.length, attempt, item: journeyItem(fact, definition, settings, products, engine.shop, { token, attempt }) });
	}
	await finishEnded(engine, definition, dropped);
	return emitted;
}

/** Takes enrolments off Ended once their item went through a workflow. */
export async function finishEnded(engine: EngineOptions, definition: JourneyDefinition, leases: Lease[]): Promise<void> {
	const index = indexes.ended(definition.id);
	await atOnce(leases, ({ key, token }) => engine.store.commit({ leases: [{ index, key, token }], index: [{ index, key, value: null }] }));
}

/** Enrolments moved per commit after an edit: each touches its own document and its customer's. */
const rescheduleBatch = 30;

/**
 * Moves enrolments under way to an edited schedule, by step number. Runs in small commits and may be run again from
 * the start at any time. A step that is being worked on and falls on another time loses its lease: it is emitted anew then.
 */
export async function applySchedule(engine: EngineOptions, definition: JourneyDefinition): Promise<number> {
	const { store } = engine;
	const index = indexes.due(definition.id);
	let after: { key: string; value: number } | undefined;
	let moved = 0;
	for (;;) {
		const page = await store.walk(index, { after, limit: rescheduleBatch });
		if (page.length === 0) return moved;
		after = page[page.length - 1];
		await transact(store, async (tx) => {
			await tx.load(page.map(({ key }) => key));
			const enrolments = page.map(({ key }) => tx.get<EnrolmentRecord>(key));
			if (isLocal(definition)) await tx.load(enrolments.map((enrolment) => enrolment?.customerId && keys.customer(enrolment.customerId)).filter((key) => key !== null));
			for (const enrolment of enrolments) {
				// Beyond the last step of a shortened schedule: completes when its old time comes.
				if (enrolment?.status !== 'open' || enrolment.step >= definition.steps.length) continue;
				const customer = isLocal(definition) ? tx.get<CustomerRecord>(keys.customer(enrolment.customerId)) : null;
				const dueAtMs = dueMs(definition, enrolment, zoneOf(customer, definition));
				if (dueAtMs === enrolment.dueAtMs) continue;
				reschedule(tx, enrolment, dueAtMs);
				moved++;
			}
		});
	}
}
