import { ShopJourneysError } from '../model/errors';
import { parseAmountMinor } from '../model/money';

/** Ids and tokens end up in keys of the store. */
const longestId = 150;
/** A zone is required: without one the time depends on who reads it. Some payloads have a space for the T. */
const timePattern = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)$/;

/**
 * Reads the fields of a shop's payload one by one. What a shop may leave out is `undefined` here, in whichever way it
 * leaves it out (absent, null, ""); what is there but cannot be read is PAYLOAD_INVALID with the path of the field.
 * A hand-written reader rather than a schema: an adapter uses a tenth of what a shop sends, on every webhook.
 */
export class Fields {
	private constructor(
		private readonly record: Readonly<Record<string, unknown>>,
		private readonly path: string,
	) {}

	/** @throws PAYLOAD_INVALID when the body is no object */
	static ofBody(body: unknown): Fields {
		if (!isRecord(body)) throw new ShopJourneysError('PAYLOAD_INVALID', 'The body is not a JSON object');
		return new Fields(body, '');
	}

	/** Whether the field is sent at all, even as null. */
	isSent(name: string): boolean {
		return Object.hasOwn(this.record, name);
	}

	/** Descriptive text: of another type it counts as left out, since nothing depends on it. */
	text(name: string): string | undefined {
		const value = this.record[name];
		return typeof value === 'string' && value.trim() !== '' ? value : undefined;
	}

	flag(name: string): boolean | undefined {
		const value = this.record[name];
		return typeof value === 'boolean' ? value : undefined;
	}

	/** A descriptive number (a coordinate): of another type it counts as left out. */
	number(name: string): number | undefined {
		const value = this.record[name];
		return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
	}

	/** An id or token as text. */
	id(name: string): string | undefined {
		const value = this.record[name];
		if (value === undefined || value === null || value === '') return undefined;
		if (typeof value === 'string' && value.length <= longestId) return value;
		if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
		throw this.wrong(name, `has to be an id of at most ${longestId} characters`);
	}

	requiredId(name: string): string {
		const value = this.id(name);
		if (value === undefined) throw this.wrong(name, 'is required');
		return value;
	}

	/** In minor units of `currency`, from text or a number. */
	amountMinor(name: string, currency: string): number | undefined {
		const value = this.record[name];
		if (value === undefined || value === null || value === '') return undefined;
		if (typeof value !== 'string' && typeof value !== 'number') throw this.wrong(name, 'has to be an amount of money');
		try {
			return parseAmountMinor(value, currency);
		} catch (error) {
			throw this.wrong(name, `has to be an amount of money: ${(error as Error).message}`, error);
		}
	}

	requiredAmountMinor(name: string, currency: string): number {
		const value = this.amountMinor(name, currency);
		if (value === undefined) throw this.wrong(name, 'is required');
		return value;
	}

	/** ISO 4217. */
	currency(name: string): string | undefined {
		const value = this.record[name];
		if (value === undefined || value === null || value === '') return undefined;
		if (typeof value === 'string' && /^[A-Z]{3}$/.test(value)) return value;
		throw this.wrong(name, 'has to be a currency code such as EUR');
	}

	integer(name: string): number | undefined {
		const value = this.record[name];
		if (value === undefined || value === null) return undefined;
		if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
		throw this.wrong(name, 'has to be a whole number');
	}

	/** A number, or text that is one. */
	decimal(name: string): number | undefined {
		const value = this.record[name];
		if (value === undefined || value === null || value === '') return undefined;
		const number = typeof value === 'string' && value.length <= 40 ? Number(value) : value;
		if (typeof number === 'number' && Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER) return number;
		throw this.wrong(name, 'has to be a number');
	}

	/** Wall clock of the shop, epoch ms. */
	timeMs(name: string): number | undefined {
		const value = this.record[name];
		if (value === undefined || value === null || value === '') return undefined;
		const atMs = typeof value === 'string' ? parseTimeMs(value) : undefined;
		if (atMs === undefined) throw this.wrong(name, 'has to be a time with its zone');
		return atMs;
	}

	/** An empty list counts as left out: PHP and Ruby shops send [] for an object without fields. */
	object(name: string): Fields | undefined {
		const value = this.record[name];
		if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return undefined;
		if (!isRecord(value)) throw this.wrong(name, 'has to be an object');
		return new Fields(value, this.pathOf(name));
	}

	requiredObject(name: string): Fields {
		const value = this.object(name);
		if (!value) throw this.wrong(name, 'is required');
		return value;
	}

	/** Texts of a list: what is no text is left out, as in `text`. */
	texts(name: string): string[] {
		const value = this.record[name];
		return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string' && entry.trim() !== '') : [];
	}

	/** Objects of a list; null and absent are an empty list. */
	list(name: string): Fields[] {
		const value = this.record[name];
		if (value === undefined || value === null) return [];
		if (!Array.isArray(value)) throw this.wrong(name, 'has to be a list');
		return value.map((entry, index) => {
			if (!isRecord(entry)) throw this.wrong(`${name}[${index}]`, 'has to be an object');
			return new Fields(entry, this.pathOf(`${name}[${index}]`));
		});
	}

	/** How many entries a list has, of whatever kind; 0 when it is none. */
	lengthOf(name: string): number {
		const value = this.record[name];
		return Array.isArray(value) ? value.length : 0;
	}

	requiredList(name: string): Fields[] {
		if (!Array.isArray(this.record[name])) throw this.wrong(name, 'has to be a list');
		return this.list(name);
	}

	/** The refusal of a field, with its path: "line_items[2].price has to be ...". */
	wrong(name: string, what: string, cause?: unknown): ShopJourneysError {
		return new ShopJourneysError('PAYLOAD_INVALID', `${this.pathOf(name)} ${what}`, { cause });
	}

	private pathOf(name: string): string {
		return this.path ? `${this.path}.${name}` : name;
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Epoch ms of an ISO 8601 time with its zone, or undefined when it is none. */
export function parseTimeMs(value: string): number | undefined {
	const match = timePattern.exec(value);
	const atMs = match ? Date.parse(`${match[1]}T${match[2]}${match[3]}`) : NaN;
	return Number.isNaN(atMs) ? undefined : atMs;
}
