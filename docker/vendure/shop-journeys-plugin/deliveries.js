/** From Vendure's events to signed deliveries. */
const { createHmac, randomUUID } = require('node:crypto');
const {
	AccountRegistrationEvent,
	AccountVerifiedEvent,
	CouponCodeEvent,
	CustomerAddressEvent,
	CustomerEvent,
	CustomerGroupChangeEvent,
	IdentifierChangeEvent,
	Logger,
	Order,
	OrderEvent,
	OrderLineEvent,
	OrderPlacedEvent,
	OrderStateTransitionEvent,
	ProductChannelEvent,
	ProductEvent,
	ProductVariantEvent,
	RefundStateTransitionEvent,
	StockMovementEvent,
} = require('@vendure/core');

const context = 'ShopJourneys';
const requestLimitMs = 10_000;
/** After a delivery that n8n did not take, none is tried for 1 s, 2 s, 4 s ... and no longer than this. */
const longestPauseMs = 15_000;
/** Deliveries are recognised again for a week. */
const longestTryingMs = 3 * 24 * 3600 * 1000;
/** Time is what ends the trying: how long the queue waits between two attempts is set in the shop's configuration. */
const retries = 1_000_000;
/** What the database does not give after so many attempts is left out. */
const mostReads = 10;
/** n8n has read the delivery and cannot use it: sent again it would be refused again. */
const refusedForGood = [413, 422];

/** What each event is about. An event may concern several things, or none that we tell of. */
const subscriptions = [
	// A new order is an empty cart.
	[OrderEvent, (event) => (event.type === 'created' ? [] : [{ order: event.entity.id, code: event.entity.code, type: event.type }])],
	[OrderLineEvent, (event) => [{ order: event.order.id, type: event.type }]],
	[CouponCodeEvent, (event) => [{ order: event.orderId, type: event.type }]],
	[OrderStateTransitionEvent, (event) => (event.fromState === 'Created' ? [] : [{ order: event.order.id, fromState: event.fromState, toState: event.toState }])],
	[OrderPlacedEvent, (event) => [{ order: event.order.id, fromState: event.fromState, toState: event.toState }]],
	[RefundStateTransitionEvent, (event) => [{ order: event.order.id, refundId: event.refund.id, fromState: event.fromState, toState: event.toState }]],
	[CustomerEvent, (event) => [{ customer: event.entity.id, type: event.type }]],
	[CustomerAddressEvent, (event) => (event.entity.customer ? [{ customer: event.entity.customer.id, type: 'updated' }] : [])],
	[CustomerGroupChangeEvent, (event) => event.customers.map(({ id }) => ({ customer: id, type: event.type }))],
	[AccountRegistrationEvent, (event) => [{ user: event.user.id }]],
	[AccountVerifiedEvent, (event) => [{ customer: event.customer.id }]],
	[IdentifierChangeEvent, (event) => [{ user: event.user.id }]],
	[ProductEvent, (event) => [{ product: event.entity.id, type: event.type }]],
	[ProductChannelEvent, (event) => [{ product: event.product.id, type: event.type }]],
	[ProductVariantEvent, (event) => unique(event.entity.map(({ productId }) => productId)).map((id) => ({ product: id, type: 'updated' }))],
	[StockMovementEvent, (event) => unique(event.stockMovements.map(({ productVariant }) => productVariant.id)).map((id) => ({ variant: id }))],
];

function unique(ids) {
	return [...new Set(ids)];
}

class Deliveries {
	constructor(options, bodies, eventBus, jobQueues, contexts, connection) {
		Object.assign(this, { options, bodies, eventBus, jobQueues, contexts, connection });
		/** Deliveries in a row that n8n did not take. */
		this.failures = 0;
		this.pausedUntilMs = 0;
		/** How often what a delivery is about could not be read, by its id. */
		this.unread = new Map();
	}

	/** Nest calls this once the shop has started, in the server and in the worker. */
	async onApplicationBootstrap() {
		this.queue = await this.jobQueues.createQueue({ name: 'shop-journeys', process: (job) => this.process(job) });
		for (const [Event, concerns] of subscriptions) {
			this.eventBus.ofType(Event).subscribe((event) => {
				for (const concern of concerns(event)) void this.enqueue(Event.name, { ...concern, ...(event.ctx?.apiType === 'shop' && { languageCode: event.ctx.languageCode }) }, event.createdAt);
			});
		}
		this.connection.rawConnection.subscribers.push(this.contactSubscriber());
	}

