import { parentPort } from 'node:worker_threads';
import { failureOf, type FromThread, type Reply, type ToThread } from './messages';

/** The thread's side of `Thread`: does what it is asked, as much at once as it is asked. */
export function serve(perform: (name: string, args: unknown[]) => Promise<unknown>, close: () => Promise<void>): void {
	const port = parentPort!;
	let replies: FromThread = [];
	const post = () => {
		if (replies.length > 0) port.postMessage(replies);
		replies = [];
	};
	// What is done in one turn of the event loop, a whole batch of commits for instance, is told in one message.
	const reply = (message: Reply) => {
		if (replies.push(message) === 1) setImmediate(post);
	};
	const end = async () => {
		await close();
		await new Promise(setImmediate);
		post();
		port.close();
	};
	port.on('message', (message: ToThread) => {
		if ('close' in message) return void end();
		for (const [id, name, args] of message.calls) {
			perform(name, args).then(
				(answer) => reply([id, answer]),
				(error: unknown) => reply([id, null, failureOf(error)]),
			);
		}
	});
}
