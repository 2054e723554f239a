import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { nobody, signedUrl } from '../../../lib/messages/links';
import { keepWebView, zipPage } from '../../../lib/messages/send/webViews';
import { dayMs } from '../../../lib/model/clock';
import { keys, webViewDays } from '../../../lib/model/records';
import type { Installation } from '../../../lib/n8n/installation';
import { transact } from '../../../lib/store/transaction';
import { type Rendered, renderFor, saidBy } from './rendered';

/** "Show as Customer" stands once, for tests and previews: see sendTest.operation.ts. */
export const description = [];

/** For how long a preview can be opened. */
const openMs = dayMs;

/**
 * Shows each item's message, in each variant, as it would arrive: the words, and for e-mail the whole page, as a file and, while Message
 * Webhook Trigger is published, at an address to open in the browser. Sends nothing.
 */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const shown: INodeExecutionData[] = [];
	for (const [itemIndex, item] of context.getInputData().entries()) {
		for (const rendered of await renderFor(context, installation, item, itemIndex)) shown.push({ ...(await shownOf(context, installation, rendered)), pairedItem: { item: itemIndex } });
	}
	return [shown, []];
}

async function shownOf(context: IExecuteFunctions, installation: Installation, rendered: Rendered): Promise<INodeExecutionData> {
	const html = 'html' in rendered.message ? rendered.message.html : undefined;
	if (!html) return { json: { preview: saidBy(rendered) as IDataObject } };
	const page = rendered.address && (await keepPage(installation, rendered, rendered.address, html));
	return {
		json: { preview: { ...saidBy(rendered), ...(page && { openInBrowser: page }) } as IDataObject },
		binary: { preview: await context.helpers.prepareBinaryData(Buffer.from(html), 'preview.html', 'text/html') },
	};
}

/** Keeps the page for a day, as the web view of a mail is kept, and gives its address. */
async function keepPage({ clock, linkSecret }: Installation, { shop, message }: Rendered, address: string, html: string): Promise<string> {
	await transact(shop.store, async (tx) => {
		await tx.load([keys.webView(message.messageId)]);
		keepWebView(tx, message.messageId, { html: zipPage(html), customerId: nobody, atMs: clock.journeyNowMs() - webViewDays * dayMs + openMs });
	});
	return signedUrl(address, linkSecret, { kind: 'view', shop: shop.id, customerId: nobody, channel: 'email', to: message.messageId }, { expiresAtMs: clock.machineNowMs() + openMs });
}
