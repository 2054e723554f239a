import type { CodeSource } from '../discounts/source';
import { shopSource } from '../discounts/shopSource';
import type { Clock } from '../model/clock';
import { ShopJourneysError } from '../model/errors';
import type { ShopAdapter } from '../shops/adapter';
import { type CredentialHelpers, shopApiContext } from './http';

/** For what only asks about codes that are there. */
const anyPattern = '########';

/** Codes made in the shop through its API, with the credential that is chosen on the node. @throws SHOP_REFUSED when none is, PARAMETER_INVALID where the shop has no such API */
export async function shopCodes(context: CredentialHelpers, { api, label, credential }: ShopAdapter, clock: Clock, pattern = anyPattern): Promise<CodeSource> {
	if (!api?.discounts) throw new ShopJourneysError('PARAMETER_INVALID', `Discount codes cannot be made in ${label}`, { hint: 'Take them from a list.' });
	return shopSource(api.discounts, await shopApiContext(context, credential.type), { pattern, clock });
}
