import {
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	NodeConnectionTypes,
	NodeOperationError,
	UserError,
} from 'n8n-workflow';
import type { JourneyItem } from '../../lib/model/item';
import { keys } from '../../lib/model/records';
import { channelFor, type SmtpCredential } from '../../lib/messages/channels/smtp';
import { sendBatch, type SendJob, type SendResult } from '../../lib/messages/send/sender';
import { rethrow } from '../../lib/n8n/errors';
import { getInstallation, type Installation, type ShopHandle } from '../../lib/n8n/installation';
import { defaultSettings } from '../../lib/model/settings';
import { findCustomer, normaliseEmail } from '../../lib/record/identity';
import { messageComposer } from './compose';
import { messageFields, optionFields } from './fields';

interface Options {
	campaignKey?: string;
	connections?: number;
	uncertain?: 'never_twice' | 'never_lost';
	kind?: 'marketing' | 'transactional';
	replyTo?: string;
	sender?: string;
	shop?: string;
}

/** One message per item, behind all guard rails. What cannot leave comes out on Not Sent with its reason. */
export class SendReminder implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Send Reminder',
		name: 'sendReminder',
		icon: { light: 'file:send.svg', dark: 'file:send.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ "E-mail: " + ($parameter["message"] === "custom" ? "my own template" : $parameter["message"] === "letter" ? $parameter["subject"] : { reminder: "friendly reminder", benefits: "good points", noHurry: "no hurry", lowStock: "low stock, only if true", lastCode: "last, with a code" }[$parameter["tone"]]) }}',
		description: 'Sends one e-mail per customer, with consent, never twice and never after the purchase',
		defaults: { name: 'Send Reminder' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Sent', 'Not Sent'],
		credentials: [{ name: 'smtp', required: true }],
		properties: [...messageFields, optionFields],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const outputs: [INodeExecutionData[], INodeExecutionData[]] = [[], []];
		try {
			const results = await send(this, items);
			results.forEach((result, itemIndex) => {
				const { status, ...message } = result;
				outputs[status === 'sent' ? 0 : 1].push({ json: { ...items[itemIndex].json, message: { channel: 'email', status, ...message } as IDataObject }, pairedItem: { item: itemIndex } });
			});
		} catch (error) {
			if (!this.continueOnFail()) rethrow(this.getNode(), error);
			items.forEach((_item, itemIndex) => outputs[1].push({ json: { error: error instanceof Error ? error.message : String(error) }, pairedItem: { item: itemIndex } }));
		}
		return outputs;
	}
}

/** Sends all items and gives the results in their order. Settings that are wrong for all items throw; what is wrong with one is its result. */
async function send(context: IExecuteFunctions, items: INodeExecutionData[]): Promise<SendResult[]> {
	const installation = await getInstallation();
	const options = context.getNodeParameter('options', 0, {}) as Options;
	const credential = await context.getCredentials<SmtpCredential & IDataObject>('smtp');
	refuseRealMailInDemo(installation, credential.host);
	const channel = channelFor(credential, { connections: options.connections });
	const compose = await messageComposer(context, installation, options);

	const byShop = Map.groupBy(items.keys(), (itemIndex) => shopOf(items[itemIndex], options));
	const results: SendResult[] = new Array(items.length);
	for (const [shopId, itemIndexes] of byShop) {
		const shop = installation.shop(shopId);
		const jobs = await Promise.all(itemIndexes.map((itemIndex) => jobFor(context, items[itemIndex], itemIndex, shop, options)));
		const address = await shop.messageAddress();
		const sent = await sendBatch(jobs, {
			store: shop.store,
			clock: installation.clock,
			definitions: shop.definitions,
			defaultSettings,
			channel,
			firstRetryMs: installation.firstRetryMs,
			policy: options.uncertain ?? 'never_twice',
			kind: options.kind ?? 'marketing',
			compose: (job, customer, settings) => compose(job, customer, settings, address),
		});
		itemIndexes.forEach((itemIndex, position) => (results[itemIndex] = sent[position]));
	}
	return results;
}

function shopOf(item: INodeExecutionData, options: Options): string {
	const { journey } = item.json as unknown as Partial<JourneyItem>;
	return journey?.shop ?? options.shop ?? 'main';
}

/** What makes this message this message. Inside a journey enrolment, step and node; outside workflow, node, customer and campaign key. */
async function jobFor(context: IExecuteFunctions, { json }: INodeExecutionData, itemIndex: number, shop: ShopHandle, options: Options): Promise<SendJob> {
	const item = json as SendJob['item'];
	const nodeId = context.getNode().id;
	if (item.journey) {
		const { enrolment, enteredAt, step } = item.journey;
		return { item, itemIndex, customerId: null, sendKey: `${step}:${nodeId}`, messageKey: `${shop.id}/${enrolment}/${enteredAt}/${step}/${nodeId}`, campaign: null };
	}
	const campaignKey = options.campaignKey?.trim();
	if (!campaignKey) {
		throw new NodeOperationError(context.getNode(), 'An item that comes from no journey trigger needs a campaign key', {
			description: 'Add "Campaign Key" under Options, e.g. summer-sale-2026. It makes sure that nobody gets the same campaign twice, however often the workflow runs.',
			itemIndex,
		});
	}
	const customerId = item.customer?.id ?? (await customerByAddress(shop, item));
	const campaign = `${context.getWorkflow().id}/${nodeId}/${campaignKey}`;
	return { item, itemIndex, customerId, sendKey: nodeId, messageKey: `${shop.id}/${campaign}/${customerId}`, campaign };
}

async function customerByAddress(shop: ShopHandle, item: SendJob['item']): Promise<string | null> {
	const email = normaliseEmail(item.customer?.email ?? (typeof item.email === 'string' ? item.email : undefined));
	if (!email) return null;
	return (await findCustomer(shop.store, keys.alias('email', email)))?.id ?? null;
}

/** Journey time that runs faster than real time must not reach real people. */
function refuseRealMailInDemo({ clock }: Installation, host: string): void {
	if (clock.speed === 1 || /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)) return;
	throw new UserError(`SHOP_JOURNEYS_CLOCK_SPEED is ${clock.speed}, so mail may only go to a server on this machine, not to ${host}`);
}

