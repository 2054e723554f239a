import type { AttributeValue, ConsentFact, CustomerFacts, MessageChannel } from '../model/events';
import type { ConsentRecord, CustomerRecord } from '../model/records';
import { laterWord, mergeLatest, type Telling, type Told, withLatest } from './latest';

/** Fields of which the latest word counts. */
const profileFields = [
	'email',
	'phone',
	'shopCustomerId',
	'firstName',
	'lastName',
	'locale',
	'timezone',
	'country',
	'city',
	'postcode',
	'latitude',
	'longitude',
	'birthday',
	'children',
	'hasAccount',
	'tags',
] as const;
type Profile = Partial<Pick<CustomerRecord, (typeof profileFields)[number]>>;

/** More names of attributes and tags than this are not taken in. */
const maxNames = 200;

/**
 * Takes over what the event says of the customer: the latest word on each field, tag and attribute counts, whatever
 * order deliveries arrive in.
 * @param facts with address and number as `normaliseFacts` leaves them
 */
export function withFacts(customer: CustomerRecord, facts: CustomerFacts, at: Told, source: string): CustomerRecord {
	if (customer.erasedAtMs !== undefined) return customer;
	const said: Profile = {};
	for (const field of profileFields) if (facts[field] !== undefined && facts[field] !== '') Object.assign(said, { [field]: facts[field] });
	const { value, telling } = profileOf(customer);
	const profiled = Object.keys(said).length > 0 ? withProfile(customer, withLatest<Profile>(value, telling, said, at)) : customer;
	const next = withOwnWords(profiled, facts, at);
	const consent = { ...customer.consent };
	for (const [channel, fact] of consentsOf(facts)) consent[channel] = strongerConsent(consent[channel], { ...fact, source });
	return { ...next, consent };
}

function consentsOf({ emailConsent, smsConsent, whatsappConsent, pushConsent }: CustomerFacts): Array<[MessageChannel, ConsentFact]> {
	const all: Array<[MessageChannel, ConsentFact | undefined]> = [['email', emailConsent], ['sms', smsConsent], ['whatsapp', whatsappConsent], ['push', pushConsent]];
	return all.filter((entry): entry is [MessageChannel, ConsentFact] => entry[1] !== undefined);
}

const atSameMoment = { subscribed: 0, pending: 1, unsubscribed: 2 };

/** The newer of two consents. A yes and a no of the same moment: the no counts. */
export function strongerConsent(a: ConsentRecord | undefined, b: ConsentRecord): ConsentRecord {
	if (!a || b.atMs > a.atMs) return b;
	if (b.atMs < a.atMs) return a;
	if (a.status !== b.status) return atSameMoment[b.status] > atSameMoment[a.status] ? b : a;
	const told = ({ basis, source }: ConsentRecord) => `${basis} ${source}`;
	return told(b) > told(a) ? b : a;
}

/** The latest-word fields of a customer with the times at which they were told. */
export function profileOf(customer: CustomerRecord): { value: Profile; telling: Telling } {
	const value = Object.fromEntries(profileFields.filter((field) => customer[field] !== undefined).map((field) => [field, customer[field]]));
	return { value, telling: { newest: [customer.profileAtMs, customer.profileSequenceMs ?? 0], earlier: customer.profileEarlier } };
}

/** The customer with other latest-word fields. */
export function withProfile(customer: CustomerRecord, { value, telling }: { value: Profile; telling: Telling }): CustomerRecord {
	const [profileAtMs, profileSequenceMs] = telling.newest;
	const { profileEarlier: _earlier, profileSequenceMs: _sequence, ...rest } = customer;
	return { ...rest, ...value, profileAtMs, ...(profileSequenceMs !== 0 && { profileSequenceMs }), ...(telling.earlier && { profileEarlier: telling.earlier }) };
}

/** Both customers' latest-word fields, put together. */
export function mergeProfiles(a: CustomerRecord, b: CustomerRecord): { value: Profile; telling: Telling } {
	return mergeLatest(profileOf(a), profileOf(b));
}

/** Words that are kept one by one: a tag of ours (there: true, taken off: null) or an attribute. By `tag:` or `attribute:` and its name. */
type OwnWords = Map<string, { value: AttributeValue | null; at: Told }>;

function ownWordsOf({ ownTags = [], attributes = {}, toldAt = {} }: CustomerRecord): OwnWords {
	const words: OwnWords = new Map(Object.entries(toldAt).map(([name, at]) => [name, { value: null, at }]));
	for (const tag of ownTags) words.set(`tag:${tag}`, { value: true, at: toldAt[`tag:${tag}`] });
	for (const [name, value] of Object.entries(attributes)) words.set(`attribute:${name}`, { value, at: toldAt[`attribute:${name}`] });
	return words;
}

function withWords(customer: CustomerRecord, words: OwnWords): CustomerRecord {
	const { ownTags: _tags, attributes: _attributes, toldAt: _toldAt, ...rest } = customer;
	if (words.size === 0) return rest;
	const present = [...words].filter(([, { value }]) => value !== null);
	const ownTags = present.filter(([name]) => name.startsWith('tag:')).map(([name]) => name.slice('tag:'.length)).sort();
	const attributes = present.filter(([name]) => name.startsWith('attribute:')).map(([name, { value }]) => [name.slice('attribute:'.length), value as AttributeValue] as const);
	return {
		...rest,
		...(ownTags.length > 0 && { ownTags }),
		...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
		toldAt: Object.fromEntries([...words].map(([name, { at }]) => [name, at])),
	};
}

function withOwnWords(customer: CustomerRecord, { tagsAdded = [], tagsRemoved = [], attributes = {} }: CustomerFacts, at: Told): CustomerRecord {
	if (tagsAdded.length + tagsRemoved.length + Object.keys(attributes).length === 0) return customer;
	const words = ownWordsOf(customer);
	const say = (name: string, value: AttributeValue | null) => {
		const known = words.get(name);
		if (known) words.set(name, laterWord(known, { value, at }));
		else if (words.size < maxNames) words.set(name, { value, at });
	};
	for (const tag of tagsAdded) say(`tag:${tag}`, true);
	for (const tag of tagsRemoved) say(`tag:${tag}`, null);
	for (const [name, value] of Object.entries(attributes)) say(`attribute:${name}`, value);
	return withWords(customer, words);
}

/** The customer with the other one's tags of ours and attributes: of each the latest word. */
export function withMergedWords(customer: CustomerRecord, other: CustomerRecord): CustomerRecord {
	const words = ownWordsOf(customer);
	for (const [name, word] of ownWordsOf(other)) words.set(name, words.has(name) ? laterWord(words.get(name)!, word) : word);
	return withWords(customer, words);
}
