import { gunzipSync } from 'node:zlib';
import { linkParameters, nobody } from '../../../lib/messages/links';
import { viewGonePage, viewHeaders } from '../../../lib/messages/pages';
import { dayMs } from '../../../lib/model/clock';
import { keys, type WebViewRecord, webViewDays } from '../../../lib/model/records';
import { readerOf } from './reader';
import { linkOf, pageReply, type Route } from './route';

/** A mail as a page, for as long as it is kept. */
export const viewRoute: Route = {
	parameter: linkParameters.view,
	async handle(request) {
		const { link } = linkOf(request, 'view');
		const { shop, look, customer } = await readerOf(request, link);
		const key = keys.webView(link.to ?? '');
		// A preview is nobody's.
		const kept = (customer || link.customerId === nobody) && (await shop.store.read<WebViewRecord>([key]))[0].value;
		const isOver = kept && request.installation.clock.journeyNowMs() - kept.atMs > webViewDays * dayMs;
		if (!kept || isOver) return pageReply(410, viewGonePage(look));
		return { status: 200, headers: viewHeaders, body: gunzipSync(Buffer.from(kept.html, 'base64')) };
	},
};
