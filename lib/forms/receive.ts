import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { readLink } from '../messages/links';
import { pageHeaders } from '../messages/pages';
import { pickLocale } from '../messages/safe-text';
import { phrase } from '../messages/words';
import { secondMs } from '../model/clock';
import { ShopJourneysError } from '../model/errors';
import { keys, type ProductRecord } from '../model/records';
import type { ShopSettings } from '../model/settings';
import { findCustomer, readCustomer } from '../record/identity';
import type { Recorder } from '../record/record';
import type { Store } from '../store/store';
import { eventsOf, type Submission } from './events';
import { consentTexts, fieldsOf, type FormField, openQuestion, trapName } from './fields';
import { type FormDefinition, loadForms } from './form';
import type { FormLimits } from './limits';
import { embeddedForm, formPage, type Said, type ShownForm } from './page';
import { readAnswers, type ReadForm, type Typed, typedOf } from './read';
import { formLifeMs, hashOfTexts, readForm, signForm } from './token';
import { type FieldError, type FormNotice, type FormWords, formWords, kindWords } from './words';

/** Query parameters of a form's address. */
export const formParameters = {
	form: 'f',
	/** The signed link of kind `preferences` that proves who fills it in. */
	proof: 'k',
	locale: 'l',
	product: 'product',
	variant: 'variant',
	/** With a profile form that asks one question at a time: which it asked. */
	question: 'q',
	/** The answer is for forms.js. */
	embedded: 'e',
} as const;

export interface FormRequest {
	method: 'GET' | 'POST';
	query: Record<string, unknown>;
	/** As parsed from the form. */
	body: unknown;
	headers: IncomingHttpHeaders;
	ip: string;
}

/** The shop whose form it is, and the times. */
export interface FormShop {
	id: string;
	store: Store;
	record: Recorder;
	settings: ShopSettings;
	linkSecret: Buffer | string;
	limits: FormLimits;
	machineNowMs: number;
	journeyNowMs: number;
}

export interface FormReply {
	status: number;
	headers: Record<string, string>;
	body: string;
	/** What was recorded, for the workflow. */
	item?: Record<string, string | string[]>;
}

/** Nobody fills in a form faster. */
const fastestMs = 1.5 * secondMs;
const longestId = 150;

/** One form in one request: what does not change while it is answered. */
interface Asked {
	form: FormDefinition;
	fields: FormField[];
	words: FormWords;
	shop: FormShop;
	isEmbedded: boolean;
	/** The origin of the page that embeds it. */
	origin?: string;
	customerId?: string;
	locale?: string;
	productId?: string;
	variantId?: string;
	productTitle?: string;
	/** Of a profile form that asks one question at a time. */
	question?: number;
}

/** Where a form is, on the address of Message Webhook Trigger. `proof`: a signed link of kind `preferences`, for forms in messages. `question`: of a profile form that asks one at a time. */
export function formLink(address: string, form: string, { proof, locale, product, variant, question }: { proof?: string; locale?: string; product?: string; variant?: string; question?: number } = {}): string {
	return address + queryOf({ form, locale, product, variant, proof, question: question?.toString() });
}

function queryOf(values: Partial<Record<keyof typeof formParameters, string>>): string {
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(formParameters[name as keyof typeof formParameters], value);
	return `?${query}`;
}

/**
 * Shows a form (GET) or takes it (POST). Only a POST changes anything, and whether an address is known to the shop cannot be
 * told from the answer.
 * @throws LINK_INVALID for a proof that was changed or has expired; STORE_UNAVAILABLE, STORE_BUSY
 */
