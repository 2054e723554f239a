/**
 * Loaded into every server that the launcher starts: when the launcher is gone, however it ended, the pipe it held
 * open closes, and the server is asked to end too. Without this a killed launcher would leave its ports taken.
 */
const net = require('node:net');

const parentPipe = 3;

try {
	const pipe = new net.Socket({ fd: parentPipe, readable: true, writable: false });
	pipe.on('error', () => {});
	pipe.on('close', () => process.kill(process.pid, 'SIGTERM'));
	pipe.resume();
	pipe.unref();
} catch {
	// Started by hand, without the pipe.
}
