import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { unansweredAtMost } from '../../../lib/discounts/check';
import { drawCode } from '../../../lib/discounts/code';
import type { IssueRequest } from '../../../lib/discounts/issue';
import { itemDiscount } from '../../../lib/discounts/item';
import { namedPurpose, stepPurpose } from '../../../lib/discounts/purpose';
import type { CodeSource } from '../../../lib/discounts/source';
import { askFor, holdStep, mayBeSeen, openStep } from '../../../lib/discounts/step';
import { endOfValidity } from '../../../lib/discounts/validity';
import { giveBack } from '../../../lib/journeys/engine';
import { zoneOf } from '../../../lib/journeys/schedule';
import { sampleToken } from '../../../lib/messages/send/guards';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { ItemDiscount, JourneyItem } from '../../../lib/model/item';
import { type CustomerRecord, keys } from '../../../lib/model/records';
import { notIssuedReasons, type NotIssuedReason } from '../../../lib/model/reasons';
import { customerHint, readCustomers } from '../../../lib/n8n/customersOfItems';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import type { Installation, ShopHandle } from '../../../lib/n8n/installation';
import { optionsOf } from '../optionFields';
import { issuingSource } from '../source';
import { readTerms, valueFields } from '../valueFields';

const shown = { show: { operation: ['issue'] } };
const inShop = { show: { operation: ['issue'], source: ['shopify', 'woocommerce'] } };

export const description: INodeProperties[] = [
	{ displayName: 'List', name: 'list', type: 'string', noDataExpression: true, default: 'main', required: true, displayOptions: { show: { operation: ['issue'], source: ['list'] } }, description: 'Name of the list, as codes were loaded into it (operation Load a List)' },
	{
		displayName: 'Pattern',
		name: 'pattern',
		type: 'string',
		noDataExpression: true,
		default: 'THANKS-########',
		required: true,
		placeholder: 'e.g. TEA-########',
		displayOptions: inShop,
		description: 'How codes look: each # becomes a letter or digit, at least eight of them, so that nobody finds a code by trying',
	},
	...valueFields,
	{
		displayName: 'Valid Days',
		name: 'validDays',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 3650, numberPrecision: 0 },
		default: 14,
		displayOptions: shown,
		description: 'Today included, to the end of the last day where the customer is. 1: today only, or until the end of tomorrow when it is late already. 0: it does not end by itself.',
	},
];

/** A run over the items of one shop. */
interface Run {
	context: IExecuteFunctions;
	installation: Installation;
	shop: ShopHandle;
	source: CodeSource;
	/** Why the rest of the items need not ask any more. */
	cannot?: { reason: 'used_up' | 'unavailable'; detail?: string };
	/** Failures in a row. */
	failures: number;
	told: Map<NotIssuedReason, string | undefined>;
}


type Outcome = { discount: ItemDiscount } | { reason: NotIssuedReason; detail?: string; code?: string };

/** Items with a code come out on Issued. For the others nothing may be sent: their step is put off where it may succeed later. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<[INodeExecutionData[], INodeExecutionData[]]> {
	const items = context.getInputData();
	const outcomes: Outcome[] = new Array(items.length);
	const byShop = Map.groupBy(items.keys(), (itemIndex) => shopIdOf(items[itemIndex].json, optionsOf(context, itemIndex).shop ?? 'main'));
	for (const [shopId, itemIndexes] of byShop) {
		const shop = installation.shop(shopId);
		const run: Run = { context, installation, shop, source: await issuingSource(context, installation, shop), failures: 0, told: new Map() };
		for (const itemIndex of itemIndexes) outcomes[itemIndex] = await issueFor(run, itemIndex);
		tell(run);
	}
	const outputs: [INodeExecutionData[], INodeExecutionData[]] = [[], []];
	for (const [itemIndex, outcome] of outcomes.entries()) {
		const { json } = items[itemIndex];
		const pairedItem = { item: itemIndex };
		if ('discount' in outcome) outputs[0].push({ json: { ...json, discount: outcome.discount as unknown as IDataObject }, pairedItem });
		else outputs[1].push({ json: { ...json, discountCode: { status: 'not_issued', sentence: notIssuedReasons[outcome.reason], ...outcome } }, pairedItem });
	}
	return outputs;
}

async function issueFor(run: Run, itemIndex: number): Promise<Outcome> {
	const { context, installation, shop } = run;
	const { journey } = context.getInputData()[itemIndex].json as Partial<JourneyItem>;
	if (journey?.token === sampleToken) return { discount: await sampleOf(run, itemIndex) };
	const whom = await whomFor(run, itemIndex);
	if ('refused' in whom) return { reason: whom.refused };
	const outcome = await ask(run, await requestFor(run, itemIndex, whom));
	if (journey && 'reason' in outcome) {
		const why = `${notIssuedReasons[outcome.reason]} ${outcome.detail ?? ''}`.trim();
		if (outcome.reason === 'used_up' || outcome.reason === 'unavailable') await holdStep(shop.store, journey, why, installation.clock);
		if (outcome.reason === 'refused') await giveBack({ store: shop.store, clock: installation.clock, firstRetryMs: installation.firstRetryMs }, journey, [{ key: keys.enrolment(journey.enrolment), token: journey.token, attempt: journey.attempt }], why);
	}
	return outcome;
}

interface Whom {
	customer: CustomerRecord;
	purpose: IssueRequest['purpose'];
	mayRenew: boolean;
}

/** Whom the code is for, and what for. @throws PARAMETER_INVALID for an item of no journey without a purpose */
async function whomFor({ context, installation, shop }: Run, itemIndex: number): Promise<Whom | { refused: NotIssuedReason }> {
	const { json } = context.getInputData()[itemIndex];
	const { journey } = json as Partial<JourneyItem>;
	const name = optionsOf(context, itemIndex).purpose?.trim();
	if (journey) {
		const open = await openStep(shop.store, journey, installation.clock, installation.leaseMs);
		if ('refused' in open) return open;
		const { enrolment, customer } = open;
		return { customer, purpose: stepPurpose({ customerId: customer.id, journey: journey.id, enrolment: enrolment.id, openedAtMs: enrolment.openedAtMs, step: journey.step }, name), mayRenew: !mayBeSeen(enrolment, name ? undefined : journey.step) };
	}
	if (!name) {
		throw new ShopJourneysError('PARAMETER_INVALID', `Item ${itemIndex} comes from no journey trigger, so it has to be said what its code is for`, { hint: 'Add "Purpose" under Options, e.g. summer-sale-2026. Each customer gets one code for it, however often the workflow runs.' });
	}
	const [{ customer }] = await readCustomers(shop.store, [customerHint(json)], false);
	return customer ? { customer, purpose: namedPurpose(customer.id, name), mayRenew: false } : { refused: 'unknown_customer' };
}

