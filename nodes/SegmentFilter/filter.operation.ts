import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { Condition } from '../../lib/model/conditions';
import { ShopJourneysError } from '../../lib/model/errors';
import { type CustomerHint, customerHint, readCustomers } from '../../lib/n8n/customersOfItems';
import { rethrow } from '../../lib/n8n/errors';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { compileCondition, needs, type Predicate, notCarried } from '../../lib/segments/compile';
import type { CarriedFacts, Facts } from '../../lib/segments/fields';
import { readCondition } from './condition';

const showFor = { show: { operation: ['filter'] } };

export const filterFields: INodeProperties[] = [
	{
		displayName: 'Use What the Items Carry',
		name: 'useItems',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		displayOptions: showFor,
		description: 'Whether to decide by the facts in the items of a journey, as they were when the step began, instead of reading customers from the store. Faster; conditions on facts that items do not carry are refused.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: showFor,
		options: [
			{
				displayName: 'E-Mail Field',
				name: 'emailField',
				type: 'string',
				default: 'email',
				placeholder: 'e.g. Email Address',
				description: 'For items that come from no journey: which field holds the customer’s e-mail',
			},
		],
	},
];

/** Why an item did not match, where it is not the condition's doing. Added to such items only. */
const unknownCustomer = { segmentFilter: { reason: 'unknown_customer', message: 'The item names no customer that the store knows' } };

/** What an item came to. */
type Decision = boolean | 'unknown' | Error;

/** Sorts items into Match and No Match. Items go on as they came; only those without a known customer get a field that says so. */
export async function filterItems(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const useItems = context.getNodeParameter('useItems', 0, false) as boolean;
	const decisions = useItems ? await decideByItems(context, installation, items) : await decideByStore(context, installation, items);
	const match: INodeExecutionData[] = [];
	const noMatch: INodeExecutionData[] = [];
	for (let index = 0; index < items.length; index++) {
		const decision = decisions[index];
		if (decision === true) match.push(items[index]);
		else if (decision === false) noMatch.push(items[index]);
		else noMatch.push(exception(context, items[index], index, decision));
	}
	return [match, noMatch];
}

function exception(context: IExecuteFunctions, { json, binary }: INodeExecutionData, index: number, decision: 'unknown' | Error): INodeExecutionData {
	const pairedItem = { item: index };
	if (decision === 'unknown') return { json: { ...json, ...unknownCustomer } as IDataObject, ...(binary && { binary }), pairedItem };
	if (!context.continueOnFail()) rethrow(context.getNode(), decision, index);
	return { json: { error: decision.message }, pairedItem };
}

/** Items decided at once: their customers are held until then. */
const batchSize = 500;

/** One shop's condition, made into a function: amounts are in its currency, days in its time zone. */
interface ShopCondition {
	shop: ShopHandle;
	condition: Condition;
	isMatch: Predicate;
	needsCustomer: boolean;
	needsHistory: boolean;
}

/** Compiles the condition once per shop that the items belong to; mostly that is one. */
async function shopConditions(context: IExecuteFunctions, installation: Installation, shopIds: Set<string>, useItems: boolean): Promise<Map<string, ShopCondition>> {
	const conditions = new Map<string, ShopCondition>();
	for (const id of shopIds) {
		const shop = installation.shop(id);
		const settings = await shop.settings();
		const condition = readCondition(context, settings);
		const { customer, history } = needs(condition);
		if (useItems) refuseWhatIsNotCarried(condition, settings.currency);
		const isMatch = compileCondition(condition, { currency: settings.currency, timezone: settings.timezone, readFrom: useItems ? 'item' : 'item_and_customer' });
		conditions.set(id, { shop, condition, isMatch, needsCustomer: customer || history, needsHistory: history });
	}
	return conditions;
}

function refuseWhatIsNotCarried(condition: Condition, currency: string): void {
	const missing = [...new Set(notCarried(condition, currency))];
	if (missing.length === 0) return;
	throw new ShopJourneysError('CONDITION_INVALID', `Items do not carry ${missing.join(', ')}`, { hint: 'Switch "Use What the Items Carry" off: then customers are read from the store.' });
}

const shopOf = (json: IDataObject, fallback: string): string => {
	const shop = (json.journey as { shop?: unknown } | undefined)?.shop;
	return typeof shop === 'string' ? shop : fallback;
};

function shopsOf(context: IExecuteFunctions, items: INodeExecutionData[]): { fallback: string; shopIds: Set<string> } {
	const fallback = context.getNodeParameter('shop', 0, 'main') as string;
	const shopIds = new Set<string>();
	for (const { json } of items) shopIds.add(shopOf(json, fallback));
	return { fallback, shopIds };
}

async function decideByItems(context: IExecuteFunctions, installation: Installation, items: INodeExecutionData[]): Promise<Decision[]> {
	const { fallback, shopIds } = shopsOf(context, items);
	const conditions = await shopConditions(context, installation, shopIds, true);
	const nowMs = installation.clock.journeyNowMs();
	const decisions: Decision[] = new Array(items.length);
	// One object for all: it holds nothing but the item that is decided on.
	const facts: { item: CarriedFacts } = { item: {} };
	let shopId = '';
	let current: ShopCondition | undefined;
	for (let index = 0; index < items.length; index++) {
		const { json } = items[index];
		const id = shopOf(json, fallback);
		if (id !== shopId || !current) current = conditions.get((shopId = id))!;
		facts.item = json as unknown as CarriedFacts;
		if (current.needsCustomer && (typeof json.customer !== 'object' || json.customer === null)) decisions[index] = 'unknown';
		else decisions[index] = decideOne(current.isMatch, facts, nowMs);
	}
	return decisions;
}

function decideOne(isMatch: Predicate, facts: Facts, nowMs: number): boolean | Error {
	try {
		return isMatch(facts, nowMs);
	} catch (error) {
		return new ShopJourneysError('PARAMETER_INVALID', `The item has facts that are not what they should be: ${error instanceof Error ? error.message : String(error)}`, {
			hint: 'Facts of carts, orders and products are read from fields of these names, as journey triggers emit them. Rename fields that only happen to be called so.',
		});
	}
}

async function decideByStore(context: IExecuteFunctions, installation: Installation, items: INodeExecutionData[]): Promise<Decision[]> {
	const { fallback, shopIds } = shopsOf(context, items);
	const conditions = await shopConditions(context, installation, shopIds, false);
	const { emailField } = context.getNodeParameter('options', 0, {}) as { emailField?: string };
	const nowMs = installation.clock.journeyNowMs();
	const decisions: Decision[] = new Array(items.length);
	for (const [id, { shop, isMatch, needsCustomer, needsHistory }] of conditions) {
		const indexes = [...items.keys()].filter((index) => shopIds.size === 1 || shopOf(items[index].json, fallback) === id);
		for (let start = 0; start < indexes.length; start += batchSize) {
			const batch = indexes.slice(start, start + batchSize);
			const hints: CustomerHint[] = needsCustomer ? batch.map((index) => customerHint(items[index].json, emailField?.trim() || undefined)) : [];
			const documents = needsCustomer ? await readCustomers(shop.store, hints, needsHistory) : [];
			batch.forEach((index, position) => {
				const facts: Facts = { item: items[index].json as unknown as CarriedFacts, ...documents[position] };
				decisions[index] = needsCustomer && !facts.customer ? 'unknown' : decideOne(isMatch, facts, nowMs);
			});
		}
	}
	return decisions;
}
