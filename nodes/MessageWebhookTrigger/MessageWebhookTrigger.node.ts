import type { IncomingHttpHeaders } from 'node:http';
import {
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
} from 'n8n-workflow';
import { isShopJourneysError } from '../../lib/model/errors';
import { errorPage, pageHeaders } from '../../lib/messages/pages';
import { shopField } from '../../lib/n8n/fields/shop';
import { getInstallation } from '../../lib/n8n/installation';
import { cancelLater, nowOrLater } from '../../lib/n8n/nowOrLater';
import { rememberForTest, webhookTrigger } from '../../lib/n8n/webhookTest';
import { routes } from './routes';
import { pageReply, type RouteReply } from './routes/route';

/** What recipients do with a message: unsubscribe with one click (POST), or say why they did not order. A GET changes nothing. */
export class MessageWebhookTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Message Webhook Trigger',
		name: 'messageWebhookTrigger',
		icon: { light: 'file:message.svg', dark: 'file:message.dark.svg' },
		group: ['trigger'],
		// Begins at 2: for nodes of version 1 n8n evaluates an expression on each call, which costs a virtual machine.
		version: 2,
		subtitle: 'Links in messages',
		description: 'Serves the links in messages: unsubscribe with one click, and the question why a cart was not ordered',
		defaults: { name: 'Message Webhook Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		webhooks: [
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'messages' },
			{ name: 'setup', httpMethod: 'GET', responseMode: 'onReceived', path: 'messages' },
		],
		triggerPanel: {
			header: 'Publish this workflow once; Send Reminder finds its address by itself',
			activationHint: 'Once published, messages carry unsubscribe links that lead here. Mail programs need a public https address: set WEBHOOK_URL for n8n.',
			executionsHelp: {
				inactive: 'Publish the workflow. Unsubscribing and answers are recorded, with one execution for each.',
				active: 'Links in messages lead here. Each customer who unsubscribes or answers starts one execution.',
			},
		},
		properties: [shopField],
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				// A test in the editor listens at an address of its own: messages go on naming the published one.
				if (this.getMode() === 'manual') return true;
				const address = this.getNodeWebhookUrl('default') ?? null;
				const shopId = this.getNodeParameter('shop') as string;
				await nowOrLater(this, async () => (await getInstallation()).shop(shopId).saveMessageAddress(address));
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				cancelLater(this);
				const shop = (await getInstallation()).shop(this.getNodeParameter('shop') as string);
				// Not at the end of a test in the editor, which n8n does not name as such.
				if ((await shop.messageAddress()) === this.getNodeWebhookUrl('default')) await shop.saveMessageAddress(null);
				return true;
			},
		},
		setup: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await webhookTrigger(this);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const response = this.getResponseObject();
		const reply = ({ status, headers = pageHeaders, body, events = [] }: RouteReply): IWebhookResponseData => {
			response.status(status).set(headers).send(body);
			const items = this.helpers.returnJsonArray(events);
			return { noWebhookResponse: true, ...(items.length > 0 && { workflowData: [rememberForTest(this, items)] }) };
		};
		try {
			const query = this.getQueryData() as Record<string, unknown>;
			const route = Object.keys(query).map((name) => routes.get(name)).find((found) => found !== undefined);
			if (!route) return reply(pageReply(404, errorPage('This link is incomplete.')));
			const request = this.getRequestObject();
			return reply(
				await route.handle({
					installation: await getInstallation(),
					shopId: this.getNodeParameter('shop') as string,
					method: request.method === 'POST' ? 'POST' : 'GET',
					query,
					body: this.getBodyData(),
					rawBody: async () => request.rawBody ?? (await request.readRawBody(), request.rawBody),
					headers: this.getHeaderData() as IncomingHttpHeaders,
					ip: request.ip ?? '',
					parameter: (name) => this.getNodeParameter(name),
				}),
			);
		} catch (error) {
			if (isShopJourneysError(error, 'LINK_INVALID')) return reply(pageReply(error.httpStatus, errorPage(error.message)));
			this.logger.error(`Message Webhook Trigger: ${error instanceof Error ? error.message : String(error)}`);
			return reply(pageReply(503, errorPage('This cannot be done right now. Please try again in a minute.')));
		}
	}
}
