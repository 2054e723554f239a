import type { Delivery, NormaliseContext, Normalised, ShopAdapter } from '../adapter';
import { verifyGeneric } from '../generic/signature';
import { customerChanged } from './customers';
import { readDelivery, type Told, vendureId } from './delivery';
import { orderChanged } from './orders';
import { productChanged } from './products';

/** What is read, by the name of Vendure's event. docs/vendure.md lists the same for the operator. */
const readers = new Map<string, (told: Told) => Normalised>([
	['OrderEvent', orderChanged],
	['OrderLineEvent', orderChanged],
	['CouponCodeEvent', orderChanged],
	['OrderStateTransitionEvent', orderChanged],
	['OrderPlacedEvent', orderChanged],
	['RefundStateTransitionEvent', orderChanged],
	['CustomerEvent', customerChanged],
	['CustomerAddressEvent', customerChanged],
	['CustomerGroupChangeEvent', customerChanged],
	['AccountRegistrationEvent', customerChanged],
	['AccountVerifiedEvent', customerChanged],
	['IdentifierChangeEvent', customerChanged],
	['ProductEvent', productChanged],
	['ProductChannelEvent', productChanged],
	['ProductVariantEvent', productChanged],
	['StockMovementEvent', productChanged],
]);

function normaliseVendure(delivery: Delivery, context: NormaliseContext): Normalised {
	const told = readDelivery(delivery, context);
	const read = readers.get(told.topic);
	return read ? read(told) : { events: [], ignored: `The topic "${told.topic.slice(0, 100)}" is not one that is used` };
}

/**
 * Vendure has no webhooks: a plugin in the shop (docker/vendure/shop-journeys-plugin) sends its events, signed as those of a
 * shop of one's own. There is nothing to register, so it has no API here.
 */
export const vendureAdapter: ShopAdapter = {
	id: vendureId,
	label: 'Vendure',
	credential: { type: 'shopJourneysShopApi', secretField: 'signingSecret' },
	verify: verifyGeneric,
	normalise: normaliseVendure,
};
