import type { Clock } from '../model/clock';
import { ShopJourneysError } from '../model/errors';
import { type DiscountCodeRecord, keys } from '../model/records';
import type { DiscountApi, ShopApiContext } from '../shops/api';
import { drawCode } from './code';
import type { CodeSource, LiveCode } from './source';

const drawsAtMost = 20;

/**
 * Codes that are drawn from a pattern and made in the shop through its API.
 * @throws PARAMETER_INVALID when a code is chosen, for a pattern that is none
 */
export function shopSource(api: DiscountApi, context: ShopApiContext, { pattern, clock, random }: { pattern: string; clock: Clock; random?: (below: number) => number }): CodeSource {
	const find = async ({ code, mark }: DiscountCodeRecord) => {
		const found = await api.find(context, code);
		return { found, isOurs: found !== null && found.mark === mark };
	};
	return {
		name: 'shop',
		async choose(tx) {
			for (let draw = 1; draw <= drawsAtMost; draw++) {
				const code = drawCode(pattern, random);
				const isKnown = (await tx.peek([keys.discountCode(code)])).size > 0;
				if (!isKnown) return { code, isReady: false };
			}
			throw new ShopJourneysError('PARAMETER_INVALID', `All codes tried for the pattern "${pattern}" are taken`, { hint: 'Use a pattern with more #.' });
		},
		async create({ code, mark, terms, onlyFor, expiresAtMs }) {
			const startsAtMs = clock.machineNowMs();
			const endsAtMs = expiresAtMs === undefined ? undefined : startsAtMs + Math.ceil((expiresAtMs - clock.journeyNowMs()) / clock.speed);
			return await api.create(context, { code, mark: mark!, terms: terms!, onlyFor, startsAtMs, endsAtMs });
		},
		async revoke(record) {
			const { found, isOurs } = await find(record);
			if (found?.isActive && isOurs) await api.deactivate(context, found.id);
		},
		async check(record): Promise<LiveCode> {
			const { found, isOurs } = await find(record);
			return { exists: found !== null, isOurs, isUsed: found?.isUsed ?? false, isActive: found?.isActive ?? false };
		},
	};
}