export async function answerForm({ method, query, body, headers, ip }: FormRequest, shop: FormShop): Promise<FormReply> {
	const isEmbedded = query[formParameters.embedded] !== undefined;
	const { origin } = headers;
	const locale = localeOf(query[formParameters.locale]);
	const words = formWords(locale ?? shop.settings.locale);
	const refuse = (status: number, notice: FormNotice): FormReply => replyWith(status, { text: words.notices[notice], words }, { isEmbedded, shop, ...(notice !== 'foreign' && { origin }) });
	if (!mayAsk(origin, headers.host, isEmbedded, shop.settings)) return refuse(403, 'foreign');
	const id = textOf(query[formParameters.form]);
	const form = (await loadForms(shop.store)).find((other) => other.id === id);
	const productId = textOf(query[formParameters.product]);
	if (!form || (form.kind === 'back_in_stock' && !productId)) return refuse(404, 'unknown');
	const customerId = isEmbedded ? undefined : provenCustomer(query[formParameters.proof], shop);
	const [product] = productId ? await shop.store.read<ProductRecord>([keys.product(productId)]) : [];
	const isOneByOne = form.kind === 'profile' && form.oneAtATime === true && customerId !== undefined;
	// What is sent answers the question that was shown, whatever has become known meanwhile.
	const question = isOneByOne ? (questionNamed(form, query) ?? openQuestion(form, await readCustomer(shop.store, customerId))) : undefined;
	const asked: Asked = {
		form,
		fields: fieldsOf(form, words, shop.settings, customerId !== undefined, question),
		words,
		shop,
		isEmbedded,
		origin,
		customerId,
		locale,
		productId,
		variantId: textOf(query[formParameters.variant]),
		productTitle: product?.value?.title,
		question,
	};
	if (isOneByOne && question === undefined) return thank(asked);
	if (method === 'GET') return show(asked, query, 200);
	if (!shop.limits.takeNetwork(ip, shop.machineNowMs)) return show(asked, query, 429, { typed: typedOf(body), notice: 'limit' });
	return await take(asked, query, typedOf(body));
}

async function take(asked: Asked, query: Record<string, unknown>, typed: Typed): Promise<FormReply> {
	const { form, fields, shop, customerId, locale, productId, variantId } = asked;
	const token = readForm(shop.linkSecret, typed.token?.[0]);
	const ageMs = shop.machineNowMs - (token?.shownAtMs ?? 0);
	if (!token || token.shop !== shop.id || token.form !== form.id || ageMs > formLifeMs) return show(asked, query, 400, { typed, notice: 'expired' });
	// A robot is told what it wants to hear.
	if (typed[trapName]?.some((text) => text !== '')) return thank(asked);
	if (token.texts !== hashOfTexts(consentTexts(fields))) return show(asked, query, 409, { typed, notice: 'changed' });
	const again = { typed, token: typed.token[0] };
	const { answers, errors } = checked(form, fields, readAnswers(fields, typed, { country: shop.settings.country, today: new Date(shop.journeyNowMs).toISOString().slice(0, 10) }), typed);
	if (Object.keys(errors).length > 0) return show(asked, query, 422, { ...again, errors });
	if (ageMs < fastestMs) return show(asked, query, 429, { ...again, notice: 'tooFast' });
	const addresses = [answers.email, answers.phone, customerId].filter((address): address is string => typeof address === 'string');
	if (!shop.limits.takeAddresses(form.kind, addresses, shop.machineNowMs)) return show(asked, query, 429, { ...again, notice: 'limit' });

	const submission: Submission = { form, fields, answers, nonce: token.nonce, atMs: shop.journeyNowMs, customerId, locale, productId, variantId };
	const events = await eventsOf(submission, shop.store);
	const outcomes = [];
	for (const event of events) outcomes.push(await shop.record(event));
	if (outcomes.every((outcome) => outcome === 'duplicate')) return replyWith(409, { text: asked.words.notices.repeated, words: asked.words }, asked);
	return { ...thank(asked), item: await itemOf(submission, events[0].type, shop) };
}

/** What several fields together must give: an address, and a yes to messages at it. */
function checked({ kind }: FormDefinition, fields: FormField[], { answers, errors }: ReadForm, typed: Typed): ReadForm {
	if (kind !== 'sign_up') return { answers, errors };
	const found: Record<string, FieldError> = { ...errors };
	const isEmpty = (name: string) => (typed[name]?.[0] ?? '').trim() === '';
	const hasField = (name: string) => fields.some((field) => field.name === name);
	if (hasField('email') && hasField('phone') && isEmpty('email') && isEmpty('phone')) found.email = found.phone = 'either';
	const boxOf = (channels: string[]) => fields.filter(({ channel, type }) => type === 'box' && channels.includes(channel!));
	for (const [address, channels] of [['email', ['email']], ['phone', ['sms', 'whatsapp']]] as const) {
		const boxes = boxOf([...channels]);
		const isAsked = hasField(address) ? !isEmpty(address) : boxes.length > 0 && address === 'email';
		if (isAsked && boxes.length > 0 && !boxes.some(({ name }) => answers[name] === true)) found[boxes[0].name] = 'box';
	}
	return { answers, errors: found };
}

