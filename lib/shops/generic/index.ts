import type { ShopAdapter } from '../adapter';
import { genericId, normaliseGeneric } from './normalise';
import { verifyGeneric } from './signature';

export { genericJsonSchema } from './schema';
export { genericHeaders, type GenericSigning, signGeneric } from './signature';

/** A shop system without an adapter of its own: its developer sends our events, signed. See docs/generic-shop.md. */
export const genericAdapter: ShopAdapter = {
	id: genericId,
	label: 'Generic Shop',
	credential: { type: 'shopJourneysShopApi', secretField: 'signingSecret' },
	verify: verifyGeneric,
	normalise: normaliseGeneric,
};
