import type { Definitions } from '../../journeys/definitions';
import { advance, end, expiresAtMs, holdMs, putOff, stepBack } from '../../journeys/enrolment';
import type { MessageChannel } from '../../model/events';
import { type CartRecord, type CustomerRecord, type EnrolmentRecord, journeyCounters, type JourneyDefinition, keys, type SendRecord } from '../../model/records';
import { notSentReasons, type NotSentReason } from '../../model/reasons';
import type { ShopSettings } from '../../model/settings';
import type { Versioned } from '../../store/store';
import type { Transaction } from '../../store/transaction';
import type { Refusal } from './guards';
import type { SendJob } from './sender';
import type { Rival } from './timing';

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
		private readonly channel: MessageChannel,
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

	/** Only the booking itself and its customer. */
	async loadOwn(): Promise<void> {
		await this.tx.load([this.key]);
		await this.tx.load([this.customerId && keys.customer(this.customerId)]);
	}

	/** The documents of `loadOwn` as they stand once this transaction is committed. */
	committed(): Array<Versioned<unknown>> {
		return [this.key, ...(this.customerId ? [keys.customer(this.customerId)] : [])].map((key) => this.tx.committed(key));
	}

	/** Steps of journeys of a higher priority that the customer is in, as they stand: a decision goes by them, but they may change meanwhile. */
	async rivals(customer: CustomerRecord | null): Promise<Rival[]> {
		const own = this.definition?.priority ?? 0;
		const higher = this.definitions.active.filter(({ kind, priority = 0 }) => kind === 'marketing' && priority > own);
		const ids = Object.entries(customer?.open ?? {}).filter(([, { journey }]) => higher.some(({ id }) => id === journey));
		if (ids.length === 0) return [];
		const found = await this.tx.peek<EnrolmentRecord>(ids.map(([id]) => keys.enrolment(id)));
		return [...found.values()].filter(({ status, holdout, journey, openedAtMs }) => status === 'open' && !holdout && openedAtMs >= this.definitions.byId.get(journey)!.activeFromMs);
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

	private get customerId(): string | undefined {
		return this.enrolment?.customerId ?? this.job.customerId ?? this.job.item.customer?.id;
	}

	/** The customer, unless nothing is kept of them any more. */
	private get customer(): CustomerRecord | null {
		const { customerId } = this;
		const customer = customerId && this.tx.has(keys.customer(customerId)) ? this.tx.get<CustomerRecord>(keys.customer(customerId)) : null;
		return customer && customer.erasedAtMs === undefined && customer.mergedInto === undefined ? customer : null;
	}

	private changeCustomer(change: (customer: CustomerRecord) => CustomerRecord): void {
		const { customer } = this;
		const changed = customer && change(customer);
		if (changed !== customer) this.tx.set(keys.customer(customer!.id), changed);
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

	/** Books that a marketing message takes the customer's attention: their rest begins. */
	bookContact(nowMs: number): void {
		const { channel, job } = this;
		this.changeCustomer((customer) => {
			const last = customer.contacts?.[channel];
			const beforeMs = last?.messageKey === job.messageKey ? last.beforeMs : last?.atMs;
			return { ...customer, contacts: { ...customer.contacts, [channel]: { atMs: nowMs, messageKey: job.messageKey, ...(beforeMs !== undefined && { beforeMs }) } } };
		});
	}

	/** Takes that back: the message did not leave. */
	giveContactBack(): void {
		const { channel, job } = this;
		this.changeCustomer((customer) => {
			const { [channel]: own, ...others } = customer.contacts ?? {};
			if (own?.messageKey !== job.messageKey) return customer;
			return { ...customer, contacts: { ...others, ...(own.beforeMs !== undefined && { [channel]: { atMs: own.beforeMs, messageKey: '' } }) } };
		});
	}

	/** Takes browsers off the customer that take no web push any more. */
	forgetEndpoints(gone: string[]): void {
		this.changeCustomer((customer) => {
			const left = customer.pushSubscriptions?.filter(({ endpoint }) => !gone.includes(endpoint));
			return left?.length === customer.pushSubscriptions?.length ? customer : { ...customer, pushSubscriptions: left };
		});
	}

	/** The provider says that the customer has unsubscribed from this channel. */
	unsubscribe(nowMs: number): void {
		const { channel } = this;
		const before = this.customer?.consent[channel];
		if (!this.customer || before?.status === 'unsubscribed') return;
		const atMs = Math.max(nowMs, before?.atMs ?? -Infinity);
		this.changeCustomer((customer) => ({ ...customer, consent: { ...customer.consent, [channel]: { status: 'unsubscribed', basis: before?.basis ?? 'unknown', source: 'provider', atMs } } }));
		this.report('unsubscribed', nowMs, {});
	}

	/** The message left: on to the next step, unless that has happened already. */
	sent(nowMs: number, variant?: string): void {
		this.changeCustomer((customer) => ({
			...customer,
			engagement: { ...customer.engagement, sent: (customer.engagement?.sent ?? 0) + 1, lastSentAtMs: Math.max(customer.engagement?.lastSentAtMs ?? -Infinity, nowMs) },
		}));
		const { enrolment } = this;
		this.report('message_sent', nowMs, { ...(variant !== undefined && { variant }) });
		this.tx.count(this.counters, `sent.${this.step + 1}`);
		if (enrolment?.status === 'open' && enrolment.step === this.step) advance(this.tx, this.definition, enrolment, this.token, nowMs);
	}

	/** The message does not leave: settles the enrolment as the reason's `then` says. Its documents are loaded. */
	refuse({ reason, allowedAtMs, isOfChannel }: Refusal, nowMs: number, detail?: string): void {
		const rule = notSentReasons[reason];
		const { entry } = this;
		this.tx.count(this.counters, `not_sent.${reason}`);
		this.report('message_not_sent', nowMs, { reason });
		if (reason === 'unknown_delivery' && entry?.state === 'reserved') this.put({ ...entry, state: 'unknown', atMs: nowMs });
		const { enrolment } = this;
		if (!enrolment) return;
		const isOwner = enrolment.status === 'open' && enrolment.step === this.step;
		const isFollower = enrolment.settled?.token === this.token && enrolment.settled.step === this.step;
		if (rule.then === 'end' && !isOfChannel) {
			if (enrolment.status === 'open') end(this.tx, this.definition, enrolment, rule.end, nowMs);
		} else if (rule.then === 'next' || rule.then === 'end') {
			// The same item twice in one batch: the other one is on its way and will settle the step.
			const isUnderWay = reason === 'already_sent' && entry?.state === 'reserved';
			if (isOwner && !isUnderWay) advance(this.tx, this.definition, enrolment, this.token, nowMs);
		} else if (rule.then === 'hold') {
			putOff(this.tx, enrolment, this, nowMs + holdMs);
		} else if (rule.then === 'put_off') {
			if (this.isInTime(allowedAtMs!)) putOff(this.tx, enrolment, this, allowedAtMs!);
			else if (isOwner) end(this.tx, this.definition, enrolment, 'expired', nowMs);
		} else if (rule.then === 'retry') {
			const failed = { ...enrolment, failure: `${rule.sentence} ${detail ?? ''}`.trim().slice(0, 500) };
			if (isOwner) this.tx.set(this.key, failed);
			else if (isFollower) stepBack(this.tx, failed, nowMs + holdMs);
		}
	}

	/** Whether a message that waits until then would still come in time. */
	isInTime(allowedAtMs: number): boolean {
		const { enrolment, definition } = this;
		return !enrolment || !definition || allowedAtMs <= expiresAtMs(definition, enrolment);
	}

	private get counters(): string {
		const journey = this.job.item.journey?.id;
		return journey ? journeyCounters(journey) : `campaign:${this.job.campaign}`;
	}

	private report(type: string, atMs: number, more: { reason?: NotSentReason; variant?: string }): void {
		const { customerId, channel } = this;
		const { journey } = this.job.item;
		this.tx.log({
			atMs,
			type,
			subject: customerId ? keys.customer(customerId) : undefined,
			data: { channel, ...(journey && { journey: journey.id, step: journey.step }), ...more },
		});
	}
}
