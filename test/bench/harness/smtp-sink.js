/** A mail server in a process of its own that takes every mail, notes when it came, and drops it. */
const { SMTPServer } = require('smtp-server');
const { serveOrders } = require('./processes');

/** The first and the last arrival, how many mails to how many recipients, and one whole mail to look at. */
let arrivals;

function reset() {
	arrivals = { mails: 0, recipients: new Set(), firstMs: 0, lastMs: 0, sample: '' };
}

/** @param {string} recipient */
function arrived(recipient) {
	const nowMs = performance.now();
	if (arrivals.mails++ === 0) arrivals.firstMs = nowMs;
	arrivals.lastMs = nowMs;
	arrivals.recipients.add(recipient);
}

const server = new SMTPServer({
	authOptional: true,
	disabledCommands: ['AUTH', 'STARTTLS'],
	// Otherwise it asks the DNS who is connecting, once for each connection: the stock node opens one for each mail.
	disableReverseLookup: true,
	onData(stream, { envelope }, answer) {
		const keep = arrivals.sample === '';
		if (keep) {
			arrivals.sample = ' ';
			const chunks = [];
			const current = arrivals;
			stream.on('data', (chunk) => chunks.push(chunk));
			stream.on('end', () => (current.sample = Buffer.concat(chunks).toString('latin1')));
		} else {
			stream.resume();
		}
		stream.on('end', () => {
			arrived(envelope.rcptTo[0].address);
			answer();
		});
	},
});
server.on('error', () => {});

reset();
serveOrders({
	listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.server.address().port))),
	reset,
	arrivals: () => ({ ...arrivals, recipients: arrivals.recipients.size }),
});
