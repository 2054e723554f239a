/** Items as Cart Abandoned Trigger emits them, and the three conditions, written by hand. */

const countries = ['AT', 'DE', 'FR'];

/** @param {number} number */
function journeyItem(number) {
	return {
		journey: { id: 'j', name: 'Abandoned Cart', kind: 'marketing', shop: 'main', enrolment: `e${number}`, token: `t${number}`, attempt: 1, step: 1, stepName: '1 hour', steps: 3, enteredAt: '2026-03-02T08:00:00.000Z', messages: [] },
		shop: { name: 'Anna’s Tea House', url: 'https://tea.example', currency: 'EUR', locale: 'de-AT', timezone: 'Europe/Vienna' },
		customer: {
			id: `c${number}`,
			email: `customer-${number}@example.com`,
			firstName: 'Mia',
			country: countries[number % 3],
			consent: { email: number % 5 === 0 ? 'unsubscribed' : 'subscribed', sms: 'none' },
			orders: { count: number % 4, spentMinor: (number % 4) * 4900 },
		},
		cart: { id: `k${number}`, stage: 'cart', currency: 'EUR', totalMinor: 4900, url: 'https://tea.example/cart', updatedAt: '2026-03-02T08:00:00.000Z', items: [{ productId: 'p1', title: 'Green Tea', quantity: 2, unitPriceMinor: 2450 }] },
	};
}

/** @param {{ customer: { country: string, consent: { email: string }, orders: { count: number } } }} json */
const isMatch = ({ customer }) => customer.country === 'AT' && customer.orders.count >= 2 && customer.consent.email === 'subscribed';

module.exports = { journeyItem, isMatch };