	/**
	 * Vendure has no event for a guest who types in an address at the checkout (`setCustomerForOrder`), nor for a chosen way
	 * of shipping: so the order itself is watched. It is told once the transaction has been committed, as with events.
	 */
	contactSubscriber() {
		const changed = new WeakMap();
		const isContact = ({ updatedRelations = [], updatedColumns = [] }) => [...updatedRelations, ...updatedColumns].some(({ propertyName }) => ['customer', 'shippingWithTax'].includes(propertyName));
		return {
			listenTo: () => Order,
			afterUpdate: (event) => {
				if (event.metadata.target !== Order || event.entity?.id === undefined || !isContact(event)) return;
				changed.set(event.queryRunner, (changed.get(event.queryRunner) ?? new Set()).add(event.entity.id));
			},
			afterTransactionCommit: ({ queryRunner }) => {
				// Of a transaction within another one only the outer one counts.
				if (queryRunner.isTransactionActive) return;
				for (const id of changed.get(queryRunner) ?? []) void this.enqueue('OrderEvent', { order: id, type: 'updated' }, new Date());
				changed.delete(queryRunner);
			},
			afterTransactionRollback: ({ queryRunner }) => {
				if (!queryRunner.isTransactionActive) changed.delete(queryRunner);
			},
		};
	}

	/** Only ids go into the queue, no addresses. A queue that fails is logged; it must not reach the shop. */
	async enqueue(topic, about, at) {
		try {
			await this.queue.add({ id: randomUUID(), topic, occurredAt: at.toISOString(), about }, { retries });
		} catch (error) {
			Logger.error(`${topic} could not be put into the job queue: ${error.message}`, context);
		}
	}

	/**
	 * One attempt. What it throws, the job queue repeats. It never waits: in some queues all of the shop's jobs share a few
	 * places, and a mail of the shop is not to stand behind an n8n that is down.
	 */
	async process({ data: { id, topic, occurredAt, about }, attempts }) {
		if (attempts > 1 && Date.now() - Date.parse(occurredAt) > longestTryingMs) {
			Logger.error(`${topic} ${id} was given up: n8n has not taken it for three days`, context);
			return 'given up';
		}
		if (Date.now() < this.pausedUntilMs) throw new Error('n8n did not take the last delivery: waiting a moment');
		const ctx = await this.contexts.create({ apiType: 'admin', channelOrToken: this.options.channelToken });
		// Before reading: what is read is at least as new.
		const readAt = new Date().toISOString();
		let data;
		try {
			data = await this.read(ctx, about);
			this.unread.delete(id);
		} catch (error) {
			const reads = (this.unread.get(id) ?? 0) + 1;
			this.unread.set(id, reads);
			if (reads < mostReads) throw error;
			this.unread.delete(id);
			Logger.error(`${topic} ${id} could not be read: ${error.message}`, context);
			return 'unreadable';
		}
		if (!data) return 'nothing to tell';
		const { type, fromState, toState, refundId, languageCode } = about;
		const body = JSON.stringify({ topic, id, occurredAt, readAt, type, fromState, toState, ...(refundId !== undefined && { refundId: this.bodies.idOf(refundId) }), languageCode, currencyCode: ctx.channel.defaultCurrencyCode, moneyPrecision: this.bodies.moneyPrecision, data });
		try {
			const answer = await this.send(id, body);
			this.failures = 0;
			return answer;
		} catch (error) {
			this.pausedUntilMs = Date.now() + Math.min(1000 * 2 ** Math.min(this.failures, 10), longestPauseMs);
			this.failures++;
			throw error;
		}
	}

	/** What the ids name, as it stands now; null when there is nothing to say of it in this channel. */
	async read(ctx, about) {
		const [kind] = ['order', 'customer', 'product'].filter((name) => about[name] !== undefined);
		if (about.type === 'deleted') return { [kind]: this.gone(about[kind], about.code) };
		if (kind === 'order') return wrapped('order', await this.bodies.order(ctx, about.order));
		if (kind === 'customer' || about.user !== undefined) return wrapped('customer', await this.bodies.customer(ctx, { id: about.customer, userId: about.user }));
		const id = about.product ?? (await this.bodies.productOf(ctx, about.variant));
		const product = id === undefined ? null : await this.bodies.product(ctx, id);
		// Taken out of this channel: it cannot be bought here any more.
		return product || about.type !== 'removed' ? wrapped('product', product) : { product: this.gone(id) };
	}

	gone(id, code) {
		return { id: this.bodies.idOf(id), ...(code && { code }), deleted: true };
	}

	/** Standard Webhooks: each attempt is signed anew, under the id that stays the same. */
	async send(id, body) {
		const timestamp = String(Math.floor(Date.now() / 1000));
		const { url, secret } = this.options;
		const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
		const response = await fetch(url, {
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				'x-shop-journeys-id': id,
				'x-shop-journeys-timestamp': timestamp,
				'x-shop-journeys-signature': `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
			},
			body,
			redirect: 'error',
			signal: AbortSignal.timeout(requestLimitMs),
		});
		const text = await response.text();
		if (refusedForGood.includes(response.status)) {
			Logger.error(`Delivery ${id} was refused (${response.status}): ${text.slice(0, 300)}`, context);
			return 'refused';
		}
		// An n8n that is just starting answers 200 without having read anything.
		if (!response.ok || !text.includes('"ok":true')) throw new Error(`n8n answered ${response.status}: ${text.slice(0, 200)}`);
		return text;
	}
}

function wrapped(name, found) {
	return found ? { [name]: found } : null;
}

module.exports = { Deliveries };
