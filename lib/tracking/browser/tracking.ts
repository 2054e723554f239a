/**
 * tracking.js: what a shop's page tells of its visitor. One file without dependencies; docs/tracking.md says what it
 * reads, keeps and sends. It lives on pages of others: nothing in here may throw into them.
 */
import type { TrackedEvent, TrackedItem } from '../schema';

type Without<E> = E extends TrackedEvent ? Omit<E, 'id' | 'age'> : never;
type NewEvent = Without<TrackedEvent>;
type View = Omit<Extract<NewEvent, { type: 'dwelled' }>, 'type' | 'seconds'>;
type CartEvent = Extract<NewEvent, { type: 'cart_updated' | 'checkout_updated' }>;

/** An event that is not known to have arrived. */
type Unsent = NewEvent & {
	id: string;
	/** Wall clock. */
	at: number;
	/** The page that sends it; '' once that page was hidden, and any other may. */
	by: string;
};

interface State {
	visitor?: string;
	/** Wall clock of the last event. */
	at: number;
	unsent: Unsent[];
	cart?: { id: string; items: TrackedItem[]; currency?: string };
	/** The order confirmed last: its page is often loaded again. */
	order?: string;
	/** A hash of what `identify` said last in this visit. */
	who?: number;
	/** Where this browser's push service takes messages, as told last. */
	push?: string;
}

/** What a data layer holds is anybody's. */
type Loose = Record<string, unknown>;

interface Stub {
	q?: Array<[string, unknown[]]>;
}

declare global {
	interface Window {
		shopJourneys?: unknown;
	}
	interface Document {
		readonly prerendering?: boolean;
	}
	interface Navigator {
		readonly globalPrivacyControl?: boolean;
	}
}

/** What the server puts around the script; see lib/tracking/script.ts. */
declare const shopJourneysConfig: { push?: { publicKey: string; serviceWorkerPath: string } };
const { push } = typeof shopJourneysConfig === 'undefined' ? { push: undefined } : shopJourneysConfig;

const name = 'shopJourneys';
const refusedKey = 'shopJourneysOff';
const visitEndMs = 30 * 60_000;
const batchDelayMs = 2_000;
const mostInBatch = 20;
const largestBatch = 60_000;
const mostUnsent = 200;
const mostItems = 100;
const oldestMs = 86_400_000;
/** After this, a page that did not send its events is taken to be gone. */
const orphanedMs = 60_000;
const firstRetryMs = 5_000;
const longestRetryMs = 300_000;
const longestLook = 1_800;
/** Browsers cap it at 400 days. */
const cookieSeconds = 34_560_000;

const stub = window.shopJourneys as Stub | undefined;
const script = (document.currentScript || document.querySelector('script[src*="tracking.js?"]')) as HTMLScriptElement | null;
// Embedded twice, the first one does the work.
if (script && (!stub || stub.q)) run(script, stub && stub.q ? stub.q : []);

