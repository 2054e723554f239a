import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import type { CustomerFacts, ShopEvent } from '../../lib/model/events';
import { emailOf, type ItemRun, phoneOf } from '../../lib/n8n/customerOfItem';
import type { CustomerReference } from '../../lib/n8n/fields/customer';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { readCustomer } from '../../lib/record/identity';
import { customerProfile } from './profile';

/** One item under way through an operation. */
export interface Run extends ItemRun {
	installation: Installation;
	/** Journey time. */
	nowMs: number;
}

/** An operation gives one or more items for each. */
export type Output = Array<{ json: IDataObject; binary?: IBinaries }>;
type IBinaries = Record<string, Awaited<ReturnType<IExecuteFunctions['helpers']['prepareBinaryData']>>>;

/** Who did it, in every event that this node tells. */
export const operatorSource = 'operator';

/** What the references say as facts, with a wrong address or number refused. */
export function factsOf({ settings }: Run, references: CustomerReference[]): CustomerFacts {
	const facts: CustomerFacts = {};
	for (const { by, value } of references) {
		if (by === 'email') facts.email ??= emailOf('E-Mail', value);
		else if (by === 'phone') facts.phone ??= phoneOf('Phone', value, settings.country);
		else if (by === 'shopCustomerId') facts.shopCustomerId ??= value;
	}
	return facts;
}

type Told = Omit<ShopEvent, 'dedupeId' | 'occurredAtMs' | 'source' | 'sequenceMs'>;

/** Records an event that this node tells. @param dedupeId recognises it, where it must not be recorded twice */
export async function tell({ shop, nowMs, itemIndex }: Run, event: Told, dedupeId: string = randomUUID()): ReturnType<ShopHandle['record']> {
	// Of two items of one run about the same customer, the later one has the last word.
	return await shop.record({ ...event, dedupeId: `${operatorSource}:${dedupeId}`.slice(0, 200), occurredAtMs: nowMs, sequenceMs: itemIndex, source: operatorSource });
}

/** The item as it came, with the customer as they are now. */
export async function withCustomer(run: Run, id: string, more: IDataObject = {}): Promise<Output> {
	const customer = await readCustomer(run.shop.store, id);
	return [{ json: { ...run.json, customer: customer && (await customerProfile(run, customer)), ...more } as IDataObject }];
}

/** A field of text of the operation, trimmed. */
export function textOf({ context, itemIndex }: Run, field: string): string {
	return String(context.getNodeParameter(field, itemIndex, '') ?? '').trim();
}
