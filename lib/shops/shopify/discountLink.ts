/** The shop's own pages that take the code as a parameter: what a cart or checkout is brought back by. */
const takesParameter = /^\/cart\/|\/checkouts?\//;

/**
 * Shopify's link that puts a code to use and goes on to a page of the same shop (its `DiscountShareableUrl`: https://shopify.dev/docs/api/admin-graphql/latest/objects/DiscountShareableUrl); carts and
 * checkouts that are brought back take it as a parameter (https://shopify.dev/docs/apps/build/checkout/create-cart-permalinks). What stands in the address stays byte for byte: it may be signed.
 */
export function discountLink(url: string, code: string): string {
	const parts = /^(https?:\/\/[^/?#]+)([^?#]*)(\?[^#]*)?(#.*)?$/is.exec(url);
	if (!parts) return url;
	const [, origin, path, query = '', fragment = ''] = parts;
	const named = encodeURIComponent(code);
	if (path.startsWith('/discount/') || /[?&]discount=/.test(query)) return url;
	if (takesParameter.test(path)) return `${origin}${path}${query}${query.length > 1 ? '&' : query ? '' : '?'}discount=${named}${fragment}`;
	return `${origin}/discount/${named}?redirect=${encodeURIComponent(`${path || '/'}${query}${fragment}`)}`;
}
