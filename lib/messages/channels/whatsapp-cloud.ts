import { dayMs } from '../../model/clock';
import type { SendChannel, SendOutcome, TextMessage } from './channel';
import { type Answer, ask, type ChannelTools, isAnswer, jsonOf, type ProviderResponse, shownWords } from './http';
import { refused } from './smtp-outcome';
import { isPhoneNumber } from './twilio';

/** n8n's built-in credential type `whatsAppApi`. */
export interface WhatsAppCredential {
	accessToken: string;
	businessAccountId: string;
}

export interface WhatsAppOptions {
	credential: WhatsAppCredential;
	/** Meta's id of the number that sends, not the number itself. */
	phoneNumberId: string;
	/** With the version of the Graph API, without a slash at its end: "https://graph.facebook.com/v23.0". */
	apiAddress: string;
	connections: number;
}

const longestText = 4096;

/** WhatsApp messages through Meta's Cloud API. It knows no idempotency: what was cut off after the request had left is unknown. */
export function createWhatsAppChannel({ credential, phoneNumberId, apiAddress, connections }: WhatsAppOptions, tools: ChannelTools): SendChannel<TextMessage> {
	const headers = { authorization: `Bearer ${credential.accessToken}`, accept: 'application/json', 'content-type': 'application/json' };
	const url = `${apiAddress}/${encodeURIComponent(phoneNumberId)}/messages`;
	return {
		connections,
		async send(message) {
			if (!isPhoneNumber(message.to)) return refused(true, 'recipient', 'The phone number is not in international form (+ and up to 15 digits)');
			if (!message.template && Array.from(message.text).length > longestText) return refused(true, 'provider', `The text is longer than the ${longestText} characters that WhatsApp takes`);
			const answer = await ask(tools, { method: 'POST', url, headers, body: JSON.stringify(bodyOf(message)) }, isThrottle);
			return isAnswer(answer) ? outcomeOf(answer, [credential.accessToken]) : answer;
		},
		async close() {},
	};
}

function bodyOf({ to, text, template, ref }: TextMessage): object {
	return {
		messaging_product: 'whatsapp',
		recipient_type: 'individual',
		to,
		// Comes back with what WhatsApp tells of the message; it takes 512 characters.
		...(ref && ref.length <= 512 && { biz_opaque_callback_data: ref }),
		...(template
			? {
					type: 'template',
					template: {
						name: template.name,
						language: { code: template.language },
						...(template.values.length > 0 && { components: [{ type: 'body', parameters: template.values.map((value) => ({ type: 'text', text: value })) }] }),
					},
				}
			: { type: 'text', text: { preview_url: true, body: text } }),
	};
}

interface MetaError {
	code?: unknown;
	message?: unknown;
	error_data?: { details?: unknown };
}

const errorOf = (response: ProviderResponse) => jsonOf(response).error as MetaError | undefined;

/** App (4), account (80007, 613), number (130429) and pair of numbers (131056) at their limit. */
const throttles = new Set([4, 613, 80007, 130429, 131056]);

function isThrottle(response: ProviderResponse): boolean {
	return response.status === 429 || throttles.has(Number(errorOf(response)?.code));
}

/** About this number: is the sender itself (131021), is not on WhatsApp (131026), wants no marketing of this business (131050). */
const recipientCodes = new Set([131021, 131026, 131050]);
/** An outage (1, 2, 131000, 131016, 133004), or too many who marked messages as spam (131048). */
const passingCodes = new Set([1, 2, 131000, 131016, 131048, 133004]);
/** Token or permissions: 0, 3, 10, 190 and 200 to 299. */
const isLogin = (code: number) => code === 0 || code === 3 || code === 10 || code === 190 || (code >= 200 && code <= 299);

function outcomeOf(answer: Answer, secrets: string[]): SendOutcome {
	const { status } = answer;
	const error = errorOf(answer);
	const code = Number(error?.code ?? NaN);
	const words = [error?.message, error?.error_data?.details].filter((part) => typeof part === 'string').join(' ');
	const said = shownWords(words, secrets);
	if (answer.retryAfterMs !== undefined) return { ...refused(false, 'provider', `WhatsApp takes no more messages for now${said && `: ${said}`}`), retryAfterMs: answer.retryAfterMs };
	if (error === undefined && status >= 200 && status < 300) {
		const [message] = (jsonOf(answer).messages ?? []) as Array<{ id?: unknown; message_status?: unknown } | undefined>;
		if (typeof message?.id !== 'string') return { status: 'unknown', response: `WhatsApp answered ${status} without saying what became of the message` };
		return { status: 'sent', response: shownWords(message.message_status ?? 'accepted', secrets), providerId: message.id };
	}
	if (Number.isNaN(code)) {
		// A gateway in between answered: the message may have gone through behind it.
		if (status >= 500 && status !== 503) return { status: 'unknown', response: `WhatsApp failed (status ${status}) without saying what became of the message` };
		return refused(status < 500 && status !== 408, 'provider', `WhatsApp refused the message (status ${status})`);
	}
	if (isLogin(code)) return refused(true, 'provider', `WhatsApp did not accept the access token of the WhatsApp credential, or it may not send${said && `: ${said}`}`);
	// Nothing is wrong with the number: WhatsApp takes only templates from a business that was not written to within 24 hours.
	if (code === 131047) return refused(true, 'provider', 'The customer has not written within the last 24 hours, so WhatsApp takes only an approved template: fill in "Template"');
	// WhatsApp shows a person only so much marketing, and asks to wait for a day.
	if (code === 131049) return { ...refused(false, 'recipient', said), retryAfterMs: dayMs };
	if (recipientCodes.has(code)) return refused(true, 'recipient', said);
	return refused(!passingCodes.has(code), 'provider', said || `WhatsApp refused the message (code ${code})`);
}
