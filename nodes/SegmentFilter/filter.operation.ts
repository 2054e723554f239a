import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { Condition } from '../../lib/model/conditions';
import { messageOf, ShopJourneysError } from '../../lib/model/errors';
import { customerHint, readCustomers } from '../../lib/n8n/customersOfItems';
import { rethrow } from '../../lib/n8n/errors';
import { shopIdOf } from '../../lib/n8n/fields/shop';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { compileCondition, dependsOnShop, needs, type Predicate, notCarried } from '../../lib/segments/compile';
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

/** Match and No Match. Items go on as they came; only those without a known customer get a field that says so. */
class Outputs {
	readonly match: INodeExecutionData[] = [];
	readonly noMatch: INodeExecutionData[] = [];

	constructor(private readonly context: IExecuteFunctions) {}

	/** Items decided so far: each is in one of the two. */
	get count(): number {
		return this.match.length + this.noMatch.length;
	}

	add(item: INodeExecutionData, index: number, decision: Decision): void {
		if (decision === true) this.match.push(item);
		else if (decision === false) this.noMatch.push(item);
		else this.noMatch.push(this.exception(item, index, decision));
	}

	private exception({ json, binary }: INodeExecutionData, index: number, decision: 'unknown' | Error): INodeExecutionData {
		const pairedItem = { item: index };
		if (decision === 'unknown') return { json: { ...json, ...unknownCustomer } as IDataObject, ...(binary && { binary }), pairedItem };
		if (!this.context.continueOnFail()) rethrow(this.context.getNode(), decision, index);
		return { json: { error: decision.message }, pairedItem };
	}
}

/** Sorts items into Match and No Match. @throws n8n's own errors */
export async function filterItems(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const outputs = new Outputs(context);
	const useItems = context.getNodeParameter('useItems', 0, false) as boolean;
	await (useItems ? decideByItems : decideByStore)(context, installation, items, outputs);
	return [outputs.match, outputs.noMatch];
}

/** Items decided at once: their customers are held until then. */
const batchSize = 500;

/** A condition made into a function, for one currency and time zone. */
interface Compiled {
	isMatch: Predicate;
	/** Whether items of other shops are decided by another function. */
	dependsOnShop: boolean;
	needsCustomer: boolean;
	needsHistory: boolean;
}

interface ShopCondition extends Compiled {
	shop: ShopHandle;
}

/**
 * Conditions of the runs before: a function that stays the same from run to run is one that the engine has made fast already.
 */
const compiledBefore = new Map<string, Compiled>();
const keptFunctions = 100;

async function compileFor(context: IExecuteFunctions, shop: ShopHandle, useItems: boolean): Promise<ShopCondition> {
	const { currency, timezone, locations } = await shop.settings();
	const condition = readCondition(context, { currency, locations });
	const key = JSON.stringify([condition, currency, timezone, useItems]);
	let compiled = compiledBefore.get(key);
	if (!compiled) {
		if (useItems) refuseWhatIsNotCarried(condition, currency);
		const isMatch = compileCondition(condition, { currency, timezone, readFrom: useItems ? 'item' : 'item_and_customer' });
		const { customer, history } = needs(condition);
		compiled = { isMatch, dependsOnShop: dependsOnShop(condition), needsCustomer: customer || history, needsHistory: history };
		if (compiledBefore.size >= keptFunctions) compiledBefore.clear();
		compiledBefore.set(key, compiled);
	}
	return { shop, ...compiled };
}

function refuseWhatIsNotCarried(condition: Condition, currency: string): void {
	const missing = [...new Set(notCarried(condition, currency))];
	if (missing.length === 0) return;
	throw new ShopJourneysError('CONDITION_INVALID', `Items do not carry ${missing.join(', ')}`, { hint: 'Switch "Use What the Items Carry" off: then customers are read from the store.' });
}


const fallbackShop = (context: IExecuteFunctions) => context.getNodeParameter('shop', 0, 'main') as string;

type DecideItems = (context: IExecuteFunctions, installation: Installation, items: INodeExecutionData[], outputs: Outputs) => Promise<void>;

const decideByItems: DecideItems = async (context, installation, items, outputs) => {
	const fallback = fallbackShop(context);
	const nowMs = installation.clock.journeyNowMs();
	const compiled = new Map<string, ShopCondition>();
	for (let index = 0; index < items.length; ) {
		const id = shopIdOf(items[index].json, fallback);
		let condition = compiled.get(id);
		if (!condition) compiled.set(id, (condition = await compileFor(context, installation.shop(id), true)));
		try {
			index = decideRun(items, index, condition, fallback, nowMs, outputs);
		} catch (error) {
			index = outputs.count;
			outputs.add(items[index], index++, badItem(error));
		}
	}
};

/**
 * Decides items as long as they belong to the same shop, or all where the shop makes no difference: then not even that is read, and
 * the run is about as fast as a loop written by hand.
 * @returns the index of the first item of another shop
 * @throws whatever reading the facts of a bad item does; the items before it are in the outputs
 */
function decideRun(items: INodeExecutionData[], from: number, { shop, isMatch, dependsOnShop: isShopRead, needsCustomer }: ShopCondition, fallback: string, nowMs: number, outputs: Outputs): number {
	const { match, noMatch } = outputs;
	for (let index = from; index < items.length; index++) {
		const item = items[index];
		const { json } = item;
		if (isShopRead && shopIdOf(json, fallback) !== shop.id) return index;
		if (needsCustomer && (typeof json.customer !== 'object' || json.customer === null)) outputs.add(item, index, 'unknown');
		else if (isMatch(json as unknown as CarriedFacts, nowMs)) match.push(item);
		else noMatch.push(item);
	}
	return items.length;
}

function badItem(error: unknown): ShopJourneysError {
	return new ShopJourneysError('PARAMETER_INVALID', `The item has facts that are not what they should be: ${messageOf(error)}`, {
		hint: 'Facts of carts, orders and products are read from fields of these names, as journey triggers emit them. Rename fields that only happen to be called so.',
	});
}

function decideOne(isMatch: Predicate, facts: Facts, nowMs: number): boolean | Error {
	try {
		return isMatch(facts, nowMs);
	} catch (error) {
		return badItem(error);
	}
}

const decideByStore: DecideItems = async (context, installation, items, outputs) => {
	const fallback = fallbackShop(context);
	const { emailField } = context.getNodeParameter('options', 0, {}) as { emailField?: string };
	const nowMs = installation.clock.journeyNowMs();
	const decisions: Decision[] = new Array(items.length);
	for (const [id, indexes] of Map.groupBy(items.keys(), (index) => shopIdOf(items[index].json, fallback))) {
		const { shop, isMatch, needsCustomer, needsHistory } = await compileFor(context, installation.shop(id), false);
		for (let start = 0; start < indexes.length; start += batchSize) {
			const batch = indexes.slice(start, start + batchSize);
			const hints = needsCustomer ? batch.map((index) => customerHint(items[index].json, emailField?.trim() || undefined)) : [];
			const documents = await readCustomers(shop.store, hints, needsHistory);
			batch.forEach((index, position) => {
				const facts: Facts = { item: items[index].json as unknown as CarriedFacts, ...documents[position] };
				decisions[index] = needsCustomer && !facts.customer ? 'unknown' : decideOne(isMatch, facts, nowMs);
			});
		}
	}
	items.forEach((item, index) => outputs.add(item, index, decisions[index]));
};
