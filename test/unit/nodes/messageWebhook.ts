import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';
import { linkParameters, type LinkPayload, signLink, type SignOptions } from '../../../lib/messages/links';
import type { ShopSettings } from '../../../lib/model/settings';
import { type CustomerRecord, type EnrolmentRecord, keys, type SendRecord } from '../../../lib/model/records';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import { transact } from '../../../lib/store/transaction';
import { MessageWebhookTrigger } from '../../../nodes/MessageWebhookTrigger/MessageWebhookTrigger.node';

/** When every test begins. */
export const opening = Date.parse('2026-03-02T08:00:00Z');

/** The user agent of a person. */
export const browser = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

/** What `getInstallation` gives to the node: tests put it in place of the process's own. */
export const mockCurrent: { installation?: Installation } = {};

export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: string;
	/** What started the workflow. */
	items: IDataObject[];
}

export interface Asked {
	method?: 'GET' | 'POST' | 'HEAD';
	query?: Record<string, unknown>;
	body?: unknown;
	headers?: Record<string, string>;
	/** The node's parameter; absent: as in a workflow saved before there was one. */
	events?: string[];
	/** The fields of the credential for providers' events; absent: none is chosen. */
	credential?: IDataObject;
}

/** Where the node listens. */
export const ownAddress = 'https://n8n.example.com/webhook/m';

/** A published Message Webhook Trigger on a real store, with a clock that only moves when told. */
export interface Desk {
	installation: Installation;
	/** What n8n's log was told. */
	logged: string[];
	pass(ms: number): void;
	ask(asked: Asked): Promise<Answer>;
	get(link: LinkPayload, more?: Asked & SignOptions): Promise<Answer>;
	post(link: LinkPayload, body: unknown, more?: Asked & SignOptions): Promise<Answer>;
	customer(): Promise<CustomerRecord>;
	timeline(): Promise<Array<{ type: string } & IDataObject>>;
	send(): Promise<SendRecord>;
	close(): Promise<void>;
}

export const about = { shop: 'main', channel: 'email', enrolment: 'journey/c1', step: 1, sendKey: '1:node' } as const;

/** With one customer, who agreed to e-mail and got one message of a journey. */
export async function openDesk(settings: Partial<ShopSettings> = {}): Promise<Desk & { customerId: string; link(kind: LinkPayload['kind'], more?: Partial<LinkPayload>): LinkPayload }> {
	const folder = mkdtempSync(path.join(tmpdir(), 'message-webhook-'));
	let nowMs = opening;
	const installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
	mockCurrent.installation = installation;
	const shop = installation.shop('main');
	await shop.saveSettings({ name: 'Fern & Co', url: 'https://fern.example.com', locale: 'en', colour: '#7a3b2e', topics: [{ id: 'news', label: 'News' }, { id: 'sale', label: 'Sales' }], ...settings });
	await shop.record({
		type: 'customer_created',
		dedupeId: 'customer',
		occurredAtMs: nowMs - 1000,
		source: 'test',
		customer: { email: 'anna@mail.example.com', phone: '+4915112345678', locale: 'en', emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: nowMs - 1000 } },
	});
	const [{ value: alias }] = await shop.store.read<{ id: string }>([keys.alias('email', 'anna@mail.example.com')]);
	const customerId = alias!.id;
	const send: SendRecord = { state: 'sent', channel: 'email', step: 0, messageId: '<m1@fern.example.com>', token: 't', atMs: nowMs };
	const enrolment: Partial<EnrolmentRecord> = { id: about.enrolment, journey: 'journey', customerId, kind: 'marketing', status: 'open', openedAtMs: nowMs, enteredAtMs: nowMs, step: 1, dueAtMs: nowMs, stepsDone: 1, sends: { [about.sendKey]: send } };
	await transact(shop.store, async (tx) => {
		await tx.load([keys.enrolment(about.enrolment)]);
		tx.set(keys.enrolment(about.enrolment), enrolment);
	});
	nowMs += 3_600_000;

	const node = new MessageWebhookTrigger();
	const logged: string[] = [];
	const ask = async ({ method = 'GET', query = {}, body = {}, headers = { 'user-agent': browser }, events, credential }: Asked): Promise<Answer> => {
		const answer: Answer = { status: 0, headers: {}, body: '', items: [] };
		const response = {
			status: (code: number) => ((answer.status = code), response),
			set: (given: Record<string, string>) => ((answer.headers = given), response),
			send: (text: string | Buffer) => ((answer.body = Buffer.isBuffer(text) && answer.headers['Content-Type'] === 'image/gif' ? text.toString('hex') : text.toString()), response),
		};
		const context = {
			getResponseObject: () => response,
			getRequestObject: () => ({ method, ip: '192.0.2.1', originalUrl: `/webhook/m?${new URLSearchParams(Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string')).toString()}`, rawBody: typeof body === 'string' ? Buffer.from(body) : undefined, readRawBody: async () => {} }),
			getNodeWebhookUrl: () => ownAddress,
			getWorkflow: () => ({ id: `workflow-${folder}` }),
			getNode: () => ({ id: 'node' }),
			async getCredentials() {
				if (!credential) throw new Error('Node does not have any credentials set');
				return credential;
			},
			getQueryData: () => query,
			getBodyData: () => body,
			getHeaderData: () => headers,
			getNodeParameter: (name: string, fallback?: unknown) => (name === 'shop' ? 'main' : (events ?? fallback)),
			getMode: () => 'webhook',
			helpers: { returnJsonArray: (items: IDataObject[]) => items.map((json) => ({ json })) },
			logger: { error: (text: string) => logged.push(text) },
		};
		const result = await node.webhook.call(context as unknown as IWebhookFunctions);
		if (!result.noWebhookResponse) throw new Error('n8n would answer a second time');
		answer.items = (result.workflowData ?? [[]])[0].map(({ json }) => json as IDataObject);
		return answer;
	};
	const signed = (link: LinkPayload, options?: SignOptions) => ({ [linkParameters[link.kind]]: signLink(installation.linkSecret, link, options) });
	return {
		installation,
		logged,
		customerId,
		link: (kind, more = {}) => ({ kind, customerId, ...about, ...more }),
		pass: (ms) => {
			nowMs += ms;
		},
		ask,
		get: (link, { query, expiresAtMs, ...more } = {}) => ask({ ...more, query: { ...signed(link, { expiresAtMs }), ...query } }),
		post: (link, body, { query, expiresAtMs, ...more } = {}) => ask({ ...more, method: 'POST', query: { ...signed(link, { expiresAtMs }), ...query }, body }),
		customer: async () => (await shop.store.read<CustomerRecord>([keys.customer(customerId)]))[0].value!,
		timeline: async () => (await shop.store.readTimeline(keys.customer(customerId), { limit: 200 })).map(({ type, data }) => ({ ...(data as IDataObject), type })).reverse(),
		send: async () => (await shop.store.read<EnrolmentRecord>([keys.enrolment(about.enrolment)]))[0].value!.sends[about.sendKey],
		close: async () => {
			await installation.hub.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
