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

/**
 * Settings as they are to be kept, after those before. Earning counts from when its switch was turned on; publishing again changes nothing about that. A tier that
 * was only renamed, or moved, stays the same tier, so that nobody reaches it a second time.
 */
export function continuedLoyalty(before: LoyaltySettings | undefined, next: LoyaltySettings, nowMs: number): LoyaltySettings {
	const sinceMs = next.sinceMs ?? (next.earnFromOrders ? ((before?.earnFromOrders ? before.sinceMs : undefined) ?? nowMs) : undefined);
	const { sinceMs: _since, ...rest } = next;
	return { ...rest, ...(sinceMs !== undefined && { sinceMs }), tiers: continuedTiers(before?.tiers ?? [], next.tiers) };
}

function continuedTiers(before: LoyaltySettings['tiers'], next: LoyaltySettings['tiers']): LoyaltySettings['tiers'] {
	const ids = new Map<(typeof next)[number], string>();
	const isFree = (id: string) => ![...ids.values()].includes(id);
	for (const same of ['label', 'from'] as const) {
		for (const tier of next) {
			const known = before.find((other) => other[same] === tier[same] && isFree(other.id));
			if (known && !ids.has(tier)) ids.set(tier, known.id);
		}
	}
	for (const tier of next) {
		if (ids.has(tier)) continue;
		let id = tier.id;
		// Never the id of a tier that was there before under another name: its customers are not in this one.
		for (let number = 2; !isFree(id) || before.some((other) => other.id === id); number++) id = `${tier.id}-${number}`;
		ids.set(tier, id);
	}
	return next.map((tier) => ({ ...tier, id: ids.get(tier)! }));
}
