import type { INodeProperties } from 'n8n-workflow';
import { programmeOf } from '../../../lib/loyalty/programme';
import { decideTier, emptyTiers, type TierRecord } from '../../../lib/loyalty/tiers';
import { currencyDigits } from '../../../lib/model/money';
import { keys } from '../../../lib/model/records';
import { readCustomer } from '../../../lib/record/identity';
import { answer, erased, isoTime, type Output, ownerOf, type Run } from '../run';

export const description: INodeProperties[] = [];

/** The customer's tier as it is now, until when it is kept, and how far it is to the next. Changes nothing. */
export async function execute(run: Run): Promise<Output> {
	const { shop, settings, nowMs } = run;
	const owner = await ownerOf(run);
	if (owner === null) return erased(run);
	const programme = programmeOf(settings);
	if (!programme || programme.tiers.length === 0) return answer(run, { status: 'no_tiers', message: 'The shop has no tiers. They are set up under "Loyalty Points" on its Shop Webhook Trigger.' }, false);
	const [{ value: record }] = await shop.store.read<TierRecord>([keys.tier(owner)]);
	const before = (await readCustomer(shop.store, owner))?.points ?? {};
	const { tier, tierLabel, tierSinceMs, tierUntilMs, progress = 0, progressCurrency, nextTierLabel, toNextTier } = decideTier(record ?? emptyTiers(programme.currency), before, programme, nowMs).standing;
	const amount = (value: number) => (progressCurrency === undefined ? value : value / 10 ** currencyDigits(progressCurrency));
	return answer(run, {
		status: 'done',
		tier: tierLabel ?? null,
		...(tier !== undefined && { tierId: tier }),
		...(tierSinceMs !== undefined && { since: isoTime(tierSinceMs) }),
		...(tierUntilMs !== undefined && { keptUntil: isoTime(tierUntilMs) }),
		countedBy: programme.tierBy,
		progress: amount(progress),
		nextTier: nextTierLabel ?? null,
		...(toNextTier !== undefined && { toNextTier: amount(toNextTier) }),
	});
}
