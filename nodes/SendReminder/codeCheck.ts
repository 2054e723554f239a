import type { IExecuteFunctions } from 'n8n-workflow';
import { askForCode, unansweredAtMost } from '../../lib/discounts/check';
import { normaliseCode } from '../../lib/discounts/code';
import type { CodeSource } from '../../lib/discounts/source';
import type { SenderOptions } from '../../lib/messages/send/sender';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { shopCodes } from '../../lib/n8n/shopCodes';
import { adapterFor } from '../../lib/shops/registry';
import type { ContentCheck } from './contentCheck';

/** A code of a list, or one that the shop is not to be asked about: our record says all that is known. */
const byRecord: Pick<CodeSource, 'check'> = { check: async () => null };

/**
 * Whether the codes that messages show are good at the moment of sending: those of ours by our record always, and by the shop itself where it is asked for stock and
 * prices too. A shop that does not answer keeps a message with a code back: no code is promised that may not be there. Codes that the operator typed in are the operator's.
 */
export function codeCheck(context: IExecuteFunctions, { clock }: Installation, { store }: ShopHandle, check: ContentCheck): NonNullable<SenderOptions['codeIsValid']> {
	let source: Promise<CodeSource> | undefined;
	// Only a message with a code of the shop's needs its API.
	const askShop: typeof byRecord = { check: async (record) => await (await (source ??= shopCodes(context, adapterFor(check), clock))).check(record) };
	const live = check === 'shopify' || check === 'woocommerce' ? askShop : byRecord;
	let failures = 0;
	const isTold = new Set<string>();
	const tell = (why: string) => {
		if (!isTold.has(why)) context.addExecutionHints({ message: `Messages with a discount code wait: ${why}`, type: 'warning', location: 'outputPane' });
		isTold.add(why);
	};
	return async (code, { item }) => {
		if (failures >= unansweredAtMost) return 'unavailable';
		const { status, why = 'the shop cannot be asked whether its codes are good.' } = await askForCode(store, code, (name) => (name === 'shop' ? live : byRecord), clock);
		failures = status === 'unavailable' ? failures + 1 : 0;
		if (status === 'unavailable') tell(why);
		// Never issued by us: typed in by the operator, unless the item says otherwise.
		if (status === 'unknown') return !item.discount?.isUnique || normaliseCode(item.discount.code) !== normaliseCode(code);
		return status === 'unavailable' ? status : status === 'valid';
	};
}
