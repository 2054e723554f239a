import { type IDataObject, type IExecuteFunctions, type INodeExecutionData, NodeOperationError } from 'n8n-workflow';
import { sendBatch, type SendJob, type SendResult } from '../../../lib/messages/send/sender';
import type { MessageChannel } from '../../../lib/model/events';
import { defaultSettings, type ShopSettings } from '../../../lib/model/settings';
import { keys } from '../../../lib/model/records';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import { getInstallation, type ShopHandle } from '../../../lib/n8n/installation';
import { findCustomer, normaliseEmail } from '../../../lib/record/identity';
import { variantOf } from '../../../lib/messages/variants';
import { composerFor, type SendOptions, servedBy } from '../compose/compose';
import { providerOf } from '../providers';
import { codeCheck } from '../codeCheck';
import { type ContentCheck, liveCheck } from '../contentCheck';
import { type Experiment, readVariants } from '../variants';

/** Sends all items and gives what becomes of each, in their order: on Sent or on Not Sent. Settings that are wrong for all items throw; what is wrong with one is its result. */
export async function send(context: IExecuteFunctions, items: INodeExecutionData[]): Promise<[INodeExecutionData[], INodeExecutionData[]]> {
	const outputs: [INodeExecutionData[], INodeExecutionData[]] = [[], []];
	const results = await sendAll(context, items);
	results.forEach((result, itemIndex) => {
		const { status, channel, ...message } = result;
		outputs[status === 'sent' ? 0 : 1].push({ json: { ...items[itemIndex].json, message: { channel, status, ...message } as IDataObject }, pairedItem: { item: itemIndex } });
	});
	return outputs;
}

async function sendAll(context: IExecuteFunctions, items: INodeExecutionData[]): Promise<SendResult[]> {
	const installation = await getInstallation();
	const options = context.getNodeParameter('options', 0, {}) as SendOptions;
	const parameter = (name: string, fallback: string) => context.getNodeParameter(name, 0, fallback) as string;
	const provider = providerOf(parameter);
	const channel = await provider.open(context, installation);
	const contentCheck = parameter('contentCheck', 'store') as ContentCheck;
	const experiment = readVariants(context);
	const compose = await composerFor(context, installation, options);

	const byShop = Map.groupBy(items.keys(), (itemIndex) => shopIdOf(items[itemIndex].json, options.shop ?? 'main'));
	const results: SendResult[] = new Array(items.length);
	for (const [shopId, itemIndexes] of byShop) {
		const shop = installation.shop(shopId);
		const jobs = (await Promise.all(itemIndexes.map((itemIndex) => jobFor(context, items[itemIndex], itemIndex, shop, options)))).map((job) => inExperiment(job, experiment));
		const served = await servedBy(shop);
		tellSendingMode(context, await shop.settings());
		const sent = await sendBatch(jobs, {
			store: shop.store,
			clock: installation.clock,
			definitions: shop.definitions,
			defaultSettings,
			channel,
			// A webhook stands for one of the other channels.
			...(provider.channel === 'webhook' ? { messageChannel: parameter('countsAs', 'email') as MessageChannel, provider: provider.id } : { messageChannel: provider.channel }),
			firstRetryMs: installation.firstRetryMs,
			policy: options.uncertain ?? 'never_twice',
			kind: options.kind ?? 'marketing',
			topic: options.topic?.trim(),
			isUnchecked: contentCheck === 'off',
			checkLive: await liveCheck(context, shop, contentCheck, jobs),
			codeIsValid: codeCheck(context, installation, shop, contentCheck),
			isElsewhere: ({ variant }) => experiment?.variants.find(({ name }) => name === variant)?.here === false,
			compose: (job, customer, settings) => compose(job, customer, settings, served),
		});
		itemIndexes.forEach((itemIndex, position) => (results[itemIndex] = sent[position]));
	}
	return results;
}

function inExperiment(job: SendJob, experiment: Experiment | null): SendJob {
	const customerId = job.customerId ?? job.item.customer?.id;
	if (!experiment || !customerId) return job;
	return { ...job, variant: variantOf(experiment.variants, experiment.name, customerId).name };
}

/** What makes this message this message. Inside a journey enrolment, step and node; outside workflow, node, customer and campaign key. */
async function jobFor(context: IExecuteFunctions, { json }: INodeExecutionData, itemIndex: number, shop: ShopHandle, options: SendOptions): Promise<SendJob> {
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

/** A banner over the output while messages do not go to everybody: else one would wonder where they are. */
function tellSendingMode(context: IExecuteFunctions, { sendingMode, allowedRecipients, name }: ShopSettings): void {
	if (sendingMode === 'live') return;
	const message =
		sendingMode === 'paused'
			? `Sending is paused in the settings of ${name}: nothing leaves, and journeys are kept.`
			: `${name} sends only to ${allowedRecipients.join(', ')}: everybody else is kept waiting.`;
	context.addExecutionHints({ message: `${message} "Sending Mode" on the Shop Webhook Trigger changes it.`, type: 'warning', location: 'outputPane' });
}
