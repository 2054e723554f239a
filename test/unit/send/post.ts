import type { DueStep } from '../../../lib/journeys/engine';
import { enrolmentId, enter } from '../../../lib/journeys/enrolment';
import type { StoreConfig } from '../../../lib/store/store';
import { transact } from '../../../lib/store/transaction';
import type { CustomerFacts } from '../../../lib/model/events';
import { type CustomerRecord, type EnrolmentRecord, type JourneyDefinition, keys } from '../../../lib/model/records';
import { defaultSettings, type ShopSettings } from '../../../lib/model/settings';
import type { EmailChannel, EmailMessage, SendOutcome } from '../../../lib/messages/channels/channel';
import { sendBatch, type SenderOptions, type SendJob, type SendResult } from '../../../lib/messages/send/sender';
import { firstRetryMs, type Running, runJourney } from '../journeys/engine';
import { cartEvent, customerEvent } from '../record/shop';

/** A channel that keeps what it is given and answers as told. */
export class FakeChannel implements EmailChannel {
	readonly sent: EmailMessage[] = [];
	/** What happens while a message is under way; its answer, if any, is the channel's. */
	during: (message: EmailMessage) => Promise<SendOutcome | undefined> | SendOutcome | undefined = () => undefined;

	constructor(readonly connections = 5) {}

	async send(message: EmailMessage): Promise<SendOutcome> {
		const outcome = (await this.during(message)) ?? { status: 'sent', response: '250 OK' };
		if (outcome.status === 'sent') this.sent.push(message);
		return outcome;
	}

	async close(): Promise<void> {}
}

export const refusedForNow: SendOutcome = { status: 'refused', permanent: false, scope: 'provider', response: '451 Try again later' };
export const refusedForGood: SendOutcome = { status: 'refused', permanent: true, scope: 'recipient', response: '550 5.1.1 <anna@example.com>: no such user' };
export const cutOff: SendOutcome = { status: 'unknown', response: 'The connection broke' };

export interface Post extends Running {
	channel: FakeChannel;
	options: SenderOptions;
	/** Saves settings as the Shop Webhook Trigger does. */
	configure(settings: Partial<ShopSettings>): Promise<void>;
	/** Switches the rest between marketing messages off. */
	withoutRest(): Promise<void>;
	/** A customer who has opted in fills a cart. */
	fillBy(customer: CustomerFacts, cart?: string): Promise<void>;
	/** Another journey, of which the customer is in the first step, due then. */
	alsoIn(journey: Partial<JourneyDefinition> & { id: string }, dueAtMs: number, customerId?: string): Promise<JourneyDefinition>;
	/** The customer's document. */
	customer(id?: string): Promise<CustomerRecord>;
	/** Sends for steps through one Send Reminder node. */
	send(steps: DueStep[], node?: string, change?: Partial<SenderOptions>): Promise<SendResult[]>;
	sendOne(step: DueStep, node?: string, change?: Partial<SenderOptions>): Promise<SendResult>;
	/** Sends outside a journey. */
	campaign(customerIds: Array<string | null>, key?: string, change?: Partial<SenderOptions>): Promise<SendResult[]>;
	counters(): Promise<Record<string, number>>;
}

export async function openPost(journey: Partial<JourneyDefinition> = {}, where?: string | StoreConfig): Promise<Post> {
	const running = await runJourney(journey, where);
	const { shop } = running;
	const channel = new FakeChannel();
	const options: SenderOptions = {
		store: shop.store,
		clock: shop.clock,
		definitions: shop.definitions,
		defaultSettings,
		channel,
		messageChannel: 'email',
		firstRetryMs,
		policy: 'never_twice',
		kind: 'marketing',
		compose: ({ messageKey, item }, { email }) => ({
			channel: 'email' as const,
			messageId: `<${messageKey}@shop.example>`,
			from: 'shop@shop.example',
			to: email!,
			subject: (item.cart?.items ?? []).map(({ title }) => title).join(', ') || 'News',
			html: '<p>Hello</p>',
			text: 'Hello',
			headers: {},
		}),
	};
	const post: Post = Object.assign(running, {
		channel,
		options,
		async configure(settings: Partial<ShopSettings>) {
			const [{ version, value }] = await shop.store.read<Partial<ShopSettings>>([keys.settings]);
			await shop.store.commit({ writes: [{ key: keys.settings, version, value: { ...value, ...settings } }] });
		},
		withoutRest: () => post.configure({ capHours: { email: 0, sms: 0, push: 0 } }),
		async fillBy(customer: CustomerFacts, cart = 'cart-a') {
			await shop.record(customerEvent(shop.now(), { ...customer, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: shop.now() } }));
			await shop.record(cartEvent(shop.now(), { cartToken: cart }, { customer }));
		},
		async alsoIn(journey: Partial<JourneyDefinition> & { id: string }, dueAtMs: number, customerId = 'customer-1') {
			const definition = await shop.switchOn({ trigger: 'event', subject: 'customer', watch: undefined, events: ['subscribed'], endsOn: [], steps: [{ name: 'first', delayMs: 0 }], ...journey });
			await transact(shop.store, async (tx) => {
				await tx.load([keys.customer(customerId), keys.enrolment(enrolmentId(journey.id, customerId))]);
				enter(tx, definition, tx.get<CustomerRecord>(keys.customer(customerId))!, { entity: customerId, about: {}, atMs: shop.now(), enteredAtMs: dueAtMs });
			});
			return definition;
		},
		customer: async (id = 'customer-1') => (await shop.store.read<CustomerRecord>([keys.customer(id)]))[0].value!,
		send: (steps: DueStep[], node = 'node-1', change: Partial<SenderOptions> = {}) => sendBatch(steps.map((step, index) => jobOf(step, node, index)), { ...options, ...change }),
		sendOne: async (step: DueStep, node?: string, change?: Partial<SenderOptions>) => (await post.send([step], node, change))[0],
		campaign: (customerIds: Array<string | null>, key = 'summer', change: Partial<SenderOptions> = {}) =>
			sendBatch(customerIds.map((customerId, itemIndex) => ({ item: {}, customerId, itemIndex, sendKey: 'node-1', messageKey: `main/${key}/${customerId}`, campaign: `w/node-1/${key}` })), { ...options, ...change }),
		counters: () => shop.store.readCounters('journey:carts'),
	});
	return post;
}

/** As Send Reminder makes it of an item. */
export function jobOf({ item }: DueStep, node: string, itemIndex = 0): SendJob {
	const { enrolment, step } = item.journey;
	return { item: { ...item }, customerId: null, itemIndex, sendKey: `${step}:${node}`, messageKey: `main/${enrolment}/${step}/${node}`, campaign: null };
}

export const sendsOf = ({ sends }: EnrolmentRecord) => Object.fromEntries(Object.entries(sends).map(([key, { state }]) => [key, state]));
export const reasonOf = (result: SendResult) => (result.status === 'sent' ? 'sent' : result.reason);
