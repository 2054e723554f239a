/** When something was told: the shop's own timestamp first, then what puts equal ones in order. */
export type Told = readonly number[];

/** Whether `told` is older than `other`. What was never told is older than anything. */
export function isOlder(told: Told | undefined, other: Told | undefined): boolean {
	if (!told || !other) return !told && other !== undefined;
	for (let i = 0; i < told.length; i++) if (told[i] !== other[i]) return told[i] < other[i];
	return false;
}

/** Says when the fields of a record were told: at `newest`, except for those named in `earlier`. */
export interface Telling {
	newest: Told;
	earlier?: Record<string, Told>;
}

/**
 * `before` with what was `said` at a time. Field by field the latest word counts, and silence changes nothing; so the
 * order in which deliveries arrive does not matter.
 */
export function withLatest<T extends object>(before: T, { newest, earlier = {} }: Telling, said: Partial<T>, at: Told): { value: T; telling: Telling } {
	const isNewest = !isOlder(at, newest);
	const value = { ...before } as Record<string, unknown>;
	const times: Record<string, Told> = { ...earlier };
	if (isNewest) for (const field of Object.keys(value)) times[field] ??= newest;
	for (const [field, word] of Object.entries(said)) {
		if (word === undefined) continue;
		const known = value[field] === undefined ? undefined : (times[field] ?? newest);
		if (isOlder(at, known)) continue;
		value[field] = word;
		times[field] = at;
	}
	const last = isNewest ? at : newest;
	const left = Object.entries(times).filter(([field, told]) => value[field] !== undefined && isOlder(told, last));
	return { value: value as T, telling: { newest: last, ...(left.length > 0 && { earlier: Object.fromEntries(left) }) } };
}

/** Of two words on one thing the later one; at the same time always the same of the two, whichever is asked first. */
export function laterWord<V>(a: { value: V; at: Told }, b: { value: V; at: Told }): { value: V; at: Told } {
	if (isOlder(a.at, b.at)) return b;
	if (isOlder(b.at, a.at)) return a;
	return JSON.stringify(a.value ?? null) < JSON.stringify(b.value ?? null) ? b : a;
}

/** Two records that proved to be of one thing, put together field by field: the latest word counts, and it does not matter which is which. */
export function mergeLatest<T extends object>(a: { value: T; telling: Telling }, b: { value: T; telling: Telling }): { value: T; telling: Telling } {
	const words = ({ value, telling }: { value: T; telling: Telling }) =>
		Object.entries(value).flatMap(([field, word]) => (word === undefined ? [] : [[field, { value: word as unknown, at: telling.earlier?.[field] ?? telling.newest }] as const]));
	const merged = new Map(words(a));
	for (const [field, word] of words(b)) merged.set(field, merged.has(field) ? laterWord(merged.get(field)!, word) : word);
	const newest = isOlder(a.telling.newest, b.telling.newest) ? b.telling.newest : a.telling.newest;
	const earlier = [...merged].filter(([, { at }]) => isOlder(at, newest)).map(([field, { at }]) => [field, at] as const);
	return {
		value: Object.fromEntries([...merged].map(([field, { value }]) => [field, value])) as T,
		telling: { newest, ...(earlier.length > 0 && { earlier: Object.fromEntries(earlier) }) },
	};
}
