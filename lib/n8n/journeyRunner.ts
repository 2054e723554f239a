import { randomUUID } from 'node:crypto';
import { type IDataObject, type INodeExecutionData, type IRun, type ITriggerFunctions } from 'n8n-workflow';
import { heartbeatEveryMs, register, renewHeartbeat, switchOff } from '../journeys/definitions';
import { applySchedule, claimEnded, claimSteps, type DueStep, type EngineOptions, finishEnded, giveBack, keepLeases, settleFinished } from '../journeys/engine';
import { dayMs, hourMs, minuteMs, secondMs } from '../model/clock';
import { addSweep } from '../journeys/segmentTasks';
import { isShopJourneysError, messageOf } from '../model/errors';
import { indexes, type JourneyDefinition } from '../model/records';
import type { Installation, ShopHandle } from './installation';

/** Executions of one trigger under way at once. */
const maxBatches = 2;
/** Pause between two looks at the schedule, machine time; shorter when journey time runs faster. */
const tickMs = secondMs;
const fastTickMs = 200;
/** Pause after the store could not be reached. */
const storeRetryMs = 5 * secondMs;
/**
 * n8n closes triggers when a workflow is switched off, and also when it shuts down. Only when the process is still
 * there after this long was it switched off.
 */
const switchOffAfterMs = 10 * secondMs;
const maintenanceEveryMs = hourMs;
/** Pause between two looks for tasks that another process left behind, machine time: its own this process begins at once. */
const tasksEveryMs = 10 * secondMs;
/** Pause between two rounds of what comes up by itself (points that expire, codes that are over), journey time. */
const choresEveryMs = minuteMs;
/** Pause between two questions whether a segment is to be looked through, journey time. */
const segmentEveryMs = minuteMs;
/** How long the event log is kept, journey time. */
const logKeptMs = 400 * dayMs;

interface Batch {
	steps: DueStep[];
	index: string;
	/** Machine time at which leases are not prolonged any more. */
	limitAtMs: number;
	/** Says what the workflow made of it; with `error` why, where n8n tells. */
	settle(outcome: 'success' | 'error', failure?: string): Promise<void>;
}

const maxFailureLength = 500;

/** Which node a workflow stopped at and what it said, or undefined where n8n does not tell (a crash). */
function failureOf(run: IRun | undefined): string | undefined {
	// In queue mode a worker hands over what it likes of a run.
	const { error, lastNodeExecuted } = run?.data?.resultData ?? {};
	const message = error?.message?.replace(/\s+/g, ' ').trim();
	if (!message) return undefined;
	const node = (error && 'node' in error ? (error.node as { name?: string } | undefined)?.name : undefined) ?? lastNodeExecuted;
	return `The workflow stopped${node ? ` at the node "${node}"` : ''}: ${message}`.slice(0, maxFailureLength);
}

/**
 * Runs one journey inside n8n: registers the definition, looks for due steps, emits them in batches, and settles
 * what no node of ours has settled. All state is in the store; this object can vanish at any moment.
 */
export class JourneyRunner {
	private readonly owner = randomUUID();
	private readonly engine: EngineOptions;
	private readonly batches = new Set<Batch>();
	private definition!: JourneyDefinition;
	private timers: NodeJS.Timeout[] = [];
	private tickTimer: NodeJS.Timeout | null = null;
	private isTicking = false;
	/** The last batch was a full one: the next leaves as soon as one of those under way has succeeded. */
	private isBehind = false;
	private isClosed = false;
	/** n8n's opt-in engine v2 refuses to report the end of an execution: token and lease carry on alone. */
	private canReportEnd = true;
	private storeWasDown = false;

	constructor(
		private readonly context: ITriggerFunctions,
		private readonly installation: Installation,
		private readonly shop: ShopHandle,
		private readonly batchSize: number,
	) {
		this.engine = { store: shop.store, shop: shop.id, clock: installation.clock, leaseMs: installation.leaseMs, firstRetryMs: installation.firstRetryMs };
	}

