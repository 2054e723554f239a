import type { IDataObject } from 'n8n-workflow';
import { itemCustomer } from '../../lib/journeys/items';
import type { LedgerOutcome, PointsBalance } from '../../lib/loyalty/ledger';
import { pointsBalance, tryPoints } from '../../lib/loyalty/points';
import { sampleToken } from '../../lib/messages/send/guards';
import { ShopJourneysError } from '../../lib/model/errors';
import type { JourneyItem } from '../../lib/model/item';
import { anyCustomer, type ItemRun } from '../../lib/n8n/customerOfItem';
import { ofItem } from '../../lib/n8n/errors';
import type { Installation } from '../../lib/n8n/installation';
import { readCustomer } from '../../lib/record/identity';
import { notDoneWords, type ReferencedOperation } from './words';

/** One item under way through an operation. */
export interface Run extends ItemRun {
	installation: Installation;
	/** Journey time. */
	nowMs: number;
}

/** What becomes of an item: it leaves on Done or on Not Done. */
export interface Output {
	json: IDataObject;
	isDone: boolean;
}

export const isoTime = (timeMs: number) => new Date(timeMs).toISOString();

/** A sample of a trigger under test, or an item made for a preview: its points are worked out, and nothing is changed. */
export const isSample = ({ json }: Run) => (json as Partial<JourneyItem>).journey?.token === sampleToken;

/** Whose points they are; null once the customer was erased. A sample may be of nobody real. @throws PARAMETER_INVALID when nobody is known */
export async function ownerOf(run: Run): Promise<string | null> {
	const { id: sampleId } = (run.json.customer ?? {}) as { id?: string };
	if (isSample(run) && sampleId === 'sample') return sampleId;
	const { id, erasedAtMs } = await anyCustomer(run);
	return erasedAtMs === undefined ? id : null;
}

/** The item with `points` on it, on Not Done, since the customer was erased. */
export const erased = (run: Run): Output => answer(run, { status: 'erased', message: 'The customer asked to be forgotten, and the points went with everything else.' }, false);

export const answer = ({ json }: Run, points: object, isDone = true): Output => ({ json: { ...json, points: points as IDataObject }, isDone });

/** What an operation that went well came to, beside the balance. */
export type Told = (outcome: LedgerOutcome) => IDataObject;

/**
 * Changes the points of the item's customer, and puts what came of it on the item: the new balance, and what the operation moved.
 * @throws PARAMETER_INVALID naming the item
 */
export async function change(run: Run, operation: ReferencedOperation, told: Told, customerId?: string | null): Promise<Output> {
	const owner = customerId === undefined ? await ownerOf(run) : customerId;
	if (owner === null) return erased(run);
	const isTest = isSample(run);
	const { store } = run.shop;
	const outcome = await ofItem(run.itemIndex, async () => (isTest ? await tryPoints(store, owner, operation, run.nowMs) : (await run.shop.changePoints(owner, operation)).outcome));
	const isDone = outcome.status === 'done' || (operation.type === 'release' && outcome.isRepeated === true);
	const points = {
		status: isDone ? 'done' : outcome.status,
		...(!isDone && { message: notDoneWords(outcome, operation, run.settings.locale) }),
		...(isDone && told(outcome)),
		...(outcome.isRepeated && { alreadyCounted: true }),
		...(isTest && { onlyTried: true }),
		reference: operation.reference,
		...balanceFields(await pointsBalance(store, owner, run.nowMs)),
	};
	return answer(isTest ? run : { ...run, json: await withStanding(run, owner) }, points, isDone);
}

/** The balance as items have it: what expires next with its time. */
export function balanceFields({ available, pending, reserved, owed, expiring: [next] }: PointsBalance): IDataObject {
	return { available, pending, reserved, owed, ...(next && { expiring: next.points, expiresAt: isoTime(next.expiresAtMs) }) };
}

/** The item with the customer's points as they are now, so that a message after this node tells the new balance. */
export async function withStanding({ json, shop, settings }: Run, customerId: string): Promise<IDataObject> {
	const customer = await readCustomer(shop.store, customerId);
	const { points } = (customer ? itemCustomer(customer, settings) : {}) as { points?: IDataObject };
	return points && typeof json.customer === 'object' && json.customer !== null ? { ...json, customer: { ...(json.customer as IDataObject), points } } : json;
}

/** A field of text, trimmed. */
export function textOf({ context, itemIndex }: Run, field: string): string {
	return String(context.getNodeParameter(field, itemIndex, '') ?? '').trim();
}

/** A whole number of points that the operator typed, or an expression gave. @throws PARAMETER_INVALID naming item and field */
export function pointsOf(run: Run, { mayBeNegative = false } = {}): number {
	const value = run.context.getNodeParameter('points', run.itemIndex);
	const points = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof points === 'number' && Number.isSafeInteger(points) && (mayBeNegative ? points !== 0 : points > 0)) return points;
	throw refused(run, `"Points" is ${JSON.stringify(value) ?? 'empty'}`, mayBeNegative ? 'Fill in a whole number; below zero takes points away.' : 'Fill in a whole number above 0.');
}

/** What is wrong with this item, and how it is mended. */
export const refused = ({ itemIndex }: Run, message: string, hint: string) => new ShopJourneysError('PARAMETER_INVALID', `Item ${itemIndex}: ${message}`, { hint });
