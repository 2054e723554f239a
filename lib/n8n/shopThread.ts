/** The thread beside n8n's event loop in which the store works and events are recorded. */
import type { ShopEvent } from '../model/events';
import { Gathering } from '../threads/gathering';
import { serveStore } from '../store/serve';
import type { StoreHub } from '../store/store';
import type { Installation } from './installation';
import type { ShopCalls } from './recordingInThread';

/** How long a delivery waits for others, while a shop sends many: no shop minds, and each costs a sixth less. */
const gatherMs = 10;

function shopCalls(hub: StoreHub): ShopCalls {
	const together = new Gathering(gatherMs);
	let opened: Promise<Installation['shop']> | null = null;
	// What records is loaded with the first event: until then it would only take room, and hold up the start.
	const open = async () => (await import('./installation')).shopsOfOpened(hub, () => Date.now());
	const shopOf = async (id: string) => {
		if (!opened) {
			opened = open();
			opened.catch(() => (opened = null));
		}
		return (await opened)(id);
	};
	return {
		record: async (shop, event) => await (await shopOf(shop)).record(JSON.parse(event) as ShopEvent),
		takeDelivery: async (shop, system, { headers, rawBody, receivedAtMs }, tell) => {
			await together.turn();
			// A message between threads carries a Buffer as a bare array of bytes.
			const delivery = { headers, rawBody: Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength), receivedAtMs };
			return await (await shopOf(shop)).takeDelivery(system, delivery, tell);
		},
		forgetSettings: async (shop) => (await opened)?.(shop).forgetSettings(),
	};
}

serveStore(shopCalls);
