import type { CustomerRecord } from '../../../lib/model/records';
import type { ShopSettings } from '../../../lib/model/settings';
import type { LinkPayload } from '../../../lib/messages/links';
import { lookOf, type PageLook } from '../../../lib/messages/pages';
import type { ShopHandle } from '../../../lib/n8n/installation';
import { readCustomer } from '../../../lib/record/identity';
import type { RouteRequest } from './route';

/** Who holds a link, and what pages look like to them. */
export interface Reader {
	shop: ShopHandle;
	settings: ShopSettings;
	/** null: nobody is known (any more) under the link's id. */
	customer: CustomerRecord | null;
	look: PageLook;
}

/** @throws STORE_UNAVAILABLE */
export async function readerOf({ installation }: RouteRequest, link: LinkPayload): Promise<Reader> {
	const shop = installation.shop(link.shop);
	const [settings, found] = await Promise.all([shop.settings(), readCustomer(shop.store, link.customerId)]);
	const customer = found?.erasedAtMs === undefined ? found : null;
	return { shop, settings, customer, look: lookOf(settings, customer?.locale) };
}
