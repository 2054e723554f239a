import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { generateVAPIDKeys } from 'web-push';
import { loadCodes } from '../../lib/discounts/listSource';
import { openStore } from '../../lib/store/open';
import type { StoreHub } from '../../lib/store/store';
import { accountSid, authToken } from '../mocks/message-apis/twilio';
import { type MailServer, startMailServer } from '../unit/messages/mail-server';
import { type Credential, Owner } from './owner';

const { ensureRuntime } = require('../../scripts/lib/runtime');
const { ensurePackage } = require('../../scripts/lib/build');
const { prepareUserFolder } = require('../../scripts/lib/user-folder');
const { activationLimitMs, startN8n, untilWorkflowsActive } = require('../../scripts/lib/n8n');

export interface Workflow {
	id: string;
	name: string;
	nodes: Array<{ id: string; name: string; type: string; parameters: Record<string, unknown>; credentials?: Record<string, unknown>; webhookId?: string; [field: string]: unknown }>;
	connections: Record<string, unknown>;
	settings?: Record<string, unknown>;
	[field: string]: unknown;
}

export const secrets = { generic: 'e2e-generic-secret-0123456789', shopify: 'e2e-shopify-secret-0123456789' };

const templatesDir = path.join(__dirname, '../../workflows-templates');
const packageName = 'n8n-nodes-shop-journeys';

/** A shipped template as it is in the repository. */
export function template(file: string): Workflow {
	return JSON.parse(readFileSync(path.join(templatesDir, file), 'utf8')) as Workflow;
}

/** Whom the staff's mails go to. */
export const staffAddress = 'staff@tea.example';

/** Enough for every customer of a test. */
const codesPerShop = 400;

/** The shop that a workflow's journey is of. */
function shopOf({ nodes }: Workflow): string {
	return (nodes.map(({ parameters }) => parameters.shop).find((shop) => typeof shop === 'string') as string | undefined) ?? 'main';
}

/** What a message goes through, where it is no mail. */
const credentialOf: Record<string, Record<string, { id: string; name: string }>> = {
	push: { shopJourneysVapidApi: { id: 'e2eVapid', name: 'Push' } },
	sms: { twilioApi: { id: 'e2eTwilio', name: 'SMS' } },
};

/** What an operator does after importing: chooses credentials, fills in the shop, and whatever else a test changes. */
export function filledIn(workflow: Workflow, change: { shop?: Record<string, unknown>; trigger?: Record<string, unknown>; send?: Record<string, unknown>; settings?: Record<string, unknown> } = {}): Workflow {
	const copy = structuredClone(workflow);
	copy.settings = { ...copy.settings, ...change.settings };
	for (const node of copy.nodes) {
		switch (node.type.replace(`${packageName}.`, '')) {
			case 'shopWebhookTrigger':
				node.parameters = {
					...node.parameters,
					shopName: 'Anna’s Tea House',
					shopUrl: 'https://tea.example',
					sender: 'Anna’s Tea House <hello@tea.example>',
					postalAddress: '12 High Street\n1010 Vienna',
					currency: 'EUR',
					// The credential's shop is made up: it has no API.
					connect: 'hand',
					...change.shop,
				};
				node.credentials = { shopJourneysShopApi: { id: 'e2eGeneric', name: 'Shop' }, shopifyAccessTokenApi: { id: 'e2eShopify', name: 'Shopify' } };
				break;
			case 'cartAbandonedTrigger':
			case 'segmentTrigger':
			case 'shopEventTrigger':
				node.parameters = { ...node.parameters, ...change.trigger };
				break;
			case 'sendReminder':
				node.parameters = { ...node.parameters, ...(node.parameters.channel === 'sms' && { smsFrom: '+15005550006' }), ...change.send };
				node.credentials = credentialOf[node.parameters.channel as string] ?? { smtp: { id: 'e2eSmtp', name: 'Mail' } };
				break;
			case 'n8n-nodes-base.emailSend':
				node.parameters = { ...node.parameters, fromEmail: 'n8n@tea.example', toEmail: staffAddress };
				node.credentials = { smtp: { id: 'e2eSmtp', name: 'Mail' } };
				break;
			default:
		}
	}
	return copy;
}

