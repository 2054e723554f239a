import { madeUp, type MailApiServer, startMailApi } from '../mail-apis/server';

export const accessToken = madeUp('EAAG');
export const phoneNumberId = '106540352242922';

export interface WhatsAppServer extends MailApiServer {
	messages: Array<Record<string, unknown>>;
	/** Whoever wrote within a day: free text reaches nobody else. */
	conversations: Set<string>;
}

interface Sent {
	messaging_product?: string;
	to?: string;
	type?: string;
	text?: { body?: string };
	template?: { name?: string; language?: { code?: string }; components?: Array<{ type: string; parameters: Array<{ type: string; text: string }> }> };
}

/** The templates of this account: how many gaps each has, by language. */
const templates: Record<string, Record<string, number>> = { cart_reminder: { en: 2, de: 2 }, hello: { en: 0 } };

/** Meta's Cloud API as its documentation describes it. */
export async function startWhatsApp(): Promise<WhatsAppServer> {
	const messages: Array<Record<string, unknown>> = [];
	const conversations = new Set<string>();
	const refuse = (status: number, code: number, message: string, details?: string) => ({
		status,
		body: { error: { message: `(#${code}) ${message}`, type: 'OAuthException', code, ...(details && { error_data: { messaging_product: 'whatsapp', details } }), fbtrace_id: 'A1b2C3' } },
	});
	const server = await startMailApi(({ method, path, headers, body }) => {
		if (headers.authorization !== `Bearer ${accessToken}`) return refuse(401, 190, 'Invalid OAuth access token - Cannot parse access token');
		if (method !== 'POST' || path !== `/v23.0/${phoneNumberId}/messages`) return refuse(400, 100, 'Unsupported post request.');
		const sent = JSON.parse(body.toString()) as Sent;
		if (sent.messaging_product !== 'whatsapp' || !sent.to) return refuse(400, 100, 'Invalid parameter');
		if (sent.to.endsWith('026')) return refuse(400, 131026, 'Message undeliverable');
		if (sent.type === 'template') {
			const gaps = templates[sent.template?.name ?? '']?.[sent.template?.language?.code ?? ''];
			if (gaps === undefined) return refuse(404, 132001, 'Template name does not exist in the translation');
			const values = sent.template?.components?.find(({ type }) => type === 'body')?.parameters ?? [];
			if (values.length !== gaps) return refuse(400, 132000, 'Number of parameters does not match the expected number of params');
			if (values.some(({ text }) => !text || /[\n\t]| {5}/.test(text))) return refuse(400, 100, 'Invalid parameter', 'Param text cannot have new-line/tab characters or more than 4 consecutive spaces');
		} else if (!sent.text?.body) {
			return refuse(400, 100, 'The parameter text.body is required.');
		} else if (!conversations.has(sent.to)) {
			return refuse(400, 131047, 'Re-engagement message', 'Message failed to send because more than 24 hours have passed since the customer last replied to this number.');
		}
		messages.push(sent as Record<string, unknown>);
		return { status: 200, body: { messaging_product: 'whatsapp', contacts: [{ input: sent.to, wa_id: sent.to.slice(1) }], messages: [{ id: `wamid.${messages.length}`, message_status: 'accepted' }] } };
	}, 100_000);
	return Object.assign(server, { messages, conversations });
}
