import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { sampleToken } from '../../lib/messages/send/guards';
import { ShopJourneysError } from '../../lib/model/errors';
import type { ItemPick } from '../../lib/model/item';
import { customerHint, readCustomers } from '../../lib/n8n/customersOfItems';
import { rethrow } from '../../lib/n8n/errors';
import { shopIdOf } from '../../lib/n8n/fields/shop';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { readProductRules } from '../../lib/n8n/productRules';
import { Picker, type PickRequest } from '../../lib/picks/pick';
import { itemSeeds, type Subject } from '../../lib/picks/seeds';
import { type PickShow, pickShows } from '../../lib/picks/ways';

interface Options {
	category?: string;
	exceptBoughtDays?: number;
	fallBack?: boolean;
	periodDays?: number;
	shop?: string;
}

/** What became of an item; it goes on as it came, with its picks or with why there are none. */
type Outcome = { picks: ItemPick[]; show: PickShow } | { error: Error };

/** Picked and Nothing to Pick. @throws n8n's own errors, unless the node goes on after a failure */
export async function pickForItems(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const outcomes = new Map<number, Outcome>();
	const requests = items.map((_item, index) => {
		try {
			return requestOf(context, index);
		} catch (error) {
			outcomes.set(index, { error: error as Error });
			return null;
		}
	});
	const shopOf = (index: number) => shopIdOf(items[index].json, (context.getNodeParameter('options', index, {}) as Options).shop ?? '');
	const wanted = [...items.keys()].filter((index) => requests[index] !== null);
	for (const [id, indexes] of Map.groupBy(wanted, shopOf)) {
		for (const [index, outcome] of await pickForShop(installation, installation.shop(id), indexes.map((index) => ({ index, json: items[index].json, request: requests[index]! })))) outcomes.set(index, outcome);
	}
	const outputs: INodeExecutionData[][] = [[], []];
	for (const [index, item] of items.entries()) {
		const outcome = outcomes.get(index)!;
		if ('error' in outcome && !context.continueOnFail()) rethrow(context.getNode(), outcome.error, index);
		outputs['picks' in outcome && outcome.picks.length > 0 ? 0 : 1].push({ ...(item.binary && { binary: item.binary }), json: outputOf(item.json, outcome), pairedItem: { item: index } });
	}
	return outputs;
}

function requestOf(context: IExecuteFunctions, index: number): PickRequest {
	const show = context.getNodeParameter('show', index) as PickShow;
	const count = context.getNodeParameter('count', index) as number;
	const { category = '', exceptBoughtDays = 90, fallBack = true, periodDays = 30 } = context.getNodeParameter('options', index, {}) as Options;
	if (!pickShows.includes(show)) throw new ShopJourneysError('PARAMETER_INVALID', `"Show" is "${String(show)}", which is no way of picking`, { hint: `It can be ${pickShows.join(', ')}.` });
	return {
		show,
		count: whole(count, 'Number of Products', 1, 20),
		fallBack,
		exceptBoughtDays: whole(exceptBoughtDays, 'Except Bought Within (Days)', 0, 3650),
		periodDays: whole(periodDays, 'Period (Days)', 1, 90),
		...(category.trim() !== '' && { category: category.trim() }),
	};
}

function whole(value: unknown, field: string, from: number, to: number): number {
	if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return value as number;
	throw new ShopJourneysError('PARAMETER_INVALID', `"${field}" is ${JSON.stringify(value)}, which is not a whole number from ${from} to ${to}`, { hint: `Enter a whole number from ${from} to ${to}, or an expression that gives one.` });
}

interface Asked {
	index: number;
	json: IDataObject;
	request: PickRequest;
}

async function pickForShop({ clock }: Installation, shop: ShopHandle, asked: Asked[]): Promise<Array<[number, Outcome]>> {
	const nowMs = clock.journeyNowMs();
	const needsHistory = asked.some(({ json, request }) => request.show === 'forCustomer' || itemSeeds(json as Subject['item']).length === 0);
	const [rules, customers] = await Promise.all([readProductRules(shop.store), readCustomers(shop.store, asked.map(({ json }) => customerHint(json)), needsHistory)]);
	const subjects = asked.map(({ json }, position): Subject => ({ item: json as Subject['item'], ...customers[position] }));
	const picker = new Picker(shop.store, rules, nowMs);
	await picker.prepare(subjects.map((subject, position) => ({ subject, show: asked[position].request.show })));
	const outcomes: Array<[number, Outcome]> = [];
	for (const [position, { index, json, request }] of asked.entries()) {
		const picks = (await picker.pick(subjects[position], request)).map((pick) => picker.item(pick));
		const shown = picks.length === 0 && isSample(json) ? await samplePicks(shop, request) : picks;
		outcomes.push([index, { picks: shown, show: request.show }]);
	}
	return outcomes;
}

function outputOf(json: IDataObject, outcome: Outcome): IDataObject {
	if ('error' in outcome) return { error: outcome.error.message };
	if (outcome.picks.length > 0) return { ...json, picks: outcome.picks as unknown as IDataObject[] };
	const { picks: _none, ...rest } = json;
	return { ...rest, productPicks: { reason: 'nothing_to_pick', message: whyNothing(outcome.show) } };
}

function whyNothing(show: PickShow): string {
	if (show === 'upgrade') return 'No product rule names an upgrade of this product that can be sold now';
	if (show === 'nextSize') return 'Neither a product rule nor a title names the next size of this product, or it cannot be sold now';
	return 'The shop has told of no product that can be sold now and that the customer has not just bought';
}

const isSample = (json: IDataObject) => (json.journey as { token?: unknown } | undefined)?.token === sampleToken;

/** For "Test step" before the shop is connected: what an item will look like. */
async function samplePicks(shop: ShopHandle, { count, show }: PickRequest): Promise<ItemPick[]> {
	const { url, currency } = await shop.settings();
	return Array.from({ length: show === 'upgrade' || show === 'nextSize' ? 1 : count }, (_, position) => ({ id: `sample-${position + 1}`, title: `Sample Product ${position + 1}`, url, priceMinor: 1995, currency, stock: 5, reason: 'in_stock' }));
}
