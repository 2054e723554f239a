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
