/**
 * A small shop to try the journeys with: a page, carts, and real signed webhooks. It needs Node.js alone.
 *
 * Settings: PORT, SHOP_URL, WEBHOOK_TARGET, SIGNING_SECRET, DATA_DIR, CLOCK_SPEED, MAILBOX_URL, EDITOR_URL.
 */
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Carts } = require('./carts');
const { currency, products } = require('./catalogue');
const { Webhooks } = require('./webhooks');

const publicDir = path.join(__dirname, 'public');
const largestBody = 10_000;
const contentTypes = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** @param {http.IncomingMessage} request */
async function readJson(request) {
	let text = '';
	for await (const chunk of request) {
		text += chunk;
		if (text.length > largestBody) throw new Error('That is too much');
	}
	return JSON.parse(text || '{}');
}

/**
 * @param {{ shopUrl: string, webhookTarget: string, secret: string, dataDir: string, clockSpeed?: number, mailboxUrl?: string, editorUrl?: string, send?: typeof fetch }} options
 * @returns {http.Server}
 */
function createShop({ shopUrl, webhookTarget, secret, dataDir, clockSpeed = 1, mailboxUrl = '', editorUrl = '', send }) {
	const carts = new Carts({ file: path.join(dataDir, 'carts.json'), shopUrl });
	const webhooks = new Webhooks({ file: path.join(dataDir, 'webhooks.json'), url: webhookTarget, secret, send });
	void webhooks.work();

	/** What the page shows. @param {import('./carts').Cart} cart */
	const view = (cart) => ({
		token: cart.token,
		stage: cart.stage,
		orderNumber: cart.orderNumber,
		customer: cart.customer ?? null,
		quantities: cart.quantities,
		total: carts.total(cart),
		updatedAtMs: cart.updatedAtMs,
		nowMs: Date.now(),
		deliveries: webhooks.deliveries.slice().reverse(),
	});

	const actions = {
		/** The cart of this visitor; after an order, or for an unknown token, a new one. */
		open: ({ token, restore }) => {
			const found = carts.find(token);
			if (found && (found.stage !== 'ordered' || restore)) return found;
			return carts.create(found?.customer);
		},
		item: ({ token, productId, quantity }) => {
			const cart = mustFind(token);
			carts.setQuantity(cart, productId, quantity);
			webhooks.tell(carts.cartEvent(cart), cart.token);
			return cart;
		},
		customer: ({ token, email, firstName, optIn }) => {
			const cart = mustFind(token);
			carts.setCustomer(cart, { email: String(email).trim(), firstName: firstName && String(firstName).trim(), optIn: optIn === true });
			webhooks.tell(carts.customerEvent(cart), cart.token);
			// An empty cart is no news; one with something in it now has somebody it belongs to.
			if (Object.keys(cart.quantities).length > 0) webhooks.tell(carts.cartEvent(cart), cart.token);
			return cart;
		},
		checkout: ({ token }) => {
			const cart = mustFind(token);
			if (!cart.customer) throw new Error('Fill in your e-mail address first');
			if (Object.keys(cart.quantities).length === 0) throw new Error('The cart is empty');
			carts.startCheckout(cart);
			webhooks.tell(carts.cartEvent(cart), cart.token);
			return cart;
		},
		pay: ({ token }) => {
			const cart = mustFind(token);
			if (cart.stage !== 'checkout') throw new Error('Start the checkout first');
			carts.order(cart);
			webhooks.tell(carts.orderEvent(cart), cart.token);
			return cart;
		},
	};

	/** @param {string} token */
	function mustFind(token) {
		const cart = carts.find(token);
		if (!cart || cart.stage === 'ordered') throw new Error('This cart is no longer open: reload the page');
		return cart;
	}

	/** @param {http.ServerResponse} response @param {number} status @param {unknown} body */
	function sendJson(response, status, body) {
		response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
		response.end(JSON.stringify(body));
	}

	/** @param {http.ServerResponse} response @param {string} file */
	function sendFile(response, file) {
		response.writeHead(200, {
			'content-type': contentTypes[path.extname(file)],
			'cache-control': 'no-cache',
			'content-security-policy': policy,
			'x-content-type-options': 'nosniff',
		});
		fs.createReadStream(file).pipe(response);
	}

	const server = http.createServer(async (request, response) => {
		try {
			const { pathname, searchParams } = new URL(request.url, shopUrl);
			const action = /^\/api\/(\w+)$/.exec(pathname)?.[1];
			if (action === 'config') return sendJson(response, 200, { clockSpeed, mailboxUrl, editorUrl, webhookTarget, currency, products });
			if (action === 'view') {
				const cart = carts.find(searchParams.get('token'));
				return cart ? sendJson(response, 200, view(cart)) : sendJson(response, 404, { error: 'No such cart' });
			}
			if (action && Object.hasOwn(actions, action)) {
				// Another site's page cannot send this content type without asking first.
				if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json') return sendJson(response, 405, { error: 'POST JSON here' });
				try {
					return sendJson(response, 200, view(actions[action](await readJson(request))));
				} catch (error) {
					return sendJson(response, 400, { error: error.message });
				}
			}
			if (pathname === '/healthz') return sendJson(response, 200, { status: 'ok' });
			const name = pathname === '/' || pathname === '/cart' ? 'index.html' : pathname.slice(1);
			const file = path.join(publicDir, path.normalize(name));
			if (!file.startsWith(publicDir + path.sep) || !contentTypes[path.extname(file)] || !fs.existsSync(file)) return sendJson(response, 404, { error: 'Not found' });
			return sendFile(response, file);
		} catch (error) {
			console.error(error);
			if (!response.headersSent) sendJson(response, 500, { error: 'The shop stumbled' });
		}
	});
	server.on('close', () => webhooks.stop());
	return server;
}

if (require.main === module) {
	const { PORT, SHOP_URL, WEBHOOK_TARGET, SIGNING_SECRET, DATA_DIR, CLOCK_SPEED, MAILBOX_URL, EDITOR_URL } = process.env;
	const server = createShop({
		shopUrl: SHOP_URL || `http://127.0.0.1:${PORT}`,
		webhookTarget: WEBHOOK_TARGET,
		secret: SIGNING_SECRET,
		dataDir: DATA_DIR,
		clockSpeed: Number(CLOCK_SPEED || 1),
		mailboxUrl: MAILBOX_URL,
		editorUrl: EDITOR_URL,
	});
	server.listen(Number(PORT), '127.0.0.1', () => console.log(`The demo shop listens on 127.0.0.1:${PORT}`));
	const stop = () => {
		server.closeAllConnections();
		server.close(() => process.exit(0));
	};
	process.on('SIGTERM', stop);
	process.on('SIGINT', stop);
}

module.exports = { createShop };
