import { smsSegments } from '../sms-segments';
import type { SendChannel, SendOutcome, TextMessage } from './channel';
import { type Answer, ask, type ChannelTools, isAnswer, jsonOf, type ProviderResponse, shownWords } from './http';
import { refused } from './smtp-outcome';

/** n8n's built-in credential type `twilioApi`. */
export interface TwilioCredential {
	/** Default `authToken`. */
	authType?: 'authToken' | 'apiKey';
	accountSid: string;
	authToken?: string;
	apiKeySid?: string;
	apiKeySecret?: string;
}

export interface TwilioOptions {
	credential: TwilioCredential;
	/** A number (E.164), a short code or a name as the sender; or the sid of a Messaging Service (`MG...`), which chooses one. */
	from: string;
	/** Without a slash at its end, e.g. "https://api.twilio.com". */
	apiAddress: string;
	connections: number;
}

/** E.164: a plus and 7 to 15 digits. */
export const isPhoneNumber = (value: string) => /^\+[1-9]\d{6,14}$/.test(value);

/** Twilio's sentence of a message is cut here, whatever its segments are. */
const longestText = 1600;

/**
 * SMS and WhatsApp messages through Twilio's Messages resource. It knows no idempotency: what was cut off after the request
 * had left is unknown.
 */
export function createTwilioChannel(options: TwilioOptions, tools: ChannelTools): SendChannel<TextMessage> {
	const { credential, from, apiAddress, connections } = options;
	const [user, password] = credential.authType === 'apiKey' ? [credential.apiKeySid, credential.apiKeySecret] : [credential.accountSid, credential.authToken];
	const secrets = [password, user, credential.accountSid];
	const headers = {
		authorization: `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`,
		accept: 'application/json',
		'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
	};
	const url = `${apiAddress}/2010-04-01/Accounts/${encodeURIComponent(credential.accountSid)}/Messages.json`;

	return {
		connections,
		async send(message) {
			if (!isPhoneNumber(message.to)) return refused(true, 'recipient', 'The phone number is not in international form (+ and up to 15 digits)');
			if (!message.template && Array.from(message.text).length > longestText) return refused(true, 'provider', `The text is longer than the ${longestText} characters that Twilio takes`);
			const post = (statusCallback: string | null) => ask(tools, { method: 'POST', url, headers, body: form(message, from, statusCallback).toString() }, isThrottle);
			const callback = statusCallbackOf(message);
			let answer = await post(callback);
			// The message matters more than what is told of it.
			if (callback !== null && isAnswer(answer) && Number(jsonOf(answer).code) === callbackRefusedCode) answer = await post(null);
			return isAnswer(answer) ? outcomeOf(answer, message, secrets) : answer;
		},
		async close() {},
	};
}

/** Where Twilio tells what becomes of the message: `twilioEvents` reads it. */
function statusCallbackOf({ eventsAddress, ref }: TextMessage): string | null {
	return eventsAddress !== undefined && ref !== undefined ? `${eventsAddress}?p=twilio&m=${encodeURIComponent(ref)}` : null;
}

function form({ channel, to, text, template }: TextMessage, from: string, statusCallback: string | null): URLSearchParams {
	const address = (number: string) => (channel === 'whatsapp' && !number.startsWith('whatsapp:') ? `whatsapp:${number}` : number);
	const isService = /^MG[0-9a-f]{32}$/i.test(from);
	return new URLSearchParams({
		To: address(to),
		...(isService ? { MessagingServiceSid: from } : { From: address(from) }),
		...(template ? { ContentSid: template.name, ...(template.values.length > 0 && { ContentVariables: numbered(template.values) }) } : { Body: text }),
		...(statusCallback !== null && { StatusCallback: statusCallback }),
	});
}

/** Content templates number their values from 1. */
function numbered(values: string[]): string {
	return JSON.stringify(Object.fromEntries(values.map((value, index) => [String(index + 1), value])));
}

/** 20429: too many requests; 14107, 63018: too many messages of this sender. */
const throttles = new Set([20429, 14107, 63018]);

function isThrottle(response: ProviderResponse): boolean {
	return response.status === 429 || throttles.has(Number(jsonOf(response).code));
}

/**
 * Codes that are about this number (https://www.twilio.com/docs/api/errors): no valid number (21211, 21217, 21401), no mobile (21614),
 * a landline (21635), unreachable from this sender (21612, 30006), blocked (30004), unknown (30005), not on WhatsApp (63003, 63024).
 */
const recipientCodes = new Set([21211, 21217, 21401, 21612, 21614, 21635, 30004, 30005, 30006, 63003, 63024]);
/** The recipient has unsubscribed by STOP. */
const stoppedCode = 21610;
/** The address for the status callback is none that Twilio reaches; the message was not taken. */
const callbackRefusedCode = 21609;
/** An outage of theirs: not taken, in their own words. */
const passingCodes = new Set([20500, 20503, 20504, 30001, 63005, 63012, 63020]);

function outcomeOf(answer: Answer, message: TextMessage, secrets: Array<string | undefined>): SendOutcome {
	const { status } = answer;
	const { sid, code, message: words, status: state, error_code, error_message } = jsonOf(answer);
	if (status >= 200 && status < 300) {
		const failedWith = Number(error_code);
		if (state === 'failed' || state === 'undelivered' || failedWith > 0) return sorted(failedWith, true, shownWords(error_message ?? words, secrets));
		if (typeof sid !== 'string') {
			return code === undefined ? { status: 'unknown', response: `Twilio answered ${status} without saying what became of the message` } : sorted(Number(code), true, shownWords(words, secrets));
		}
		return { status: 'sent', response: sentence(String(state ?? 'accepted'), message), providerId: sid };
	}
	const said = shownWords(words, secrets);
	if (answer.retryAfterMs !== undefined) return { ...refused(false, 'provider', `Twilio takes no more messages for now${said && `: ${said}`}`), retryAfterMs: answer.retryAfterMs };
	if (status === 401 || Number(code) === 20003) return refused(true, 'provider', 'Twilio did not accept the Twilio credential: check account SID and token');
	// Without a code of theirs, a gateway in between answered: the message may have gone through behind it.
	if (status >= 500 && status !== 503 && code === undefined) return { status: 'unknown', response: `Twilio failed (status ${status}) without saying what became of the message` };
	if (status >= 500) return refused(false, 'provider', `Twilio is out of order (status ${status})${said && `: ${said}`}`);
	if (status === 404) return refused(true, 'provider', 'Twilio does not know this account: check the account SID and the address of the API');
	return sorted(Number(code), status !== 408, said || `Twilio refused the message (status ${status})`);
}

function sorted(code: number, isPermanent: boolean, words: string): SendOutcome {
	const named = code > 0 ? `${code}: ${words}` : words;
	if (code === stoppedCode) return { ...refused(true, 'recipient', named), isUnsubscribed: true };
	if (recipientCodes.has(code)) return refused(true, 'recipient', named);
	return refused(isPermanent && !passingCodes.has(code) && !throttles.has(code), 'provider', named);
}

function sentence(state: string, { channel, text, template }: TextMessage): string {
	if (channel === 'whatsapp' || template) return state;
	const { segments, encoding } = smsSegments(text);
	return `${state}, ${segments} ${segments === 1 ? 'segment' : 'segments'} in ${encoding}`;
}
