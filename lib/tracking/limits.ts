/**
 * How many events one sender may tell of: a bucket that holds `burst` and fills with `perSecond`. Kept in memory for at most
 * `mostKeys` senders; beyond that the one silent longest is forgotten.
 */
export class EventLimiter {
	private readonly buckets = new Map<string, { left: number; atMs: number }>();

	constructor(private readonly options: { burst: number; perSecond: number; mostKeys: number }) {}

	/** Takes `count` from the sender's bucket, or nothing and false when it does not hold as many. Machine time. */
	take(key: string, count: number, nowMs: number): boolean {
		const { burst, perSecond, mostKeys } = this.options;
		const before = this.buckets.get(key) ?? { left: burst, atMs: nowMs };
		const left = Math.min(burst, before.left + (Math.max(0, nowMs - before.atMs) / 1000) * perSecond);
		const isAllowed = left >= count;
		// Set anew, so that the map stays in the order of last use.
		this.buckets.delete(key);
		this.buckets.set(key, { left: isAllowed ? left - count : left, atMs: nowMs });
		if (this.buckets.size > mostKeys) this.buckets.delete(this.buckets.keys().next().value!);
		return isAllowed;
	}

	get size(): number {
		return this.buckets.size;
	}
}

/** An IPv4 address as it is; of IPv6 the network of one customer (/64), of which a single machine has many addresses. */
export function networkOf(address: string): string {
	const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%')[0].toLowerCase();
	if (!plain.includes(':')) return plain;
	const [head, tail] = plain.split('::');
	const start = head.split(':').filter(Boolean);
	const end = tail?.split(':').filter(Boolean) ?? [];
	const zeros = tail === undefined ? 0 : Math.max(0, 8 - start.length - end.length);
	return [...start, ...Array<string>(zeros).fill('0'), ...end].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}