async function requestFor({ context, installation, shop }: Run, itemIndex: number, { customer, purpose, mayRenew }: Whom): Promise<IssueRequest> {
	const settings = await shop.settings();
	const days = context.getNodeParameter('validDays', itemIndex) as number;
	if (!(Number.isInteger(days) && days >= 0 && days <= 3650)) throw new ShopJourneysError('PARAMETER_INVALID', `"Valid Days" is "${days}", which is no whole number from 0 to 3650`);
	const { shopCustomerId, email } = customer;
	return {
		purpose,
		mayRenew,
		earlierIds: customer.merged,
		terms: readTerms(context, itemIndex, settings.currency),
		...(optionsOf(context, itemIndex).onlyForCustomer && { onlyFor: { shopCustomerId, email } }),
		expiresAtMs: endOfValidity(installation.clock.journeyNowMs(), days, zoneOf(customer, settings)),
	};
}

async function ask(run: Run, request: IssueRequest): Promise<Outcome> {
	if (run.cannot) return noted(run, run.cannot);
	const outcome = await askFor(run.shop.store, run.source, request, run.installation.clock);
	run.failures = outcome.status === 'unavailable' ? run.failures + 1 : 0;
	if (outcome.status === 'issued') return { discount: itemDiscount(outcome) };
	if (outcome.status === 'over') return { reason: 'over', detail: `It is ${outcome.state}.`, code: outcome.code };
	if (outcome.status === 'refused') return noted(run, { reason: 'refused', detail: outcome.reason });
	const failure = outcome.status === 'used_up' ? { reason: outcome.status } : { reason: outcome.status, detail: outcome.reason };
	if (outcome.status === 'used_up' || run.failures >= unansweredAtMost) run.cannot = failure;
	return noted(run, failure);
}

function noted(run: Run, failure: { reason: NotIssuedReason; detail?: string }): Outcome {
	run.told.set(failure.reason, failure.detail);
	return failure;
}

/** A banner over the output: a shop that is away, or a list that is empty, is the operator's to mend. */
function tell({ context, source, told }: Run): void {
	for (const [reason, detail] of told) {
		const where = source.name.startsWith('list:') ? `List "${source.name.slice('list:'.length)}": ` : '';
		const toDo = reason === 'used_up' ? ' Load codes with the operation Load a List (workflow 00-connect/discount-codes).' : '';
		context.addExecutionHints({ message: `${where}${notIssuedReasons[reason]}${detail ? ` ${detail}` : ''}${toDo}`, type: 'warning', location: 'outputPane' });
	}
}

/** What a test in the editor shows: nothing is booked, and no shop is asked. */
async function sampleOf({ context, installation, shop }: Run, itemIndex: number): Promise<ItemDiscount> {
	const settings = await shop.settings();
	const isList = context.getNodeParameter('source', 0) === 'list';
	const code = isList ? 'SAMPLE-CODE' : drawCode(context.getNodeParameter('pattern', 0) as string);
	const expiresAtMs = endOfValidity(installation.clock.journeyNowMs(), context.getNodeParameter('validDays', itemIndex) as number, zoneOf(null, settings));
	return itemDiscount({ code, terms: readTerms(context, itemIndex, settings.currency), expiresAtMs });
}
