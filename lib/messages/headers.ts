import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';

export interface UnsubscribeTargets {
	/** Takes a POST with `List-Unsubscribe=One-Click` and needs no further click. */
	oneClickUrl?: string;
	/** An address; a mail to it asks for the same. */
	mailto?: string;
}

/** RFC 5322 § 2.1.1: a line has at most 998 characters. These headers are sent unfolded, so that is the limit of a value. */
const maxLineLength = 998;

/**
 * The headers of a message besides those that the channel writes itself.
 *
 * - `List-Unsubscribe` (RFC 2369) names the one-click address first, then the mail address. One line, unfolded: a fold
 *   inside an address would be legal nowhere, and some receivers do not unfold.
 * - `List-Unsubscribe-Post` (RFC 8058 § 3.1) only beside an https address, as the RFC requires.
 * - `Auto-Submitted: auto-generated` (RFC 3834 § 5): asks holiday notices not to answer the person in Reply-To.
 *
 * Addresses that do not fit (not http(s), too long) are left out, never cut.
 */
export function messageHeaders({ oneClickUrl, mailto }: UnsubscribeTargets = {}): Record<string, string> {
	const headers: Record<string, string> = { 'Auto-Submitted': 'auto-generated' };
	const url = headerUrl(oneClickUrl);
	const address = mailto && isMailAddress(mailto) ? `mailto:${encodeURI(mailto)}?subject=unsubscribe` : '';
	const targets = [url, address].filter(Boolean).map((target) => `<${target}>`);
	if (targets.length === 0) return headers;
	headers['List-Unsubscribe'] = targets.join(', ');
	if (url.startsWith('https:')) headers['List-Unsubscribe-Post'] = 'List-Unsubscribe=One-Click';
	return headers;
}

function headerUrl(value: string | undefined): string {
	if (!value) return '';
	try {
		const url = new URL(value);
		if (url.protocol !== 'https:' && url.protocol !== 'http:') return '';
		// A comma separates list entries for readers that do not mind the angle brackets.
		const encoded = url.href.replace(/[,<>()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
		return encoded.length <= maxLineLength / 2 + 20 ? encoded : '';
	} catch {
		return '';
	}
}

/**
 * The Message-ID of a send: the same key gives the same id, so that a message sent twice can be told by whoever
 * receives it. The key itself, which names a customer, is not readable in it.
 * @param domain of the sender's address.
 */
export function messageIdFor(sendKey: string, domain: string): string {
	const host = domainToASCII(domain.trim().toLowerCase());
	const left = createHash('sha256').update(sendKey).digest('base64url').slice(0, 32);
	// A local part must not start or end with a dot; base64url has none.
	return `<${left}@${/^[a-z0-9.-]+$/.test(host) ? host : 'shop-journeys.invalid'}>`;
}

export interface Mailbox {
	name: string;
	address: string;
}

/**
 * Reads `Name <address>`, `"Na, me" <address>` or an address alone; undefined when it is no single valid address.
 * An unquoted name holds no `@`, `,` or `:`, lest two addresses read as a name and one.
 */
export function parseMailbox(value: string): Mailbox | undefined {
	const match = /^ *(?:"((?:[^"\\\p{Cc}]|\\[^\p{Cc}])*)"|([^<>"@,:;\p{Cc}]*)) *<([^<>\s]+)> *$/u.exec(value);
	const address = (match ? match[3] : value).trim();
	if (!isMailAddress(address)) return undefined;
	const name = match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2] ?? '';
	return { name: name.trim(), address };
}

/** A line break in a name or subject would start a header of the sender's choosing. */
export function withoutControls(value: string): string {
	return value.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

const localPart = /^[^\s@<>()[\],;:\\"\p{Cc}]{1,64}$/u;
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?$/u;

/**
 * Whether it is one address as mailboxes have them (RFC 5321 § 4.1.2, without quoted local parts and literal IP
 * addresses, which customers do not have). International addresses count.
 */
export function isMailAddress(value: string): boolean {
	if (value.length > 254) return false;
	const at = value.lastIndexOf('@');
	const labels = value.slice(at + 1).split('.');
	return at > 0 && localPart.test(value.slice(0, at)) && labels.length > 1 && labels.every((label) => domainLabel.test(label));
}

/** Whether a header may go out as it is: a proper name, one printable ASCII line that needs no folding. */
export function isPlainHeader(name: string, value: string): boolean {
	return /^[A-Za-z][A-Za-z0-9-]*$/.test(name) && /^[\x20-\x7e]+$/.test(value) && name.length + 2 + value.length <= maxLineLength;
}
