import { continuedLoyalty } from '../../../lib/loyalty/programme';
import type { LoyaltySettings } from '../../../lib/model/settings';

const settings: LoyaltySettings = { earnFromOrders: true, rate: 1, rounding: 'down', excluded: [], pendingDays: 0, expiresAfterDays: 0, tiers: [], tierBy: 'points', tierPeriod: 'ever', tierKeptDays: 0 };
const tier = (id: string, label: string, from: number) => ({ id, label, from });

describe('loyalty settings that are saved again', () => {
	it('earn from when the switch was turned on, and anew after it was off', () => {
		const on = continuedLoyalty(undefined, settings, 10);
		expect(on.sinceMs).toBe(10);
		expect(continuedLoyalty(on, { ...settings, rate: 2 }, 20).sinceMs).toBe(10);
		const off = continuedLoyalty(on, { ...settings, earnFromOrders: false }, 30);
		expect(off.sinceMs).toBeUndefined();
		expect(continuedLoyalty(off, settings, 40).sinceMs).toBe(40);
	});

	it('know a tier again by its name, else by where it begins, and give a new one an id of its own', () => {
		const before = { ...settings, tiers: [tier('silver', 'Silver', 100), tier('gold', 'Gold', 500)] };
		const after = (...tiers: LoyaltySettings['tiers']) => continuedLoyalty(before, { ...settings, tiers }, 0).tiers.map(({ id }) => id);
		expect(after(tier('silber', 'Silber', 100), tier('gold', 'Gold', 800))).toEqual(['silver', 'gold']);
		expect(after(tier('bronze', 'Bronze', 50), tier('silver', 'Silver', 100), tier('gold', 'Gold', 500))).toEqual(['bronze', 'silver', 'gold']);
		// Gold is called Platinum now, and another tier Gold.
		expect(after(tier('gold', 'GOLD', 300), tier('platinum', 'Platinum', 500))).toEqual(['gold-2', 'gold']);
	});
});
