import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import type { Registration, ShopApiContext } from '../api';
import { saidByShop } from '../http';
import { asRecord, askShopify, grantHint, isAboutProtectedData, textOf } from './graphql';

/**
 * What we have Shopify deliver, by the scope that it wants for it (https://shopify.dev/docs/api/webhooks). The privacy
 * topics are not among them: Shopify takes those from the app's own configuration only.
 */
const topicsByScope: ReadonlyArray<[scope: string | undefined, topics: readonly string[]]> = [
	['read_orders', ['carts/create', 'carts/update', 'checkouts/create', 'checkouts/update', 'checkouts/delete']],
	['read_orders', ['orders/create', 'orders/updated', 'orders/paid', 'orders/cancelled', 'orders/fulfilled', 'orders/partially_fulfilled', 'refunds/create']],
	['read_fulfillments', ['fulfillments/update', 'fulfillment_events/create']],
	['read_returns', ['returns/request', 'returns/approve', 'returns/decline', 'returns/cancel', 'returns/close', 'returns/reopen']],
	['read_customers', ['customers/create', 'customers/update', 'customers/enable', 'customers/disable', 'customers/email_marketing_consent_update', 'customers/marketing_consent_update']],
	['read_customer_merge', ['customers/merge']],
	['read_products', ['products/create', 'products/update', 'products/delete', 'variants/in_stock', 'variants/out_of_stock']],
	[undefined, ['app/uninstalled']],
];
const scopeByTopic = new Map(topicsByScope.flatMap(([scope, topics]) => topics.map((topic) => [topic, scope] as const)));

export const registeredTopics: readonly string[] = [...scopeByTopic.keys()];

/** As the API names them: CARTS_CREATE for carts/create. */
const enumOf = (topic: string) => topic.replace('/', '_').toUpperCase();
const topicByEnum = new Map(registeredTopics.map((topic) => [enumOf(topic), topic]));

interface Subscription {
	id: string;
	/** As webhooks name it; the API's own name where it is not one of ours. */
	topic: string;
	uri: string;
}

/** At most this many requests under way: a shop's smallest allowance bears them, and activation does not take long. */
const atOnce = 4;

const listQuery = `query ShopJourneysSubscriptions($after: String) {
	webhookSubscriptions(first: 100, after: $after) { nodes { id topic uri } pageInfo { hasNextPage endCursor } }
}`;
const createMutation = `mutation ShopJourneysSubscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
	webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) { webhookSubscription { id } userErrors { field message } }
}`;
const updateMutation = `mutation ShopJourneysMove($id: ID!, $subscription: WebhookSubscriptionInput!) {
	webhookSubscriptionUpdate(id: $id, webhookSubscription: $subscription) { webhookSubscription { id } userErrors { field message } }
}`;
const deleteMutation = `mutation ShopJourneysUnsubscribe($id: ID!) {
	webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}`;

/** See ShopApi.register. Deliveries are signed with the app's own secret: Shopify takes no other. */
export async function register(context: ShopApiContext, { address }: { address: string }): Promise<Registration> {
	requireReachable(address, context);
	const there = await listSubscriptions(context);
	const outcomes = await inGroups(registeredTopics, (topic) => subscribe(context, topic, address, there));
	const refused = new Map(outcomes.flatMap(({ topic, refusal }) => (refusal === undefined ? [] : [[topic, refusal] as const])));
	const problems = problemsOf(context, refused);
	const topics = registeredTopics.filter((topic) => !refused.has(topic));
	// app/uninstalled alone is always granted and tells of no customer.
	if (!topics.some((topic) => scopeByTopic.get(topic) !== undefined)) {
		throw new ShopJourneysError('SHOP_REFUSED', `Shopify delivers nothing to this app. ${problems.join(' ')}`, { hint: grantHint });
	}
	return { topics: [...topics], problems };
}

/** See ShopApi.unregister. */
export async function unregister(context: ShopApiContext, { address }: { address: string }): Promise<void> {
	const ours = (await listSubscriptions(context)).filter(({ uri }) => uri === address);
	await inGroups(ours, ({ id }) => removeSubscription(context, id));
}

