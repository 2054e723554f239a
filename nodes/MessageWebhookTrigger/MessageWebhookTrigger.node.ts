import { createHash, randomUUID } from 'node:crypto';
import {
	type IDataObject,
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
import { type LinkKind, type LinkPayload, readLink } from '../../lib/messages/links';
import { answeredPage, answerPage, donePage, errorPage, isAnswerReason, pageHeaders, unsubscribePage } from '../../lib/messages/pages';
import { singleLine } from '../../lib/messages/safe-text';
import { shopField } from '../../lib/n8n/fields/shop';
import { getInstallation, type Installation } from '../../lib/n8n/installation';
import { cancelLater, nowOrLater } from '../../lib/n8n/nowOrLater';
import { rememberForTest, webhookTrigger } from '../../lib/n8n/webhookTest';

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
		const answer = (status: number, html: string): IWebhookResponseData => {
			response.status(status).set(pageHeaders).send(html);
			return { noWebhookResponse: true };
		};
		try {
			const query = this.getQueryData() as { t?: unknown; a?: unknown };
			const kind: LinkKind = query.a === undefined ? 'unsubscribe' : 'answer';
			const token = String((kind === 'answer' ? query.a : query.t) ?? '');
			const installation = await getInstallation();
			const link = readLink(token, installation.linkSecret, installation.clock.machineNowMs(), kind);
			const { name: shopName, locale } = await installation.shop(link.shop).settings();
			const page = { shopName, locale, token };
			if (this.getRequestObject().method !== 'POST') return answer(200, kind === 'answer' ? answerPage(page) : unsubscribePage(page));
			const event = kind === 'answer' ? await recordAnswer(installation, link, token, this.getBodyData()) : await recordUnsubscribe(installation, link);
			const done = answer(200, kind === 'answer' ? answeredPage(page) : donePage(page));
			return event ? { ...done, workflowData: [rememberForTest(this, this.helpers.returnJsonArray([event]))] } : done;
		} catch (error) {
			if (isShopJourneysError(error, 'LINK_INVALID')) return answer(error.httpStatus, errorPage(error.message));
			this.logger.error(`Message Webhook Trigger: ${error instanceof Error ? error.message : String(error)}`);
			return answer(503, errorPage('This cannot be done right now. Please try again in a minute.'));
		}
	}
}

/** Returns the item to start the workflow with, or null when the customer was unsubscribed before. */
async function recordUnsubscribe({ clock, shop }: Installation, { shop: shopId, customerId, channel }: LinkPayload): Promise<IDataObject | null> {
	const outcome = await shop(shopId).record({
		type: 'unsubscribed',
		// The same link counts again after the customer has subscribed anew.
		dedupeId: `unsubscribe:${randomUUID()}`,
		occurredAtMs: clock.journeyNowMs(),
		source: 'message-link',
		customerId,
	});
	return outcome === 'recorded' ? { event: 'unsubscribed', shop: shopId, customerId, channel } : null;
}

/** Returns the item to start the workflow with, or null when this message was answered before: the first answer counts. */
async function recordAnswer({ clock, shop }: Installation, link: LinkPayload, token: string, body: IDataObject): Promise<IDataObject | null> {
	const reason = String(body.reason ?? '');
	if (!isAnswerReason(reason)) return null;
	const comment = singleLine(body.comment, 1000);
	const { shop: shopId, customerId, enrolment, step } = link;
	const outcome = await shop(shopId).record({
		type: 'cart_answered',
		dedupeId: `answer:${createHash('sha256').update(token).digest('base64url')}`,
		occurredAtMs: clock.journeyNowMs(),
		source: 'message-link',
		customerId,
		answer: { reason, ...(comment && { comment }) },
	});
	return outcome === 'recorded' ? { event: 'cart_answered', shop: shopId, customerId, enrolment, step, reason, comment } : null;
}
