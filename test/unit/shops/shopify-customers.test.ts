import { at, fixture, refusal } from './context';
import { changed, normalise } from './shopify-delivery';

describe('customers of Shopify', () => {
	const customer = (...changes: Array<[string, string]>) => normalise('customers/update', changed('customer.json', ...changes)).events[0];

	it('reads the customer with tags and consent', () => {
		expect(normalise('customers/update', fixture('shopify/customer.json')).events).toMatchObject([
			{
				type: 'customer_updated',
				occurredAtMs: at('2025-02-11T08:00:00Z'),
				customer: {
					shopCustomerId: '6940000000000000777',
					email: 'mara.lind@customers.example',
					phone: '+4930555012',
					firstName: 'Mara',
					country: 'DE',
					city: 'Berlin',
					postcode: '10115',
					hasAccount: true,
					tags: ['vip', 'wholesale'],
					emailConsent: { status: 'subscribed', basis: 'double_opt_in', atMs: at('2025-02-11T08:00:00Z') },
					smsConsent: undefined,
				},
			},
		]);
	});

	it('tells a new account, once, and not the customer that Shopify makes of a guest', () => {
		const guest = changed('customer.json', ['"state":"enabled"', '"state":"disabled"']);
		expect(normalise('customers/create', guest).events).toMatchObject([{ type: 'customer_updated', customer: { hasAccount: false } }]);
		const [created] = normalise('customers/create', fixture('shopify/customer.json')).events;
		const [enabled] = normalise('customers/enable', fixture('shopify/customer.json'), { 'x-shopify-webhook-id': 'other' }).events;
		expect(created).toMatchObject({ type: 'customer_created', dedupeId: 'shopify:customer:6940000000000000777:customer_created', customer: { hasAccount: true } });
		expect(enabled.dedupeId).toBe(created.dedupeId);
	});

	it.each(['invited', 'declined'])('takes a customer that is %s for one without an account', (state) => {
		expect(customer(['"state":"enabled"', `"state":"${state}"`]).customer?.hasAccount).toBe(false);
	});

	it('says nothing of an account when the state is not told', () => {
		expect(customer(['"state":"enabled",', '']).customer?.hasAccount).toBeUndefined();
	});

	it('tells a customer without tags from one whose tags are not told', () => {
		expect(customer(['"vip, wholesale"', '""']).customer?.tags).toEqual([]);
		expect(customer(['"tags":"vip, wholesale",', '']).customer?.tags).toBeUndefined();
	});

	it('dates a yes without a date as early as can be, so that it never undoes a later no', () => {
		const text = changed('customer.json', ['"consent_updated_at":"2025-02-11T09:00:00+01:00"', '"consent_updated_at":null']);
		expect(normalise('customers/update', text).events[0].customer?.emailConsent?.atMs).toBe(at('2024-11-02T07:00:00Z'));
	});

	it.each(['not_subscribed', 'invalid', 'something new'])('takes the state %s for no word on consent', (state) => {
		expect(customer(['"state":"subscribed"', `"state":"${state}"`]).customer?.emailConsent).toBeUndefined();
	});

	it('refuses a customer whose global id is of another kind', () => {
		expect(refusal(() => customer(['gid://shopify/Customer/', 'gid://shopify/Order/'])).message).toContain('does not fit the topic');
	});
});

