import type { INodeProperties } from 'n8n-workflow';
import { currencyDigits } from '../../../lib/model/money';
import { readCustomer } from '../../../lib/record/identity';
import { answer, erased, isoTime, type Output, ownerOf, type Run } from '../run';

export const description: INodeProperties[] = [];

/** The customer's tier, until when it is kept, and how far it is to the next. */
export async function execute(run: Run): Promise<Output> {
	const { shop, settings } = run;
	const owner = await ownerOf(run);
	if (owner === null) return erased(run);
	const { tiers = [], tierBy } = settings.loyalty ?? {};
	if (tiers.length === 0) return answer(run, { status: 'no_tiers', message: 'The shop has no tiers. They are set up in the loyalty settings of its Shop Webhook Trigger.' }, false);
	const { tier, tierSinceMs, tierUntilMs, progress = 0, progressCurrency, nextTier, toNextTier } = (await readCustomer(shop.store, owner))?.points ?? {};
	const labelOf = (id: string | undefined) => tiers.find((each) => each.id === id)?.label ?? id;
	const amount = (value: number) => (progressCurrency === undefined ? value : value / 10 ** currencyDigits(progressCurrency));
	// Who never had any points is on the way to the first.
	const next = tier === undefined && nextTier === undefined ? tiers[0].id : nextTier;
	return answer(run, {
		status: 'done',
		tier: labelOf(tier) ?? null,
		...(tier !== undefined && { tierId: tier }),
		...(tierSinceMs !== undefined && { since: isoTime(tierSinceMs) }),
		...(tierUntilMs !== undefined && { keptUntil: isoTime(tierUntilMs) }),
		countedBy: tierBy,
		progress: amount(progress),
		nextTier: labelOf(next) ?? null,
		...(next !== undefined && { toNextTier: toNextTier === undefined ? tiers[0].from : amount(toNextTier) }),
	});
}
