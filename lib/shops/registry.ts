import { ShopJourneysError } from '../model/errors';
import type { ShopAdapter } from './adapter';
import { genericAdapter } from './generic';
import { shopifyAdapter } from './shopify';
import { vendureAdapter } from './vendure';
import { woocommerceAdapter } from './woocommerce';

/** Every shop system we know, in the order in which the editor lists them. A new one is one entry here. */
export const shopAdapters: readonly ShopAdapter[] = [shopifyAdapter, woocommerceAdapter, vendureAdapter, genericAdapter];

/** @throws PARAMETER_INVALID when no shop system has this id */
export function adapterFor(id: string): ShopAdapter {
	const adapter = shopAdapters.find((candidate) => candidate.id === id);
	if (!adapter) {
		throw new ShopJourneysError('PARAMETER_INVALID', `There is no shop system "${id}" (known: ${shopAdapters.map((candidate) => candidate.id).join(', ')})`);
	}
	return adapter;
}