/** The form, for the first time or again; with a token of its own unless the one it came with is still good. */
function show(asked: Asked, query: Record<string, unknown>, status: number, given: Partial<Pick<ShownForm, 'typed' | 'errors' | 'notice' | 'token'>> = {}): FormReply {
	const { form, fields, words, shop, locale, productId, variantId, productTitle, question } = asked;
	const { titleOf, ...own } = kindWords(words, form.kind);
	const { texts } = form;
	const title = texts.title || (productTitle && titleOf ? phrase(titleOf, { product: productTitle }) : phrase(own.title, { shop: shop.settings.name }));
	const token = given.token ?? signForm(shop.linkSecret, { shop: shop.id, form: form.id, shownAtMs: shop.machineNowMs, nonce: randomBytes(12).toString('base64url'), texts: hashOfTexts(consentTexts(fields)) });
	const action = queryOf({ form: form.id, locale, product: productId, variant: variantId, proof: textOf(query[formParameters.proof], 4_000), question: question?.toString() });
	const shown: ShownForm = { typed: {}, errors: {}, ...given, title, text: texts.text || own.text, button: texts.button || own.button, fields, words, action, token };
	return replyWith(status, shown, asked);
}

function thank(asked: Asked): FormReply {
	const { form, words } = asked;
	const { doneTitle, doneText } = kindWords(words, form.kind);
	return replyWith(200, { title: form.texts.doneTitle || doneTitle, text: form.texts.doneText || doneText, words }, asked, true);
}

function replyWith(status: number, content: ShownForm | Said, { isEmbedded, shop, origin }: Pick<Asked, 'isEmbedded' | 'shop' | 'origin'>, isDone = false): FormReply {
	if (isEmbedded) {
		const headers = { ...pageHeaders, 'Content-Type': 'application/json; charset=utf-8', Vary: 'Origin', ...(origin && { 'Access-Control-Allow-Origin': origin }) };
		return { status, headers, body: JSON.stringify(embeddedForm(content, isDone, shop.settings)) };
	}
	return { status, headers: pageHeaders, body: formPage(content, shop.settings) };
}

/**
 * Forms are embedded in the shop's own pages only, and sent from there or from the page that we serve: which is sandboxed,
 * so that browsers call its origin "null".
 */
function mayAsk(origin: string | undefined, host: string | undefined, isEmbedded: boolean, { tracking }: ShopSettings): boolean {
	if (origin && tracking?.allowedOrigins.includes(origin)) return true;
	if (isEmbedded) return false;
	return origin === undefined || origin === 'null' || (URL.canParse(origin) && new URL(origin).host === host);
}

/** @throws LINK_INVALID */
function provenCustomer(proof: unknown, shop: FormShop): string | undefined {
	if (proof === undefined) return undefined;
	const link = readLink(String(proof), shop.linkSecret, shop.machineNowMs, 'preferences');
	if (link.shop !== shop.id) throw new ShopJourneysError('LINK_INVALID', 'This link belongs to another shop');
	return link.customerId;
}

/** What the workflow is started with: who, which form, and what a person has to read. */
async function itemOf({ form, answers, atMs, customerId, productId, variantId }: Submission, event: string, { id, store }: FormShop): Promise<Record<string, string | string[]>> {
	const { email, phone, firstName, topic, topics, message } = answers as Record<string, string | string[] | undefined>;
	const alias = email ? keys.alias('email', email as string) : phone && keys.alias('phone', phone as string);
	const found = alias ? await findCustomer(store, alias) : null;
	const hasSubscribed = event === 'consent_changed' && found?.consent.email?.status === 'subscribed' && found.consent.email.atMs === atMs;
	const said = { customerId: customerId ?? found?.id, email, phone, firstName, topic, topics, text: message, productId, variantId };
	return { event: hasSubscribed ? 'subscribed' : event, shop: id, form: form.id, ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Record<string, string>) };
}

/** The question that the form was shown with. */
function questionNamed({ questions = [] }: FormDefinition, query: Record<string, unknown>): number | undefined {
	const index = Number(textOf(query[formParameters.question], 2) ?? NaN);
	return Number.isInteger(index) && index >= 0 && index < questions.length ? index : undefined;
}

/** A text of the query that may become part of a key, or undefined. */
function textOf(value: unknown, limit = longestId): string | undefined {
	return typeof value === 'string' && value !== '' && value.length <= limit && !/\p{Cc}/u.test(value) ? value : undefined;
}

function localeOf(value: unknown): string | undefined {
	return typeof value === 'string' && value.length <= 35 && /^[a-z]{2,3}([-_][a-z0-9]{2,8})*$/i.test(value) ? pickLocale(value) : undefined;
}
