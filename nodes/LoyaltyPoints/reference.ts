import { createHash } from 'node:crypto';
import type { INodeProperties } from 'n8n-workflow';
import { orderReference } from '../../lib/loyalty/earning';
import { maxReference } from '../../lib/loyalty/ledger';
import type { JourneyItem } from '../../lib/model/item';
import { refused, type Run, textOf } from './run';

export const referenceField: INodeProperties = {
	displayName: 'Reference',
	name: 'reference',
	type: 'string',
	default: '',
	placeholder: 'e.g. review-1042',
	displayOptions: { show: { operation: ['adjust', 'confirm', 'earn', 'giveBack', 'redeem', 'release', 'reserve'] } },
	description: 'What this counts for: the same reference counts once, however often the workflow runs. Empty: the order (or cart) of the item, else the step of its journey.',
};

/** What of an item a default reference is made of. */
export interface Naming {
	/** The order is meant as such: whatever earns or spends for it counts once together. Otherwise each node counts once per order. */
	isOrderItself?: boolean;
	/** Where there is no order, the cart of the checkout names it. */
	orCart?: boolean;
	/** The node is no part of it: other nodes of the same step mean the same. */
	isShared?: boolean;
	/** An order says too little: two refunds of one order are two. */
	exceptOrder?: boolean;
}

/** The reference that was filled in, or the one that the item gives. @throws PARAMETER_INVALID when there is none */
export function referenceOf(run: Run, naming: Naming = {}): string {
	const own = textOf(run, 'reference');
	if (own) return bounded(own);
	const { order, cart, journey } = run.json as Partial<JourneyItem>;
	const node = run.context.getNode().id;
	const orderId = orderIdOf(run);
	if (orderId !== undefined && !naming.exceptOrder) return bounded(naming.isOrderItself ? orderReference(orderId) : `${orderReference(orderId)}/${node}`);
	if (naming.orCart && !order && cart?.id) return bounded(`cart:${cart.id}`);
	if (journey) return bounded(`step:${journey.enrolment}:${journey.enteredAt}:${journey.step}${naming.isShared ? '' : `:${node}`}`);
	throw refused(
		run,
		'"Reference" is empty, and the item names neither an order nor a step of a journey',
		naming.exceptOrder
			? 'Fill in "Reference" with what names the refund, for example the shop’s ID of it. Without it, two equal refunds could not be told apart.'
			: 'Fill in "Reference" with what these points are for, for example the ID of a review. It keeps them from being counted twice when the workflow runs again.',
	);
}

/** The shop's own ID of the order that the item is about. */
export function orderIdOf({ json }: Run): string | undefined {
	const { id } = (json.order ?? {}) as { id?: unknown };
	const found = id ?? json.orderId;
	return typeof found === 'string' || typeof found === 'number' ? String(found).trim() || undefined : undefined;
}

/** A name that is too long for the ledger is shortened to what is as unique. */
export function bounded(reference: string): string {
	return reference.length <= maxReference ? reference : `${reference.slice(0, 50)}#${createHash('sha256').update(reference).digest('base64url')}`;
}

/** Reserve, Confirm and Release mean the same checkout: its order, else its cart. */
export const checkout: Naming = { isOrderItself: true, orCart: true, isShared: true };