	/** @throws STORE_UNAVAILABLE when the definition cannot be written: the workflow is then not activated. */
	async start(definition: Omit<JourneyDefinition, 'activeFromMs' | 'offAtMs'>): Promise<void> {
		const { clock } = this.installation;
		const { store } = this.shop;
		const mode = this.context.getActivationMode() === 'init' ? 'init' : 'activate';
		const registration = await register(store, definition, { mode, owner: this.owner, journeyNowMs: clock.journeyNowMs(), machineNowMs: clock.machineNowMs() });
		this.definition = registration.definition;
		this.shop.definitions.clear();
		if (registration.scheduleChanged) void this.guarded(async () => void (await applySchedule(this.engine, this.definition)));
		this.every(heartbeatEveryMs, () => renewHeartbeat(store, this.definition.id, this.owner, clock.machineNowMs()));
		this.every(maintenanceEveryMs, () => this.maintain());
		this.every(tasksEveryMs, () => this.shop.workTasks());
		this.every(Math.max(choresEveryMs / clock.speed, secondMs), () => this.shop.doChores());
		if (this.definition.segment) {
			// Begins with the first look at all customers, which switching on may have added.
			void this.guarded(() => this.shop.workTasks());
			this.every(Math.max(segmentEveryMs / clock.speed, secondMs), () => this.lookThroughSegment());
		}
		this.every(Math.max(this.engine.leaseMs / 3, 500), () => this.prolong());
		this.scheduleTick(0);
	}

	close(): void {
		this.isClosed = true;
		if (this.tickTimer) clearTimeout(this.tickTimer);
		for (const timer of this.timers.splice(0)) clearInterval(timer);
		// Executions that are still under way keep their leases: switching a journey off does not run them twice.
		const prolong = setInterval(() => (this.batches.size ? void this.guarded(() => this.prolong()) : clearInterval(prolong)), Math.max(this.engine.leaseMs / 3, 500)).unref();
		setTimeout(() => void this.guarded(async () => void (await switchOff(this.shop.store, this.definition.id, this.owner, this.installation.clock.journeyNowMs()))), switchOffAfterMs).unref();
	}

	private every(intervalMs: number, work: () => Promise<unknown>): void {
		this.timers.push(setInterval(() => void this.guarded(work), intervalMs).unref());
	}

	private scheduleTick(delayMs: number): void {
		if (this.isClosed) return;
		if (this.tickTimer) clearTimeout(this.tickTimer);
		this.tickTimer = setTimeout(() => void this.tick(), delayMs);
	}

	private async tick(): Promise<void> {
		this.isTicking = true;
		const reached = await this.guarded(async () => {
			const settings = await this.shop.settings();
			if (this.batches.size < maxBatches) {
				const steps = await claimSteps(this.engine, this.definition, settings, this.batchSize);
				this.emit(steps, indexes.due(this.definition.id), (outcome, failure) => (outcome === 'success' ? settleFinished(this.engine, this.definition, steps) : giveBack(this.engine, this.definition, steps, failure)));
				this.isBehind = steps.length === this.batchSize;
			}
			if (this.definition.emitEnded && this.batches.size < maxBatches) {
				const ended = await claimEnded(this.engine, this.definition, settings, this.batchSize);
				this.emit(ended, indexes.ended(this.definition.id), async (outcome) => {
					if (outcome === 'success') await finishEnded(this.engine, this.definition, ended);
				});
			}
		});
		this.isTicking = false;
		const pauseMs = this.installation.clock.speed > 1 ? fastTickMs : tickMs;
		this.scheduleTick(reached ? (this.mayGoOn ? 0 : pauseMs) : storeRetryMs);
	}

	private get mayGoOn(): boolean {
		return this.isBehind && this.batches.size < maxBatches;
	}

