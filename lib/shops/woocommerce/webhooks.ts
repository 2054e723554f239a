import { isShopJourneysError, type ShopJourneysError } from '../../model/errors';
import type { Registration, ShopApi, ShopApiContext } from '../api';
import { askShop, isHopeless, listIn, totalIn } from './client';

/** The topics that are registered: all that normalise() reads something from. */
export const topics = [
	'order.created', 'order.updated', 'order.restored',
	'customer.created', 'customer.updated', 'customer.deleted',
	'product.created', 'product.updated', 'product.restored', 'product.deleted',
] as const;

/** Begins the name of every webhook of ours: what one whose address changed is told from other people's by. */
const ourName = 'Shop Journeys';
const perPage = 100;
const what = 'its webhooks';

interface Webhook {
	id: number;
	name: string;
	status: string;
	topic: string;
	delivery_url: string;
}

export const registerWebhooks: ShopApi['register'] = async (context, { address, secret }) => {
	const existing = await allWebhooks(context);
	const registration: Registration = { topics: [], problems: [] };
	const wereOff: string[] = [];
	let refusal: ShopJourneysError | undefined;
	for (const topic of topics) {
		try {
			const { keep, extra } = ofTopic(existing, topic, address);
			if (keep && keep.status !== 'active') wereOff.push(topic);
			const body = { name: `${ourName}: ${topic}`, topic, delivery_url: address, secret, status: 'active' };
			// A secret is never told, so it is always set anew.
			if (keep) await askShop(context, `/webhooks/${keep.id}`, `the webhook for ${topic}`, { method: 'PUT', body });
			// The shop pings the address before it answers, so an unclear outcome is likely: the next look finds what was made.
			else await askShop(context, '/webhooks', `a webhook for ${topic}`, { method: 'POST', body, isOnce: true });
			for (const { id } of extra) await deleteWebhook(context, id);
			registration.topics.push(topic);
		} catch (error) {
			if (!isShopJourneysError(error, 'SHOP_REFUSED')) throw error;
			refusal = error;
			if (isHopeless(error)) break;
			registration.problems.push(`${error.message}. ${error.hint}`);
		}
	}
	if (refusal && registration.topics.length === 0) throw refusal;
	if (refusal && isHopeless(refusal)) registration.problems.push(`${refusal.message}. ${refusal.hint}`);
	if (wereOff.length > 0) {
		registration.problems.push(`WooCommerce had switched off ${wereOff.join(', ')}, as it does after more than five deliveries in a row that failed. They are on again, and what was missed is read from the shop. If it happens again, check that the shop's server can reach ${new URL(address).origin}.`);
	}
	return registration;
};

export const unregisterWebhooks: ShopApi['unregister'] = async (context, { address }) => {
	for (const { id, delivery_url } of await allWebhooks(context)) if (delivery_url === address) await deleteWebhook(context, id);
};

async function deleteWebhook(context: ShopApiContext, id: number): Promise<void> {
	await askShop(context, `/webhooks/${id}`, 'the removal of a webhook', { method: 'DELETE', query: { force: 'true' }, accept: [404, 410] });
}

/** The webhook of a topic that leads here or to an older address of ours, and the others of it that lead here. */
function ofTopic(existing: Webhook[], topic: string, address: string): { keep?: Webhook; extra: Webhook[] } {
	const here = existing.filter((webhook) => webhook.topic === topic && webhook.delivery_url === address);
	const [keep, ...extra] = here;
	return { keep: keep ?? existing.find((webhook) => webhook.topic === topic && isOlderAddress(webhook, address)), extra };
}

/** The path of a node's address never changes, the host in front of it does. */
function isOlderAddress({ name, delivery_url: url }: Webhook, address: string): boolean {
	return name.startsWith(ourName) && URL.canParse(url) && new URL(url).pathname === new URL(address).pathname;
}

async function allWebhooks(context: ShopApiContext): Promise<Webhook[]> {
	const webhooks = new Map<number, Webhook>();
	for (let page = 1; ; page++) {
		const response = await askShop(context, '/webhooks', what, { method: 'GET', query: { per_page: perPage, page, orderby: 'id', order: 'asc' } });
		const rows = listIn(response, what);
		for (const { id, name, status, topic, delivery_url: url } of rows) {
			webhooks.set(Number(id), { id: Number(id), name: String(name ?? ''), status: String(status), topic: String(topic), delivery_url: String(url) });
		}
		const total = totalIn(response);
		if (total === undefined ? rows.length < perPage : page * perPage >= total) return [...webhooks.values()];
	}
}
