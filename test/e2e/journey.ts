import type { EnrolmentRecord } from '../../lib/model/records';
import type { Store } from '../../lib/store/store';
import { filledIn, template, type Workflow } from './installation';

export interface ShopWorkflows {
	connect: Workflow;
	journey: Workflow;
	/** How the store names the journey. */
	journeyId: string;
	/** Both, to be published. */
	workflows: Workflow[];
}

/** For journeys whose steps follow each other more densely than a customer should hear of a shop: no rest between mails. */
export const noRest = { email: 0 };

/** A shop of its own beside others in one n8n: its Shop Webhook Trigger and its abandoned-cart journey. */
export function journeyIn(shop: string, change: Parameters<typeof filledIn>[1] = {}): ShopWorkflows {
	const connect = { ...filledIn(template('00-connect/connect-demo-shop.json'), { shop: { shop, rest: noRest, ...change.shop } }), id: `e2eConnect_${shop}` };
	for (const node of connect.nodes) if (node.webhookId) node.webhookId = `e2e-${shop}`;
	const trigger = { shop, showEnded: false, ...change.trigger };
	const journey = { ...filledIn(template('03-cart-reminder/abandoned-cart.json'), { ...change, trigger }), id: `e2eJourney_${shop}`, name: `Journey of ${shop}` };
	const triggerNode = journey.nodes.find(({ type }) => type.endsWith('cartAbandonedTrigger'))!;
	return { connect, journey, journeyId: `${journey.id}.${triggerNode.id}`, workflows: [connect, journey] };
}

/** A schedule of so many hours each. */
export const afterHours = (...delays: number[]) => ({ steps: delays.map((delay) => ({ name: `${delay} h`, delay, unit: 'hours' })) });

/** The enrolments of carts, in the order asked; null for a cart that has none. */
export async function enrolmentsOf(store: Store, journeyId: string, tokens: string[]): Promise<Array<EnrolmentRecord | null>> {
	const found: Array<EnrolmentRecord | null> = [];
	for (let start = 0; start < tokens.length; start += 500) {
		const documents = await store.read<EnrolmentRecord>(tokens.slice(start, start + 500).map((token) => `enrolment:${journeyId}:${token}`));
		found.push(...documents.map(({ value }) => value));
	}
	return found;
}
