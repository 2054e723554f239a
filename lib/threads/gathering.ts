/**
 * Has calls that follow each other closely begin together, so that they share what costs the same for one as for many: a transaction,
 * a sync of the disk, the waking of whoever waits for the answers. A call that comes alone begins at once.
 */
export class Gathering {
	private waiting: Array<() => void> = [];
	private lastCallMs = -Infinity;

	/** @param forMs how long a call waits for others at most; one that comes twice as long after the one before it counts as alone */
	constructor(private readonly forMs: number) {}

	/** Resolves when the caller is to begin. */
	async turn(): Promise<void> {
		const nowMs = performance.now();
		const isAlone = this.waiting.length === 0 && nowMs - this.lastCallMs > 2 * this.forMs;
		this.lastCallMs = nowMs;
		if (isAlone) return;
		await new Promise<void>((resolve) => {
			if (this.waiting.push(resolve) === 1) setTimeout(() => this.begin(), this.forMs);
		});
	}

	private begin(): void {
		for (const start of this.waiting.splice(0)) start();
	}
}
