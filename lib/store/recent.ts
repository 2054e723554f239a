import type { Json, Store, Versioned } from './store';

/** Documents of one scope that are remembered. */
const maxDocuments = 4_000;
/** How long (machine time): where other processes write too, what was long ago is hardly ever still so. */
const maxAgeMs = 30_000;
/** What was told as long ago as this at most is as good as told now (machine time). */
const freshMs = 5_000;

interface Remembered {
	document: Versioned<unknown>;
	untilMs: number;
}

/**
 * Documents of one scope as this process last saw them committed, so that who comes back soon (a browser from page to page, a cart that
 * fills, a message after its step) costs no reading. Never proof of anything: another process may have changed them, so they serve only
 * decisions whose commit checks the version of all that it went by.
 */
export class RecentDocuments {
	/** Nearly in the order of their last commit. */
	private readonly documents = new Map<string, Remembered>();

	get size(): number {
		return this.documents.size;
	}

	/** Undefined: it has to be read. */
	recall(key: string): Versioned<unknown> | undefined {
		const found = this.documents.get(key);
		return found && found.untilMs > performance.now() ? found.document : undefined;
	}

	/** @param documents as a commit left or found them; nobody changes their values in place */
	remember(documents: Array<Versioned<unknown>>): void {
		const nowMs = performance.now();
		const untilMs = nowMs + maxAgeMs;
		for (const document of documents) {
			const { key, version } = document;
			const known = this.documents.get(key);
			if (known) {
				// What all go by (the journeys) is not put to the end each time.
				if (known.document === document && known.untilMs > untilMs - freshMs) continue;
				// Answers to two commits may come in together.
				if (known.document.version > version && version !== 0) continue;
				this.documents.delete(key);
			}
			this.documents.set(key, { document, untilMs });
		}
		for (const [key, known] of this.documents) {
			if (this.documents.size <= maxDocuments && known.untilMs > nowMs) break;
			this.documents.delete(key);
		}
	}

	forget(keys: Iterable<string>): void {
		for (const key of keys) this.documents.delete(key);
	}
}

const scopes = new WeakMap<Store, RecentDocuments>();

export function recentDocuments(store: Store): RecentDocuments {
	let recent = scopes.get(store);
	if (!recent) scopes.set(store, (recent = new RecentDocuments()));
	return recent;
}

/** A value as it comes back from the store: without the fields that are undefined. The very same one where there are none. */
export function asStored(value: unknown): Json {
	if (typeof value !== 'object' || value === null) return value as Json;
	if (Array.isArray(value)) {
		const index = value.findIndex((each) => asStored(each) !== each);
		return index === -1 ? value : value.map(asStored);
	}
	let copy: { [field: string]: Json | undefined } | undefined;
	for (const name of Object.keys(value)) {
		const inner = (value as Record<string, unknown>)[name];
		const stored = inner === undefined ? undefined : asStored(inner);
		if (stored === inner && inner !== undefined) continue;
		copy ??= { ...(value as { [field: string]: Json }) };
		if (stored === undefined) delete copy[name];
		else copy[name] = stored;
	}
	return copy ?? (value as Json);
}
