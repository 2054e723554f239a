import type { SendOutcome } from './channel';

/** What nodemailer puts on its errors (its `errors.js` has the table). */
export interface SmtpFailure {
	code?: string;
	/** The system's own code, e.g. ECONNREFUSED, beneath `code`. */
	originalCode?: string;
	/** The SMTP command that was answered: RCPT TO, DATA ...; `API` for nodemailer's own checks, `CONN` for the line. */
	command?: string;
	responseCode?: number;
	response?: string;
	message?: string;
}

type Refusal = Extract<SendOutcome, { status: 'refused' }>;

/**
 * Sorts a failed send.
 *
 * An answer of the server decides: 4yz is for now, 5yz for good (RFC 5321 § 4.2.1). Whose fault it is decides the
 * scope: `recipient` only when the answer is about this address, since that counts towards suppressing it; a
 * refused sender, login, relay or content is the provider's, whatever command it answers.
 *
 * Without an answer it matters whether the message was on its way: before the first byte of it nothing can have
 * been taken; after it nobody knows.
 * @param server e.g. "mail.example.org:587", for the sentences.
 */
export function outcomeOf(failure: SmtpFailure, wasTransmitted: boolean, server: string): SendOutcome {
	const { code, responseCode } = failure;
	if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2') return loginRefused(failure, server);
	if (responseCode) return answered(failure, responseCode);
	if (code === 'EMESSAGE') return refused(true, 'provider', `The mail server does not take a message this large: ${failure.message ?? ''}`);
	if (code === 'EENVELOPE') return refused(true, 'recipient', 'The mail address cannot be used over SMTP');
	if (wasTransmitted) return { status: 'unknown', response: `The connection to ${server} broke before it confirmed the message` };
	return refused(false, 'provider', connectionSentence(failure, server));
}

function answered(failure: SmtpFailure, responseCode: number): Refusal {
	const response = (failure.response ?? failure.message ?? '').replace(/\s+/g, ' ').trim();
	// 503, a wrong order of commands, says something about the session and not about the message.
	const permanent = responseCode >= 500 && responseCode !== 503;
	return refused(permanent, isAboutRecipient(failure, responseCode, response) ? 'recipient' : 'provider', response);
}

/** RFC 3463: x.1.z is the address (1.7 and 1.8 the sender's), x.2.z the mailbox, x.3 to x.7 systems, network, session, content, policy. */
function isAboutRecipient(failure: SmtpFailure, responseCode: number, response: string): boolean {
	const isRecipientCommand = failure.command === 'RCPT TO';
	if (!isRecipientCommand && failure.command !== 'DATA') return false;
	// 421 closes the session; 503 and 530 (RFC 4954) are about its state.
	if (responseCode === 421 || responseCode === 503 || responseCode === 530) return false;
	const [, subject, detail] = /^\d{3}[ -][245]\.(\d{1,3})\.(\d{1,3})\b/.exec(response) ?? [];
	if (subject === '1') return detail !== '7' && detail !== '8';
	if (subject === '2') return true;
	// Without an enhanced code, or with another subject, only the answer to RCPT TO can mean the recipient. Greylisting
	// (4.7.1) and "user unknown" (some servers: 5.7.1 or none) are like that; a refused relay or sender is not.
	return isRecipientCommand && subject !== '3' && !aboutUs.test(response);
}

const aboutUs = /relay|authenticat|not authori[sz]ed|sender|spf|dkim|dmarc|block ?list|blacklist|blocked|spamhaus|rate|too many|tls/i;

function loginRefused({ responseCode, code }: SmtpFailure, server: string): Refusal {
	const answer = responseCode ? ` (it answered ${responseCode})` : '';
	// 454 4.7.0 (RFC 4954 § 6): the server cannot check logins right now.
	const permanent = !responseCode || responseCode >= 500;
	if (code === 'ENOAUTH') return refused(true, 'provider', `The mail server ${server} asks for a login: fill in user and password of the SMTP credential`);
	return refused(permanent, 'provider', permanent ? `The mail server ${server} did not accept user and password of the SMTP credential${answer}` : `The mail server ${server} cannot check logins right now${answer}`);
}

function connectionSentence({ code, originalCode, message = '' }: SmtpFailure, server: string): string {
	if (code === 'EDNS' || originalCode === 'ENOTFOUND') return `The mail server ${server} was not found: check the host of the SMTP credential`;
	if (code === 'ETLS') return `No encrypted connection to ${server} could be set up: ${message}`;
	if (code === 'ETIMEDOUT') return `The mail server ${server} did not answer in time`;
	if (originalCode === 'ECONNREFUSED' || /ECONNREFUSED/.test(message)) return `The mail server ${server} refused the connection: check host and port of the SMTP credential`;
	if (code === 'EABORT') return `The mail server ${server} took too long`;
	return `The connection to ${server} failed before the message was sent${message ? `: ${message}` : ''}`;
}

export function refused(permanent: boolean, scope: 'recipient' | 'provider', response: string): Refusal {
	return { status: 'refused', permanent, scope, response };
}
