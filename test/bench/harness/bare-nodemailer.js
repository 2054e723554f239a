/** What a program without n8n, store and guard rails would do: render each mail with our renderer and hand it to pooled nodemailer. */
const path = require('node:path');
const { links } = require('./message-links');
const { serveOrders } = require('./processes');

/** As many mails rendered ahead as keep the connections busy, no more: all at once would only need more memory. */
const aheadOfConnections = 4;

let transport;
let renderer;
let headers;
let nodemailer;

/** @param {{ packageDir: string, port: number, connections: number }} options */
function open({ packageDir, port, connections }) {
	const lib = (file) => require(path.join(packageDir, 'dist/lib', file));
	nodemailer = require(require.resolve('nodemailer', { paths: [packageDir] }));
	renderer = lib('messages/render.js').createRenderer({ content: { kind: 'builtIn', tone: 'reminder' } });
	headers = lib('messages/headers.js').messageHeaders({ mailto: 'hello@tea.example' });
	transport = nodemailer.createTransport({ pool: true, host: '127.0.0.1', port, ignoreTLS: true, maxConnections: connections, maxMessages: 10_000 });
	return { version: require(require.resolve('nodemailer/package.json', { paths: [packageDir] })).version, workers: connections * aheadOfConnections };
}

/** @param {{ items: object[], settings: object, workers: number }} options */
async function send({ items, settings, workers }) {
	let next = 0;
	const work = async () => {
		while (next < items.length) {
			const item = items[next++];
			const { subject, html, text } = renderer.render(item, { settings, links });
			await transport.sendMail({ from: settings.sender, to: item.customer.email, subject, html, text, headers });
		}
	};
	await Promise.all(Array.from({ length: workers }, work));
}

serveOrders({ open, send });
