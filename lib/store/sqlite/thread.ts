/** The store's thread: everything that touches the file happens here, beside n8n's event loop. */
import { workerData } from 'node:worker_threads';
import { serve } from '../../threads/serve';
import { SqliteConnection } from './connection';
import { InThread } from './inThread';
import type { Operation } from './operations';
import type { ThreadStart } from './ownThread';

const engine = new InThread(SqliteConnection.open((workerData as ThreadStart).file));

serve(
	(name, [scope, ...rest]) => engine.call(name as Operation, scope as string, ...(rest as never)),
	() => engine.close(),
);
