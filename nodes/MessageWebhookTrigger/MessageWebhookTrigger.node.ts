import { createHash } from 'node:crypto';
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
import { readLink, type UnsubscribeLink } from '../../lib/messages/links';
import { donePage, errorPage, pageHeaders, unsubscribePage } from '../../lib/messages/pages';
import { shopField } from '../../lib/n8n/fields/shop';
import { getInstallation, type Installation } from '../../lib/n8n/installation';
import { cancelLater, nowOrLater } from '../../lib/n8n/nowOrLater';

/** What recipients do with a message: for now the one-click unsubscribe (POST) and its page (GET changes nothing). */
export class MessageWebhookTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Message Webhook Trigger',
		name: 'messageWebhookTrigger',
		icon: { light: 'file:message.svg', dark: 'file:message.dark.svg' },
		group: ['trigger'],
		// Begins at 2: for nodes of version 1 n8n evaluates an expression on each call, which costs a virtual machine.
		version: 2,
		subtitle: 'Unsubscribe links',
		description: 'Serves the links in messages: unsubscribe with one click, as mail programs ask for it',
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
				inactive: 'Publish the workflow. Unsubscribing is recorded; it starts one execution per customer.',
				active: 'Unsubscribe links lead here. Each customer who unsubscribes starts one execution.',
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
				const address = this.getNodeWebhookUrl('default') ?? null;
				const shopId = this.getNodeParameter('shop') as string;
				await nowOrLater(this, async () => (await getInstallation()).shop(shopId).saveMessageAddress(address));
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				cancelLater(this);
				const { shop } = await getInstallation();
				await shop(this.getNodeParameter('shop') as string).saveMessageAddress(null);
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

	/** Only here so that n8n activates the node again at a restart, which it does not do for webhooks alone. */
	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return {};
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const response = this.getResponseObject();
		const isPost = this.getRequestObject().method === 'POST';
		const answer = (status: number, html: string): IWebhookResponseData => {
			response.status(status).set(pageHeaders).send(html);
			return { noWebhookResponse: true };
		};
		try {
			const installation = await getInstallation();
			const token = String((this.getQueryData() as { t?: unknown }).t ?? '');
			const link = readLink(token, installation.linkSecret, installation.clock.machineNowMs(), 'unsubscribe');
			const shop = installation.shop(link.shop);
			const { name, locale } = await shop.settings();
			if (!isPost) return answer(200, unsubscribePage({ shopName: name, locale, token }));
			const isNew = await unsubscribe(installation, link, token);
			const page = donePage({ shopName: name, locale });
			if (!isNew) return answer(200, page);
			answer(200, page);
			return { noWebhookResponse: true, workflowData: [this.helpers.returnJsonArray([{ event: 'unsubscribed', shop: link.shop, customerId: link.customerId, channel: link.channel }])] };
		} catch (error) {
			if (isShopJourneysError(error, 'LINK_INVALID')) return answer(error.httpStatus, errorPage(error.message));
			this.logger.error(`Message Webhook Trigger: ${error instanceof Error ? error.message : String(error)}`);
			return answer(503, errorPage('This cannot be done right now. Please try again in a minute.'));
		}
	}
}

async function unsubscribe({ clock, shop }: Installation, link: UnsubscribeLink, token: string): Promise<boolean> {
	const outcome = await shop(link.shop).record({
		type: 'unsubscribed',
		// One link may be used again after the customer has subscribed anew: what counts is the moment.
		dedupeId: `unsubscribe:${createHash('sha256').update(token).digest('base64url')}:${clock.machineNowMs()}`,
		occurredAtMs: clock.journeyNowMs(),
		source: 'message-link',
		customerId: link.customerId,
	});
	return outcome === 'recorded';
}
