import { secondMs } from '../../../lib/model/clock';
import { messageOf } from '../../../lib/model/errors';

/** A reader who is on the way to the shop waits for our books no longer than this. */
const patienceMs = 2 * secondMs;

/**
 * Waits until something is recorded, within limits: if the store does not answer, the reader is served all the same, and the
 * log says so. Resolves with null then; the work goes on.
 */
export async function soon<T>(work: Promise<T>, logError: (text: string) => void, what: string): Promise<T | null> {
	const settled = work.catch((error: unknown) => {
		logError(`${what} was not recorded: ${messageOf(error)}`);
		return null;
	});
	let timer: NodeJS.Timeout | undefined;
	const patience = new Promise<null>((resolve) => {
		timer = setTimeout(() => resolve(null), patienceMs);
	});
	try {
		return await Promise.race([settled, patience]);
	} finally {
		clearTimeout(timer);
	}
}
