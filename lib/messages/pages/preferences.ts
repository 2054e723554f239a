import type { MessageChannel } from '../../model/events';
import type { CustomerRecord } from '../../model/records';
import type { ShopSettings } from '../../model/settings';
import { pickLocale, singleLine } from '../safe-text';
import { phrase } from '../words';
import { type PageLook, pageTemplate } from './layout';
import { pageLanguages, pageWordsFor } from './words';

/** `none`: leaves everything. */
export const frequencies = ['all', 'less', 'none'] as const;
export type Frequency = (typeof frequencies)[number];

/** What a customer wants to hear of, as the page shows it and takes it. */
export interface Preferences {
	/** Ids of the shop's topics. */
	topics: string[];
	/** Those that the customer agreed to. */
	channels: MessageChannel[];
	frequency: Frequency;
	/** A locale of `pageLanguages`. */
	language: string;
}

/** Over which ways the customer can be reached at all, and where that is, masked: the link may have been passed on. */
export function reachableOver({ email, phone, pushSubscriptions = [] }: Pick<CustomerRecord, 'email' | 'phone' | 'pushSubscriptions'>): Map<MessageChannel, string> {
	const ways = new Map<MessageChannel, string>();
	if (email) ways.set('email', maskedEmail(email));
	if (phone) ways.set('sms', maskedPhone(phone)).set('whatsapp', maskedPhone(phone));
	if (pushSubscriptions.length > 0) ways.set('push', '');
	return ways;
}

/** `anna@mail.example.com` is `a•••@mail.example.com`. */
function maskedEmail(email: string): string {
	const at = email.lastIndexOf('@');
	return `${Array.from(email)[0]}•••${email.slice(at)}`;
}

function maskedPhone(phone: string): string {
	return `••• ${phone.slice(-2)}`;
}

/**
 * What is set now. Who never chose topics hears of all.
 * @param locale the reader's
 */
export function preferencesOf(customer: CustomerRecord, { topics = [] }: Pick<ShopSettings, 'topics'>, locale: string): Preferences {
	const channels = [...reachableOver(customer).keys()].filter((channel) => customer.consent[channel]?.status === 'subscribed');
	const hasLeft = channels.length === 0 && Object.values(customer.consent).some((consent) => consent?.status === 'unsubscribed');
	const chosen = customer.preferences?.topics;
	return {
		topics: topics.map(({ id }) => id).filter((id) => chosen === undefined || chosen.includes(id)),
		channels,
		frequency: hasLeft ? 'none' : (customer.preferences?.frequency ?? 'all'),
		language: pageWordsFor(pickLocale(customer.locale, locale)).locale,
	};
}

/**
 * What a form says. What it does not offer, or says in another form than the page's, is left out.
 * @param body as posted: fields are texts or lists of texts, but anybody may send anything
 */
export function preferencesFrom(body: Record<string, unknown>, customer: CustomerRecord, { topics = [] }: Pick<ShopSettings, 'topics'>, before: Preferences): Preferences {
	const [asked, ways] = [listOf(body.topic), listOf(body.channel)];
	return {
		topics: topics.map(({ id }) => id).filter((id) => asked.includes(id)),
		channels: [...reachableOver(customer).keys()].filter((channel) => ways.includes(channel)),
		frequency: frequencies.find((frequency) => frequency === body.frequency) ?? before.frequency,
		language: [...pageLanguages().keys()].find((locale) => locale === body.language) ?? before.language,
	};
}

/** The texts of a form's field that may be given several times. */
export function listOf(field: unknown): string[] {
	return (Array.isArray(field) ? field : [field]).filter((value): value is string => typeof value === 'string');
}

interface Choice {
	value: string;
	label: string;
	hint?: string;
	isChosen: boolean;
}

const template = pageTemplate<{ text: string; token: string; words: PageLook['words']['preferences']; topics: Choice[]; channels: Choice[]; frequencies: Choice[]; languages: Choice[] }>(`<p>{{text}}</p>
<form method="post" action="?s={{token}}">
<input type="hidden" name="save" value="yes">
{{#if topics}}<fieldset><legend>{{words.topics}}</legend>
{{#each topics}}<label class="tick"><input type="checkbox" name="topic" value="{{value}}"{{#if isChosen}} checked{{/if}}><span>{{label}}</span></label>
{{/each}}</fieldset>{{/if}}
{{#if channels}}<fieldset><legend>{{words.channels}}</legend>
{{#each channels}}<label class="tick"><input type="checkbox" name="channel" value="{{value}}"{{#if isChosen}} checked{{/if}}><span>{{label}}<small dir="auto">{{hint}}</small></span></label>
{{/each}}</fieldset>{{/if}}
<fieldset><legend>{{words.frequency}}</legend>
{{#each frequencies}}<label class="tick"><input type="radio" name="frequency" value="{{value}}"{{#if isChosen}} checked{{/if}}><span>{{label}}{{#if hint}}<small>{{hint}}</small>{{/if}}</span></label>
{{/each}}</fieldset>
<fieldset><label><b>{{words.language}}</b><select name="language">{{#each languages}}<option value="{{value}}" lang="{{value}}"{{#if isChosen}} selected{{/if}}>{{label}}</option>{{/each}}</select></label></fieldset>
<button>{{words.button}}</button>
</form>`);

/** The preference centre: shows what is set now. */
export function preferencesPage(look: PageLook, { token, customer, settings, preferences }: { token: string; customer: CustomerRecord; settings: Pick<ShopSettings, 'topics'>; preferences: Preferences }): string {
	const { preferences: words, channels } = look.words;
	const labels: Record<Frequency, { label: string; hint?: string }> = { all: { label: words.all }, less: { label: words.less }, none: { label: words.none, hint: words.noneHint } };
	return template(look, {
		title: phrase(words.title, { shop: look.shopName }),
		text: words.text,
		token,
		words,
		topics: (settings.topics ?? []).map(({ id, label }) => ({ value: id, label: singleLine(label, 80), isChosen: preferences.topics.includes(id) })),
		channels: [...reachableOver(customer)].map(([channel, where]) => ({ value: channel, label: channels[channel], hint: where || words.browsers, isChosen: preferences.channels.includes(channel) })),
		frequencies: frequencies.map((frequency) => ({ value: frequency, ...labels[frequency], isChosen: preferences.frequency === frequency })),
		languages: [...pageLanguages().values()].map(({ locale, language }) => ({ value: locale, label: language, isChosen: preferences.language === locale })),
	});
}

const savedTemplate = pageTemplate<{ text: string; changeUrl: string; change: string }>(`<p>{{text}}</p>
<p><a href="{{changeUrl}}">{{change}}</a></p>
{{> shopLink}}`);

export function preferencesSavedPage(look: PageLook, token: string): string {
	const { savedTitle, savedText, change } = look.words.preferences;
	return savedTemplate(look, { title: savedTitle, text: phrase(savedText, { shop: look.shopName }), changeUrl: `?s=${token}`, change });
}
