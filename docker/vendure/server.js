/**
 * A small real Vendure with our plugin, in memory: what the tests buy in. Its database (sql.js) is gone with the process.
 * PORT, SHOP_JOURNEYS_URL and SHOP_JOURNEYS_SECRET come from the environment; `/ready` answers 200 once there are goods.
 */
// Before Vendure is loaded: a test tells nobody of itself.
process.env.VENDURE_DISABLE_TELEMETRY = 'true';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { bootstrap, DefaultJobQueuePlugin, DefaultLogger, dummyPaymentHandler, JobQueueService, LogLevel } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const { initialData, products } = require('./goods');
const { ShopJourneysPlugin } = require('./shop-journeys-plugin');

let isReady = false;

const config = {
	apiOptions: {
		hostname: '127.0.0.1',
		port: Number(process.env.PORT),
		middleware: [{ route: 'ready', handler: (_request, response) => response.status(isReady ? 200 : 503).end() }],
	},
	authOptions: { tokenMethod: ['bearer', 'cookie'], requireVerification: false },
	dbConnectionOptions: { type: 'sqljs', synchronize: true },
	logger: new DefaultLogger({ level: LogLevel.Info, timestamp: true }),
	paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
	plugins: [
		DefaultJobQueuePlugin.init({ pollInterval: 100 }),
		ShopJourneysPlugin.init({
			url: process.env.SHOP_JOURNEYS_URL,
			secret: process.env.SHOP_JOURNEYS_SECRET,
			links: {
				cart: ({ code }) => `https://tea.example/cart/restore/${code}`,
				order: ({ code }) => `https://tea.example/account/orders/${code}`,
				product: ({ slug }) => `https://tea.example/product/${slug}`,
			},
		}),
	],
};

async function main() {
	const app = await bootstrap(config);
	await app.get(JobQueueService).start();
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vendure-goods-'));
	const file = path.join(folder, 'products.csv');
	fs.writeFileSync(file, products);
	await populate(async () => app, initialData, file);
	fs.rmSync(folder, { recursive: true });
	isReady = true;
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
