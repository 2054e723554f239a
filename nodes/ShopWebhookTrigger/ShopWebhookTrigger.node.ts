import {
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type IDataObject,
	type IHookFunctions,
	type ILoadOptionsFunctions,
	type INodeCredentialTestResult,
	type INodePropertyOptions,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
} from 'n8n-workflow';
import { eventCatalogue, type EventType } from '../../lib/model/events';
import { httpAnswer, rethrow } from '../../lib/n8n/errors';
import { shopField } from '../../lib/n8n/fields/shop';
import { getInstallation, type ShopHandle } from '../../lib/n8n/installation';
import { cancelLater, nowOrLater } from '../../lib/n8n/nowOrLater';
import { rememberForTest, webhookTrigger } from '../../lib/n8n/webhookTest';
import { cachedCredential } from '../../lib/n8n/cachedCredential';
import { type ConnectedAdapter, connectionState, connectShop, disconnectShop, keepConnected, noteDelivery } from '../../lib/n8n/shopConnection';
import type { ShopAdapter } from '../../lib/shops/adapter';
import { adapterFor } from '../../lib/shops/registry';
import { readSettings, settingsFields } from '../../lib/n8n/fields/settings';
import { connectionFields } from './fields';
import { readRaw } from './rawBody';
import { serveTracking } from './tracking';
import { messageOf } from '../../lib/model/errors';

/** Shorter secrets can be guessed (Standard Webhooks: 24 to 64 bytes). */
const minSecretLength = 24;

/** What the adapter checks signatures with: the credential's, or the one that we handed to the shop. */
async function secretOf(context: IWebhookFunctions, { credential: { type, secretField } }: ShopAdapter, shop: () => Promise<ShopHandle>): Promise<string> {
	if (secretField === undefined) return (await shop()).webhookSecret;
	// No credential chosen: the adapter refuses an empty secret with a sentence that says so.
	return String((await cachedCredential(context, type))[secretField] ?? '');
}

/** The adapter, where the operator lets it work with the shop's API. */
function connectedAdapter(context: IHookFunctions | ITriggerFunctions): ConnectedAdapter | null {
	const adapter = adapterFor(context.getNodeParameter('system') as string);
	return adapter.api && context.getNodeParameter('connect', 'api') === 'api' ? (adapter as ConnectedAdapter) : null;
}

/** Addresses that browsers call: no shop has to be told of them. */
const nothingToRegister = {
	async checkExists(this: IHookFunctions): Promise<boolean> {
		return true;
	},
	async create(this: IHookFunctions): Promise<boolean> {
		return true;
	},
	async delete(this: IHookFunctions): Promise<boolean> {
		return true;
	},
};

