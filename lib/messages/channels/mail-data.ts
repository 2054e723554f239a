import type { createTransport } from 'nodemailer';
import { isPlainHeader, type Mailbox, parseMailbox, withoutControls } from '../headers';
import type { EmailMessage } from './channel';

type MailData = Parameters<ReturnType<typeof createTransport>['sendMail']>[0];

/** A message as nodemailer builds it. Sender and recipient are parsed already. */
export function mailData(message: EmailMessage, from: Mailbox, to: Mailbox): MailData {
	return {
		messageId: message.messageId,
		from,
		to,
		replyTo: message.replyTo ? parseMailbox(message.replyTo) : undefined,
		envelope: { from: from.address, to: [to.address] },
		subject: withoutControls(message.subject),
		// Base64 leaves every byte and line as it is, and costs a third of the work of quoted-printable, which is a fifth of a whole mail's. Filters mind
		// it only in a part without a character set of its own (SpamAssassin's MIME_BASE64_TEXT); nodemailer names utf-8.
		html: { content: message.html, contentTransferEncoding: 'base64' },
		text: message.text,
		headers: preparedHeaders(message.headers),
		// Nothing in a message makes this process read its files or call addresses.
		disableFileAccess: true,
		disableUrlAccess: true,
	} as MailData;
}

/**
 * Headers that must arrive byte for byte (addresses of List-Unsubscribe) go out as they are. nodemailer would encode
 * or fold others; it also removes line breaks from them.
 */
function preparedHeaders(headers: Record<string, string>) {
	return Object.entries(headers)
		.filter(([name]) => /^[A-Za-z][A-Za-z0-9-]*$/.test(name))
		.map(([key, value]) => (isPlainHeader(key, value) ? { key, value: { prepared: true, value } } : { key, value: withoutControls(value) }));
}
