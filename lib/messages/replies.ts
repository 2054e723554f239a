import { indexes, keys, type CustomerRecord, type EnrolmentRecord } from '../model/records';
import { kindOf } from '../record/belongings';
import { normaliseEmail } from '../record/identity';
import type { Store } from '../store/store';

/** Replies to our mails, as n8n's Email Trigger (IMAP) hands them on. */

export interface ReceivedMail {
	/** Lower case. */
	from?: string;
	/** Its own Message-ID. */
	messageId?: string;
	/** Message-IDs it refers to, the one it replies to first. */
	refersTo: string[];
	subject: string;
	/** Without what it quotes. */
	text: string;
	/** Lower-case names. */
	headers: Record<string, string>;
}

type Fields = Record<string, unknown>;
const fieldsOf = (value: unknown): Fields => (value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : Array.isArray(value) ? value.filter((part) => typeof part === 'string').join(' ') : '');
const idsIn = (text: string): string[] => text.match(/<[^<>\s]+>/g) ?? [];

/** Longer mails are cut off: what somebody wants is said in the first words. */
const maxText = 2_000;

/** Reads an item of Email Trigger (IMAP), in its formats Simple (`metadata`, `textPlain`) and Resolved (`headers`, `text`). */
export function readMail(json: Record<string, unknown>): ReceivedMail {
	const raw = { ...fieldsOf(json.metadata), ...fieldsOf(json.headers) };
	const headers = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name.toLowerCase(), textOf(value) || textOf(fieldsOf(value).value)]));
	const [sender] = Array.isArray(fieldsOf(json.from).value) ? (fieldsOf(json.from).value as unknown[]) : [];
	const from = normaliseEmail(textOf(fieldsOf(sender).address) || addressIn(textOf(json.from)));
	const own = idsIn(textOf(json.messageId) || (headers['message-id'] ?? ''))[0];
	const inReplyTo = idsIn(textOf(json.inReplyTo) || (headers['in-reply-to'] ?? ''));
	// The last one is the nearest.
	const references = idsIn(textOf(json.references) || (headers.references ?? '')).reverse();
	return {
		...(from && { from }),
		...(own && { messageId: own }),
		refersTo: [...new Set([...inReplyTo, ...references])].slice(0, 50),
		subject: textOf(json.subject),
		text: ownWords(textOf(json.textPlain) || textOf(json.text)),
		headers,
	};
}

const addressIn = (from: string) => /<([^<>\s]+@[^<>\s]+)>\s*$/.exec(from)?.[1] ?? from;

/** What the sender wrote: up to the quoted mail. */
function ownWords(text: string): string {
	const lines = text.slice(0, 20_000).split(/\r?\n/);
	const end = lines.findIndex((line, index) => /^(>|-{2,} ?(Original|Forwarded|Ursprüngliche)|_{10,}|--\s*$)/.test(line) || (/:\s*$/.test(line) && /^>/.test((lines[index + 1] || lines[index + 2]) ?? '')));
	return (end === -1 ? lines : lines.slice(0, end)).join('\n').trim().slice(0, maxText);
}

/**
 * Whether no person wrote it: an out-of-office note, a bounce, a list (RFC 3834 § 2 and 5, and what was in use before it). A
 * customer who is away has answered nothing.
 */
export function isAutomatic({ from, headers }: Pick<ReceivedMail, 'from' | 'headers'>): boolean {
	const submitted = (headers['auto-submitted'] ?? '').trim().toLowerCase();
	if (submitted !== '' && !/^no\b/.test(submitted)) return true;
	if (/^(bulk|junk|list|auto_reply)\b/i.test((headers.precedence ?? '').trim())) return true;
	if (['x-autoreply', 'x-autorespond', 'x-auto-reply', 'x-mailer-autoreply', 'list-id', 'x-failed-recipients'].some((name) => headers[name] !== undefined)) return true;
	if (/multipart\/report/i.test(headers['content-type'] ?? '') || (headers['return-path'] ?? '').trim() === '<>') return true;
	return /^(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@/i.test(from ?? '');
}

/** How many of a customer's journeys are looked through, the newest first. */
const maxLooked = 2_000;

/**
 * The message of a journey that a mail replies to, by our Message-ID: looked for among the customer's own enrolments, so that sending need
 * not write an index for the few mails that are answered. Null where none is found (a campaign, or another mail of the shop).
 */
export async function findReplied(store: Store, customer: CustomerRecord, messageIds: string[]): Promise<{ enrolment: string; sendKey: string; step: number } | null> {
	if (messageIds.length === 0) return null;
	const owned = (await store.walk(indexes.belongings(customer.id), { limit: maxLooked })).filter(({ key }) => kindOf(key) === 'enrolment').map(({ key }) => key);
	const all = [...new Set([...Object.keys(customer.open).map(keys.enrolment), ...owned.reverse()])].slice(0, 1_000);
	const enrolments = all.length > 0 ? await store.read<EnrolmentRecord>(all) : [];
	const sends = enrolments.flatMap(({ value }) => (value ? Object.entries(value.sends).map(([sendKey, send]) => ({ enrolment: value.id, sendKey, send })) : []));
	for (const id of messageIds) {
		const found = sends.find(({ send }) => send.messageId === id);
		if (found) return { enrolment: found.enrolment, sendKey: found.sendKey, step: found.send.step + 1 };
	}
	return null;
}
