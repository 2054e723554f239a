import fc from 'fast-check';
import { refFields, refOf, refRules, type RefCarrier } from '../../../lib/messages/channels/ref';

const carriers = Object.keys(refRules) as RefCarrier[];
const refs = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.'), minLength: 1, maxLength: 800 });

test.each(carriers)('%s gives back any ref that fits, in fields as it takes them', (carrier) => {
	const { length, fields } = refRules[carrier];
	const isEscaped = 'isEscaped' in refRules[carrier];
	fc.assert(
		fc.property(refs, (ref) => {
			const sent = refFields(carrier, ref);
			expect(refOf(carrier, sent)).toBe(ref);
			expect(Object.keys(sent).length).toBeLessThanOrEqual(fields);
			for (const [name, value] of Object.entries(sent)) {
				expect(name).toMatch(/^shop_journeys(_\d+)?$/);
				expect(name.length).toBeLessThanOrEqual(20);
				expect(value.length).toBeLessThanOrEqual(length);
				if (isEscaped) expect(value).toMatch(/^[\w-]+$/);
			}
		}),
	);
});

test.each(carriers)('%s: fields that come in a list, or each in a list, say the same', (carrier) => {
	const ref = `${'WyJtZXNzYWdlIiw_'.repeat(20)}.c2ln-_A`;
	const sent = Object.entries(refFields(carrier, ref));
	expect(refOf(carrier, sent.map(([name, value]) => ({ name, value })))).toBe(ref);
	expect(refOf(carrier, Object.fromEntries(sent.map(([name, value]) => [name, [value]])))).toBe(ref);
});

test.each(carriers)('%s: nothing, or something else, is no ref', (carrier) => {
	for (const fields of [undefined, null, {}, [], 'text', 7, { shop_journeys: '' }, { shop_journeys: 7 }, { other: 'x' }, [null], [{ name: 'other', value: 'x' }], { shop_journeys: [] }]) expect(refOf(carrier, fields)).toBeUndefined();
});

test.each(carriers)('%s: what is longer than all fields together is left out whole', (carrier) => {
	const { length, fields } = refRules[carrier];
	expect(refFields(carrier, 'x'.repeat(length * fields))).not.toEqual({});
	expect(refFields(carrier, 'x'.repeat(length * fields + 1))).toEqual({});
	expect(refFields(carrier, undefined)).toEqual({});
});
