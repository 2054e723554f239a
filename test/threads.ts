import { join } from 'node:path';
import type { ThreadScript } from '../lib/threads/thread';

/** A thread that runs this checkout's TypeScript, where the package runs what was built of it. @param file below the checkout */
export function sourceThread(file: string): ThreadScript {
	return { path: join(__dirname, '..', file), execArgv: ['-r', join(__dirname, 'register.js')] };
}
