import fc from 'fast-check';
import { smsSegments } from '../../../lib/messages/sms-segments';

test.each([
	['', 'GSM-7', 1],
	['a'.repeat(160), 'GSM-7', 1],
	['a'.repeat(161), 'GSM-7', 2],
	['a'.repeat(306), 'GSM-7', 2],
	['a'.repeat(307), 'GSM-7', 3],
	['äöüÄÖÜßñ@£¥èéùìòÇØøÅå', 'GSM-7', 1],
	// The euro sign and brackets take two places.
	['€'.repeat(80), 'GSM-7', 1],
	[`${'€'.repeat(80)}a`, 'GSM-7', 2],
	['{'.repeat(76) + '{'.repeat(76), 'GSM-7', 2],
	// 153 is odd: the last place of the first segment stays empty.
	['{'.repeat(153), 'GSM-7', 3],
	['ł', 'UCS-2', 1],
	[`“${'a'.repeat(69)}`, 'UCS-2', 1],
	[`“${'a'.repeat(70)}`, 'UCS-2', 2],
	['Ж'.repeat(134), 'UCS-2', 2],
	['Ж'.repeat(135), 'UCS-2', 3],
	['🧺'.repeat(35), 'UCS-2', 1],
	// 67 is odd: no emoji is torn apart.
	['🧺'.repeat(66), 'UCS-2', 2],
	['🧺'.repeat(67), 'UCS-2', 3],
])('%# "%.10s" is %s in %i', (text, encoding, segments) => {
	expect(smsSegments(text)).toEqual({ encoding, segments });
});

test('a longer text never takes fewer segments, and no segment holds more than fits', () => {
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom('a', '€', 'ж', '🧺', '\n'), maxLength: 400 }), fc.string({ unit: fc.constantFrom('a', '€'), maxLength: 20 }), (text, more) => {
			const { encoding, segments } = smsSegments(text);
			expect(smsSegments(text + more).segments).toBeGreaterThanOrEqual(segments);
			const places = encoding === 'UCS-2' ? text.length : text.length + (text.match(/€/g)?.length ?? 0);
			expect(segments * (encoding === 'UCS-2' ? 70 : 160)).toBeGreaterThanOrEqual(places);
		}),
	);
});
