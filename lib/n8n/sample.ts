import { journeyItem, productsOf, readFacts, type EnrolmentFacts } from '../journeys/items';
import { sampleToken } from '../messages/send/guards';
import { dayMs, hourMs } from '../model/clock';
import { eventCatalogue, type LineItem, type ViewFacts } from '../model/events';
import type { JourneyItem } from '../model/item';
import { type CustomerRecord, indexes, type JourneyDefinition, type PointsStanding } from '../model/records';
import { currencyDigits } from '../model/money';
import type { LoyaltySettings, ShopSettings } from '../model/settings';
import { countSegment } from '../segments/list';
import type { JourneyParameters } from './definition';
import type { Installation, ShopHandle } from './installation';

/**
 * One item for "Test step" in the editor: the enrolment that is due next, else an invented one, so that a journey can be
 * built before the shop is connected. Claims nothing; its token lets Send Reminder send nothing. Of a segment it says how
 * many are in it now.
 */
export async function sampleItem({ clock }: Installation, shop: ShopHandle, parameters: JourneyParameters): Promise<{ item: JourneyItem; output: number }> {
	const settings = await shop.settings();
	const definition: JourneyDefinition = { ...parameters, activeFromMs: 0 };
	const nowMs = clock.journeyNowMs();
	const [next] = await shop.store.walk(indexes.due(definition.id), { limit: 1 });
	const [fact] = next ? await readFacts(shop.store, [next.key]) : [];
	const sample = fact ?? inventedFacts(definition, settings, nowMs);
	const products = await productsOf(shop.store, fact ? [fact] : []);
	const item = journeyItem(sample, definition, settings, products, shop.id, { token: sampleToken, attempt: 1 });
	if (definition.trigger === 'segment' && definition.where) item.journey.segmentNow = await countSegment(shop.store, definition.where, { ...settings, nowMs });
	return { item, output: item.journey.step - 1 };
}

const goods: LineItem = { productId: 'sample', title: 'Sample Product', quantity: 2, unitPriceMinor: 1995 };

/** Nobody, doing what the journey waits for. */
function inventedFacts(definition: JourneyDefinition, settings: ShopSettings, nowMs: number): EnrolmentFacts {
	const { trigger, subject, events = [], watch } = definition;
	const atMs = nowMs - hourMs;
	const [type] = events;
	const carries = type && eventCatalogue[type].carries;
	const hasOrder = subject === 'order' || carries === 'order' || definition.anchor?.type === 'supply' || definition.anchor?.type === 'replacement';
	const hasReturn = subject === 'return' || carries === 'return';
	const hasProduct = subject === 'product' || carries === 'product';
	const view: ViewFacts | undefined = trigger === 'browse' || carries === 'view' ? { path: '/sample', productId: 'sample', productTitle: 'Sample Product', category: 'Samples' } : undefined;
	const order = { orderId: 'sample', number: '#1001', items: [goods], currency: settings.currency, totalMinor: 3990, placedAtMs: atMs, updatedAtMs: atMs, sequenceMs: 0, paymentDueAtMs: nowMs + 14 * dayMs };
	return {
		enrolment: {
			id: 'sample',
			journey: definition.id,
			customerId: 'sample',
			...(trigger === 'cart' && { cartId: 'sample' }),
			...(hasOrder && { orderId: 'sample' }),
			...(hasProduct && { productId: 'sample' }),
			...(hasReturn && { returnId: 'sample' }),
			...(view && { view }),
			...(type && { event: { type, atMs, ...(definition.eventName && { name: definition.eventName }), ...(type === 'points_earned' && { data: { points: 120, balance: 1250 } }) } }),
			kind: definition.kind,
			status: 'open',
			openedAtMs: atMs,
			enteredAtMs: atMs,
			step: 0,
			dueAtMs: nowMs,
			stepsDone: 0,
			sends: {},
		},
		customer: nobody(settings, nowMs),
		cart: trigger === 'cart' ? { id: 'sample', stage: watch?.[0] ?? 'cart', items: [goods], createdAtMs: atMs, updatedAtMs: atMs, seen: {} } : null,
		order: hasOrder ? order : null,
		product: hasProduct ? { productId: 'sample', title: goods.title, url: settings.url, variants: [{ variantId: 'sample', priceMinor: goods.unitPriceMinor, stock: 5 }], currency: settings.currency, updatedAtMs: atMs, sequenceMs: 0 } : null,
		return: hasReturn ? { returnId: 'sample', orderId: 'sample', status: 'received', needsBankDetails: true, updatedAtMs: atMs, sequenceMs: 0 } : null,
	};
}

/** On the way from the first tier to the second, where there are two. */
function samplePoints({ tiers: [tier, nextTier], tierBy }: LoyaltySettings, currency: string, nowMs: number): PointsStanding {
	const isBySpending = tierBy === 'spent';
	const whole = (nextTier?.from ?? 0) * (isBySpending ? 10 ** currencyDigits(currency) : 1);
	const toNextTier = Math.ceil(whole * 0.15);
	return {
		available: 1250,
		pending: 80,
		expiresAtMs: nowMs + 30 * dayMs,
		expiring: 350,
		...(tier && { tier: tier.id, tierLabel: tier.label }),
		...(toNextTier > 0 && { progress: whole - toNextTier, nextTier: nextTier.id, nextTierLabel: nextTier.label, toNextTier, ...(isBySpending && { progressCurrency: currency }) }),
	};
}

function nobody({ locale, loyalty, currency }: ShopSettings, nowMs: number): CustomerRecord {
	return {
		id: 'sample',
		createdAtMs: nowMs,
		profileAtMs: nowMs,
		email: 'sample@example.com',
		firstName: 'Sam',
		lastName: 'Sample (nobody real yet)',
		locale,
		birthday: '1990-05-04',
		...(loyalty && { points: samplePoints(loyalty, currency, nowMs) }),
		consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'sample', atMs: nowMs } },
		orders: { count: 0, spentMinor: {} },
		open: {},
	};
}
