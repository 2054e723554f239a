import { type IDataObject, type IExecuteFunctions, type INodeExecutionData, type INodeProperties } from 'n8n-workflow';
import { messageOf, ShopJourneysError } from '../../../lib/model/errors';
import { explainRule, type ProductRule, ruleFor } from '../../../lib/model/productRules';
import { keys, type ProductRecord } from '../../../lib/model/records';
import { rethrow } from '../../../lib/n8n/errors';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import type { Installation } from '../../../lib/n8n/installation';
import { readProductRules } from '../../../lib/n8n/productRules';

const shown = { show: { operation: ['check'] } };

export const description: INodeProperties[] = [
	{
		displayName: 'Product ID',
		name: 'productId',
		type: 'string',
		default: '',
		placeholder: 'e.g. 7513594',
		displayOptions: shown,
		description: 'The shop’s own ID. Empty: the product that the item carries.',
	},
	{
		displayName: 'SKU',
		name: 'sku',
		type: 'string',
		default: '',
		placeholder: 'e.g. OMEGA-100',
		displayOptions: shown,
		description: 'Of the variant, where a rule names one. Empty: that of the product’s only variant.',
	},
];

/** What the rules say of each item's product, and which rule says it. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[]> {
	const output: INodeExecutionData[] = [];
	const rulesOf = new Map<string, Promise<ProductRule[]>>();
	for (const [itemIndex, { json }] of context.getInputData().entries()) {
		try {
			const { id, store } = installation.shop(shopIdOf(json, context.getNodeParameter('shop', itemIndex) as string));
			const productId = String(context.getNodeParameter('productId', itemIndex) ?? '').trim() || productOf(json);
			if (!productId) {
				throw new ShopJourneysError('PARAMETER_INVALID', `Item ${itemIndex} names no product`, { hint: 'Fill in "Product ID", or give items with product.id or productId.' });
			}
			if (!rulesOf.has(id)) rulesOf.set(id, readProductRules(store));
			const rules = await rulesOf.get(id)!;
			const [{ value: product }] = await store.read<ProductRecord>([keys.product(productId)]);
			const onlySku = product?.variants?.length === 1 ? product.variants[0].sku : undefined;
			const sku = String(context.getNodeParameter('sku', itemIndex) ?? '').trim() || onlySku;
			const goods = { productId, sku, tags: product?.tags, category: product?.category };
			const from = explainRule(rules, goods).map(({ field, target, name }) => [field, `${target} "${name}"`]);
			output.push({
				json: {
					...json,
					productRule: { product: productId, title: product?.title, isKnown: product !== null, tags: product?.tags ?? [], category: product?.category, rule: ruleFor(rules, goods), from: Object.fromEntries(from) } as IDataObject,
				},
				pairedItem: { item: itemIndex },
			});
		} catch (error) {
			if (!context.continueOnFail()) rethrow(context.getNode(), error, itemIndex);
			output.push({ json: { error: messageOf(error) }, pairedItem: { item: itemIndex } });
		}
	}
	return output;
}

function productOf(json: IDataObject): string {
	const id = (json.product as IDataObject | undefined)?.id ?? json.productId;
	return typeof id === 'string' || typeof id === 'number' ? String(id).trim() : '';
}
