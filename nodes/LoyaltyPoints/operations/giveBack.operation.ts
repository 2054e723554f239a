import type { INodeProperties } from 'n8n-workflow';
import { orderReference } from '../../../lib/loyalty/earning';
import { knownReferences } from '../../../lib/loyalty/points';
import { parseAmountMinor } from '../../../lib/model/money';
import { orderOf } from '../order';
import { bounded, orderIdOf, referenceOf } from '../reference';
import { answer, change, erased, type Output, ownerOf, refused, type Run, textOf } from '../run';
import type { ReferencedOperation } from '../words';

const shown = (...amounts: string[]) => ({ displayOptions: { show: { operation: ['giveBack'], amounts } } });

export const description: INodeProperties[] = [
	{
		displayName: 'Amounts',
		name: 'amounts',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'From the Order', value: 'order', description: 'What the shop told of the item’s order: its total and all that was refunded so far' },
			{ name: 'Typed', value: 'typed', description: 'This refund and the order’s total, by hand or by expression' },
		],
		default: 'order',
		displayOptions: { show: { operation: ['giveBack'] } },
	},
	{ displayName: 'Refunded', name: 'refunded', type: 'string', default: '', required: true, placeholder: 'e.g. 19.90', ...shown('typed'), description: 'What this refund paid back' },
	{ displayName: 'Order Total', name: 'orderTotal', type: 'string', default: '', required: true, placeholder: 'e.g. 59.70', ...shown('typed'), description: 'What the whole order came to, in the same currency' },
];

export const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: { operation: ['giveBack'] } },
	description: 'Under which references the points of the order were earned and redeemed, where those were not the order itself',
	options: [
		{ displayName: 'Earned Under', name: 'earnReference', type: 'string', default: '', placeholder: 'e.g. order:5551234' },
		{ displayName: 'Redeemed Under', name: 'redeemReference', type: 'string', default: '', placeholder: 'e.g. order:5551234' },
	],
};

/** After a refund: redeemed points go back to their lots, earned ones are taken away, both in the proportion of what was refunded. */
export async function execute(run: Run): Promise<Output> {
	const owner = await ownerOf(run);
	if (owner === null) return erased(run);
	const refund = run.context.getNodeParameter('amounts', run.itemIndex) === 'typed' ? typedRefund(run) : await refundOfOrder(run);
	if (refund.refundedMinor === 0) return answer(run, { status: 'not_refunded', message: 'Nothing of this order was refunded.' }, false);
	const operation: ReferencedOperation = { type: 'give_back', ...refund, ...(await knownReferences(run.shop.store, owner, wanted(run))) };
	if (!operation.earnReference && !operation.redeemReference) {
		const { earnReference, redeemReference } = wanted(run);
		return answer(run, { status: 'unknown', message: `With "${[...new Set([earnReference, redeemReference])].join('" or "')}" no points were earned or redeemed, so there is nothing to give back.`, reference: refund.reference }, false);
	}
	return await change(run, operation, ({ points, clawedBack = 0, shortfall = 0 }) => ({ givenBack: points, clawedBack, shortfall }), owner);
}

/** Under which references the order's points may have been earned and redeemed. */
function wanted(run: Run): { earnReference: string; redeemReference: string } {
	const { earnReference = '', redeemReference = '' } = run.context.getNodeParameter('options', run.itemIndex, {}) as { earnReference?: string; redeemReference?: string };
	const orderId = orderIdOf(run);
	const byDefault = orderId === undefined ? '' : orderReference(orderId);
	const found = { earnReference: earnReference.trim() || byDefault, redeemReference: redeemReference.trim() || byDefault };
	if (found.earnReference || found.redeemReference) return found;
	throw refused(run, 'it names no order whose points could be given back', 'Use items with an order, or fill in "Earned Under" or "Redeemed Under" among the options.');
}

type Refund = Pick<Extract<ReferencedOperation, { type: 'give_back' }>, 'reference' | 'refundedMinor' | 'orderMinor' | 'isTotal'>;

/** All refunds so far, as the shop told them; a cancelled order counts as refunded altogether. Each sum counts once. */
async function refundOfOrder(run: Run): Promise<Refund> {
	const { orderId, totalMinor, refundedMinor = 0, cancelledAtMs } = await orderOf(run);
	const refunded = cancelledAtMs !== undefined ? totalMinor : Math.min(refundedMinor, totalMinor);
	// An order of nothing that was cancelled is undone as a whole.
	const orderMinor = Math.max(1, totalMinor);
	const sum = cancelledAtMs !== undefined ? orderMinor : refunded;
	return { reference: textOf(run, 'reference') ? referenceOf(run) : bounded(`${orderReference(orderId)}/refunded:${sum}`), refundedMinor: sum, orderMinor, isTotal: true };
}

function typedRefund(run: Run): Refund {
	const { currency = run.settings.currency } = (run.json.order ?? {}) as { currency?: string };
	const refundedMinor = amountOf(run, 'Refunded', 'refunded', currency);
	const orderMinor = amountOf(run, 'Order Total', 'orderTotal', currency);
	if (orderMinor === 0) throw refused(run, '"Order Total" is 0', 'Fill in what the whole order came to.');
	return { reference: referenceOf(run, { exceptOrder: true }), refundedMinor, orderMinor };
}

function amountOf(run: Run, field: string, name: string, currency: string): number {
	const value = textOf(run, name);
	if (/^\d{1,12}(\.\d{1,6})?$/.test(value)) return parseAmountMinor(value, currency);
	throw refused(run, `"${field}" is "${value}", which is no amount of money`, 'Fill in a number like 19.90, with a point and without the currency.');
}
