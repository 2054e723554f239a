import type { DiscountTerms } from '../../../lib/model/records';
import type { DiscountApi, ShopApiContext, ShopDiscount } from '../../../lib/shops/api';
import { discounts as shopifyDiscounts } from '../../../lib/shops/shopify/discounts';
import { discounts as wooDiscounts } from '../../../lib/shops/woocommerce/discounts';
import { startShopifyShop, type ShopifyShop } from '../../mocks/shopify';
import { startWooShop, type WooShop } from '../../mocks/woocommerce';
import { contextOf } from '../discounts/shops';

const startMs = Date.parse('2025-03-10T00:00:00Z');
let nowMs = startMs;
let shopify: ShopifyShop;
let woo: WooShop;

beforeEach(async () => {
	nowMs = startMs;
	shopify = await startShopifyShop({ now: () => nowMs });
	woo = await startWooShop({ nowMs: () => nowMs });
});
afterEach(async () => {
	await shopify.stop();
	await woo.close();
});

const discount = (more: Partial<ShopDiscount> = {}): ShopDiscount => ({ code: 'TEA-7KDM', mark: 'Shop Journeys 1', terms: { value: { kind: 'percentage', percent: 12.5 }, currency: 'EUR' }, startsAtMs: startMs, ...more });
const both: Array<[string, () => { api: DiscountApi; context: ShopApiContext }]> = [
	['Shopify', () => ({ api: shopifyDiscounts, context: contextOf(shopify.credential, () => nowMs) })],
	['WooCommerce', () => ({ api: wooDiscounts, context: contextOf(woo.credential, () => nowMs) })],
];

describe.each(both)('discount codes of %s', (_name, connect) => {
	it('are made once, found in any case, and ended', async () => {
		const { api, context } = connect();
		expect(await api.find(context, 'TEA-7KDM')).toBeNull();
		expect(await api.create(context, discount())).toBe('created');
		expect(await api.create(context, discount({ mark: 'Shop Journeys 2', code: 'tea-7kdm' }))).toBe('taken');
		const found = await api.find(context, 'tea-7kdm');
		expect(found).toMatchObject({ mark: 'Shop Journeys 1', isUsed: false, isActive: true });
		await api.deactivate(context, found!.id);
		expect((await api.find(context, 'TEA-7KDM'))?.isActive ?? false).toBe(false);
		await api.deactivate(context, found!.id);
	});
});

const withProducts: DiscountTerms = { value: { kind: 'amount', amountMinor: 500 }, currency: 'EUR', minimumMinor: 2050, productIds: ['11', '12'] };
const gift: DiscountTerms = { value: { kind: 'gift', productId: '11', worthMinor: 1900 }, currency: 'JPY' };

describe('what Shopify is told', () => {
	const told = async (more: Partial<ShopDiscount>) => {
		await shopifyDiscounts.create(contextOf(shopify.credential, () => nowMs), discount(more));
		return shopify.discounts.at(-1)!;
	};
	const gid = (id: number) => `gid://shopify/Product/${id}`;

	it('says what is off, of what, from which value on, for whom and until when', async () => {
		expect((await told({ onlyFor: { shopCustomerId: '7', email: 'a@b.example' }, endsAtMs: startMs + 1000 })).input).toEqual({
			title: 'Shop Journeys 1', code: 'TEA-7KDM', startsAt: '2025-03-10T00:00:00.000Z', endsAt: '2025-03-10T00:00:01.000Z', context: { customers: { add: ['gid://shopify/Customer/7'] } },
			usageLimit: 1, appliesOncePerCustomer: true, customerGets: { value: { percentage: 0.125 }, items: { all: true } },
		});
		expect((await told({ code: 'B', terms: withProducts })).input).toMatchObject({
			context: { all: 'ALL' }, endsAt: null, minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: '20.50' } },
			customerGets: { value: { discountAmount: { amount: '5.00', appliesOnEachItem: false } }, items: { products: { productsToAdd: [gid(11), gid(12)] } } },
		});
		expect((await told({ code: 'C', terms: gift })).input.customerGets).toEqual({ value: { discountAmount: { amount: '1900', appliesOnEachItem: false } }, items: { products: { productsToAdd: [gid(11)] } } });
		const shipping = await told({ code: 'D', terms: { value: { kind: 'free_shipping' }, currency: 'EUR' } });
		expect(shipping.input).toMatchObject({ destination: { all: true } });
		expect(shipping.codeDiscount.__typename).toBe('DiscountCodeFreeShipping');
	});

	it('is refused in plain words: a kind it has not, a scope that is missing, an expiry before the start', async () => {
		await expect(told({ terms: { value: { kind: 'free_shipping' }, currency: 'EUR', productIds: ['11'] } })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' });
		await expect(told({ endsAtMs: startMs - 1 })).rejects.toMatchObject({ code: 'SHOP_REFUSED', message: 'Shopify refused the discount code: "Ends at needs to be after starts_at"' });
		shopify.scopes = ['read_products'];
		await expect(told({})).rejects.toMatchObject({ code: 'SHOP_REFUSED', message: expect.stringContaining('write_discounts') as string });
		expect(shopify.discounts).toEqual([]);
	});
});

describe('what WooCommerce is told', () => {
	const told = async (more: Partial<ShopDiscount>) => {
		await wooDiscounts.create(contextOf(woo.credential, () => nowMs), discount(more));
		return woo.coupons.at(-1)!;
	};

	it('says what is off, of what, from which value on, for whom and until when', async () => {
		expect(await told({ onlyFor: { shopCustomerId: '7', email: 'a@b.example' }, endsAtMs: startMs + 1000 })).toMatchObject({
			code: 'tea-7kdm', description: 'Shop Journeys 1', discount_type: 'percent', amount: '12.5', usage_limit: 1, usage_limit_per_user: 1, email_restrictions: ['a@b.example'], date_expires_gmt: '2025-03-10T00:00:01',
		});
		expect(await told({ code: 'B', terms: withProducts })).toMatchObject({ discount_type: 'fixed_product', amount: '5.00', minimum_amount: '20.50', product_ids: [11, 12], limit_usage_to_x_items: 1 });
		expect(await told({ code: 'C', terms: gift })).toMatchObject({ discount_type: 'percent', amount: '100', product_ids: [11], limit_usage_to_x_items: 1 });
		expect(await told({ code: 'D', terms: { value: { kind: 'free_shipping' }, currency: 'EUR' } })).toMatchObject({ free_shipping: true, amount: '0' });
	});

	it('is over, used or gone by what the shop says', async () => {
		const find = async () => await wooDiscounts.find(contextOf(woo.credential, () => nowMs), 'TEA-7KDM');
		await told({ endsAtMs: startMs + 1000 });
		woo.coupons[0].usage_count = 1;
		expect(await find()).toMatchObject({ isUsed: true, isActive: true });
		nowMs += 1000;
		expect(await find()).toMatchObject({ isActive: false });
	});

	it('is asked once where the answer is missing, and then says so', async () => {
		woo.faults.push({ path: /coupons/, method: 'POST', isLate: true });
		await expect(told({})).rejects.toMatchObject({ code: 'SHOP_UNREACHABLE' });
		expect(woo.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
		expect(woo.coupons).toHaveLength(1);
	});
});
