import { openStore } from '../../../lib/store/open';
import { SqliteHub } from '../../../lib/store/sqlite/hub';
import type { StoreConfig, StoreHub } from '../../../lib/store/store';
import { sourceThread } from '../../threads';

/** Where a suite keeps its data: something that several processes can open. */
export interface Place {
	config: PlaceConfig;
	remove(): Promise<void>;
}

/** With `ownThread` SQLite works in a thread of its own, as the built package does by itself; here that thread runs the sources too. */
export type PlaceConfig = StoreConfig & { ownThread?: true };

export function openPlace(config: PlaceConfig): StoreHub {
	if (config.driver === 'redis' || !config.ownThread) return openStore(config);
	return SqliteHub.open(config.file, sourceThread('lib/store/sqlite/thread.ts'));
}
