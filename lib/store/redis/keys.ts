import type { Key } from '../store';

/** Names of the scopes that were ever written to; outside of every scope's hash tag. */
export const scopesKey = 'sj:scopes';

/** The keys of one scope. They share a hash tag, so a cluster keeps a scope on one node and its commits stay atomic. */
export class ScopeKeys {
	private readonly prefix: string;

	constructor(scope: string) {
		this.prefix = `sj:{${scope}}:`;
	}

	get meta(): string {
		return `${this.prefix}meta`;
	}

	get once(): string {
		return `${this.prefix}once`;
	}

	get log(): string {
		return `${this.prefix}log`;
	}

	get logByTime(): string {
		return `${this.prefix}log-time`;
	}

	get logReaders(): string {
		return `${this.prefix}log-readers`;
	}

	/** What the key of every timeline begins with. */
	get timelines(): string {
		return `${this.prefix}timeline:`;
	}

	timeline(subject: Key): string {
		return `${this.timelines}${subject}`;
	}

	document(key: Key): string {
		return `${this.prefix}doc:${key}`;
	}

	index(index: string): string {
		return `${this.prefix}index:${index}`;
	}

	leases(index: string): string {
		return `${this.prefix}lease:${index}`;
	}

	counters(group: string): string {
		return `${this.prefix}counter:${group}`;
	}
}
