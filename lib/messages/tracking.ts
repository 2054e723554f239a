import type { JourneyItem } from '../model/item';
import type { ShopSettings } from '../model/settings';
import { shopAdapters } from '../shops/registry';
import { confirmLifeMs, type LinkKind, type LinkPayload, signedUrl, signLink, trapUrl } from './links';
import { decodeEntities } from './plain-text';
import { webUrl } from './safe-text';
import { compileTemplate } from './templates';

/** Which message the links are of. */
export type LinkedMessage = Pick<LinkPayload, 'shop' | 'customerId' | 'channel' | 'enrolment' | 'campaign' | 'sendKey' | 'step'>;

/** Makes the signed links of one message. */
export class MessageLinker {
	/** @param address where Message Webhook Trigger listens, undefined where it is off or nobody could reach it. */
	constructor(
		private readonly secret: Buffer,
		private readonly message: LinkedMessage,
		readonly address: string | undefined,
		/** Machine time, for links that end. */
		private readonly nowMs: number,
	) {}

	/** A link of a kind, undefined while there is no address. `to`: see `LinkPayload.to`. @throws LINK_INVALID for ids of unusual length */
	link(kind: LinkKind, to?: string): string | undefined {
		if (!this.address) return undefined;
		return signedUrl(this.address, this.secret, { kind, ...this.message, to }, kind === 'confirm' ? { expiresAtMs: this.nowMs + confirmLifeMs } : {});
	}

	/** The signed part of a link alone, undefined while there is no address. @throws LINK_INVALID */
	token(kind: LinkKind): string | undefined {
		return this.address ? signLink(this.secret, { kind, ...this.message }) : undefined;
	}

	/** A click link on to a page; without an address the page itself. */
	click(to: string, shown?: ShownProduct): string {
		return this.address ? signedUrl(this.address, this.secret, { kind: 'click', ...this.message, to, ...shown }) : to;
	}

	/** A link that only machines follow. @param shopUrl where it leads */
	trap(shopUrl: string): string | undefined {
		return this.address && shopUrl ? trapUrl(this.address, this.secret, this.message, shopUrl) : undefined;
	}

	/** What travels with the message through a provider and names it. */
	reference(): string {
		return signLink(this.secret, { kind: 'message', ...this.message });
	}
}

/** What a page of the shop shows. */
export interface ShownProduct {
	productId?: string;
	category?: string;
}

/** The products whose pages an item names, by address. */
export function productsByUrl({ cart, order, product, picks }: Partial<JourneyItem>): Map<string, ShownProduct> {
	const shown = new Map<string, ShownProduct>();
	for (const { url, productId, category } of [...(cart?.items ?? []), ...(order?.items ?? [])]) if (url) shown.set(pageOf(url), { productId, category });
	for (const { url, id, category } of [...(picks ?? []), ...(product ? [product] : [])]) if (url) shown.set(pageOf(url), { productId: id, category });
	return shown;
}

/** Puts UTM parameters on links to the shop's own pages. */
export interface UtmTagger {
	/** The address with the parameters it does not have yet; as it is where it leads elsewhere. */
	tagged(url: string): string;
}

