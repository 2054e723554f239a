import { madeUp, type MailApiServer, startMailApi } from '../mail-apis/server';

export const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
export const authToken = madeUp('token-');
export const apiKeySid = `SK${'fedcba9876543210'.repeat(2)}`;
export const apiKeySecret = madeUp('secret-');
export const serviceSid = `MG${'0011223344556677'.repeat(2)}`;

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export interface TwilioServer extends MailApiServer {
	/** What was taken, as form fields. */
	messages: Array<Record<string, string>>;
}

/** Twilio's Messages resource as its documentation describes it: a form in, JSON out, errors with a code. */
export async function startTwilio(): Promise<TwilioServer> {
	const messages: Array<Record<string, string>> = [];
	const refuse = (status: number, code: number, message: string) => ({ status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } });
	const server = await startMailApi(({ method, path, headers, body }) => {
		if (method !== 'POST' || path !== `/2010-04-01/Accounts/${accountSid}/Messages.json`) return refuse(404, 20404, `The requested resource ${path} was not found`);
		if (headers.authorization !== basic(accountSid, authToken) && headers.authorization !== basic(apiKeySid, apiKeySecret)) return refuse(401, 20003, 'Authenticate');
		if (!String(headers['content-type']).startsWith('application/x-www-form-urlencoded')) return refuse(400, 21604, "A 'To' phone number is required.");
		const { To: to = '', From: from = '', Body: text, ContentSid: content, MessagingServiceSid: service, ...others } = Object.fromEntries(new URLSearchParams(body.toString()));
		const isWhatsApp = to.startsWith('whatsapp:');
		if (!to) return refuse(400, 21604, "A 'To' phone number is required.");
		if (!/^(whatsapp:)?\+[1-9]\d{6,14}$/.test(to)) return refuse(400, 21211, `Invalid 'To' Phone Number: ${to}`);
		if (!service && from.startsWith('whatsapp:') !== isWhatsApp) return refuse(400, 63007, 'Twilio could not find a Channel with the specified From address');
		if (!service && !from) return refuse(400, 21603, "A 'From' phone number is required.");
		if (text === undefined && content === undefined) return refuse(400, 21619, 'A text message body or media urls must be specified.');
		if ((text?.length ?? 0) > 1600) return refuse(400, 21617, 'The concatenated message body exceeds the 1600 character limit.');
		if (content !== undefined && !/^HX[0-9a-f]{32}$/.test(content)) return refuse(400, 21655, 'The ContentSid is Invalid');
		if (others.ContentVariables !== undefined && Object.values(JSON.parse(others.ContentVariables) as object).some((value) => value === '' || /[\n\t]| {4}/.test(String(value)))) return refuse(400, 21656, 'The Content Variables parameter is invalid.');
		if (others.StatusCallback !== undefined && !/^https?:\/\/[^/]+\.[a-z]{2,}[:/?]/.test(others.StatusCallback)) return refuse(400, 21609, `The StatusCallback URL ${others.StatusCallback} is not a valid URL.`);
		if (to.endsWith('610')) return refuse(400, 21610, 'Attempt to send to unsubscribed recipient');
		messages.push(Object.fromEntries(new URLSearchParams(body.toString())));
		const sid = `SM${String(messages.length).padStart(32, '0')}`;
		return { status: 201, body: { sid, account_sid: accountSid, to, from: service ? null : from, messaging_service_sid: service ?? null, body: text ?? '', status: service ? 'accepted' : 'queued', error_code: null, error_message: null, num_segments: '1' } };
	}, 100_000);
	return Object.assign(server, { messages });
}
