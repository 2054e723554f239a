import fc from 'fast-check';
import { parseExactJson } from '../../../lib/shops/exact-json';
import { refusal } from './context';

const parse = (text: string) => parseExactJson(Buffer.from(text));

describe('exact JSON', () => {
	it('keeps integers beyond 2^53 as text, and all others as numbers', () => {
		expect(parse('[9007199254740991,9007199254740992,-9007199254740993,820982911946154508,0,-1,1234567890123456]')).toEqual([
			9007199254740991, '9007199254740992', '-9007199254740993', '820982911946154508', 0, -1, 1234567890123456,
		]);
	});

	it('leaves digits inside strings and names as they are', () => {
		const text = String.raw`{"9007199254740993":"id 9007199254740993, \"9007199254740993\" \\","a\\":9007199254740993,"b":"\\\\"}`;
		expect(parse(text)).toEqual({ '9007199254740993': 'id 9007199254740993, "9007199254740993" \\', 'a\\': '9007199254740993', b: '\\\\' });
	});

	it('leaves fractions and exponents to JSON.parse', () => {
		expect(parse('[1.12345678901234567890,12345678901234567890.5,1e30,12345678901234567890E2]')).toEqual([
			1.1234567890123457,
			Number('12345678901234567890.5'),
			1e30,
			Number('12345678901234567890E2'),
		]);
	});

	it.each(['{9007199254740993:1}', '[09007199254740993]', '[9007199254740993abc]', '["9007199254740993', '9007199254740993,', ''])('refuses %j, which is no JSON', (text) => {
		expect(refusal(() => parse(text)).code).toBe('PAYLOAD_INVALID');
	});

	it('reads a megabyte of escapes', () => {
		const text = JSON.stringify({ html: '<\\"\n'.repeat(250_000), id: 1 }).replace('1}', '9007199254740993}');
		expect(parse(text)).toMatchObject({ id: '9007199254740993' });
	});

	it('agrees with JSON.parse on any value but for such integers', () => {
		const inexactAsText = (_: string, value: unknown) => (Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(String(value)) ? String(value) : value);
		fc.assert(
			fc.property(fc.jsonValue(), fc.string(), (value, text) => {
				const json = JSON.stringify({ value, text, long: '1234567890123456789' });
				expect(parse(json)).toEqual(JSON.parse(json, inexactAsText));
			}),
		);
	});

	it('gives back the digits of any integer', () => {
		fc.assert(
			fc.property(fc.bigInt(), (id) => {
				const { read } = parse(`{"text":"${id}","read":${id}}`) as { read: unknown };
				expect(String(read)).toBe(String(id));
			}),
		);
	});
});
