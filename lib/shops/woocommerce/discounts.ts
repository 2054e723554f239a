import { ShopJourneysError } from '../../model/errors';
import { decimalAmount } from '../../model/money';
import type { DiscountApi, ShopDiscount } from '../api';
import { saidByShop } from '../http';
import { askShop, listIn } from './client';

const what = 'discount codes';

/** WooCommerce's coupons: https://woocommerce.github.io/woocommerce-rest-api-docs/#coupons. */
export const discounts: DiscountApi = {
	async create(context, discount) {
		// Two requests at the same time would both find the code free: an unclear one is looked up before it is repeated.
		const { status, body } = await askShop(context, '/coupons', what, { method: 'POST', body: couponOf(discount), isOnce: true, accept: [400] });
		if (status !== 400) return 'created';
		const { code, message } = (typeof body === 'object' && body !== null ? body : {}) as { code?: unknown; message?: unknown };
		if (code === 'woocommerce_rest_coupon_code_already_exists') return 'taken';
		throw new ShopJourneysError('SHOP_REFUSED', `The shop refused the discount code: "${saidByShop(context, String(message ?? code ?? 'status 400'))}"`, { hint: 'Check value, products, minimum and expiry of the discount code.' });
	},

	async find(context, code) {
		const response = await askShop(context, '/coupons', what, { method: 'GET', query: { code } });
		const coupon = listIn(response, what).find((row) => String(row.code).toUpperCase() === code.toUpperCase());
		if (!coupon) return null;
		const endsAtMs = typeof coupon.date_expires_gmt === 'string' ? Date.parse(`${coupon.date_expires_gmt}Z`) : Infinity;
		return { id: String(coupon.id), mark: String(coupon.description ?? ''), isUsed: Number(coupon.usage_count) > 0, isActive: (coupon.status ?? 'publish') === 'publish' && endsAtMs > context.nowMs() };
	},

	async deactivate(context, id) {
		// Coupons know no trash; the orders that used one keep its line.
		await askShop(context, `/coupons/${id}`, what, { method: 'DELETE', query: { force: 'true' }, accept: [404] });
	},
};

/** Free shipping needs a shipping method in the shop that takes a coupon for it. */
function couponOf(discount: ShopDiscount): Record<string, unknown> {
	const { code, mark, terms, onlyFor, endsAtMs } = discount;
	const amountOf = (amountMinor: number) => decimalAmount({ amountMinor, currency: terms.currency });
	return {
		code,
		description: mark,
		...valueOf(discount, amountOf),
		usage_limit: 1,
		usage_limit_per_user: 1,
		...(terms.minimumMinor && { minimum_amount: amountOf(terms.minimumMinor) }),
		...(onlyFor?.email && { email_restrictions: [onlyFor.email] }),
		...(endsAtMs !== undefined && { date_expires_gmt: new Date(endsAtMs).toISOString().slice(0, 19) }),
	};
}

function valueOf({ terms: { value, productIds } }: ShopDiscount, amountOf: (amountMinor: number) => string): Record<string, unknown> {
	const products = productIds && { product_ids: productIds.map(Number) };
	switch (value.kind) {
		case 'percentage':
			return { discount_type: 'percent', amount: String(value.percent), ...products };
		case 'amount':
			// An amount off the cart would be spread over everything in it, so with products it is taken off one of them.
			return { discount_type: products ? 'fixed_product' : 'fixed_cart', amount: amountOf(value.amountMinor), ...(products && { ...products, limit_usage_to_x_items: 1 }) };
		case 'free_shipping':
			return { discount_type: 'fixed_cart', amount: '0', free_shipping: true, ...products };
		case 'gift':
			return { discount_type: 'percent', amount: '100', product_ids: [Number(value.productId)], limit_usage_to_x_items: 1 };
	}
}
