import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { revokeCode } from '../../../lib/discounts/check';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import type { Installation } from '../../../lib/n8n/installation';
import { codeField, codeOf } from '../codeField';
import { optionsOf } from '../optionFields';
import { knownSources } from '../source';

export const description = [codeField('revoke')];

const sentences: Record<Awaited<ReturnType<typeof revokeCode>>, string> = {
	revoked: 'The code can be used no more.',
	redeemed: 'The code was used before.',
	expired: 'The code had run out before.',
	unknown: 'No such code was issued for this shop.',
	unavailable: 'The shop could not be asked, so the code may still be used. For a code made in the shop choose that shop under "Source".',
};

/** Codes that are revoked now come out first, the others behind with why not. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<[INodeExecutionData[], INodeExecutionData[]]> {
	const outputs: [INodeExecutionData[], INodeExecutionData[]] = [[], []];
	for (const [itemIndex, { json }] of context.getInputData().entries()) {
		const shop = installation.shop(shopIdOf(json, optionsOf(context, itemIndex).shop ?? 'main'));
		const code = codeOf(context, itemIndex);
		const status = await revokeCode(shop.store, code, await knownSources(context, installation, shop));
		outputs[status === 'revoked' ? 0 : 1].push({ json: { ...json, discountCode: { code, status, sentence: sentences[status] } }, pairedItem: { item: itemIndex } });
	}
	return outputs;
}