export function webhookUrl(n8nUrl: string, workflow: Workflow, type: 'shopWebhookTrigger' | 'messageWebhookTrigger'): string {
	const node = workflow.nodes.find((candidate) => candidate.type === `${packageName}.${type}`);
	return `${n8nUrl}/webhook/${node!.webhookId}/${type === 'shopWebhookTrigger' ? 'shop' : 'messages'}`;
}

export interface Options {
	workflows: Workflow[];
	/** How many times faster than the wall clock journey time runs. */
	speed: number;
	env?: Record<string, string>;
	mail?: Parameters<typeof startMailServer>[0];
	/** Beside those of the shops and the mail server. */
	credentials?: Credential[];
}

/** A real n8n with the packed package, the given workflows published, and a real SMTP server. */
export class Installation {
	private running: { url: string; port: number; pid: number; logFile: string; failed: Installation['failed']; stop(): Promise<void>; kill(): Promise<void> } | null = null;
	private readonly hubs: StoreHub[] = [];
	/** Shops whose list of discount codes is filled. */
	private readonly withCodes = new Set<string>();
	/** Workflows that n8n could not activate, with its reason. */
	failed: Array<{ workflowId: string; error: string }> = [];
	/** The ids that n8n gave the credentials, by those that the workflows name them by. */
	readonly credentialIds = new Map<string, string>();

	private constructor(
		readonly userFolder: string,
		readonly mail: MailServer,
		private readonly options: Options,
		private readonly runtime: unknown,
	) {}

	static async create(options: Options): Promise<Installation> {
		const runtime = await ensureRuntime();
		const tarball = await ensurePackage();
		const mail = await startMailServer(options.mail);
		const userFolder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-e2e-'));
		await prepareUserFolder({ userFolder, runtime, tarball });
		return new Installation(userFolder, mail, options, runtime);
	}

	/** The port stays the same over restarts, as a shop's webhook address would. */
	async start(env: Record<string, string> = {}): Promise<this> {
		const port = this.running?.port;
		const isFirst = !this.running;
		this.running = await startN8n({
			userFolder: this.userFolder,
			port,
			runtime: this.runtime,
			env: { SHOP_JOURNEYS_DEMO_STORE: 'true', SHOP_JOURNEYS_CLOCK_SPEED: String(this.options.speed), SHOP_JOURNEYS_LEASE_SECONDS: '5', SHOP_JOURNEYS_RETRY_SECONDS: '0.001', ...this.options.env, ...env },
		});
		this.failed = this.running!.failed;
		if (isFirst) {
			await this.setUp().catch(async (error: unknown) => {
				await this.close();
				throw error;
			});
		}
		return this;
	}

	/** Over the REST API of the editor: each call of n8n's command line takes as long as a start of n8n. */
	private async setUp(): Promise<void> {
		const owner = await this.owner();
		const startedMs = Date.now();
		const credentials: Credential[] = [
			{ id: 'e2eGeneric', name: 'Shop', type: 'shopJourneysShopApi', data: { signingSecret: secrets.generic } },
			{ id: 'e2eShopify', name: 'Shopify', type: 'shopifyAccessTokenApi', data: { shopSubdomain: 'tea', accessToken: 'none', appSecretKey: secrets.shopify } },
			{ id: 'e2eSmtp', name: 'Mail', type: 'smtp', data: { user: '', password: '', host: '127.0.0.1', port: this.mail.port, secure: false, disableStartTls: true, hostName: '' } },
			{ id: 'e2eVapid', name: 'Push', type: 'shopJourneysVapidApi', data: { ...generateVAPIDKeys(), subject: 'mailto:hello@tea.example' } },
			{ id: 'e2eTwilio', name: 'SMS', type: 'twilioApi', data: { authType: 'authToken', accountSid, authToken } },
			...(this.options.credentials ?? []),
		];
		for (const credential of credentials) this.credentialIds.set(credential.id, await owner.createCredential(credential));
		for (const workflow of this.options.workflows) await this.importAndPublish(owner, workflow);
		await this.untilActive(startedMs);
	}

