import type { Definitions } from '../../journeys/definitions';
import { advance, end, reschedule, stepBack } from '../../journeys/enrolment';
import { minuteMs } from '../../model/clock';
import { type CartRecord, type CustomerRecord, type EnrolmentRecord, journeyCounters, type JourneyDefinition, keys, type SendRecord } from '../../model/records';
import { notSentReasons, type NotSentReason } from '../../model/reasons';
import type { ShopSettings } from '../../model/settings';
import type { Transaction } from '../../store/transaction';
import type { SendJob } from './sender';

/** How much later a message that may not leave now is tried again. Journey time. */
const holdMs = 15 * minuteMs;

/** What was sent outside a journey. */
interface CampaignRecord {
	sends: Record<string, SendRecord>;
}

/**
 * Where a message is booked: in its enrolment, or outside a journey in a document of its own. Both keep the sends by
 * send key, which is what makes "never twice" true whatever runs again.
 */
export class Ledger {
	readonly step: number;
	readonly token: string;
	private readonly key: string;
	/** Where the same campaign is booked under names that were merged into this customer's. */
	private earlierKeys: string[] = [];

	constructor(
		private readonly tx: Transaction,
		private readonly job: SendJob,
		private readonly definitions: Definitions,
		/** Stands for a lease's token outside a journey. */
		run: string,
	) {
		const { journey } = job.item;
		this.key = job.campaign === null ? keys.enrolment(journey!.enrolment) : keys.campaignSend(`${job.campaign}/${job.customerId}`);
		this.step = journey ? journey.step - 1 : 0;
		this.token = journey?.token ?? run;
	}

	/** Everything the guard rails ask for, in as few round trips as may be. */
	async load(defaults: ShopSettings): Promise<{ customer: CustomerRecord | null; cart: CartRecord | null; settings: ShopSettings }> {
		const { tx, job } = this;
		const customerId = job.customerId ?? job.item.customer?.id;
		await tx.load([this.key, keys.settings, customerId && keys.customer(customerId), job.item.cart?.id && keys.cart(job.item.cart.id)]);
		const { enrolment } = this;
		// A merge or a corrected address may have moved the enrolment since the item was made.
		const ownerId = enrolment?.customerId ?? customerId;
		await tx.load([ownerId && keys.customer(ownerId), enrolment?.cartId && keys.cart(enrolment.cartId)]);
		const customer = ownerId ? tx.get<CustomerRecord>(keys.customer(ownerId)) : null;
		await this.loadEarlierNames(customer);
		return {
			customer,
			cart: enrolment?.cartId ? tx.get<CartRecord>(keys.cart(enrolment.cartId)) : null,
			settings: { ...defaults, ...tx.get<Partial<ShopSettings>>(keys.settings) },
		};
	}

	/** A campaign that reached the customer under a name merged since is not sent once more. */
	private async loadEarlierNames(customer: CustomerRecord | null): Promise<void> {
		const { campaign } = this.job;
		if (campaign === null || !customer?.merged?.length) return;
		this.earlierKeys = customer.merged.map((id) => keys.campaignSend(`${campaign}/${id}`));
		await this.tx.load(this.earlierKeys);
	}

	/** Only the booking itself and the customer it may have to be closed on. */
	async loadOwn(): Promise<void> {
		await this.tx.load([this.key]);
		const { enrolment } = this;
		if (enrolment) await this.tx.load([keys.customer(enrolment.customerId)]);
	}

	get enrolment(): EnrolmentRecord | null {
		return this.job.campaign === null ? this.tx.get<EnrolmentRecord>(this.key) : null;
	}

	get definition(): JourneyDefinition | null {
		const { enrolment } = this;
		return enrolment ? (this.definitions.byId.get(enrolment.journey) ?? null) : null;
	}

	get exists(): boolean {
		return this.tx.get(this.key) !== null || this.job.campaign !== null;
	}

	get entry(): SendRecord | undefined {
		const own = this.record?.sends[this.job.sendKey];
		return own ?? this.earlierKeys.map((key) => this.tx.get<CampaignRecord>(key)?.sends[this.job.sendKey]).find((entry) => entry !== undefined);
	}

	/** Whether the booking is still the one that this run made. */
	get isOurs(): boolean {
		return this.entry?.token === this.token;
	}

	private get record(): EnrolmentRecord | CampaignRecord | null {
		return this.tx.get<EnrolmentRecord | CampaignRecord>(this.key);
	}

	/** Books or, with null, takes back. */
	put(entry: SendRecord | null): void {
		const record = this.record ?? { sends: {} };
		const { [this.job.sendKey]: _before, ...others } = record.sends;
		this.tx.set(this.key, { ...record, sends: entry ? { ...others, [this.job.sendKey]: entry } : others });
	}

	/** The message left: on to the next step, unless that has happened already. */
	sent(nowMs: number): void {
		const { enrolment } = this;
		this.report('message_sent', nowMs);
		this.tx.count(this.counters, `sent.${this.step + 1}`);
		if (enrolment?.status === 'open' && enrolment.step === this.step) advance(this.tx, this.definition, enrolment, this.token, nowMs);
	}

	/** The message does not leave: settles the enrolment as the reason's `then` says. Its documents are loaded. */
	refuse(reason: NotSentReason, nowMs: number, detail?: string): void {
		const rule = notSentReasons[reason];
		const { entry } = this;
		this.tx.count(this.counters, `not_sent.${reason}`);
		this.report('message_not_sent', nowMs, reason);
		if (reason === 'unknown_delivery' && entry?.state === 'reserved') this.put({ ...entry, state: 'unknown', atMs: nowMs });
		const { enrolment } = this;
		if (!enrolment) return;
		const isOwner = enrolment.status === 'open' && enrolment.step === this.step;
		const isFollower = enrolment.settled?.token === this.token && enrolment.settled.step === this.step;
		if (rule.then === 'end') {
			if (enrolment.status === 'open') end(this.tx, this.definition, enrolment, rule.end, nowMs);
		} else if (rule.then === 'next') {
			// The same item twice in one batch: the other one is on its way and will settle the step.
			const isUnderWay = reason === 'already_sent' && entry?.state === 'reserved';
			if (isOwner && !isUnderWay) advance(this.tx, this.definition, enrolment, this.token, nowMs);
		} else if (rule.then === 'hold') {
			if (isOwner) reschedule(this.tx, enrolment, nowMs + holdMs);
			else if (isFollower) stepBack(this.tx, enrolment, nowMs + holdMs);
		} else if (rule.then === 'retry') {
			const failed = { ...enrolment, failure: `${rule.sentence} ${detail ?? ''}`.trim().slice(0, 500) };
			if (isOwner) this.tx.set(this.key, failed);
			else if (isFollower) stepBack(this.tx, failed, nowMs + holdMs);
		}
	}

	private get counters(): string {
		const journey = this.job.item.journey?.id;
		return journey ? journeyCounters(journey) : `campaign:${this.job.campaign}`;
	}

	private report(type: string, atMs: number, reason?: NotSentReason): void {
		const customerId = this.enrolment?.customerId ?? this.job.customerId ?? this.job.item.customer?.id;
		const { journey } = this.job.item;
		this.tx.log({
			atMs,
			type,
			subject: customerId ? keys.customer(customerId) : undefined,
			data: { channel: 'email', ...(journey && { journey: journey.id, step: journey.step }), ...(reason && { reason }) },
		});
	}
}
