import { ShopJourneysError } from '../../model/errors';
import { decimalAmount } from '../../model/money';
import type { DiscountTerms } from '../../model/records';
import type { DiscountApi, ShopApiContext, ShopDiscount } from '../api';
import { saidByShop } from '../http';
import { asRecord, askShopify, textOf } from './graphql';

const what = 'discount codes';

const basicMutation = `mutation ShopJourneysDiscount($discount: DiscountCodeBasicInput!) {
	discountCodeBasicCreate(basicCodeDiscount: $discount) { codeDiscountNode { id } userErrors { field code message } }
}`;
const freeShippingMutation = `mutation ShopJourneysFreeShipping($discount: DiscountCodeFreeShippingInput!) {
	discountCodeFreeShippingCreate(freeShippingCodeDiscount: $discount) { codeDiscountNode { id } userErrors { field code message } }
}`;
const deactivateMutation = `mutation ShopJourneysEndDiscount($id: ID!) {
	discountCodeDeactivate(id: $id) { codeDiscountNode { id } userErrors { field code message } }
}`;
const facts = '{ title status asyncUsageCount }';
const findQuery = `query ShopJourneysFindDiscount($code: String!) {
	codeDiscountNodeByCode(code: $code) { id codeDiscount { ... on DiscountCodeBasic ${facts} ... on DiscountCodeFreeShipping ${facts} ... on DiscountCodeBxgy ${facts} ... on DiscountCodeApp ${facts} } }
}`;

/** Discount codes in the Admin API (scopes read_discounts and write_discounts): https://shopify.dev/docs/api/admin-graphql/latest/mutations/discountCodeBasicCreate. */
export const discounts: DiscountApi = {
	async create(context, discount) {
		const isShipping = discount.terms.value.kind === 'free_shipping';
		const { data } = await askShopify(context, what, isShipping ? freeShippingMutation : basicMutation, { discount: isShipping ? freeShippingInput(discount) : basicInput(discount) });
		const errors = userErrors(isShipping ? data.discountCodeFreeShippingCreate : data.discountCodeBasicCreate);
		if (errors.length === 0) return 'created';
		if (errors.every(({ code, field }) => code === 'TAKEN' && field.endsWith('code'))) return 'taken';
		throw refused(context, errors);
	},

	async find(context, code) {
		const { data } = await askShopify(context, what, findQuery, { code });
		if (data.codeDiscountNodeByCode === null) return null;
		const node = asRecord(data.codeDiscountNodeByCode);
		const { title, status, asyncUsageCount } = asRecord(node.codeDiscount);
		return { id: String(node.id), mark: textOf(title) ?? '', isUsed: Number(asyncUsageCount) > 0, isActive: status === 'ACTIVE' };
	},

	async deactivate(context, id) {
		const { data } = await askShopify(context, what, deactivateMutation, { id });
		const errors = userErrors(data.discountCodeDeactivate).filter(({ message }) => !/does not exist/i.test(message));
		if (errors.length > 0) throw refused(context, errors);
	},
};

function freeShippingInput(discount: ShopDiscount): Record<string, unknown> {
	if (discount.terms.productIds) {
		throw new ShopJourneysError('PARAMETER_INVALID', 'Shopify cannot give free shipping for certain products only', { hint: 'Leave the products empty, or choose another kind of discount.' });
	}
	return { ...commonInput(discount), destination: { all: true } };
}

function basicInput(discount: ShopDiscount): Record<string, unknown> {
	const { value, currency, productIds } = discount.terms;
	const products = value.kind === 'gift' ? [value.productId] : productIds;
	return {
		...commonInput(discount),
		customerGets: {
			value: valueInput(value, currency),
			items: products ? { products: { productsToAdd: products.map((id) => gid('Product', id)) } } : { all: true },
		},
	};
}

/** A gift is its price taken off once: 100 % off would give away as many as are put in the cart. */
function valueInput(value: DiscountTerms['value'], currency: string): Record<string, unknown> {
	if (value.kind === 'percentage') return { percentage: value.percent / 100 };
	const amountMinor = value.kind === 'gift' ? value.worthMinor : value.kind === 'amount' ? value.amountMinor : 0;
	return { discountAmount: { amount: decimalAmount({ amountMinor, currency }), appliesOnEachItem: false } };
}

function commonInput({ code, mark, terms, onlyFor, startsAtMs, endsAtMs }: ShopDiscount): Record<string, unknown> {
	const customer = onlyFor?.shopCustomerId;
	return {
		title: mark,
		code,
		startsAt: new Date(startsAtMs).toISOString(),
		endsAt: endsAtMs === undefined ? null : new Date(endsAtMs).toISOString(),
		context: customer ? { customers: { add: [gid('Customer', customer)] } } : { all: 'ALL' },
		usageLimit: 1,
		appliesOncePerCustomer: true,
		...(terms.minimumMinor && { minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: decimalAmount({ amountMinor: terms.minimumMinor, currency: terms.currency }) } } }),
	};
}

const gid = (type: string, id: string) => `gid://shopify/${type}/${id}`;

interface UserError {
	field: string;
	code?: string;
	message: string;
}

function userErrors(payload: unknown): UserError[] {
	const { userErrors: errors } = asRecord(payload);
	return (Array.isArray(errors) ? errors : []).map(asRecord).map(({ field, code, message }) => ({ field: Array.isArray(field) ? field.join('.') : '', code: textOf(code), message: String(message) }));
}

function refused(context: ShopApiContext, errors: UserError[]): ShopJourneysError {
	return new ShopJourneysError('SHOP_REFUSED', `Shopify refused the discount code: "${saidByShop(context, errors.map(({ message }) => message).join('; '))}"`, { hint: 'Check value, products, minimum and expiry of the discount code.' });
}
