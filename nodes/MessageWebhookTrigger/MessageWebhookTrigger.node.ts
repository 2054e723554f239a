import type { IncomingHttpHeaders } from 'node:http';
import {
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type IDataObject,
	type IHookFunctions,
	type INodeCredentialTestResult,
	type INodeProperties,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
} from 'n8n-workflow';
import { type EventType, eventCatalogue } from '../../lib/model/events';
import { isShopJourneysError, messageOf } from '../../lib/model/errors';
import { defaultSettings } from '../../lib/model/settings';
import { linkParameters } from '../../lib/messages/links';
import { lookOf, pageHeaders, type PageWords, problemPage } from '../../lib/messages/pages';
import { saveForms } from '../../lib/forms/form';
import { secretProblems } from '../../lib/messages/provider-events/check';
import type { ProviderSecrets } from '../../lib/messages/provider-events/provider';
import { cachedCredential } from '../../lib/n8n/cachedCredential';
import { shopField } from '../../lib/n8n/fields/shop';
import { getInstallation } from '../../lib/n8n/installation';
import { cancelLater, nowOrLater } from '../../lib/n8n/nowOrLater';
import { rememberForTest, webhookTrigger } from '../../lib/n8n/webhookTest';
import { channelTools } from '../../lib/n8n/providerHttp';
import { formFields, readForms } from './formFields';
import { routes } from './routes';
import { pageReply, type RouteReply } from './routes/route';

/** What can start the workflow: what readers do, what forms bring, and what providers tell. */
const offered = [
	'unsubscribed',
	'preferences_changed',
	'subscribed',
	'cart_answered',
	'rated',
	'surveyed',
	'contacted',
	'consent_changed',
	'customer_updated',
	'restock_requested',
	'message_replied',
	'message_complained',
	'message_bounced',
	'message_clicked',
	'message_opened',
] as const satisfies EventType[];

const eventsField: INodeProperties = {
	displayName: 'Start the Workflow On',
	name: 'events',
	type: 'multiOptions',
	noDataExpression: true,
	// By name, as the catalogue gives them.
	options: offered.map((value) => ({ name: eventCatalogue[value].label, value })).sort((a, b) => a.name.localeCompare(b.name)),
	// Rare, and each worth a person's attention. Opens come by the thousand, and an execution for each would be in everybody's way.
	default: ['unsubscribed', 'cart_answered', 'rated', 'surveyed', 'contacted', 'message_complained', 'message_replied'],
	description: 'What starts one execution each. Everything is recorded either way; journeys and segments see what is not chosen here too.',
};

/** The query as it was sent, with its question mark: signatures cover its very letters. */
const queryOf = (address = '') => (address.includes('?') ? address.slice(address.indexOf('?')) : '');

