import { at, context, fixture, refusal } from './context';
import { changed, normalise } from './shopify-delivery';

describe('carts of Shopify', () => {
	const cart = (...changes: Array<[string, string]>) => normalise('carts/update', changed('cart.json', ...changes)).events[0];

	it('reads the cart: ids to the last digit, prices in the shop\'s currency, a link that rebuilds it', () => {
		const { events } = normalise('carts/create', fixture('shopify/cart.json'));
		expect(events).toEqual([
			{
				type: 'cart_updated',
				dedupeId: expect.stringMatching(/^shopify:/),
				occurredAtMs: at('2025-03-01T09:30:00.250Z'),
				sequenceMs: at('2025-03-09T23:59:58.123Z'),
				source: 'shopify',
				cart: {
					cartToken: 'hWN2bmtoZXk4MTQ',
					stage: 'cart',
					currency: undefined,
					totalMinor: 5780,
					recoveryUrl: 'https://shop.example/cart/51200000000000017:2,4400000000001:1',
					updatedAtMs: at('2025-03-01T09:30:00.250Z'),
					items: [
						{ productId: '7310000000000000123', variantId: '51200000000000017', sku: 'HR-500-W', title: 'Harbour Roast - Whole beans', quantity: 2, unitPriceMinor: 1190, fullPriceMinor: 1390 },
						{ productId: '8800000000001', variantId: '4400000000001', title: 'Dripper', quantity: 1, unitPriceMinor: 3400 },
					],
				},
			},
		]);
	});

	it('says nothing of a customer', () => {
		expect(cart().customer).toBeUndefined();
	});

	it('takes the currency from the lines where they carry it, and the shop\'s price before the visitor\'s', () => {
		const set = '"discounted_price_set":{"shop_money":{"amount":"1790","currency_code":"JPY"},"presentment_money":{"amount":"11.90","currency_code":"EUR"}},"price_set":{"shop_money":{"amount":"2000","currency_code":"JPY"}},';
		expect(cart(['"discounted_price":"11.90",', `${set}"discounted_price":"11.90",`]).cart).toMatchObject({ currency: 'JPY', items: [{ unitPriceMinor: 1790, fullPriceMinor: 2000 }, { unitPriceMinor: 34 }] });
	});

	it('reads a cart without lines as emptied', () => {
		const { events } = normalise('carts/update', '{"token":"t","line_items":[],"updated_at":"2025-03-01T09:30:00Z"}');
		expect(events[0].cart).toMatchObject({ items: [], totalMinor: 0, recoveryUrl: undefined });
	});

	it('leaves out a line that was taken down to zero', () => {
		expect(cart(['"quantity":1', '"quantity":0']).cart?.items).toHaveLength(1);
	});

	it('gives no link while the address of the shop is not known, or is not one for messages', () => {
		for (const shopUrl of ['', 'http://shop.example', 'javascript:alert(1)//']) {
			expect(normalise('carts/update', fixture('shopify/cart.json'), {}, { shopUrl }).events[0].cart?.recoveryUrl).toBeUndefined();
		}
	});

	it.each<[string, [string, string], string]>([
		['a line without a quantity', ['"quantity":2', '"quantity":null'], 'line_items[0].quantity has to be a whole number'],
		['a price that is no amount', ['"price":"34.00"', '"price":"a lot"'], 'line_items[1].price has to be an amount of money'],
		['a price that is missing', ['"price":"34.00"', '"price":null'], 'line_items[1].price is required'],
		['a time without a zone', ['09:30:00.250Z', '09:30:00.250'], 'updated_at has to be a time with its zone'],
		['a line that is no object', ['"line_items":[', '"line_items":[7,'], 'line_items[0] has to be an object'],
		['a token too long to be one', ['"token":"hWN2bmtoZXk4MTQ"', `"token":"${'x'.repeat(151)}"`], 'token has to be an id'],
		['no time at all', ['"updated_at":"2025-03-01T09:30:00.250Z","created_at":"2025-03-01T09:20:00.000Z"', '"updated_at":null'], 'updated_at is required'],
	])('refuses %s and names the field', (_, change, message) => {
		const error = refusal(() => cart(change));
		expect(error.code).toBe('PAYLOAD_INVALID');
		expect(error.message).toContain(message);
	});
});

