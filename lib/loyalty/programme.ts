import type { LoyaltySettings, ShopSettings } from '../model/settings';

/** The shop's loyalty programme, with what of the other settings it goes by. */
export interface Programme extends LoyaltySettings {
	/** ISO 4217: orders in another one earn nothing. */
	currency: string;
	/** IANA: whose days and years count. */
	timezone: string;
}

/** Null: the shop has none. */
export function programmeOf({ loyalty, currency, timezone }: Pick<ShopSettings, 'loyalty' | 'currency' | 'timezone'>): Programme | null {
	return loyalty ? { ...loyalty, currency, timezone } : null;
}
