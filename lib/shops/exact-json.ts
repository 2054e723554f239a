import { ShopJourneysError } from '../model/errors';

/** A string (skipped as a whole, so that digits inside it stay as they are) or a number. */
const stringsAndNumbers = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/**
 * Reads a JSON body in which ids may exceed 2^53. JSON.parse would round them (820982911946154508 becomes
 * ...500) and so mix up two orders; here an integer that a double cannot hold comes out as a string of its
 * digits. All other values are as JSON.parse gives them. (`context.source` of a reviver would do the same on
 * Node 21 and later, but calls a function per value; this costs one scan for bodies without long numbers.)
 * @throws PAYLOAD_INVALID when the body is no JSON
 */
export function parseExactJson(rawBody: Buffer): unknown {
	const text = rawBody.toString('utf8');
	try {
		const value: unknown = JSON.parse(text);
		// 2^53 has 16 digits: a body without so many in a row has nothing to lose.
		if (!/\d{16}/.test(text)) return value;
		// The text is known to be JSON by now, so a scan for strings and numbers cannot lose its way.
		return JSON.parse(text.replace(stringsAndNumbers, quoteIfInexact));
	} catch (error) {
		throw new ShopJourneysError('PAYLOAD_INVALID', `The body is not JSON (${rawBody.length} bytes)`, { cause: error });
	}
}

function quoteIfInexact(token: string): string {
	return /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}
