/** The store's thread: everything that touches the file happens here, beside n8n's event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { SqliteConnection } from './connection';
import { InThread } from './inThread';
import { failureOf, type FromThread, type Reply, type ThreadStart, type ToThread } from './messages';

const port = parentPort!;
const engine = new InThread(SqliteConnection.open((workerData as ThreadStart).file));
let replies: FromThread = [];

function post(): void {
	if (replies.length > 0) port.postMessage(replies);
	replies = [];
}

/** What is done in one turn of the event loop, a whole batch of commits as a rule, is told in one message. */
function reply(message: Reply): void {
	if (replies.push(message) === 1) setImmediate(post);
}

port.on('message', (message: ToThread) => {
	if ('close' in message) {
		void engine.close().then(() =>
			setImmediate(() => {
				post();
				port.close();
			}),
		);
		return;
	}
	for (const [id, name, scope, rest] of message.calls) {
		engine.call(name, scope, ...(rest as never)).then(
			(answer) => reply([id, answer]),
			(error: unknown) => reply([id, null, failureOf(error)]),
		);
	}
});
