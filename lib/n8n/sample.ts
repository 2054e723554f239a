import { journeyItem, readFacts, readProducts } from '../journeys/items';
import type { JourneyItem } from '../model/item';
import { indexes, type JourneyDefinition } from '../model/records';
import { hourMs } from '../model/clock';
import { sampleToken } from '../messages/send/guards';
import type { Installation, ShopHandle } from './installation';

/**
 * One item for "Test step" in the editor: the enrolment that is due next, else an invented one, so that a journey can be
 * built before the shop is connected. Claims nothing; its token lets Send Reminder send nothing.
 */
export async function sampleItem(
	{ clock }: Installation,
	shop: ShopHandle,
	definition: Omit<JourneyDefinition, 'activeFromMs' | 'offAtMs'>,
): Promise<{ item: JourneyItem; output: number }> {
	const settings = await shop.settings();
	const full: JourneyDefinition = { ...definition, activeFromMs: 0 };
	const [next] = await shop.store.walk(indexes.due(definition.id), { limit: 1 });
	const [fact] = next ? await readFacts(shop.store, [next.key]) : [];
	if (fact) {
		const products = await readProducts(shop.store, [fact.cart]);
		const item = journeyItem(fact, full, settings, products, shop.id, { token: sampleToken, attempt: 1 });
		return { item, output: item.journey.step - 1 };
	}
	const nowMs = clock.journeyNowMs();
	const invented = journeyItem(
		{
			enrolment: {
				id: 'sample',
				journey: definition.id,
				customerId: 'sample',
				cartId: 'sample',
				kind: definition.kind,
				status: 'open',
				openedAtMs: nowMs - hourMs,
				enteredAtMs: nowMs - hourMs,
				step: 0,
				dueAtMs: nowMs,
				stepsDone: 0,
				sends: {},
			},
			customer: {
				id: 'sample',
				createdAtMs: nowMs,
				profileAtMs: nowMs,
				email: 'sample@example.com',
				firstName: 'Sam',
				lastName: 'Sample (no real cart yet)',
				locale: settings.locale,
				consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'sample', atMs: nowMs } },
				orders: { count: 0, spentMinor: {} },
				open: {},
			},
			cart: {
				id: 'sample',
				stage: definition.watch?.[0] ?? 'cart',
				items: [{ productId: 'sample', title: 'Sample Product', quantity: 2, unitPriceMinor: 1995 }],
				createdAtMs: nowMs - hourMs,
				updatedAtMs: nowMs - hourMs,
				seen: {},
			},
		},
		full,
		settings,
		new Map(),
		shop.id,
		{ token: sampleToken, attempt: 1 },
	);
	return { item: invented, output: 0 };
}
