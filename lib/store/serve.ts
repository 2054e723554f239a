import { workerData } from 'node:worker_threads';
import { serve } from '../threads/serve';
import { SqliteConnection } from './sqlite/connection';
import { SqliteHub } from './sqlite/hub';
import { InThread } from './sqlite/inThread';
import type { Operation } from './sqlite/operations';
import type { ThreadStart } from './sqlite/ownThread';
import type { StoreHub } from './store';

type Calls = Record<string, (...args: never[]) => Promise<unknown>>;

/**
 * The store's thread: everything that touches the file happens here, beside n8n's event loop.
 * @param more what else this thread does, by name, with the store at hand (`StoreHub.thread` calls it)
 */
export function serveStore(more: (hub: StoreHub) => object = () => ({})): void {
	const engine = new InThread(SqliteConnection.open((workerData as ThreadStart).file));
	const others = more(SqliteHub.over(engine)) as Calls;
	serve(
		(name, args) => {
			if (Object.hasOwn(others, name)) return others[name](...(args as never[]));
			const [scope, ...rest] = args;
			return engine.call(name as Operation, scope as string, ...(rest as never));
		},
		() => engine.close(),
	);
}