describe('consent at Shopify', () => {
	const email = (consent: string) => normalise('customers/email_marketing_consent_update', `{"customer_id":6940000000000000777,"email_address":"mara.lind@customers.example","email_marketing_consent":${consent}}`);

	it.each([
		['subscribed', 'single_opt_in', 'subscribed', 'opt_in'],
		['subscribed', 'confirmed_opt_in', 'subscribed', 'double_opt_in'],
		['pending', 'confirmed_opt_in', 'pending', 'double_opt_in'],
		['unsubscribed', 'unknown', 'unsubscribed', 'unknown'],
		['redacted', 'unknown', 'unsubscribed', 'unknown'],
	])('reads %s with %s as %s by %s', (state, level, status, basis) => {
		const { events } = email(`{"state":"${state}","opt_in_level":"${level}","consent_updated_at":"2025-03-01T09:00:00+01:00"}`);
		expect(events).toMatchObject([
			{
				type: 'consent_changed',
				occurredAtMs: at('2025-03-01T08:00:00Z'),
				customer: { shopCustomerId: '6940000000000000777', email: 'mara.lind@customers.example', emailConsent: { status, basis, atMs: at('2025-03-01T08:00:00Z') } },
			},
		]);
	});

	it('takes a no without a date, but not a yes: repeated, it could undo a later no', () => {
		expect(email('{"state":"unsubscribed","opt_in_level":null,"consent_updated_at":null}').events).toMatchObject([{ customer: { emailConsent: { status: 'unsubscribed', atMs: at('2025-03-09T23:59:58.123Z') } } }]);
		expect(email('{"state":"subscribed","opt_in_level":null,"consent_updated_at":null}')).toEqual({ events: [], ignored: expect.stringContaining('date') });
	});

	it('reads the consent to SMS from the topic that is just called marketing', () => {
		const { events } = normalise('customers/marketing_consent_update', '{"id":7,"phone":"+4930555012","sms_marketing_consent":{"state":"subscribed","opt_in_level":"single_opt_in","consent_updated_at":"2025-03-01T09:00:00+01:00"}}');
		expect(events).toMatchObject([{ type: 'consent_changed', customer: { shopCustomerId: '7', phone: '+4930555012', smsConsent: { status: 'subscribed', basis: 'opt_in' } } }]);
		expect(events[0].customer?.emailConsent).toBeUndefined();
	});

	it('refuses a consent that is missing', () => {
		expect(refusal(() => email('null')).message).toContain('email_marketing_consent is required');
	});
});

describe('erasure at Shopify', () => {
	const redact = (customer: string) => normalise('customers/redact', `{"shop_id":1,"shop_domain":"quay.myshopify.example","customer":${customer},"orders_to_redact":[]}`);

	it('names whom to forget', () => {
		expect(redact('{"id":6940000000000000777,"email":"mara.lind@customers.example","phone":null}').events).toMatchObject([
			{ type: 'customer_erased', customer: { shopCustomerId: '6940000000000000777', email: 'mara.lind@customers.example' } },
		]);
	});

	it('refuses an erasure of nobody', () => {
		expect(refusal(() => redact('{"id":null,"email":""}')).code).toBe('PAYLOAD_INVALID');
	});

	it('does not take a request for data for one to erase', () => {
		const request = '{"shop_id":1,"customer":{"id":7},"orders_requested":[],"orders_to_redact":[],"data_request":{"id":9}}';
		expect(refusal(() => normalise('customers/redact', request)).code).toBe('PAYLOAD_INVALID');
	});
});

describe('requests for data at Shopify', () => {
	it('names who asked', () => {
		const body = '{"shop_id":1,"shop_domain":"quay.myshopify.example","orders_requested":[5],"customer":{"id":6940000000000000777,"email":"mara.lind@customers.example","phone":""},"data_request":{"id":9}}';
		expect(normalise('customers/data_request', body).events).toMatchObject([{ type: 'data_requested', customer: { shopCustomerId: '6940000000000000777', email: 'mara.lind@customers.example' } }]);
	});

	it('does not take an erasure for a request', () => {
		expect(refusal(() => normalise('customers/data_request', '{"shop_id":1,"customer":{"id":7},"orders_to_redact":[]}')).code).toBe('PAYLOAD_INVALID');
	});
});

