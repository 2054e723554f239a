import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dayMs, hourMs } from '../../../lib/model/clock';
import { keys } from '../../../lib/model/records';
import type { LoyaltySettings } from '../../../lib/model/settings';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import { findCustomer } from '../../../lib/record/identity';
import { anna, orderEvent } from '../record/shop';

const loyalty: LoyaltySettings = { earnFromOrders: true, rate: 2, rounding: 'down', excluded: [], pendingDays: 14, expiresAfterDays: 0, tiers: [{ id: 'silver', label: 'Silver', from: 50 }], tierBy: 'points', tierPeriod: 'rolling_year', tierKeptDays: 0 };

let folder: string;
let nowMs: number;
let installation: Installation;
beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'loyalty-'));
	nowMs = Date.parse('2026-03-02T08:00:00Z');
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

it('a shop that switches its programme on has orders earn from then on, and chores do what time brings', async () => {
	const shop = installation.shop('main');
	const pay = (orderId: string, placedAtMs: number) => shop.record(orderEvent(placedAtMs, { orderId, totalMinor: 3_000, paidAtMs: nowMs, updatedAtMs: nowMs }, { type: 'order_paid', customer: anna }));
	const points = async () => (await findCustomer(shop.store, keys.alias('email', 'anna@example.com')))!.points;
	await shop.saveSettings({ currency: 'EUR', timezone: 'Europe/Vienna' });
	await pay('before', nowMs);
	nowMs += hourMs;
	await shop.saveSettings({ loyalty });
	expect((await shop.settings()).loyalty?.sinceMs).toBe(nowMs);
	await pay('before', nowMs - hourMs);
	expect(await points()).toBeUndefined();
	await pay('after', nowMs);
	expect(await points()).toMatchObject({ available: 0, pending: 60, tier: 'silver' });
	nowMs += 14 * dayMs;
	await shop.saveSettings({ loyalty });
	expect((await shop.settings()).loyalty?.sinceMs).toBe(nowMs - 14 * dayMs);
	await shop.doChores();
	expect(await points()).toMatchObject({ available: 60, pending: 0, tier: 'silver' });
	nowMs += 351 * dayMs;
	await shop.doChores();
	expect(await points()).toMatchObject({ available: 60, progress: 0, toNextTier: 50 });
	expect(await points()).not.toHaveProperty('tier');
});
