import { ShopJourneysError } from '../../lib/model/errors';
import type { ShopEvent } from '../../lib/model/events';
import type { HistoryKind, ShopApi, ShopApiContext } from '../../lib/shops/api';
import type { ShopAdapter } from '../../lib/shops/adapter';

/** What a shop made of nothing knows and was asked. */
export interface MockShop {
	adapter: ShopAdapter & { api: ShopApi };
	entries: Record<HistoryKind, Array<{ changedAtMs: number; event: ShopEvent }>>;
	/** Entries on a page. */
	pageSize: number;
	/** Where it delivers to. */
	hooks: Array<{ address: string; secret: string }>;
	problems: string[];
	/** Thrown by the next calls of this kind instead of an answer. */
	failures: Partial<Record<HistoryKind | 'register' | 'unregister', ShopJourneysError>>;
	/** One line for each call. */
	calls: string[];
}

/** A shop system that lives in memory: for what is above the adapters. The cursor is a position. */
export function mockShop(): MockShop {
	const shop: MockShop = {
		entries: { customers: [], products: [], orders: [] },
		pageSize: 2,
		hooks: [],
		problems: [],
		failures: {},
		calls: [],
		adapter: {
			id: 'mock',
			label: 'Mock Shop',
			credential: { type: 'mockApi' },
			verify: () => {},
			normalise: () => ({ events: [] }),
			api: {
				async register(_context, { address, secret }) {
					shop.calls.push('register');
					if (shop.failures.register) throw shop.failures.register;
					if (!shop.hooks.some((hook) => hook.address === address)) shop.hooks.push({ address, secret });
					return { topics: ['orders'], problems: shop.problems };
				},
				async unregister(_context, { address }) {
					shop.calls.push('unregister');
					if (shop.failures.unregister) throw shop.failures.unregister;
					shop.hooks = shop.hooks.filter((hook) => hook.address !== address);
				},
				async history(_context, kind, { sinceMs = -Infinity, cursor }) {
					shop.calls.push(`${kind} ${cursor ?? 'start'}`);
					const failure = shop.failures[kind];
					if (failure) throw failure;
					const known = shop.entries[kind].filter(({ changedAtMs }) => changedAtMs >= sinceMs);
					const start = Number(cursor ?? 0);
					const end = start + shop.pageSize;
					return { events: known.slice(start, end).map(({ event }) => event), cursor: end < known.length ? String(end) : null, total: known.length };
				},
			},
		},
	};
	return shop;
}

export const mockApiContext: ShopApiContext = {
	http: async () => {
		throw new ShopJourneysError('SHOP_UNREACHABLE', 'The mock shop needs no requests');
	},
	credential: {},
	nowMs: () => 0,
	sleep: async () => {},
};