/** What recipients do with a message: open it, follow its links, unsubscribe, choose, confirm, answer. A GET changes nothing but counts. What providers tell of messages arrives here too. */
export class MessageWebhookTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Message Webhook Trigger',
		name: 'messageWebhookTrigger',
		icon: { light: 'file:message.svg', dark: 'file:message.dark.svg' },
		group: ['trigger'],
		// Begins at 2: for nodes of version 1 n8n evaluates an expression on each call, which costs a virtual machine.
		version: 2,
		subtitle: 'Links in messages',
		description: 'Serves the links in messages: opens and clicks, unsubscribing, the preference centre, confirmations, ratings, surveys and the web view',
		defaults: { name: 'Message Webhook Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'shopJourneysMessageEventsApi', required: false, testedBy: 'messageEvents' }],
		webhooks: [
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'messages' },
			{ name: 'setup', httpMethod: 'GET', responseMode: 'onReceived', path: 'messages' },
			// Link checkers ask with HEAD; a 404 would make a good link a dead one to them.
			{ name: 'setup', httpMethod: 'HEAD', responseMode: 'onReceived', path: 'messages' },
		],
		triggerPanel: {
			header: 'Publish this workflow once; Send Reminder finds its address by itself',
			activationHint: 'Once published, messages carry unsubscribe links that lead here. Mail programs need a public https address: set WEBHOOK_URL for n8n. At your mail or SMS provider, enter the same address with ?p= and its name behind it (sendgrid, mailgun, postmark, resend, ses, twilio, meta) for deliveries, bounces and replies.',
			executionsHelp: {
				inactive: 'Publish the workflow. What recipients do is recorded, with one execution for each of the events chosen.',
				active: 'Links in messages lead here. Each of the events chosen starts one execution.',
			},
		},
		properties: [eventsField, ...formFields, shopField],
	};

	methods = {
		credentialTest: {
			async messageEvents(this: ICredentialTestFunctions, { data = {} }: ICredentialsDecrypted): Promise<INodeCredentialTestResult> {
				const problems = secretProblems(data as ProviderSecrets);
				return problems.length === 0 ? { status: 'OK', message: 'The fields are well-formed. Whether they are the right ones shows with the first delivery.' } : { status: 'Error', message: problems.join(' ') };
			},
		},
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
				const forms = this.getNodeParameter('forms', {});
				await nowOrLater(this, async () => {
					const shop = (await getInstallation()).shop(shopId);
					await saveForms(shop.store, readForms(forms));
					await shop.saveMessageAddress(address);
				});
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
			const chosen = events.length > 0 ? (this.getNodeParameter('events', eventsField.default) as unknown[]) : [];
			const items = this.helpers.returnJsonArray(events.filter(({ event }) => chosen.includes(event)));
			return { noWebhookResponse: true, ...(items.length > 0 && { workflowData: [rememberForTest(this, items)] }) };
		};
		const shopId = this.getNodeParameter('shop') as string;
		const query = this.getQueryData() as Record<string, unknown>;
		try {
			const route = Object.keys(query).map((name) => routes.get(name)).find((found) => found !== undefined);
			if (!route) return reply(pageReply(404, await problem(shopId, 'invalid')));
			const request = this.getRequestObject();
			return reply(
				await route.handle({
					installation: await getInstallation(),
					shopId,
					method: request.method === 'POST' ? 'POST' : 'GET',
					isHead: request.method === 'HEAD',
					query,
					body: bodyOf(this),
					rawBody: async () => request.rawBody ?? (await request.readRawBody(), request.rawBody),
					headers: this.getHeaderData() as IncomingHttpHeaders,
					ip: request.ip ?? '',
					url: `${this.getNodeWebhookUrl('default') ?? ''}${queryOf(request.originalUrl)}`,
					http: channelTools(this).http,
					credential: async (type) => (await cachedCredential(this, type)) as IDataObject,
					parameter: (name) => this.getNodeParameter(name),
					logError: (text) => this.logger.error(`Message Webhook Trigger: ${text}`),
				}),
			);
		} catch (error) {
			if (isShopJourneysError(error, 'LINK_INVALID')) return reply(pageReply(error.httpStatus, await problem(shopId, 'invalid')));
			if (isShopJourneysError(error, 'LINK_EXPIRED')) return reply(pageReply(error.httpStatus, await problem(shopId, linkParameters.confirm in query ? 'confirmExpired' : 'expired')));
			this.logger.error(`Message Webhook Trigger: ${messageOf(error)}`);
			return reply(pageReply(503, await problem(shopId, 'later')));
		}
	}
}

/** A page in the shop's look and language, as far as they can be read: whose link it is is not known for sure. */
async function problem(shopId: string, what: keyof PageWords['problems']): Promise<string> {
	const settings = await getInstallation().then((installation) => installation.shop(shopId).settings()).catch(() => defaultSettings);
	return problemPage(lookOf(settings), what);
}

/** What a form posted; whatever else a body may be holds no fields. */
function bodyOf(context: IWebhookFunctions): IDataObject {
	const body: unknown = context.getBodyData();
	return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as IDataObject) : {};
}
