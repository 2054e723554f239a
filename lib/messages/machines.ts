import { isbot } from 'isbot';

/**
 * Who opened or clicked: a person, or a machine that looks at mail before or instead of the person. What machines do is
 * recorded and counted apart, because it is nobody's interest.
 */

/** A request for the open picture, or for a link. */
export interface Visit {
	what: 'open' | 'click';
	/** By lower-case name. */
	headers: Record<string, string | string[] | undefined>;
	/** HEAD asks whether a link works, which no reader does. */
	isHead?: boolean;
	/** The link is one that no person sees. */
	isTrap?: boolean;
	/** How long ago the message left, in ms; absent when that is not known. */
	sinceSentMs?: number;
	/** Clicks on other links of the same message, and how long ago each was, in ms. */
	others?: Array<{ agoMs: number; isTrap: boolean }>;
}

/** By what it was told. */
export type MachineSign = 'trap' | 'head' | 'prefetch' | 'privacy_proxy' | 'user_agent' | 'burst';

/** Nobody reads a page and comes back for another link within this. */
const burstMs = 2_000;
/** Scanners look at a message as it arrives. */
const arrivalMs = 10_000;
/** A scanner that took the trap is at work for about as long. */
const trappedMs = 60_000;

/** Browsers say so when they fetch what nobody has asked for yet (Fetch standard's Sec-Purpose, and the names before it). */
const purposeHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/** Mailbox providers that fetch a picture when the reader opens the mail, in the reader's place: Gmail, and Yahoo with AOL. */
const imageProxies = /GoogleImageProxy|YahooMailProxy/i;
/** Mail programs that call themselves by one word, as scripts do. */
const mailPrograms = /^(?:Airmail|SamsungEmail|Outlook-(?:iOS|Android)|Thunderbird|Spark|MailMate|Postbox|eM ?Client|Mailspring)\b/i;
/** Apple's Mail Privacy Protection, which loads all pictures of all mail: exactly this and nothing more. */
const applePrivacy = 'Mozilla/5.0';
/** Gmail fetches with this before the mail is shown at all, while its reader is signed in. */
const gmailPrefetch = /Chrome\/42\.0\.2311\.135 Safari\/537\.36 Edge\/12\.246 Mozilla\/5\.0$/;
/** Products that look for harm behind links, where `isbot` does not know them. */
const scanners = /barracuda|proofpoint|mimecast|safe-?links|microsoft-?(?:defender|urlanalyzer|cryptoapi)|microsoft defender|smartscreen|bingpreview|fireeye|trellix|symantec|messagelabs|sophos|ironport|trend ?micro|forcepoint|fortimail|fortiguard|zscaler|mcafee|kaspersky|bitdefender|cloudmark|vade ?secure|hornetsecurity|checkpoint|urlscan|phishtank|virustotal/i;

/** By which sign it looks like a machine, or null for a person. Somebody who hides well is a person to us. */
export function looksLikeMachine({ what, headers, isHead = false, isTrap = false, sinceSentMs, others = [] }: Visit): MachineSign | null {
	if (isTrap || others.some((other) => other.isTrap && other.agoMs <= trappedMs)) return 'trap';
	if (isHead) return 'head';
	if (purposeHeaders.some((name) => /prefetch|preview|prerender/i.test(textOf(headers[name])))) return 'prefetch';
	const userAgent = textOf(headers['user-agent']).trim();
	if (what === 'open') return openSign(userAgent);
	// Browsers always say what they are.
	if (userAgent === '' || scanners.test(userAgent) || isbot(userAgent)) return 'user_agent';
	const within = sinceSentMs !== undefined && sinceSentMs <= arrivalMs ? arrivalMs : burstMs;
	return others.some(({ agoMs }) => agoMs <= within) ? 'burst' : null;
}

function openSign(userAgent: string): MachineSign | null {
	if (imageProxies.test(userAgent) || mailPrograms.test(userAgent)) return null;
	if (userAgent === applePrivacy || gmailPrefetch.test(userAgent)) return 'privacy_proxy';
	return userAgent === '' || scanners.test(userAgent) || isbot(userAgent) ? 'user_agent' : null;
}

function textOf(header: string | string[] | undefined): string {
	return Array.isArray(header) ? header.join(', ') : (header ?? '');
}

interface Click {
	link: string;
	atMs: number;
	isTrap: boolean;
}

/** More messages than this are not remembered at once; each takes about 200 bytes. */
const maxMessages = 10_000;
const maxClicks = 20;

/** The latest clicks of each message, as far as this process saw them: what a burst is told by. Machine time. */
export class RecentClicks {
	/** In the order of their last click. */
	private readonly byMessage = new Map<string, Click[]>();

	/** Remembers a click, and returns those before it on other links of the same message. */
	add(message: string, link: string, isTrap: boolean, nowMs: number): NonNullable<Visit['others']> {
		const before = (this.byMessage.get(message) ?? []).filter(({ atMs }) => nowMs - atMs <= trappedMs);
		this.byMessage.delete(message);
		this.byMessage.set(message, [...before.filter((click) => click.link !== link || click.isTrap), { link, atMs: nowMs, isTrap }].slice(-maxClicks));
		if (this.byMessage.size > maxMessages) this.byMessage.delete(this.byMessage.keys().next().value!);
		return before.filter((click) => click.link !== link).map((click) => ({ agoMs: nowMs - click.atMs, isTrap: click.isTrap }));
	}
}