/** Undefined where the settings have no UTM parameters. @param campaign for messages outside a journey @throws TEMPLATE_INVALID */
export function utmFor({ utm, url, name, locale, timezone }: ShopSettings, { journey, cart, order }: Partial<JourneyItem>, campaign?: string): UtmTagger | undefined {
	if (!utm) return undefined;
	const context = { journey: journey ? { id: journey.id, name: journey.name, step: journey.step, stepName: journey.stepName } : {}, shop: { name }, campaign: campaign ?? '' };
	const parameters = {
		utm_source: utm.source,
		utm_medium: utm.medium,
		utm_campaign: compileTemplate(utm.campaign || defaultUtmCampaign, { field: 'UTM Campaign', mode: 'text' })(context, { locale, timezone }),
	};
	const given = Object.entries(parameters).filter(([, value]) => value.trim() !== '').map(([key, value]) => [key, `${key}=${encodeURIComponent(value.trim())}`]);
	const isOfShop = shopPages([url, cart?.url, order?.url]);
	return {
		tagged(target) {
			if (!isOfShop(target)) return target;
			const [, before, query = '', fragment = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(target)!;
			const missing = given.filter(([key]) => !query.includes(`${key}=`)).map(([, pair]) => pair);
			if (missing.length === 0) return target;
			// What stands there stays byte for byte: it may be signed.
			return `${before}${query ? `${query}${query.length > 1 ? '&' : ''}` : '?'}${missing.join('&')}${fragment}`;
		},
	};
}

/** Tells the shop's own pages by the addresses that it is known by. */
function shopPages(addresses: Array<string | undefined>): (target: string) => boolean {
	const hosts = addresses.map((address) => domainOf(address ?? '')).filter(Boolean);
	return (target) => {
		const domain = domainOf(target);
		return domain !== '' && hosts.some((host) => domain === host || domain.endsWith(`.${host}`));
	};
}

/** Lets links to the shop's own pages put the code of a message to use; undefined where it has none, or the shop documents no such link. */
export function codeLinkFor({ system, url }: ShopSettings, { cart }: Partial<JourneyItem>, code: string): ((target: string) => string) | undefined {
	const adapter = code ? shopAdapters.find(({ id }) => id === system) : undefined;
	if (!adapter?.discountLink) return undefined;
	const isOfShop = shopPages([url, cart?.url]);
	return (target) => (isOfShop(target) ? adapter.discountLink!(target, code) : target);
}

export const defaultUtmCampaign = '{{default journey.name campaign}}';

/** Without `www.`; '' where the address is unusual (a user name in it), which then counts as nobody's. Parsing it whole would cost more than all else here. */
function domainOf(address: string): string {
	return /^https?:\/\/(?:www\.)?([a-z0-9.-]+)(?=[:/?#]|$)/i.exec(address)?.[1].toLowerCase() ?? '';
}

const pages = new Map<string, string>();

/** The web address that is written in an attribute, or ''. Shops have few pages, mails many links. */
function pageOf(written: string): string {
	let page = pages.get(written);
	if (page === undefined) {
		page = webUrl(decodeEntities(written));
		if (pages.size >= 2000) pages.clear();
		pages.set(written, page);
	}
	return page;
}

export interface TrackingOptions {
	linker: MessageLinker;
	/** Opens and clicks are told by links that lead over Message Webhook Trigger. */
	countsClicks: boolean;
	utm?: UtmTagger;
	/** Puts the message's discount code into a link to the shop. */
	withCode?(target: string): string;
	products: Map<string, ShownProduct>;
	shopUrl: string;
}

const anchor = /(<(?:a|area)\b[^>]*?\shref\s*=\s*)(?:"([^"]*)"|'([^']*)')/gi;
const plainAddress = /https?:\/\/[^\s<>"]+/g;

/**
 * Leads the links of a rendered mail over Message Webhook Trigger and puts the picture at its end that says that it was opened.
 * What is ours already, `mailto:` and `tel:` stay as they are. Addresses in the plain text are read by people: they only get
 * their UTM parameters, and the code.
 */
export function withTracking({ html, text }: { html: string; text: string }, { linker, countsClicks, utm, withCode, products, shopUrl }: TrackingOptions): { html: string; text: string } {
	const isOurs = (url: string) => linker.address !== undefined && url.startsWith(linker.address);
	const isCounted = countsClicks && linker.address !== undefined;
	if (!isCounted && !utm && !withCode) return { html, text };
	const led = (url: string) => (withCode ?? asItIs)(utm?.tagged(url) ?? url);
	const replaced = new Map<string, string>();
	const targetOf = (written: string): string => {
		let target = replaced.get(written);
		if (target === undefined) {
			const url = pageOf(written);
			const tagged = url && !isOurs(url) ? led(url) : '';
			target = tagged && (isCounted ? linker.click(tagged, products.get(url)) : tagged === url ? '' : escaped(tagged));
			replaced.set(written, target);
		}
		return target;
	};
	const linked = html.replace(anchor, (whole, before: string, double?: string, single?: string) => {
		const target = targetOf(double ?? single ?? '');
		return target ? `${before}"${target}"` : whole;
	});
	return {
		html: isCounted ? withUnseen(linked, linker, shopUrl) : linked,
		text: utm || withCode ? text.replace(plainAddress, (address) => (isOurs(address) ? address : ledInText(address, led))) : text,
	};
}

/** An address in a sentence may be followed by its full stop or bracket. */
function ledInText(address: string, led: (url: string) => string): string {
	const [, url, rest] = /^(.*?)([).,;:!?]*)$/s.exec(address)!;
	return led(url) + rest;
}

const asItIs = (url: string) => url;

function escaped(url: string): string {
	return url.replace(/&/g, '&amp;').replace(/"/g, '&quot;');
}

/** The picture that tells of an opening, and the link that only machines find: it comes first, so that a scanner gives itself away before it follows others. */
function withUnseen(html: string, linker: MessageLinker, shopUrl: string): string {
	const trap = linker.trap(webUrl(shopUrl));
	const hidden = trap ? `<a href="${trap}" style="display:none;" tabindex="-1" aria-hidden="true"></a>` : '';
	const picture = `<img src="${linker.link('open')}" alt="" width="1" height="1" style="display:block;width:1px;height:1px;border:0;">`;
	const end = html.lastIndexOf('</body>');
	const pictured = inserted(html, end < 0 ? html.length : end, picture);
	const body = /<body\b[^>]*>/i.exec(html);
	return inserted(pictured, body ? body.index + body[0].length : pictured.length, hidden);
}

function inserted(text: string, at: number, part: string): string {
	return text.slice(0, at) + part + text.slice(at);
}
