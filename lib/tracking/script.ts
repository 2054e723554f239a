import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FormsSetup } from '../forms/embedded';
import { ShopJourneysError } from '../model/errors';
import type { ShopSettings } from '../model/settings';

export interface BrowserScript {
	body: string;
	/** Strong, quoted. */
	etag: string;
}

/** What tracking.js is told of the shop. Public: everybody can read it. */
export type ScriptConfig = Pick<ShopSettings, 'push'>;

const texts = new Map<string, string>();
const scripts = new Map<string, BrowserScript>();
/** One per shop of an installation, and a few more from before its settings changed. */
const mostScripts = 100;

/** tracking.js as it is served. @throws CONFIG_INVALID when it was not built. */
export function browserScript(config: ScriptConfig): BrowserScript {
	return prepared(JSON.stringify(config), () => withConfig(textOf('tracking.js'), config));
}

/** In a block of its own, so that the name does not reach the shop's page. */
export function withConfig(script: string, config: ScriptConfig): string {
	return `{const shopJourneysConfig=${JSON.stringify(config)};${script}}`;
}

/** The service worker of web push. @throws CONFIG_INVALID when it was not built. */
export function serviceWorker(): BrowserScript {
	return prepared('worker', () => textOf('worker.js'));
}

/** forms.js, which tracking.js loads where a page wants a form, with what it has to know. @throws CONFIG_INVALID when it was not built. */
export function formsScript(setup: FormsSetup): BrowserScript {
	return prepared(`forms ${JSON.stringify(setup)}`, () => withSetup(textOf('forms.js'), setup));
}

export function withSetup(script: string, setup: FormsSetup): string {
	return script.replace('SHOP_JOURNEYS_FORMS', () => JSON.stringify(setup));
}

function prepared(key: string, make: () => string): BrowserScript {
	let script = scripts.get(key);
	if (!script) {
		const body = make();
		script = { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
		if (scripts.size >= mostScripts) scripts.clear();
		scripts.set(key, script);
	}
	return script;
}

/** Read once per process. Beside this file in the package; when run from the TypeScript sources, in the checkout's `dist`. */
function textOf(name: string): string {
	let text = texts.get(name);
	if (text === undefined) {
		const file = [join(__dirname, 'browser', name), resolve(__dirname, '../../dist/lib/tracking/browser', name)].find(existsSync);
		if (!file) throw new ShopJourneysError('CONFIG_INVALID', `${name} was not found: run "npm run build" first`);
		texts.set(name, (text = readFileSync(file, 'utf8')));
	}
	return text;
}

/** The line for the shop's pages. `address` is where tracking.js is served, without a query. */
export function embedLine(address: string, publicKey: string): string {
	return `<script async src="${address}?key=${publicKey}" data-consent="required"></script>`;
}

/** What the service worker's file on the shop's own origin holds. */
export function workerLine(address: string): string {
	return `importScripts('${address}?worker');`;
}
