/** How a text travels as SMS (3GPP TS 23.038). */
export interface SmsSize {
	/** One character outside the alphabet of GSM turns the whole text to UCS-2, of which less than half fits. */
	encoding: 'GSM-7' | 'UCS-2';
	/** What is paid for. */
	segments: number;
}

/** The basic character set, one septet each. */
const basic = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà');
/** Behind an escape: two septets each. */
const extended = new Set('\f^{}\\[~]|€');

/** Counts what a text becomes. Neither an escaped character nor a surrogate pair is split over two segments. */
export function smsSegments(text: string): SmsSize {
	const characters = Array.from(text);
	const isGsm = characters.every((character) => basic.has(character) || extended.has(character));
	// 140 bytes of a message; with several of them 6 go to the header that joins them.
	const [alone, joined] = isGsm ? [160, 153] : [70, 67];
	const sizes = characters.map((character) => (isGsm ? (extended.has(character) ? 2 : 1) : character.length));
	const total = sizes.reduce((sum, size) => sum + size, 0);
	if (total <= alone) return { encoding: isGsm ? 'GSM-7' : 'UCS-2', segments: 1 };
	let segments = 1;
	let used = 0;
	for (const size of sizes) {
		if (used + size > joined) {
			segments++;
			used = 0;
		}
		used += size;
	}
	return { encoding: isGsm ? 'GSM-7' : 'UCS-2', segments };
}
