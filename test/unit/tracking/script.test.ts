import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildScript } from '../../../lib/tracking/browser/build-script';
import { withSetup } from '../../../lib/tracking/script';

const built = async (name: string) => await buildScript(readFileSync(resolve(__dirname, `../../../lib/tracking/browser/${name}.ts`), 'utf8'));

test('the script is one classic script of less than 5 kB gzipped, as the build makes it', async () => {
	const script = await built('tracking');
	expect(gzipSync(script).length).toBeLessThan(5_000);
	expect(script).not.toMatch(/^\s*(import|export)\b/m);
	// Compiles as a script, outside strict mode and of any module.
	expect(() => new Function(script)).not.toThrow();
});

test('the script reads what the server puts around it, and tells its name to nobody', async () => {
	const script = await built('tracking');
	// By this name lib/tracking/script.ts hands it over: a shorter one would not be found.
	expect(script).toContain('shopJourneysConfig');
	const names = new Function('window', 'document', `{const shopJourneysConfig={"push":{"publicKey":"B","serviceWorkerPath":"/sw.js"}};${script}} return typeof shopJourneysConfig;`) as (...scope: unknown[]) => string;
	expect(names({}, { currentScript: null, querySelector: () => null })).toBe('undefined');
});

interface Shown {
	title: string;
	options: { tag: string; body: string; data: object };
}

/** The service worker, with a scope of our own around it. */
async function worker() {
	const script = await built('worker');
	const listeners: Record<string, (event: object) => void> = {};
	const shown: Shown[] = [];
	const opened: string[] = [];
	const scope = {
		registration: { showNotification: async (title: string, options: Shown['options']) => void shown.push({ title, options }) },
		clients: { openWindow: async (url: string) => void opened.push(url) },
		addEventListener: (type: string, listener: (event: object) => void) => (listeners[type] = listener),
	};
	(new Function('self', script) as (self: object) => void)(scope);
	const tell = (type: string, event: object) => listeners[type]({ waitUntil: () => {}, ...event });
	const push = (data: unknown) => tell('push', { data: data === undefined ? null : { json: () => (typeof data === 'string' ? JSON.parse(data) : data) } });
	return { shown, opened, tell, push };
}

describe('the service worker', () => {
	const payload = { title: 'Tea House', body: 'Green tea is back', url: 'https://shop.example.com/tea', tag: 'tag-1', icon: 'https://shop.example.com/logo.png' };

	test('shows a push, and opens its page on a click', async () => {
		const { shown, opened, push, tell } = await worker();
		push(payload);
		expect(shown).toEqual([{ title: 'Tea House', options: { body: 'Green tea is back', tag: 'tag-1', icon: payload.icon, image: undefined, data: { shopJourneysUrl: payload.url } } }]);
		let isClosed = false;
		tell('notificationclick', { notification: { close: () => (isClosed = true), data: shown[0].options.data } });
		expect([isClosed, opened]).toEqual([true, [payload.url]]);
	});

	test.each([
		['none of ours', { title: 'Another sender' }],
		['no JSON', '{'],
		['nothing', undefined],
		['null', null],
		['an address that would run as a script', { ...payload, url: 'javascript:alert(1)' }],
	])('leaves alone a push with %s', async (_title, data) => {
		const { shown, push } = await worker();
		push(data);
		expect(shown).toEqual([]);
	});

	test('leaves the notifications of others alone', async () => {
		const { opened, tell } = await worker();
		tell('notificationclick', { notification: { close: () => opened.push('closed'), data: { url: 'https://shop.example.com' } } });
		tell('notificationclick', { notification: { close: () => opened.push('closed'), data: null } });
		expect(opened).toEqual([]);
	});
});

test('forms.js is a script of less than 2.5 kB gzipped, which takes its setup as it is served', async () => {
	const script = await built('forms');
	expect(gzipSync(script).length).toBeLessThan(2_500);
	const served = withSetup(script, { address: 'https://n8n.example.com/x?$&', popUps: [] });
	expect(served).toContain('"https://n8n.example.com/x?$&"');
	expect(served).not.toContain('SHOP_JOURNEYS_FORMS');
	expect(() => new Function(served)).not.toThrow();
});
