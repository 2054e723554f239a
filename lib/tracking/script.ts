import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ShopJourneysError } from '../model/errors';

export interface BrowserScript {
	body: string;
	/** Strong, quoted. */
	etag: string;
}

let loaded: BrowserScript | undefined;

/** The script as it is served, read once per process. @throws CONFIG_INVALID when it was not built. */
export function browserScript(): BrowserScript {
	return (loaded ??= load());
}

/** Beside this file in the package; when run from the TypeScript sources, in the checkout's `dist`. */
function load(): BrowserScript {
	const file = [join(__dirname, 'browser/tracking.js'), resolve(__dirname, '../../dist/lib/tracking/browser/tracking.js')].find(existsSync);
	if (!file) throw new ShopJourneysError('CONFIG_INVALID', 'tracking.js was not found: run "npm run build" first');
	const body = readFileSync(file, 'utf8');
	return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

/** The line for the shop's pages. `address` is where tracking.js is served, without a query. */
export function embedLine(address: string, publicKey: string): string {
	return `<script async src="${address}?key=${publicKey}" data-consent="required"></script>`;
}