	/** Hands a batch to the workflow, each item by the output of its step. */
	private emit(steps: DueStep[], index: string, settle: Batch['settle']): void {
		if (steps.length === 0) return;
		// Switched off while it was looking: n8n would still run what is emitted now.
		if (this.isClosed) return void this.guarded(() => settle('error'));
		const outputs: INodeExecutionData[][] = Array.from({ length: this.definition.steps.length + (this.definition.emitEnded ? 1 : 0) }, () => []);
		for (const { step, item } of steps) outputs[step].push({ json: item as unknown as IDataObject });
		const batch: Batch = { steps, index, limitAtMs: this.installation.clock.machineNowMs() + this.installation.leaseLimitMs, settle };
		this.batches.add(batch);
		if (!this.canReportEnd) {
			this.context.emit(outputs);
			return;
		}
		const done = this.context.helpers.createDeferredPromise<IRun>();
		this.context.emit(outputs, undefined, done);
		done.promise.then(
			(run: IRun | undefined) => this.finish(batch, run),
			(error: unknown) => this.refused(batch, error),
		);
	}

	private finish(batch: Batch, run: IRun | undefined): void {
		const status = run?.status;
		if (status === 'success') {
			this.batches.delete(batch);
			if (this.mayGoOn && !this.isTicking) this.scheduleTick(0);
			void this.guarded(() => batch.settle('success'));
			// What the workflow did may have left something to tasks.
			void this.guarded(() => this.shop.workTasks());
		} else if (status === 'error' || status === 'crashed') {
			this.batches.delete(batch);
			void this.guarded(() => batch.settle('error', failureOf(run)));
		} else {
			// Waiting, or nothing we can rely on: the lease decides, up to its absolute end. Frees the slot for the next batch.
			this.batches.delete(batch);
			void this.guarded(async () => void (await keepLeases(this.engine, batch.index, batch.steps, batch.limitAtMs)));
		}
	}

	private refused(batch: Batch, error: unknown): void {
		this.batches.delete(batch);
		if (error instanceof Error && /Engine 2/i.test(error.message)) this.canReportEnd = false;
		void this.guarded(() => batch.settle('error'));
	}

	/** Time brings customers into a segment without any event: looks through it when it is time. */
	private async lookThroughSegment(): Promise<void> {
		if (await addSweep(this.shop.store, this.definition.id, this.installation.clock.journeyNowMs())) await this.shop.workTasks();
	}

	/** Leases of what is under way are prolonged until their absolute end; what lost its lease is let go. */
	private async prolong(): Promise<void> {
		const nowMs = this.installation.clock.machineNowMs();
		for (const batch of this.batches) {
			const untilMs = Math.min(nowMs + this.engine.leaseMs, batch.limitAtMs);
			if (untilMs > nowMs) batch.steps = await keepLeases(this.engine, batch.index, batch.steps, untilMs);
			if (untilMs <= nowMs || batch.steps.length === 0) this.batches.delete(batch);
		}
	}

	private async maintain(): Promise<void> {
		const { clock } = this.installation;
		const limit = 5_000;
		while ((await this.shop.store.sweepOnce({ untilMs: clock.machineNowMs(), limit })) === limit);
		while ((await this.shop.store.trimLog({ beforeMs: clock.journeyNowMs() - logKeptMs, limit })) === limit);
	}

	/** A background step that fails is told in n8n's log once and tried again later; nothing is lost, as all state is in the store. */
	private async guarded(work: () => Promise<unknown>): Promise<boolean> {
		try {
			await work();
			this.storeWasDown = false;
			return true;
		} catch (error) {
			const isOutage = isShopJourneysError(error, 'STORE_UNAVAILABLE', 'STORE_BUSY');
			if (!isOutage || !this.storeWasDown) {
				const text = messageOf(error);
				this.context.logger.error(`${this.definition?.name ?? 'Journey'}: ${text}${isShopJourneysError(error) ? ` (${error.hint})` : ''}`);
			}
			this.storeWasDown ||= isOutage;
			return false;
		}
	}
}