/** Leaves exactly one subscription of the topic at the address: the one that is there, else a moved one, else a new one. */
async function subscribe(context: ShopApiContext, topic: string, address: string, there: Subscription[]): Promise<{ topic: string; refusal?: string }> {
	const here = there.find((subscription) => subscription.topic === topic && subscription.uri === address);
	const older = there.filter((subscription) => subscription.topic === topic && subscription.uri !== address && isOlderAddress(subscription.uri, address));
	const moved = here ? undefined : older.shift();
	const input = { uri: address, format: 'JSON' };
	let refusal: string | undefined;
	if (moved) refusal = await change(context, `moving ${topic} to the new address`, updateMutation, { id: moved.id, subscription: input });
	else if (!here) refusal = await change(context, `delivering ${topic}`, createMutation, { topic: enumOf(topic), subscription: input });
	// Two processes that start together register the same: the second finds it there.
	const isTaken = refusal !== undefined && /already been taken/i.test(refusal);
	for (const { id } of isTaken && moved ? [moved, ...older] : older) await removeSubscription(context, id);
	return refusal === undefined || isTaken ? { topic } : { topic, refusal };
}

/** The same path on another host: this node's address before the installation moved. Paths of n8n's webhooks are unique. */
function isOlderAddress(uri: string, address: string): boolean {
	return URL.canParse(uri) && new URL(uri).pathname === new URL(address).pathname;
}

async function removeSubscription(context: ShopApiContext, id: string): Promise<void> {
	const refusal = await change(context, 'taking a webhook away', deleteMutation, { id });
	if (refusal !== undefined && !/does not exist|not found|no longer exists/i.test(refusal)) {
		throw new ShopJourneysError('SHOP_REFUSED', `Shopify would not take a webhook away: "${saidByShop(context, refusal)}"`);
	}
}

/** Sends a mutation. Returns why it was not done, in Shopify's words. */
async function change(context: ShopApiContext, what: string, mutation: string, variables: Record<string, unknown>): Promise<string | undefined> {
	let payload: Record<string, unknown>;
	try {
		[payload] = Object.values((await askShopify(context, what, mutation, variables)).data).map(asRecord);
	} catch (error) {
		if (isShopJourneysError(error, 'SHOP_REFUSED')) return error.message;
		throw error;
	}
	const userErrors = Array.isArray(payload?.userErrors) ? payload.userErrors.map(asRecord) : [];
	return userErrors.length > 0 ? userErrors.map(({ message }) => String(message)).join('; ') : undefined;
}

async function listSubscriptions(context: ShopApiContext): Promise<Subscription[]> {
	const found: Subscription[] = [];
	let after: string | undefined;
	do {
		const { data } = await askShopify(context, 'the list of webhooks', listQuery, { after: after ?? null });
		const connection = asRecord(data.webhookSubscriptions);
		const pageInfo = asRecord(connection.pageInfo);
		for (const node of Array.isArray(connection.nodes) ? connection.nodes.map(asRecord) : []) {
			const topic = String(node.topic);
			found.push({ id: String(node.id), topic: topicByEnum.get(topic) ?? topic, uri: String(node.uri) });
		}
		after = pageInfo.hasNextPage === true ? textOf(pageInfo.endCursor) : undefined;
	} while (after !== undefined);
	return found;
}

/** One sentence per reason, however many topics it keeps away. */
function problemsOf(context: ShopApiContext, refused: ReadonlyMap<string, string>): string[] {
	const byReason = new Map<string, string[]>();
	for (const [topic, refusal] of refused) {
		const scope = scopeByTopic.get(topic);
		const reason = isAboutProtectedData(refusal)
			? 'the app has no access to protected customer data yet. Ask for it in the app\'s settings ("Protected customer data access", with name, email, phone and address), then publish the workflow again.'
			: scope !== undefined && /specified topic|access|scope|permission/i.test(refusal)
				? `grant the app the scope ${scope}, install the new version, then publish the workflow again.`
				: `it says "${saidByShop(context, refusal)}".`;
		byReason.set(reason, [...(byReason.get(reason) ?? []), topic]);
	}
	return [...byReason].map(([reason, topics]) => `Shopify does not deliver ${topics.join(', ')}: ${reason}`);
}

/** Shopify delivers over https only, and to nothing on this machine. A shop that runs here itself may. */
function requireReachable(address: string, { credential }: ShopApiContext): void {
	if (address.startsWith('https://') || String(credential.shopSubdomain).startsWith('http://')) return;
	throw new ShopJourneysError('SHOP_REFUSED', `Shopify delivers to addresses with https only, and this installation's is ${address}`, {
		hint: 'Set WEBHOOK_URL of n8n to the public https address of this installation.',
	});
}

async function inGroups<T, R>(entries: readonly T[], work: (entry: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	for (let start = 0; start < entries.length; start += atOnce) results.push(...(await Promise.all(entries.slice(start, start + atOnce).map(work))));
	return results;
}
