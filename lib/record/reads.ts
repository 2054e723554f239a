import type { Definitions } from '../journeys/definitions';
import { orderIdOf, type ShopEvent } from '../model/events';
import { type AliasRecord, cartAliases, type CartRecord, type CustomerRecord, keys, type OrderRecord, type ReturnRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { cartEnrolments } from './carts';
import { orderCodeKeys } from './codes';
import { aliasesOf, type RecordContext } from './identity';

/**
 * Loads what recording an event is likely to need in as few round trips as possible: first everything the event itself
 * names, then everything that leads to. What turns out to be missing is loaded where it is used.
 * @param event with normalised facts
 */
export async function loadNamed(tx: Transaction, event: ShopEvent, definitions: Definitions, context: RecordContext): Promise<void> {
	const aliases = aliasesOf(event);
	const tokens = event.cart ?? event.order;
	const tokenAliases = cartAliases(tokens ?? {});
	const orderId = orderIdOf(event) ?? event.return?.orderId;
	const order = orderId && keys.order(orderId);
	const told = event.return && keys.return(event.return.returnId);
	// A cart is usually called by its token.
	const guess = tokens?.cartToken && keys.cart(tokens.cartToken);
	const confirmation = event.order && !event.isHistory && keys.confirmation(event.order.orderId);
	// Only shops with a loyalty programme have anything there.
	const early = event.order && (await context.programme()) ? keys.earlyRefunds(event.order.orderId) : undefined;
	await tx.load([early, ...aliases, ...tokenAliases, ...customerKeys(event.customerId), order, confirmation || undefined, told, guess, event.product && keys.product(event.product.productId), ...orderCodeKeys(event.order ?? {})]);

	const leads = aliases.map((alias) => ({ alias, id: tx.get<AliasRecord>(alias)?.id }));
	const known = tokenAliases.map((alias) => tx.get<AliasRecord>(alias)?.id).filter((id) => id !== undefined);
	const carts = known.length > 0 || !tokens?.cartToken ? known : [tokens.cartToken];
	const owners = [guess && tx.get<CartRecord>(guess)?.customerId, order && tx.get<OrderRecord>(order)?.customerId, told && tx.get<ReturnRecord>(told)?.customerId];
	await tx.load([
		...[...leads.map(({ id }) => id), ...owners].flatMap(customerKeys),
		...leads.filter(({ id }) => id === undefined).map(({ alias }) => keys.suppression(context.hashAddress(alias))),
		...carts.flatMap((id) => [keys.cart(id), ...cartEnrolments(definitions, id)]),
	]);
	// What is under way for the customers of a cart or an order may end by it.
	if (!tokens) return;
	const customers = [...leads.map(({ id }) => id), ...owners].map((id) => (id ? tx.get<CustomerRecord>(keys.customer(id)) : null));
	await tx.load(customers.flatMap((customer) => Object.keys(customer?.open ?? {}).map(keys.enrolment)));
}

const customerKeys = (id: string | undefined) => (id ? [keys.customer(id), keys.history(id)] : []);
