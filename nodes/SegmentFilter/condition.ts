import type { IExecuteFunctions } from 'n8n-workflow';
import type { Condition } from '../../lib/model/conditions';
import { ShopJourneysError } from '../../lib/model/errors';
import { type ConditionSettings, readConditions } from '../../lib/n8n/fields/conditions';

/** The node's conditions, read once per run. @throws CONDITION_INVALID when there are none */
export function readCondition(context: IExecuteFunctions, shop: ConditionSettings): Condition {
	const condition = readConditions({ conditions: context.getNodeParameter('conditions', 0, {}), match: context.getNodeParameter('match', 0, 'all') }, shop);
	if (!condition) throw new ShopJourneysError('CONDITION_INVALID', 'No condition is set', { hint: 'Add at least one under "Conditions".' });
	return condition;
}