function run({ src, dataset }: HTMLScriptElement, calls: Array<[string, unknown[]]>): void {
	const isRequired = dataset.consent === 'required';
	const isOff = 'respectDnt' in dataset && (navigator.globalPrivacyControl === true || navigator.doNotTrack === '1');
	const page = makeId();
	const inFlight = new Set<string>();
	let memory: State = { at: 0, unsent: [] };
	let isAllowed = !isOff && (isRequired ? !!(stored(name) || cookie()) : !stored(refusedKey));
	let timer = 0;
	let failures = 0;
	let isSending = false;

	// --- what is kept: in the browser's storage once that is allowed, until then in the page's memory

	function stored(key: string): string | null {
		try {
			return localStorage.getItem(key);
		} catch (_) {
			return null;
		}
	}

	function store(key: string, value?: string): void {
		try {
			if (value === undefined) localStorage.removeItem(key);
			else localStorage.setItem(key, value);
		} catch (_) {
			// Blocked or full: what is older there must not come back.
			if (value !== undefined) store(key);
		}
	}

	function cookie(): string | undefined {
		const match = /(?:^|; )shopJourneys=([\w-]+)/.exec(document.cookie);
		return match ? match[1] : undefined;
	}

	function setCookie(value: string, seconds: number): void {
		document.cookie = `${name}=${value}; path=/; max-age=${seconds}; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}${dataset.domain ? `; domain=${dataset.domain}` : ''}`;
	}

	/** Read anew each time, since other tabs of the shop keep theirs in the same place. */
	function read(): State {
		const text = isAllowed && stored(name);
		if (text) {
			try {
				const state = JSON.parse(text) as State;
				if (Array.isArray(state.unsent)) return state;
			} catch (_) {
				// Not ours: begun anew.
			}
		}
		return memory;
	}

	function change<T>(edit: (state: State) => T): T {
		const state = read();
		const result = edit(state);
		memory = state;
		if (isAllowed) store(name, JSON.stringify(state));
		return result;
	}

	/** Cookie and storage mend each other: browsers clear them at different times. */
	function begin(): void {
		const visitor = change((state) => (state.visitor = state.visitor || cookie() || makeId()));
		setCookie(visitor, cookieSeconds);
		plan();
	}

	function forget(): void {
		isAllowed = false;
		memory = { at: 0, unsent: [] };
		store(name);
		setCookie('', 0);
	}

	// --- events, and how they leave

	function emit(event: NewEvent): void {
		const now = Date.now();
		const count = change((state) => {
			const add = (added: NewEvent) => state.unsent.push({ ...added, id: makeId(), at: now, by: page } as Unsent);
			// That somebody looked for long begins no visit: it ends one.
			if (event.type !== 'dwelled' && isNewVisit(state, now)) {
				delete state.who;
				add({ ...origin(), ...here(), type: 'visited' });
			}
			state.at = now;
			// A cart is told whole, so that a newer telling replaces one that has not left yet.
			if (event.type === 'cart_updated') state.unsent = state.unsent.filter((other) => other.type !== 'cart_updated' || other.cart !== event.cart || inFlight.has(other.id));
			add(event);
			state.unsent = state.unsent.slice(-mostUnsent);
			return state.unsent.length;
		});
		plan(count < mostInBatch ? batchDelayMs : 0);
	}

	function isNewVisit(state: State, now: number): boolean {
		return Math.abs(now - state.at) > visitEndMs;
	}

	function plan(delayMs: number = batchDelayMs): void {
		if (!isAllowed || isSending || (timer && (delayMs || failures))) return;
		clearTimeout(timer);
		timer = window.setTimeout(() => void send(), failures ? Math.min(longestRetryMs, firstRetryMs * 2 ** (failures - 1)) : delayMs);
	}

	/** The next events to leave, and the batch they make. */
	function next(): { ids: string[]; body: string } | undefined {
		const now = Date.now();
		const { visitor, unsent } = read();
		let events = unsent.filter(({ id, at, by }) => !inFlight.has(id) && now - at < oldestMs && (!by || by === page || now - at > orphanedMs)).slice(0, mostInBatch);
		for (;;) {
			if (!events.length) return undefined;
			const body = JSON.stringify({ visitor, events: events.map(({ at, by: _, ...event }) => ({ ...event, age: Math.max(0, now - at) })) });
			if (events.length < 2 || new Blob([body]).size < largestBatch) return { ids: events.map(({ id }) => id), body };
			events = events.slice(0, events.length / 2);
		}
	}

	async function send(): Promise<void> {
		timer = 0;
		const batch = isAllowed && !isSending && next();
		if (!batch) return;
		isSending = true;
		batch.ids.forEach((id) => inFlight.add(id));
		let status = 0;
		try {
			status = (await fetch(src, { method: 'POST', body: batch.body, credentials: 'omit', keepalive: true })).status;
		} catch (_) {
			// No network: told again later.
		}
		isSending = false;
		batch.ids.forEach((id) => inFlight.delete(id));
		// What is refused for good would be refused again.
		if (status && status < 500 && status !== 404 && status !== 429) {
			failures = 0;
			drop((id) => batch.ids.indexOf(id) >= 0);
		} else failures++;
		if (next()) plan(0);
	}

	function drop(isDone: (id: string) => boolean): void {
		const now = Date.now();
		if (isAllowed) change((state) => (state.unsent = state.unsent.filter(({ id, at }) => !isDone(id) && now - at < oldestMs)));
	}

	/** Nobody says whether a beacon arrived, so its events are kept and told again; the server knows them by their ids. */
	function sendBeacons(): void {
		if (!isAllowed) return;
		const sent: string[] = [];
		for (let batch = next(); batch; batch = next()) {
			batch.ids.forEach((id) => (sent.push(id), inFlight.add(id)));
			if (!navigator.sendBeacon(src, batch.body)) break;
		}
		sent.forEach((id) => inFlight.delete(id));
		change((state) => state.unsent.forEach((event) => event.by === page && (event.by = '')));
	}

	// --- pages, and how long they are looked at

	let path = location.pathname;
	let lastAddress = location.href;
	let referrer = document.referrer;
	let view = here();
	/** When the view came into sight; 0 while it is not. */
	let seenSince = 0;

	function here(): View {
		return { path: location.pathname.slice(0, 500), title: text(document.title) };
	}

	function origin(): View {
		const utm: Record<string, string> = {};
		new URLSearchParams(location.search).forEach((value, key) => {
			const match = /^utm_(source|medium|campaign|term|content)$/.exec(key);
			if (match && value) utm[match[1]] = value.slice(0, 100);
		});
		// What stands behind the path of an address may be personal.
		return { referrer: text(referrer.split(/[?#]/)[0]), utm };
	}

	function viewPage(): void {
		emit({ ...origin(), ...here(), type: 'page_viewed' });
	}

	function look(): void {
		seenSince = document.visibilityState === 'hidden' ? 0 : performance.now();
	}

	function lookAway(): void {
		const seconds = seenSince ? Math.round((performance.now() - seenSince) / 1000) : 0;
		seenSince = 0;
		if (seconds > 0) emit({ ...view, type: 'dwelled', seconds: Math.min(seconds, longestLook) });
	}

	/** The page shows something of its own: the time on it is spent on that. Lists beside a product do not count. */
	function show(shown: View): void {
		if (view.product && view.product !== shown.product) {
			if (!shown.product) return;
			lookAway();
			look();
		}
		view = { ...here(), ...shown };
	}

	function navigated(from: string): void {
		if (location.pathname === path) return;
		const { pathname, href } = location;
		lookAway();
		path = pathname;
		lastAddress = href;
		referrer = from;
		view = here();
		// What happened on an earlier page without consent is not told once there is one.
		if (!isAllowed) memory.unsent = [];
		look();
		// Pages of this kind set their title after their address.
		setTimeout(() => location.href === href && viewPage());
	}

	// --- the data layer: GA4's e-commerce events

	function told(event: unknown, data: unknown): boolean {
		const facts = (data && typeof data === 'object' ? data : {}) as Loose;
		const items = (Array.isArray(facts.items) ? (facts.items as Loose[]) : []).map(toItem).filter(({ id }) => id);
		const currency = /^[A-Z]{3}$/.test(String(facts.currency)) ? (facts.currency as string) : undefined;
		const [first] = items;
		switch (event) {
			case 'view_item':
				items.slice(0, 5).forEach((item) => {
					const image = document.querySelector<HTMLMetaElement>('meta[property="og:image"]');
					const shown = { product: item.id, name: item.name, category: item.category, price: item.price, currency, image: items.length < 2 && image ? image.content : undefined };
					show(shown);
					emit({ ...here(), ...shown, type: 'product_viewed' });
				});
				return true;
			case 'view_item_list': {
				const common = first && items.every((item) => item.category === first.category) ? first.category : undefined;
				const category = common || text(facts.item_list_name) || text(facts.item_list_id);
				if (!category) return true;
				show({ category });
				emit({ ...here(), category, type: 'category_viewed' });
				return true;
			}
			case 'search':
			case 'view_search_results': {
				const query = text(facts.search_term);
				if (query) emit({ ...here(), query, type: 'searched' });
				return true;
			}
			case 'add_to_cart':
				if (first) tellCart((before) => items.reduce((all, item) => withMore(all, item, item.quantity), before), currency);
				return true;
			case 'remove_from_cart':
				// Without a quantity all of it went.
				if (first && read().cart) tellCart((before) => (facts.items as Loose[]).reduce((all, raw) => withMore(all, toItem(raw), raw.quantity ? -toItem(raw).quantity : -Infinity), before), currency);
				return true;
			case 'view_cart':
				if (Array.isArray(facts.items) && (first || read().cart)) tellCart(() => items, currency);
				return true;
			case 'begin_checkout':
				tellCart((before) => (first ? items : before), currency, 'checkout_updated');
				return true;
			case 'purchase': {
				const order = text(facts.transaction_id);
				if (!order) return true;
				const ordered = change((state) => {
					const { cart, order: before } = state;
					if (before === order) return undefined;
					state.order = order;
					delete state.cart;
					return { cart: cart && cart.id, items: cart ? cart.items : items.slice(0, mostItems), currency: cart ? cart.currency : currency };
				});
				if (ordered) emit({ ...ordered, order, type: 'purchased' });
				return true;
			}
			default:
				return false;
		}
	}

	/** The data layer tells of changes, the server wants the whole cart: so it is kept here, under a token of our own. */
	function tellCart(edit: (before: TrackedItem[]) => TrackedItem[], currency: string | undefined, type: CartEvent['type'] = 'cart_updated'): void {
		const { id, ...cart } = change((state) => {
			const before = state.cart || { id: makeId(), items: [] };
			return (state.cart = { ...before, items: edit(before.items).slice(0, mostItems), currency: currency || before.currency });
		});
		emit({ ...cart, cart: id, type });
	}

	const taken = new WeakSet<object>();
	let layer: unknown[] | undefined;

	/** Takes what is in the data layer, and what comes. A page may have put another one in its place. */
	function watch(): void {
		if (forms.opens || document.querySelector('[data-shop-journeys-form]')) loadForms();
		const layerName = (dataset.layer || 'dataLayer') as 'name';
		const found = ((window as unknown as Record<string, unknown>)[layerName] = window[layerName] || ([] as unknown)) as unknown[];
		if (!Array.isArray(found)) return;
		if (found !== layer) {
			layer = found;
			const { push } = found;
			found.push = (...entries) => {
				const length = push.apply(found, entries);
				entries.forEach(take);
				return length;
			};
		}
		found.slice().forEach((entry) => entry && typeof entry === 'object' && !taken.has(entry) && take(entry));
	}

	/** `gtag('event', name, data)` pushes its arguments; others push `{ event, ecommerce }`. */
	function take(entry: unknown): void {
		try {
			if (!entry || typeof entry !== 'object') return;
			taken.add(entry);
			const { event, ecommerce, 0: command, 1: called, 2: data } = entry as Loose;
			if (command === 'event') told(called, data);
			else if (event) told(event, ecommerce || entry);
		} catch (_) {
			// A data layer that is not what it should be is no reason to stop the page.
		}
	}

	// --- web push

	const canPush = push && 'PushManager' in window && 'serviceWorker' in navigator;

	/** The browser's address for pushes; told when it is new, or when the visitor has just agreed. */
	async function subscribe(asked: boolean): Promise<void> {
		const { publicKey, serviceWorkerPath } = push!;
		const registration = await navigator.serviceWorker.register(serviceWorkerPath);
		const { pushManager } = registration;
		const starting = registration.installing || registration.waiting;
		if (starting && !registration.active) await new Promise<void>((resolve) => starting.addEventListener('statechange', () => starting.state === 'activated' && resolve()));
		const options = { userVisibleOnly: true, applicationServerKey: publicKey };
		const subscription = await pushManager.subscribe(options).catch(async () => {
			// Subscribed with other keys, earlier.
			const before = await pushManager.getSubscription();
			if (before) await before.unsubscribe();
			return await pushManager.subscribe(options);
		});
		const { endpoint, keys } = subscription.toJSON();
		const before = read().push;
		if (before === endpoint && !asked) return;
		if (before && before !== endpoint) emit({ type: 'push_unsubscribed', endpoint: before });
		emit({ type: 'push_subscribed', endpoint: endpoint!, p256dh: keys!.p256dh, auth: keys!.auth, asked });
		change((state) => (state.push = endpoint));
	}

	/** Browsers change the address now and then, and their users take the permission back. */
	async function checkPush(): Promise<void> {
		const { push: endpoint } = read();
		if (!canPush || !isAllowed || !endpoint) return;
		if (Notification.permission === 'granted') return await subscribe(false);
		emit({ type: 'push_unsubscribed', endpoint });
		change((state) => delete state.push);
	}

	// --- what pages may call

	const api: Record<string, (...values: never[]) => unknown> = {
		/** From a click only: browsers refuse to ask otherwise. */
		async askForPush() {
			if (!canPush || !isAllowed || (await Notification.requestPermission()) !== 'granted') return false;
			await subscribe(true);
			return true;
		},
		track(event: string, data?: Loose) {
			if (told(event, data) || !event) return;
			const fields: Record<string, string | number | boolean> = {};
			Object.keys(data || {}).slice(0, 20).forEach((key) => {
				const value = (data as Loose)[key];
				if (typeof value === 'boolean' || (typeof value === 'number' && isFinite(value))) fields[key.slice(0, 40)] = value;
				else if (typeof value === 'string') fields[key.slice(0, 40)] = value.slice(0, 500);
			});
			emit({ type: 'custom', name: String(event).slice(0, 60), data: fields });
		},
		identify(facts: Loose) {
			const who = { email: text(facts.email), phone: text(facts.phone), customer: text(facts.id), firstName: text(facts.firstName), lastName: text(facts.lastName), locale: text(facts.locale) || text(document.documentElement.lang) };
			if (!who.email && !who.phone && !who.customer) return;
			const hash = hashOf(JSON.stringify(who));
			// Pages say it again and again; once in a visit is news.
			if (change((state) => state.who === hash && !isNewVisit(state, Date.now()))) return;
			emit({ ...who, type: 'identified' });
			change((state) => (state.who = hash));
		},
		consent(isGiven: boolean) {
			if (isOff) return;
			if (!isGiven) {
				forget();
				if (!isRequired) store(refusedKey, '1');
			} else if (!isAllowed) {
				isAllowed = true;
				store(refusedKey);
				begin();
			}
		},
	};

	// --- forms, in a file of their own (forms.ts) that is loaded where a page wants one

	const forms = Object.assign([] as Array<[string, unknown?]>, { product: () => view.product, opens: 'forms' in dataset });
	let hasForms = false;

	function loadForms(): void {
		if (hasForms) return;
		hasForms = true;
		document.head.appendChild(document.createElement('script')).src = `${src}&part=forms`;
	}

	api.showForm = (id: string, about?: Loose) => {
		forms.push([id, about]);
		loadForms();
	};

	const guarded: Record<string, (...values: unknown[]) => unknown> = {};
	Object.keys(api).forEach((key) => {
		guarded[key] = (...values) => {
			try {
				const result = api[key](...(values as never[]));
				return result instanceof Promise ? result.catch(() => false) : undefined;
			} catch (_) {
				// A wrong argument is not worth a broken page.
			}
		};
	});

	function start(): void {
		if (isAllowed) begin();
		checkPush().catch(() => {});
		viewPage();
		look();
		watch();
		setInterval(watch, 1_000);
		window.shopJourneys = Object.assign(guarded, { forms });
		calls.forEach(([key, values]) => api[key] && guarded[key](...values));

		document.addEventListener('visibilitychange', () => {
			if (document.visibilityState === 'hidden') return leave();
			look();
			plan();
		});
		addEventListener('pagehide', leave);
		addEventListener('pageshow', ({ persisted }) => {
			if (!persisted) return;
			// Out of the browser's back-forward cache: a page viewed again, with its scripts still running.
			viewPage();
			look();
		});
		addEventListener('online', () => {
			failures = 0;
			plan(0);
		});
		addEventListener('storage', ({ key, newValue }) => key === name && !newValue && isAllowed && (isRequired || stored(refusedKey)) && forget());
		addEventListener('popstate', () => navigated(lastAddress));
		const { pushState } = history;
		history.pushState = function (...values) {
			const from = location.href;
			pushState.apply(this, values);
			navigated(from);
		};
	}

	function leave(): void {
		lookAway();
		sendBeacons();
	}

	if (document.prerendering) document.addEventListener('prerenderingchange', start, { once: true });
	else start();
}

function makeId(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => (byte + 36).toString(36).slice(-2)).join('');
}

function hashOf(value: string): number {
	let hash = 0;
	for (let index = 0; index < value.length; index++) hash = (hash * 31 + value.charCodeAt(index)) | 0;
	return hash;
}

function text(value: unknown): string | undefined {
	return (typeof value === 'string' || typeof value === 'number') && value !== '' ? String(value).slice(0, 150) : undefined;
}

function amount(value: unknown): number | undefined {
	const read = value === '' || value === null || typeof value === 'boolean' ? NaN : Number(value);
	return read >= 0 && read <= 1e9 ? read : undefined;
}

function toItem(raw: Loose): TrackedItem {
	const { item_id, item_name, item_variant, item_category, price, discount, quantity } = raw || {};
	return {
		id: text(item_id) || text(item_name) || '',
		name: text(item_name),
		variant: text(item_variant),
		category: text(item_category),
		price: amount(price),
		discount: amount(discount),
		quantity: Math.min(10_000, Math.max(1, Math.round(Number(quantity)) || 1)),
	};
}

function withMore(items: TrackedItem[], item: TrackedItem, more: number): TrackedItem[] {
	const isSame = (other: TrackedItem) => other.id === item.id && other.variant === item.variant;
	const before = items.filter(isSame)[0];
	const quantity = (before ? before.quantity : 0) + more;
	if (!before) return quantity > 0 ? items.concat({ ...item, quantity }) : items;
	return items.filter((other) => !isSame(other) || quantity > 0).map((other) => (isSame(other) ? { ...other, ...item, quantity: Math.min(10_000, quantity) } : other));
}