describe('customers merged at Shopify', () => {
	const merge = (status: string, kept = 'gid://shopify/Customer/6940000000000000777') =>
		normalise('customers/merge', JSON.stringify({ admin_graphql_api_customer_kept_id: kept, admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/12', admin_graphql_api_job_id: null, status, errors: [] }));

	it('tells which two are one, once, when the merge is done', () => {
		expect(merge('completed').events).toMatchObject([
			{ type: 'customers_merged', dedupeId: 'shopify:customer:6940000000000000777+12:customers_merged', customer: { shopCustomerId: '6940000000000000777' }, mergedShopCustomerIds: ['6940000000000000777', '12'] },
		]);
	});

	it.each(['requested', 'in_progress', 'failed'])('merges nobody while it is %s', (status) => {
		expect(merge(status)).toEqual({ events: [], ignored: expect.stringContaining(status) });
	});

	it('refuses an id that names no customer', () => {
		expect(refusal(() => merge('completed', 'gid://shopify/Order/1')).message).toContain('admin_graphql_api_customer_kept_id has to be the global id of a customer');
	});
});

describe('stock of variants at Shopify', () => {
	const variant = '{"id":51200000000000017,"product_id":7310000000000000123,"title":"Whole beans","price":"13.90","inventory_policy":"deny","inventory_quantity":12,"updated_at":"2025-01-01T00:00:00Z","image_id":5,"sku":"HR-500-W"}';

	it('tells the stock of one variant and nothing of the others', () => {
		expect(normalise('variants/in_stock', variant).events).toMatchObject([
			{
				type: 'product_updated',
				occurredAtMs: at('2025-03-09T23:59:58.123Z'),
				product: {
					productId: '7310000000000000123',
					isPartial: true,
					// A minute behind: products/update of the same second has all the rest.
					updatedAtMs: at('2025-03-09T23:58:58.123Z'),
					variants: [{ variantId: '51200000000000017', sku: 'HR-500-W', title: 'Whole beans', priceMinor: 1390, stock: 12 }],
				},
			},
		]);
		expect(normalise('variants/in_stock', variant).events[0].product?.variants?.[0]).not.toHaveProperty('imageUrl');
	});

	it('tells that one has run out', () => {
		expect(normalise('variants/out_of_stock', variant.replace(':12', ':-1')).events[0].product?.variants?.[0].stock).toBe(0);
	});
});

describe('products of Shopify', () => {
	const product = (...changes: Array<[string, string]>) => normalise('products/update', changed('product.json', ...changes)).events[0];

	it('reads the product with pictures, prices and stock', () => {
		expect(product()).toMatchObject({
			type: 'product_updated',
			occurredAtMs: at('2025-02-20T11:00:00Z'),
			product: {
				productId: '7310000000000000123',
				title: 'Harbour Roast',
				url: 'https://shop.example/products/harbour-roast',
				imageUrl: 'https://cdn.shop.example/roast.jpg',
				tags: ['beans', 'organic'],
				category: 'Coffee',
				vendor: 'Quay & Co',
				currency: 'EUR',
				updatedAtMs: at('2025-02-20T11:00:00Z'),
			},
		});
		expect(product().product?.deleted).toBeUndefined();
		expect(product().product?.variants).toEqual([
			{ variantId: '51200000000000017', sku: 'HR-500-W', title: 'Whole beans', priceMinor: 1390, imageUrl: 'https://cdn.shop.example/roast-whole.jpg', stock: 0 },
			{ variantId: '51200000000000018', title: 'Ground', priceMinor: 1390, stock: undefined },
			{ variantId: '51200000000000019', title: 'Subscription', priceMinor: 1400, stock: undefined },
		]);
	});

	it.each(['draft', 'archived'])('takes a product that is %s off the shelf', (status) => {
		expect(product(['"status":"active"', `"status":"${status}"`]).product?.deleted).toBe(true);
	});

	it('takes a deleted product off the shelf', () => {
		expect(normalise('products/delete', '{"id":7310000000000000123}').events).toMatchObject([
			{ type: 'product_deleted', product: { productId: '7310000000000000123', deleted: true, updatedAtMs: at('2025-03-09T23:59:58.123Z') } },
		]);
	});

	it('does not show a picture that is not on https', () => {
		expect(product(['"image":{"id":900000000000000001,"src":"https:', '"image":{"id":900000000000000001,"src":"ftp:']).product?.imageUrl).toBeUndefined();
	});
});