describe('checkouts of Shopify', () => {
	const checkout = (...changes: Array<[string, string]>) => normalise('checkouts/update', changed('checkout.json', ...changes)).events[0];

	it('reads the checkout with its link, its tokens and discounts on the lines', () => {
		expect(checkout()).toMatchObject({
			type: 'checkout_updated',
			occurredAtMs: at('2025-03-01T09:34:00Z'),
			cart: {
				cartToken: 'hWN2bmtoZXk4MTQ',
				checkoutToken: 'c0ffee5511',
				stage: 'checkout',
				currency: 'EUR',
				totalMinor: 6270,
				recoveryUrl: 'https://shop.example/66001/checkouts/ac/c0ffee5511/recover?key=k1&locale=de',
				updatedAtMs: at('2025-03-01T09:34:00Z'),
				closed: undefined,
				acceptsMarketing: true,
				items: [
					{ productId: '7310000000000000123', variantTitle: 'Whole beans', quantity: 2, unitPriceMinor: 1190, fullPriceMinor: 1390 },
					{ productId: '8800000000001', variantTitle: undefined, quantity: 1, unitPriceMinor: 3400, fullPriceMinor: undefined },
				],
			},
		});
	});

	it('reads who it is, with the consent from when the checkout began', () => {
		expect(checkout().customer).toEqual({
			shopCustomerId: '6940000000000000777',
			email: 'mara.lind@customers.example',
			firstName: 'Mara',
			lastName: 'Lind',
			locale: 'de-DE',
			country: 'DE',
			city: 'Berlin',
			emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: at('2025-03-01T09:31:00Z') },
		});
	});

	it('takes a box that was not ticked for no word on consent', () => {
		const event = checkout(['"buyer_accepts_marketing":true', '"buyer_accepts_marketing":false']);
		expect(event.customer?.emailConsent).toBeUndefined();
		expect(event.cart?.acceptsMarketing).toBe(false);
	});

	it('reads the consent to SMS with its number', () => {
		const { customer } = checkout(['"buyer_accepts_sms_marketing":false,"sms_marketing_phone":null', '"buyer_accepts_sms_marketing":true,"sms_marketing_phone":"+4930555099"']);
		expect(customer).toMatchObject({ phone: '+4930555099', smsConsent: { status: 'subscribed', atMs: at('2025-03-01T09:31:00Z') } });
	});

	it.each(['""', 'null'])('has nobody to name while the e-mail is %s and there is no customer', (email) => {
		const text = changed('checkout.json', ['"email":""', `"email":${email}`]).replace(/"customer":\{.*\}\}/s, '"customer":null}');
		expect(normalise('checkouts/create', text).events[0].customer).toBeUndefined();
	});

	it('stands without a cart behind it', () => {
		expect(checkout(['"cart_token":"hWN2bmtoZXk4MTQ"', '"cart_token":null']).cart).toMatchObject({ cartToken: undefined, checkoutToken: 'c0ffee5511' });
	});

	it('is closed once completed', () => {
		expect(checkout(['"completed_at":null', '"completed_at":"2025-03-01T10:41:12+01:00"']).cart?.closed).toBe('completed');
	});

	it('is closed when the shop deletes it, dated by the delivery for want of a time of its own', () => {
		const { events } = normalise('checkouts/delete', '{"id":1,"cart_token":"hWN2bmtoZXk4MTQ","total_price":"62.70"}');
		expect(events[0]).toMatchObject({ type: 'checkout_updated', cart: { cartToken: 'hWN2bmtoZXk4MTQ', closed: 'deleted', items: [], updatedAtMs: at('2025-03-09T23:59:58.123Z') } });
	});

	it('is of no use when deleted without a token', () => {
		expect(normalise('checkouts/delete', '{"id":1,"cart_token":null}')).toEqual({ events: [], ignored: expect.stringContaining('token') });
	});

	it('maps all times to journey time', () => {
		const { events } = normalise('checkouts/update', fixture('shopify/checkout.json'), {}, { toJourneyMs: () => 7 });
		expect([events[0].occurredAtMs, events[0].sequenceMs, events[0].cart?.updatedAtMs, events[0].customer?.emailConsent?.atMs]).toEqual([7, 7, 7, 7]);
		expect(context.toJourneyMs(0)).not.toBe(7);
	});
});
