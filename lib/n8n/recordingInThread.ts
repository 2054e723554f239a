import { join } from 'node:path';
import type { EventType } from '../model/events';
import type { RecordOutcome } from '../record/record';
import type { Taken } from '../shops/takeDelivery';
import type { StoreThread } from '../store/store';
import { builtScript } from '../threads/thread';
import type { ShopHandle } from './shopHandle';

/** What the store's thread does besides (`shopThread.ts`). Events go over as JSON, which is all that they are, and cheaper than a copy field by field. */
export interface ShopCalls {
	record(shop: string, event: string): Promise<RecordOutcome>;
	takeDelivery(shop: string, system: string, delivery: { headers: Record<string, string | undefined>; rawBody: Uint8Array; receivedAtMs: number }, tell: EventType[]): Promise<Taken>;
	forgetSettings(shop: string): Promise<void>;
}

export const builtShopThread = () => builtScript(join(__dirname, 'shopThread.js'));

/** The shop with its recording moved to the thread in which the store works: one message in and one out, and none of it on n8n's event loop. */
export function recordingInThread(shop: ShopHandle, thread: StoreThread): ShopHandle {
	const call = async <Name extends keyof ShopCalls>(name: Name, ...args: Parameters<ShopCalls[Name]>) => (await thread.call(name, args)) as Awaited<ReturnType<ShopCalls[Name]>>;
	return {
		...shop,
		record: async (event) => await call('record', shop.id, JSON.stringify(event)),
		takeDelivery: async (system, delivery, tell) => await call('takeDelivery', shop.id, system, delivery, tell),
		async saveSettings(change) {
			await shop.saveSettings(change);
			await call('forgetSettings', shop.id);
		},
	};
}
