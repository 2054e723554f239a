import { ShopJourneysError } from '../../../lib/model/errors';
import { parseExactJson } from '../../../lib/shops/exact-json';
import type { DiscountApi, FoundDiscount, ShopApiContext, ShopDiscount, ShopHttp } from '../../../lib/shops/api';

/** What happens to the next request: it fails before or after the shop did it, is refused, or the process dies there. */
export type Mishap = 'none' | 'down' | 'refused' | 'late' | 'killed before' | 'killed after';

/** A shop in memory, with the mishaps that it is given. */
export function memoryShop() {
	const codes = new Map<string, FoundDiscount & { discount: ShopDiscount }>();
	const mishaps: Mishap[] = [];
	let made = 0;
	const requests: string[] = [];
	const through = async <T>(what: string, act: () => T): Promise<T> => {
		requests.push(what);
		const mishap = mishaps.shift() ?? 'none';
		await new Promise((resolve) => setImmediate(resolve));
		if (mishap === 'down') throw new ShopJourneysError('SHOP_UNREACHABLE', 'down');
		if (mishap === 'refused') throw new ShopJourneysError('SHOP_REFUSED', 'refused');
		if (mishap === 'killed before') throw new Error('killed');
		const result = act();
		if (mishap === 'late') throw new ShopJourneysError('SHOP_UNREACHABLE', 'late');
		if (mishap === 'killed after') throw new Error('killed');
		return result;
	};
	const api: DiscountApi = {
		create: (_context, discount) => through('create', () => {
			if (codes.has(discount.code)) return 'taken';
			codes.set(discount.code, { id: String(++made), mark: discount.mark, isUsed: false, isActive: true, discount });
			return 'created';
		}),
		find: (_context, code) => through('find', () => codes.get(code) ?? null),
		deactivate: (_context, id) => through('deactivate', () => {
			for (const code of codes.values()) if (code.id === id) code.isActive = false;
		}),
	};
	return { api, codes, mishaps, requests };
}

/** Requests over the real network stack. */
const http: ShopHttp = async ({ method, url, query = {}, headers, body }) => {
	const address = new URL(url);
	for (const [name, value] of Object.entries(query)) address.searchParams.set(name, String(value));
	try {
		const response = await fetch(address, { method, headers: { 'content-type': 'application/json', ...headers }, body: body === undefined ? undefined : JSON.stringify(body) });
		const raw = Buffer.from(await response.arrayBuffer());
		const isJson = response.headers.get('content-type')?.includes('json');
		return { status: response.status, headers: Object.fromEntries(response.headers), body: isJson ? parseExactJson(raw) : raw.toString() };
	} catch (error) {
		throw new ShopJourneysError('SHOP_UNREACHABLE', 'no answer', { cause: error });
	}
};

export function contextOf(credential: Record<string, unknown>, nowMs: () => number): ShopApiContext {
	return { http, credential, nowMs, sleep: async () => {} };
}
