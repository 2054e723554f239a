/**
 * Tells Shop Journeys what happens in a Vendure shop. Copy this folder into your project and add it to the configuration:
 *
 *     const { ShopJourneysPlugin } = require('./shop-journeys-plugin');
 *
 *     plugins: [
 *         ShopJourneysPlugin.init({
 *             url: process.env.SHOP_JOURNEYS_URL,       // the production URL of the Shop Webhook Trigger
 *             secret: process.env.SHOP_JOURNEYS_SECRET, // the signing secret of its credential
 *             links: { cart: (order) => `https://shop.example/cart/restore/${order.code}` },
 *         }),
 *     ]
 *
 * Nothing here runs within a request: an event only puts a job with ids into Vendure's job queue. The job reads what the
 * ids name, signs it and sends it, and is tried again while n8n does not take it.
 */
const { CollectionService, ConfigService, CustomerService, EventBus, JobQueueService, OrderService, PluginCommonModule, ProductService, ProductVariantService, RequestContextService, TransactionalConnection, TranslatorService, VendurePlugin } = require('@vendure/core');
const { Bodies } = require('./bodies');
const { Deliveries } = require('./deliveries');

/** Shorter ones can be guessed. */
const minSecretLength = 24;

/**
 * @typedef {object} ShopJourneysOptions
 * @property {string} url production URL of the Shop Webhook Trigger
 * @property {string} secret signing secret, at least 24 characters
 * @property {string} [channelToken] the channel to tell of; the default channel when left out
 * @property {string[]} [transferMethods] codes of the payment methods that customers pay by themselves (bank transfer): while such a payment is authorized, the order awaits payment
 * @property {object} [links] addresses of your storefront: each may be left out, or answer undefined
 * @property {(order: { id: string, code: string }) => string | undefined} [links.cart] brings a cart back
 * @property {(order: { id: string, code: string }) => string | undefined} [links.order] the page of a placed order
 * @property {(product: { id: string, slug: string }) => string | undefined} [links.product]
 * @property {(asset: { preview: string }) => string | undefined} [links.image] absolute https address of an asset
 */

class ShopJourneysPlugin {
	/** @param {ShopJourneysOptions} options */
	static init(options) {
		for (const name of ['url', 'secret']) if (!options[name]) throw new Error(`ShopJourneysPlugin: the option "${name}" is missing`);
		if (options.secret.length < minSecretLength) throw new Error(`ShopJourneysPlugin: the secret has to have at least ${minSecretLength} characters`);
		ShopJourneysPlugin.options = options;
		return ShopJourneysPlugin;
	}
}

// What decorators do in TypeScript: Nest makes the deliveries with these services and calls their lifecycle hooks.
VendurePlugin({
	imports: [PluginCommonModule],
	compatibility: '^3.0.0',
	providers: [
		{
			provide: Bodies,
			inject: [OrderService, CustomerService, ProductService, ProductVariantService, CollectionService, TranslatorService, ConfigService, TransactionalConnection],
			useFactory: (...services) => new Bodies(ShopJourneysPlugin.options, ...services),
		},
		{
			provide: Deliveries,
			inject: [Bodies, EventBus, JobQueueService, RequestContextService, TransactionalConnection],
			useFactory: (...services) => new Deliveries(ShopJourneysPlugin.options, ...services),
		},
	],
})(ShopJourneysPlugin);

module.exports = { ShopJourneysPlugin };
