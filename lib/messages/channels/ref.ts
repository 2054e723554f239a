/**
 * `EmailMessage.ref` on its way through a mail provider and back. Providers give what was attached to a message back with
 * every event about it, but each has its own idea of how long it may be and which letters it may have.
 */

/** The name of the field at the provider; what does not fit goes on in `shop_journeys_2`, `shop_journeys_3` ... */
export const refName = 'shop_journeys';

interface RefRule {
	/** Characters that one field takes. */
	length: number;
	/** How many fields we use at most. */
	fields: number;
	/** Only letters, digits, `_` and `-` may stand in it: the dot is written as `_-`, and `_` as `__`. */
	isEscaped?: true;
}

export const refRules = {
	/** custom_args: 10,000 bytes in all. */
	sendgrid: { length: 8000, fields: 1 },
	/** v: variables: 16 kB in all. */
	mailgun: { length: 8000, fields: 1 },
	/** Metadata: 10 fields, names of 20 and values of 80 characters. */
	postmark: { length: 80, fields: 10 },
	/** Tags: names and values of 256 characters. */
	resend: { length: 256, fields: 10, isEscaped: true },
	/** EmailTags: names and values of 256 characters, 50 tags. */
	ses: { length: 256, fields: 10, isEscaped: true },
} satisfies Record<string, RefRule>;

export type RefCarrier = keyof typeof refRules;

const fieldName = (index: number) => (index === 0 ? refName : `${refName}_${index + 1}`);

/** The ref as fields of this provider. Empty when there is none, or when it is longer than the provider takes: a message without it is better than none. */
export function refFields(provider: RefCarrier, ref: string | undefined): Record<string, string> {
	const rule: RefRule = refRules[provider];
	const value = rule.isEscaped ? (ref ?? '').replace(/[_.]/g, (character) => (character === '.' ? '_-' : '__')) : (ref ?? '');
	const count = Math.ceil(value.length / rule.length);
	if (count > rule.fields) return {};
	return Object.fromEntries(Array.from({ length: count }, (_, index) => [fieldName(index), value.slice(index * rule.length, (index + 1) * rule.length)]));
}

/**
 * The ref out of what a provider's event carries: an object of names and values (a value may stand in a list, as SES has
 * it), or a list of `{ name, value }`. Undefined where there is none.
 */
export function refOf(provider: RefCarrier, fields: unknown): string | undefined {
	const named: Record<string, unknown> = Array.isArray(fields) ? Object.fromEntries(fields.map((field: { name?: unknown; value?: unknown } | null) => [String(field?.name), field?.value])) : ((fields ?? {}) as Record<string, unknown>);
	const rule: RefRule = refRules[provider];
	let value = '';
	for (let index = 0; index < rule.fields; index++) {
		const part = [named[fieldName(index)]].flat()[0];
		if (typeof part !== 'string' || part === '') break;
		value += part;
	}
	if (!value) return undefined;
	return rule.isEscaped ? value.replace(/_([_-])/g, (_escape, character: string) => (character === '-' ? '.' : '_')) : value;
}
