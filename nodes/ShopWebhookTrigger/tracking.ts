import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import type { FormsSetup } from '../../lib/forms/embedded';
import { loadForms } from '../../lib/forms/form';
import { eventCatalogue, type EventType } from '../../lib/model/events';
import { httpAnswer } from '../../lib/n8n/errors';
import { getInstallation } from '../../lib/n8n/installation';
import { rememberForTest } from '../../lib/n8n/webhookTest';
import { normaliseBatch } from '../../lib/tracking/normalise';
import { recordInTurn } from '../../lib/shops/takeDelivery';
import { isRobot, receiveBatch, TrackingLimits } from '../../lib/tracking/receive';
import { browserScript, embedLine, formsScript, serviceWorker, workerLine } from '../../lib/tracking/script';
import { readRaw } from './rawBody';
import { messageOf } from '../../lib/model/errors';

const cacheSeconds = 86_400;
/** It holds which forms open by themselves: a change of the operator's is soon everywhere. */
const formsCacheSeconds = 300;
/** Counted in each process by itself. */
const limits = new TrackingLimits();

/** What browsers ask of the path `tracking.js`. */
export async function serveTracking(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	return context.getRequestObject().method === 'POST' ? await takeBatch(context) : await serveScript(context);
}

/**
 * GET: serves tracking.js, and with `?worker` the service worker of web push. Without either it is somebody at the address bar,
 * who is shown the lines to embed.
 */
async function serveScript(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const response = context.getResponseObject();
	const { key, worker, part } = context.getQueryData() as { key?: unknown; worker?: unknown; part?: unknown };
	try {
		const settings = async () => await (await getInstallation()).shop(context.getNodeParameter('shop') as string).settings();
		// Pages of any origin may load the script; which may send is decided when they do.
		response.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin', 'X-Content-Type-Options': 'nosniff' });
		if (key === undefined && worker === undefined) {
			const { tracking, push } = await settings();
			const address = context.getNodeWebhookUrl('setup') ?? '';
			const line = tracking ? embedLine(address, tracking.publicKey) : 'Publish the workflow with the Shop Webhook Trigger first.';
			const forPush = push ? `\nFor web push, make the file ${push.serviceWorkerPath} on the shop's own address, with this line in it:\n\n${workerLine(address)}\n` : '';
			response.status(200).set({ 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).send(`Put this line into every page of the shop:\n\n${line}\n${forPush}`);
			return { noWebhookResponse: true };
		}
		const isForms = part === 'forms';
		const { body, etag } = worker !== undefined ? serviceWorker() : isForms ? formsScript(await formsSetup(context)) : browserScript({ push: (await settings()).push });
		const seconds = isForms ? formsCacheSeconds : cacheSeconds;
		response.set({ 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': `public, max-age=${seconds}, stale-while-revalidate=${seconds}`, ETag: etag });
		const known = context.getHeaderData()['if-none-match'];
		if (typeof known === 'string' && known.includes(etag)) response.status(304).end();
		else response.status(200).send(body);
	} catch (error) {
		const { status, body } = httpAnswer(error);
		context.logger.error(`tracking.js: ${messageOf(error)}`);
		response.status(status).json(body);
	}
	return { noWebhookResponse: true };
}

/** What forms.js has to know: where the forms are, and which open by themselves. */
async function formsSetup(context: IWebhookFunctions): Promise<FormsSetup> {
	const shop = (await getInstallation()).shop(context.getNodeParameter('shop') as string);
	const [address, forms] = await Promise.all([shop.messageAddress(), loadForms(shop.store)]);
	return { address, popUps: forms.flatMap(({ id, popUp }) => (popUp ? [{ id, ...popUp }] : [])) };
}

/** POST: takes a batch of tracking.js. A test in the editor shows what came and records nothing. */
async function takeBatch(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const response = context.getResponseObject();
	try {
		const request = context.getRequestObject();
		const { origin, 'user-agent': userAgent } = context.getHeaderData() as Record<string, string | undefined>;
		const installation = await getInstallation();
		const shop = installation.shop(context.getNodeParameter('shop') as string);
		const { tracking, currency } = await shop.settings();
		const receivedAtMs = Date.now();
		const rawBody = (await readRaw(request)) ?? Buffer.alloc(0);
		const key = String((context.getQueryData() as { key?: unknown }).key ?? '');
		const batch = receiveBatch({ origin, key, address: request.ip ?? '', rawBody, receivedAtMs }, tracking, limits);
		if (isRobot(userAgent)) return done(response);

		const { supply } = eventCatalogue.cart_updated;
		const events = normaliseBatch(batch, {
			receivedAtMs,
			toJourneyMs: installation.clock.toJourneyMs,
			currency,
			allowedOrigins: tracking?.allowedOrigins ?? [],
			allowsLoopback: installation.isDemo,
			takesCarts: (supply as Record<string, string>)[context.getNodeParameter('system') as string] === 'browser',
		});
		if (context.getMode() === 'manual') {
			const shown: IDataObject[] = [...events.map((event) => ({ ...event })), ...batch.refused.map((refused) => ({ refused }))];
			return { ...done(response), workflowData: [rememberForTest(context, context.helpers.returnJsonArray(shown))] };
		}
		const { told } = await recordInTurn(events, shop.record, context.getNodeParameter('startFor', []) as EventType[]);
		return { ...done(response), ...(told.length > 0 && { workflowData: [context.helpers.returnJsonArray(told.map((event) => ({ ...event })))] }) };
	} catch (error) {
		const { status, body } = httpAnswer(error);
		if (status >= 500) context.logger.error(`tracking.js: ${messageOf(error)}`);
		response.status(status).json(body);
		return { noWebhookResponse: true };
	}
}

function done(response: ReturnType<IWebhookFunctions['getResponseObject']>): IWebhookResponseData {
	response.status(204).end();
	return { noWebhookResponse: true };
}