	private async importAndPublish(owner: Owner, workflow: Workflow): Promise<void> {
		if (workflow.nodes.some(({ type }) => type === `${packageName}.discountCode`)) await this.loadCodes(shopOf(workflow));
		const nodes = JSON.parse(JSON.stringify(workflow.nodes), (key, value: unknown) => (key === 'id' ? (this.credentialIds.get(value as string) ?? value) : value)) as Workflow['nodes'];
		await owner.createWorkflow({ ...workflow, nodes });
		await owner.publish(workflow.id);
	}

	/** What an operator does before a journey that shows codes: the list that the templates take them from is filled. */
	private async loadCodes(shop: string): Promise<void> {
		if (this.withCodes.has(shop)) return;
		this.withCodes.add(shop);
		await loadCodes(this.store(shop), 'main', Array.from({ length: codesPerShop }, (_, index) => `${shop.toUpperCase()}-${1000 + index}`));
	}

	/** Imports and publishes one more workflow while n8n runs. What n8n refuses is then among `failed`. */
	async publish(workflow: Workflow): Promise<void> {
		await this.importAndPublish(await this.owner(), workflow);
		await this.untilActive();
	}

	/** n8n switches on in the background what was published. */
	async untilActive(startedMs = 0): Promise<void> {
		this.failed = await untilWorkflowsActive({ userFolder: this.userFolder, runtime: this.runtime, startedMs, limitMs: activationLimitMs, env: process.env });
	}

	/** Signed in to the n8n that is running now. */
	owner(): Promise<Owner> {
		return Owner.signIn(this.url);
	}

	get url(): string {
		return this.running!.url;
	}

	get pid(): number {
		return this.running!.pid;
	}

	stop(): Promise<void> {
		return this.running!.stop();
	}

	kill(): Promise<void> {
		return this.running!.kill();
	}

	log(): string {
		return readFileSync(path.join(this.userFolder, 'n8n.log'), 'utf8');
	}

	/** The store as another process sees it. */
	store(shop = 'main') {
		const url = this.options.env?.SHOP_JOURNEYS_REDIS_URL;
		const hub = openStore(url ? { driver: 'redis', url } : { driver: 'sqlite', file: path.join(this.userFolder, '.n8n/shop-journeys/store.sqlite') });
		this.hubs.push(hub);
		return hub.scope(shop);
	}

	/** Rows of n8n's own table of executions. */
	executions(): Array<{ id: number; status: string; workflowId: string }> {
		const database = new DatabaseSync(path.join(this.userFolder, '.n8n/database.sqlite'), { readOnly: true, timeout: 5000 });
		try {
			return database.prepare('SELECT id, status, workflowId FROM execution_entity ORDER BY id').all() as never;
		} finally {
			database.close();
		}
	}

	/** What n8n keeps of an execution, as text. */
	executionData(id: number): string {
		const database = new DatabaseSync(path.join(this.userFolder, '.n8n/database.sqlite'), { readOnly: true, timeout: 5000 });
		try {
			return (database.prepare('SELECT data FROM execution_data WHERE executionId = ?').get(id) as { data: string }).data;
		} finally {
			database.close();
		}
	}

	/** Mails to one address, in the order of arrival. */
	mailsTo(address: string) {
		return this.mail.received.filter(({ recipients }) => recipients.includes(address));
	}

	async close(): Promise<void> {
		await this.running?.stop();
		await this.mail.close();
		for (const hub of this.hubs.splice(0)) await hub.close();
		if (process.env.KEEP_E2E) cpSync(this.userFolder, process.env.KEEP_E2E, { recursive: true });
		rmSync(this.userFolder, { recursive: true, force: true });
	}
}

/** Resolves when `condition` gives something; fails with `what` after the limit. */
export async function until<T>(what: string, condition: () => T | Promise<T>, limitMs = 30_000): Promise<NonNullable<T>> {
	const giveUpAt = Date.now() + limitMs;
	for (;;) {
		const value = await condition();
		if (value) return value;
		if (Date.now() > giveUpAt) throw new Error(`Waited ${limitMs / 1000} s in vain for: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

export const uniqueAddress = (name: string) => `${name}-${randomUUID().slice(0, 8)}@example.com`;
