import { genericHeaders, signGeneric } from '../../shops/generic/signature';
import type { SendChannel, SendOutcome, WebhookMessage } from './channel';
import { type Answer, ask, type ChannelTools, isAnswer, shownWords } from './http';
import { refused } from './smtp-outcome';

export interface WebhookOptions {
	/** Absolute, http or https; of any system of the operator's, so private addresses too. */
	address: string;
	/** n8n's built-in credential type `httpHeaderAuth`. */
	header?: { name: string; value: string };
	/** Signs each message (Standard Webhooks): `whsec_` and base64, or any text. */
	signingSecret?: string;
	connections: number;
}

/** Hands messages to a system of the operator's own, as JSON. */
export function createWebhookChannel({ address, header, signingSecret, connections }: WebhookOptions, tools: ChannelTools): SendChannel<WebhookMessage> {
	const host = new URL(address).host;
	// A value like "Bearer ..." is a secret in its parts, too.
	const secrets = [header?.value, ...(header?.value.split(/\s+/) ?? []), signingSecret];
	return {
		connections,
		async send(message) {
			const body = JSON.stringify(bodyOf(message));
			const headers: Record<string, string> = { ...(header && { [header.name]: header.value }), 'content-type': 'application/json', ...signature(message, body, signingSecret, tools.nowMs()) };
			const answer = await ask(tools, { method: 'POST', url: address, headers, body });
			return isAnswer(answer) ? outcomeOf(answer, host, secrets) : answer;
		},
		async close() {},
	};
}

/** docs/sms.md describes it: what stands there must not change. */
function bodyOf({ messageId, channel, to, subject, text, html, data, ref, variant }: WebhookMessage): object {
	return { type: 'message', id: messageId, channel, to, subject, text, ...(html !== undefined && { html }), data, ...(ref !== undefined && { ref }), ...(variant !== undefined && { variant }) };
}

/** The headers of Standard Webhooks, by the names that its libraries read. The message's id, so that a repetition is known as one. */
function signature({ messageId }: WebhookMessage, body: string, secret: string | undefined, nowMs: number): Record<string, string> {
	if (!secret) return { 'webhook-id': messageId };
	const signed = signGeneric({ id: messageId, sentAtMs: nowMs, body, secret });
	return { 'webhook-id': signed[genericHeaders.id], 'webhook-timestamp': signed[genericHeaders.timestamp], 'webhook-signature': signed[genericHeaders.signature] };
}

function outcomeOf({ status, body, retryAfterMs }: Answer, host: string, secrets: Array<string | undefined>): SendOutcome {
	const words = body.trimStart().startsWith('<') ? '' : shownWords(body, secrets);
	const said = `${host} answered ${status}${words && `: ${words}`}`;
	if (status >= 200 && status < 300) return { status: 'sent', response: said };
	if (retryAfterMs !== undefined) return { ...refused(false, 'provider', said), retryAfterMs };
	if (status >= 300 && status < 400) return refused(true, 'provider', `${host} sends the message elsewhere (status ${status}): fill in the address that it leads to`);
	return refused(status < 500 && status !== 408 && status !== 425, 'provider', said);
}
