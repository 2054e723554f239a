import { join } from 'node:path';
import { ShopJourneysError } from '../../model/errors';
import { builtScript, Thread, type ThreadScript } from '../../threads/thread';
import type { Answer, Arguments, Engine, Operation } from './operations';

/** What the thread is started with. */
export interface ThreadStart {
	file: string;
}

export const builtThread = () => builtScript(join(__dirname, 'thread.js'));

/** Works on a file in a thread of its own: neither SQLite nor the disk holds up the event loop of the caller. */
export class OwnThread implements Engine {
	readonly thread: Thread;

	constructor(
		file: string,
		readonly label: string,
		script: ThreadScript,
	) {
		const data: ThreadStart = { file };
		this.thread = new Thread({ script, name: 'shop-journeys-store', data, lost: (what) => new ShopJourneysError('STORE_UNAVAILABLE', `${label} ${what}.`) });
	}

	async call<Name extends Operation>(name: Name, scope: string, ...rest: Arguments<Name>): Promise<Answer<Name>> {
		return (await this.thread.call(name, [scope, ...rest])) as Answer<Name>;
	}

	async close(): Promise<void> {
		await this.thread.close();
	}
}
