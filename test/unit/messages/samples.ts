import type { JourneyItem } from '../../../lib/model/item';
import { defaultSettings, type ShopSettings } from '../../../lib/model/settings';

/** A cart of three lines as the Cart Abandoned Trigger emits it. */
export function sampleItem(changes: { customer?: Partial<NonNullable<JourneyItem['customer']>>; cart?: Partial<NonNullable<JourneyItem['cart']>>; journey?: Partial<JourneyItem['journey']> } = {}): JourneyItem {
	return {
		journey: {
			id: 'wf1:trigger', name: 'Abandoned cart', kind: 'marketing', shop: 'main', enrolment: 'enr-1', token: 'tok-1',
		attempt: 1, step: 1, stepName: '1 hour', steps: 4,
			enteredAt: '2026-03-01T10:00:00.000Z', messages: [], ...changes.journey,
		},
		shop: { name: 'Fern & Field', url: 'https://fern.example', currency: 'EUR', locale: 'en-GB', timezone: 'Europe/Dublin' },
		customer: {
			id: 'cus-1', email: 'mia@example.org', firstName: 'Mia', lastName: 'Berg', consent: { email: 'subscribed', sms: 'unknown' }, orders: { count: 2, spentMinor: 12_000 }, ...changes.customer,
		},
		cart: {
			id: 'cart-1', stage: 'cart', currency: 'EUR', totalMinor: 13_150, url: 'https://fern.example/cart?token=abc&utm=x', updatedAt: '2026-03-01T10:00:00.000Z',
			items: [
				{ productId: 'p1', title: 'Linen Throw', variantTitle: 'Moss Green / 130 × 170 cm', quantity: 1, unitPriceMinor: 6_900, imageUrl: 'https://cdn.fern.example/throw.jpg', url: 'https://fern.example/p/throw' },
				{ productId: 'p2', title: 'Stoneware Mug, Speckled', variantTitle: 'Sand', quantity: 2, unitPriceMinor: 1_850, imageUrl: 'https://cdn.fern.example/mug.jpg' },
				{ productId: 'p3', title: 'Beeswax Candle', quantity: 1, unitPriceMinor: 2_550 },
			],
			...changes.cart,
		},
	};
}

export function sampleSettings(changes: Partial<ShopSettings> = {}): ShopSettings {
	return {
		...defaultSettings,
		name: 'Fern & Field',
		url: 'https://fern.example',
		sender: 'Fern & Field <hello@fern.example>',
		replyTo: 'anna@fern.example',
		postalAddress: 'Fern & Field Ltd\n12 Meadow Lane\nDublin D02 XY45',
		locale: 'en-GB',
		currency: 'EUR',
		timezone: 'Europe/Dublin',
		...changes,
	};
}
