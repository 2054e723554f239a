import { claimSteps, type DueStep, type EngineOptions } from '../../../lib/journeys/engine';
import { minuteMs, secondMs } from '../../../lib/model/clock';
import type { CustomerFacts } from '../../../lib/model/events';
import { type EnrolmentRecord, indexes, type JourneyDefinition, keys } from '../../../lib/model/records';
import { defaultSettings, type ShopSettings } from '../../../lib/model/settings';
import type { StoreConfig } from '../../../lib/store/store';
import { anna, cartEvent, enrolmentOf, openShop, type Shop } from '../record/shop';

export const leaseMs = minuteMs;
export const firstRetryMs = 15 * secondMs;

/** A journey that runs over a shop, as its trigger would run it. */
export interface Running {
	shop: Shop;
	engine: EngineOptions;
	definition: JourneyDefinition;
	settings: ShopSettings;
	claim(limit?: number): Promise<DueStep[]>;
	/** The only step that is due. */
	claimOne(): Promise<DueStep>;
	/** A customer fills a cart now. */
	fill(cart?: string, customer?: CustomerFacts): Promise<void>;
	enrolment(cart?: string): Promise<EnrolmentRecord>;
	holds(step: DueStep): Promise<boolean>;
}

export async function runJourney(journey: Partial<JourneyDefinition> = {}, where?: string | StoreConfig): Promise<Running> {
	const shop = openShop(where);
	const engine: EngineOptions = { store: shop.store, shop: 'main', clock: shop.clock, leaseMs, firstRetryMs };
	const running: Running = {
		shop,
		engine,
		definition: await shop.switchOn(journey),
		settings: { ...defaultSettings, currency: 'EUR', url: 'https://shop.example' },
		claim: (limit = 100) => claimSteps(engine, running.definition, running.settings, limit),
		async claimOne() {
			const steps = await running.claim();
			if (steps.length !== 1) throw new Error(`${steps.length} steps are due, not one`);
			return steps[0];
		},
		async fill(cart = 'cart-a', customer = anna) {
			await shop.record(cartEvent(shop.now(), { cartToken: cart }, { customer }));
		},
		async enrolment(cart) {
			const enrolment = await enrolmentOf(shop, running.definition.id, cart);
			if (!enrolment) throw new Error('There is no such enrolment');
			return enrolment;
		},
		holds: ({ key, token }) => shop.store.holds({ index: indexes.due(running.definition.id), key, token }),
	};
	return running;
}

export const customerKey = keys.customer('customer-1');