/** Takes a shop's deliveries: verified, recorded, answered. Starts no execution unless asked to. */
export class ShopWebhookTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Shop Webhook Trigger',
		name: 'shopWebhookTrigger',
		icon: { light: 'file:shop.svg', dark: 'file:shop.dark.svg' },
		group: ['trigger'],
		// Begins at 2: for nodes of version 1 n8n evaluates an expression on each call, which costs a virtual machine.
		version: 2,
		subtitle: '={{ ({ shopify: "Shopify", woocommerce: "WooCommerce", vendure: "Vendure" })[$parameter["system"]] ?? "Signed events" }}',
		description: 'Connects a shop: receives its webhooks, checks every signature, and records what happened',
		defaults: { name: 'Shop Webhook Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			// "hide", since the editor takes a field that "show" names for a choice of authentication and leaves it out of the panel.
			{ name: 'shopifyAccessTokenApi', required: true, displayOptions: { hide: { system: ['generic', 'vendure', 'woocommerce'] } } },
			{ name: 'wooCommerceApi', required: true, displayOptions: { hide: { system: ['generic', 'shopify', 'vendure'] } } },
			{ name: 'shopJourneysShopApi', required: true, testedBy: 'signingSecret', displayOptions: { hide: { system: ['shopify', 'woocommerce'] } } },
		],
		webhooks: [
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'shop' },
			// n8n knows two names only; the path tells these from the shop's deliveries.
			{ name: 'setup', httpMethod: 'GET', responseMode: 'onReceived', path: 'tracking.js' },
			{ name: 'setup', httpMethod: 'POST', responseMode: 'onReceived', path: 'tracking.js' },
		],
		triggerPanel: {
			header: 'Publish this workflow to connect the shop',
			activationHint: 'Publishing registers the webhooks where the shop is connected by its API. Into any other shop, paste the production URL (see Webhook URLs). A test shows what one delivery to the test URL says and records nothing.',
			executionsHelp: {
				inactive: 'Publish the workflow. Every delivery of the shop is recorded, and starts no execution unless you choose events under "Start This Workflow For".',
				active: 'The shop is connected. Deliveries are recorded without an execution, so this list stays empty unless you chose events under "Start This Workflow For".',
			},
		},
		properties: [
			{
				displayName: 'Shop System',
				name: 'system',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Any Shop (Signed Events)', value: 'generic', description: 'Your own shop sends events in the published format' },
					{ name: 'Shopify', value: 'shopify' },
					{ name: 'Vendure', value: 'vendure', description: 'Through the plugin for Vendure that comes with this project' },
					{ name: 'WooCommerce', value: 'woocommerce' },
				],
				default: 'generic',
			},
			...connectionFields,
			...settingsFields,
			{
				displayName: 'Start This Workflow For',
				name: 'startFor',
				type: 'multiOptions',
				noDataExpression: true,
				options: Object.entries(eventCatalogue)
					.filter(([, { supply }]) => Object.keys(supply).length > 0)
					.map(([value, { label }]) => ({ name: label, value })),
				default: [],
				description: 'Journeys do not need this: they have triggers of their own. One execution per event: choose rare ones.',
			},
			shopField,
		],
	};

	methods = {
		loadOptions: {
			async connectionState(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
				const state = await connectionState((await getInstallation()).shop((this.getCurrentNodeParameter('shop') as string) || 'main'));
				if (!state) return [{ name: 'Not Connected: Publish the Workflow', value: 'state', description: 'Publishing registers the webhooks in the shop' }];
				const summary = `${state.problems.length > 0 ? `Connected, With ${state.problems.length} Problem(s)` : 'Connected'}: ${state.topics.length} Topics`;
				return [
					{ name: summary, value: 'state', description: `Last delivery: ${state.lastDelivery ?? 'none yet'}. Last look for missed ones: ${state.lastReconciled ?? 'none yet'}.` },
					...state.problems.map((problem, number) => ({ name: `Problem ${number + 1}`, value: `problem${number + 1}`, description: problem })),
				];
			},
		},
		credentialTest: {
			async signingSecret(this: ICredentialTestFunctions, credential: ICredentialsDecrypted): Promise<INodeCredentialTestResult> {
				const secret = String(credential.data?.signingSecret ?? '');
				if (secret.length >= minSecretLength) return { status: 'OK', message: 'The secret is long enough. The shop must sign with the same one.' };
				return { status: 'Error', message: `The secret has ${secret.length} characters; take at least ${minSecretLength} random ones` };
			},
		},
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				// A test in the editor leaves the published settings alone.
				if (this.getMode() === 'manual') return true;
				if (process.env.N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE !== 'true') {
					this.logger.warn('Shop Journeys: start n8n with N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true, and it takes about six times as many deliveries per second');
				}
				try {
					const settings = { ...readSettings((name) => this.getNodeParameter(name)), system: this.getNodeParameter('system') as string };
					const shopId = this.getNodeParameter('shop') as string;
					const adapter = connectedAdapter(this);
					await nowOrLater(this, async () => {
						const shop = (await getInstallation()).shop(shopId);
						await shop.saveSettings(settings);
						if (adapter) await connectShop(this, adapter, shop);
					});
					return true;
				} catch (error) {
					rethrow(this.getNode(), error);
				}
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				cancelLater(this);
				const adapter = connectedAdapter(this);
				if (adapter) await disconnectShop(this, adapter, (await getInstallation()).shop(this.getNodeParameter('shop') as string));
				return true;
			},
		},
		setup: nothingToRegister,
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		const response = await webhookTrigger(this);
		const adapter = connectedAdapter(this);
		if (this.getMode() === 'manual' || !adapter) return response;
		let stop: (() => void) | null = null;
		let isClosed = false;
		await nowOrLater(this, async () => {
			const installation = await getInstallation();
			if (isClosed) return;
			const startFor = this.getNodeParameter('startFor', []) as EventType[];
			stop = keepConnected(this, adapter, installation, installation.shop(this.getNodeParameter('shop') as string), (event) => {
				if (startFor.includes(event.type)) this.emit([this.helpers.returnJsonArray([{ ...event }])]);
			});
		});
		return {
			...response,
			closeFunction: async () => {
				isClosed = true;
				cancelLater(this);
				stop?.();
			},
		};
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		if (this.getWebhookName() === 'setup') return await serveTracking(this);
		const response = this.getResponseObject();
		const answer = (status: number, body: IDataObject, items: IDataObject[] = []): IWebhookResponseData => {
			// Without Express, which would hash each answer for the caches of browsers.
			response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
			return { noWebhookResponse: true, ...(items.length > 0 && { workflowData: [rememberForTest(this, this.helpers.returnJsonArray(items))] }) };
		};
		try {
			const adapter = adapterFor(this.getNodeParameter('system') as string);
			const request = this.getRequestObject();
			const rawBody = await readRaw(request);
			if (!rawBody) return answer(401, { ok: false, code: 'SIGNATURE_INVALID', message: 'The delivery has no body, so there is nothing a signature could be checked against' });
			const delivery = { headers: this.getHeaderData() as Record<string, string | undefined>, rawBody, receivedAtMs: Date.now() };
			if (adapter.isPing?.(delivery)) return answer(200, { ok: true, ignored: 'A ping' });
			const shopId = this.getNodeParameter('shop') as string;
			adapter.verify(delivery, await secretOf(this, adapter, async () => (await getInstallation()).shop(shopId)));

			const shop = (await getInstallation()).shop(shopId);
			if (this.getMode() === 'manual') {
				// A test in the editor shows what was read and records nothing.
				const { events, ignored } = adapter.normalise(delivery, await shop.normaliseContext());
				const connection = adapter.api && { connection: { ...(await connectionState(shop)) } };
				return answer(200, { ok: true, test: true, ...(ignored && { ignored }) }, ignored ? [{ ignored, ...connection }] : events.map((event) => ({ ...event, ...connection })));
			}
			noteDelivery(shop, delivery.receivedAtMs);
			const { outcomes, ignored, told } = await shop.takeDelivery(adapter.id, delivery, this.getNodeParameter('startFor', []) as EventType[]);
			return answer(200, { ok: true, ...outcomes, ...(ignored && { ignored }) }, told.map((event) => ({ ...event })));
		} catch (error) {
			const { status, body } = httpAnswer(error);
			if (status >= 500) this.logger.error(`Shop Webhook Trigger: ${messageOf(error)}`);
			return answer(status, body);
		}
	}
}
