import type { IDataObject } from 'n8n-workflow';
import { pageHeaders } from '../../../lib/messages/pages';
import { eventProviders } from '../../../lib/messages/provider-events';
import type { EventProvider, ProviderSecrets } from '../../../lib/messages/provider-events/provider';
import { type Told, tellEvents } from '../../../lib/messages/provider-events/tell';
import { isShopJourneysError, ShopJourneysError } from '../../../lib/model/errors';
import type { Route, RouteReply, RouteRequest } from './route';

/** The credential with what each provider signs with. */
const messageEventsCredential = 'shopJourneysMessageEventsApi';

/** What mail, SMS and WhatsApp providers tell of messages: `?p=<provider>`. */
export const providersRoute: Route = {
	parameter: 'p',
	async handle(request) {
		const provider = eventProviders.get(String(request.query.p));
		if (!provider) return answer(404, 'No provider is called that: the address ends in ?p= and its name.');
		const secrets = (await request.credential(messageEventsCredential)) as ProviderSecrets;
		const reply = request.method === 'GET' ? greet(request, provider, secrets) : take(request, provider, secrets);
		return await reply.catch(refusal);
	},
};

function refusal(error: unknown): RouteReply {
	if (isShopJourneysError(error)) return answer(error.httpStatus, `${error.message.replace(/[^.]$/, '$&.')} ${error.hint}`);
	throw error;
}

async function greet({ query }: RouteRequest, provider: EventProvider, secrets: ProviderSecrets): Promise<RouteReply> {
	return answer(200, provider.challenge ? provider.challenge(query, secrets) : `${provider.name} tells of messages here, by POST.`);
}

async function take(request: RouteRequest, provider: EventProvider, secrets: ProviderSecrets): Promise<RouteReply> {
	const { installation, shopId, headers, url } = request;
	const rawBody = await request.rawBody();
	if (!rawBody) throw new ShopJourneysError('SIGNATURE_INVALID', 'The delivery has no body, so there is nothing a signature could be checked against.');
	const delivery = { headers: headers as Record<string, string | undefined>, rawBody, url, receivedAtMs: Date.now() };
	await provider.verify(delivery, secrets, request.http);
	const read = provider.read(delivery);
	if (read.confirmUrl !== undefined) await confirm(request, read.confirmUrl);
	const told = await tellEvents(provider, read, { linkSecret: installation.linkSecret, clock: installation.clock, shopId, shop: installation.shop, ownAddress: url.split('?')[0] });
	const reply = provider.answer ? answer(200, provider.answer.body, provider.answer.contentType) : answer(200, JSON.stringify({ ok: true, ...told.outcomes }), 'application/json');
	return { ...reply, events: itemsOf(told) };
}

/** @throws SHOP_UNREACHABLE so that it is asked for again */
async function confirm({ http }: RouteRequest, url: string): Promise<void> {
	const { status } = await http({ method: 'GET', url, headers: {} }).catch((error: Error) => {
		throw new ShopJourneysError('SHOP_UNREACHABLE', `The subscription could not be confirmed: ${error.message}`);
	});
	if (status !== 200) throw new ShopJourneysError('SHOP_UNREACHABLE', `The subscription could not be confirmed: it was answered with ${status}`);
}

function itemsOf({ news }: Told): IDataObject[] {
	const ofPeople = news.filter(({ event }) => !event.message?.isMachine);
	return ofPeople.map(({ shop, event: { type, customerId, message } }) => ({ event: type, shop, customerId, channel: message?.channel, enrolment: message?.enrolment, campaign: message?.campaign, step: message?.step, text: message?.detail }));
}

function answer(status: number, body: string, contentType = 'text/plain; charset=utf-8'): RouteReply {
	return { status, headers: { ...pageHeaders, 'Content-Type': contentType }, body };
}
