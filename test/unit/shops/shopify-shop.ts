import type { ShopApiContext, ShopHttp } from '../../../lib/shops/api';
import { parseExactJson } from '../../../lib/shops/exact-json';
import { ShopJourneysError } from '../../../lib/model/errors';
import { type ShopifyShop, type ShopifyShopOptions, startShopifyShop } from '../../mocks/shopify';

/** Requests over the real network stack, as n8n makes them. */
const http: ShopHttp = async ({ method, url, headers, body }) => {
	try {
		const response = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
		const raw = Buffer.from(await response.arrayBuffer());
		const isJson = response.headers.get('content-type')?.includes('json');
		return { status: response.status, headers: Object.fromEntries(response.headers), body: isJson ? parseExactJson(raw) : raw.toString() };
	} catch (error) {
		throw new ShopJourneysError('SHOP_UNREACHABLE', (error as Error).message, { cause: error });
	}
};

export interface Visit {
	shop: ShopifyShop;
	context: ShopApiContext;
	/** Pauses made, in ms. Time passes by them alone, for the shop's throttle too. */
	slept: number[];
}

const shops: ShopifyShop[] = [];

export async function visit(options: ShopifyShopOptions = {}): Promise<Visit> {
	const slept: number[] = [];
	let nowMs = Date.parse('2025-03-10T00:00:00Z');
	const shop = await startShopifyShop({ now: () => nowMs, ...options });
	shops.push(shop);
	const sleep = async (ms: number) => {
		if (ms > 0) slept.push(ms);
		nowMs += ms;
	};
	return { shop, slept, context: { http, credential: shop.credential, nowMs: () => nowMs, sleep } };
}

/** After each test. */
export async function closeShops(): Promise<void> {
	await Promise.all(shops.splice(0).map((shop) => shop.stop()));
}
