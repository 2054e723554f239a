import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { checkCode, type CodeStatus } from '../../../lib/discounts/check';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import type { Installation } from '../../../lib/n8n/installation';
import { codeField, codeOf } from '../codeField';
import { optionsOf } from '../optionFields';
import { knownSources } from '../source';

export const description = [codeField('check')];

const sentences: Record<CodeStatus, string> = {
	valid: 'The code can be used.',
	unknown: 'No such code was issued for this shop.',
	missing: 'The shop has no such code, or one that somebody else made.',
	redeemed: 'The code was used.',
	revoked: 'The code was revoked.',
	expired: 'The code ran out.',
	unavailable: 'The shop could not be asked. For a code made in the shop choose that shop under "Source".',
};

/** Codes that can be used come out first, the others behind with why not. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<[INodeExecutionData[], INodeExecutionData[]]> {
	const outputs: [INodeExecutionData[], INodeExecutionData[]] = [[], []];
	for (const [itemIndex, { json }] of context.getInputData().entries()) {
		const shop = installation.shop(shopIdOf(json, optionsOf(context, itemIndex).shop ?? 'main'));
		const code = codeOf(context, itemIndex);
		const status = await checkCode(shop.store, code, await knownSources(context, installation, shop), installation.clock);
		outputs[status === 'valid' ? 0 : 1].push({ json: { ...json, discountCode: { code, status, sentence: sentences[status] } }, pairedItem: { item: itemIndex } });
	}
	return outputs;
}
