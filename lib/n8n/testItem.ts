import { journeyItem, productsOf, type EnrolmentFacts } from '../journeys/items';
import { sampleToken } from '../messages/send/guards';
import type { JourneyItem } from '../model/item';
import { type CartRecord, type CustomerRecord, indexes, type JourneyDefinition, keys, type OrderRecord, type ProductRecord } from '../model/records';
import type { ShopSettings } from '../model/settings';
import type { Installation, ShopHandle } from './installation';

/**
 * An item like those of a journey, made of what the store knows of a customer: the cart touched last, the newest order, and a
 * product of theirs. For tests and previews: nothing is claimed, and its token lets nothing be sent in earnest.
 * @param name of the journey that it pretends to come from
 */
export async function itemOfCustomer({ clock }: Installation, shop: ShopHandle, customer: CustomerRecord, settings: ShopSettings, name: string): Promise<JourneyItem> {
	const nowMs = clock.journeyNowMs();
	const { lastAtMs } = customer.orders;
	const thatDay = lastAtMs === undefined ? [] : await shop.store.walk(indexes.belongings(customer.id), { from: lastAtMs, to: lastAtMs, limit: 50 });
	const orderKey = thatDay.map(({ key }) => key).find((key) => key.startsWith(keys.order('')));
	const cartKey = customer.latestCart && keys.cart(customer.latestCart.id);
	const found = await shop.store.read<CartRecord | OrderRecord>([cartKey, orderKey].filter((key) => key !== undefined));
	const cart = found.find(({ key }) => key === cartKey)?.value as CartRecord | undefined;
	const order = found.find(({ key }) => key === orderKey)?.value as OrderRecord | undefined;
	const productId = (cart?.items[0] ?? order?.items[0])?.productId;
	const product = productId === undefined ? null : (await shop.store.read<ProductRecord>([keys.product(productId)]))[0].value;
	const facts: EnrolmentFacts = {
		enrolment: { id: 'test', journey: 'test', customerId: customer.id, kind: 'marketing', status: 'open', openedAtMs: nowMs, enteredAtMs: nowMs, step: 0, dueAtMs: nowMs, stepsDone: 0, sends: {}, ...(productId !== undefined && { productId }) },
		customer,
		cart: cart ?? null,
		order: order ?? null,
		product,
	};
	const definition = { id: 'test', name, steps: [{ name: 'Test', delayMs: 0 }], kind: 'marketing', trigger: 'event', subject: 'customer' } as unknown as JourneyDefinition;
	return journeyItem(facts, definition, settings, await productsOf(shop.store, [facts]), shop.id, { token: sampleToken, attempt: 1 });
}
