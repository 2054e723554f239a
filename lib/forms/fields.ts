import { phrase } from '../messages/words';
import type { CustomerRecord } from '../model/records';
import type { ShopSettings } from '../model/settings';
import { type FormDefinition, isAttribute, type Question } from './form';
import type { FormWords } from './words';

/** How many children a profile form has room for. */
export const mostChildren = 3;
/** A field for robots: people do not see it, and leave it empty. */
export const trapName = 'website';

export type FieldType = 'email' | 'phone' | 'name' | 'text' | 'message' | 'date' | 'number' | 'choice' | 'choices' | 'box' | 'statement' | 'child';

/** One field of a form, as it is shown and read. */
export interface FormField {
	/** In the form: letters and digits. */
	name: string;
	type: FieldType;
	label: string;
	isRequired: boolean;
	help?: string;
	/** With `choice` and `choices`. */
	options?: Array<{ value: string; label: string }>;
	/** With `child`: the labels of its two parts. */
	parts?: { name: string; birthday: string };
	/** Values of `autocomplete`. */
	autocomplete?: string;
	/** With `box` and `statement`: the channel that is agreed to; `label` is the text of the consent. */
	channel?: ConsentChannel;
	/** What the answer becomes, with profile questions. */
	question?: Question;
}

export type ConsentChannel = 'email' | 'sms' | 'whatsapp';
const consentChannels: ConsentChannel[] = ['email', 'sms', 'whatsapp'];

/**
 * The fields of a form, from top to bottom.
 * @param isProven a signed link says whose form it is: no address is asked for
 * @param only of a profile form: the number of the question that alone is asked
 */
export function fieldsOf(form: FormDefinition, words: FormWords, settings: Pick<ShopSettings, 'name' | 'topics'>, isProven: boolean, only?: number): FormField[] {
	const { labels } = words;
	const email: FormField = { name: 'email', type: 'email', label: labels.email, isRequired: true, autocomplete: 'email' };
	const firstName: FormField = { name: 'firstName', type: 'name', label: labels.firstName, isRequired: false, autocomplete: 'given-name' };
	switch (form.kind) {
		case 'sign_up': {
			const { asks = [] } = form;
			const channels = consentChannels.filter((channel) => asks.includes(channel));
			const asksPhone = channels.some((channel) => channel !== 'email');
			const isOnly = !(channels.includes('email') && asksPhone);
			const topics = asks.includes('topics') ? (settings.topics ?? []) : [];
			return [
				...(asks.includes('firstName') ? [firstName] : []),
				...(channels.includes('email') && !isProven ? [{ ...email, isRequired: isOnly }] : []),
				...(asksPhone ? [{ ...phoneField(words), isRequired: isOnly }] : []),
				...(topics.length > 0 ? [{ name: 'topics', type: 'choices' as const, label: labels.topics, isRequired: false, options: topics.map(({ id, label }) => ({ value: id, label })) }] : []),
				...channels.map((channel) => consentField(channel, form, words, settings, channels.length > 1 || form.hasBoxes === true)),
			];
		}
		case 'back_in_stock':
			return isProven ? [] : [email];
		case 'profile':
			return [...(isProven ? [] : [email]), ...(form.questions ?? []).flatMap((question, index) => (only === undefined || index === only ? questionFields(question, index, words) : []))];
		case 'contact': {
			const { topics = [] } = form;
			return [
				firstName,
				...(isProven ? [] : [email]),
				...(topics.length > 0 ? [{ name: 'topic', type: 'choice' as const, label: labels.topic, isRequired: true, options: topics.map((topic) => ({ value: topic, label: topic })) }] : []),
				{ name: 'message', type: 'message', label: labels.message, isRequired: true },
			];
		}
	}
}

function phoneField({ labels }: FormWords): FormField {
	return { name: 'phone', type: 'phone', label: labels.phone, isRequired: false, help: labels.phoneHelp, autocomplete: 'tel' };
}

/** The number of the first question that the customer has not answered, the first is 0; undefined when all are. */
export function openQuestion({ questions = [] }: FormDefinition, customer: CustomerRecord | null): number | undefined {
	const isOpen = ({ type, attribute = '' }: Question) => {
		if (isAttribute(type)) return !Object.hasOwn(customer?.attributes ?? {}, attribute);
		const known = customer?.[type as 'firstName' | 'phone' | 'birthday' | 'children'];
		return known === undefined || known.length === 0;
	};
	const index = questions.findIndex(isOpen);
	return index < 0 ? undefined : index;
}

/** What a message may ask for by a link to a profile form. */
const askedByMail = ['birthday', 'phone'] as const;

/** The first of them that the form asks and that is not known of the customer, and the number of its question; undefined where nothing is missing. */
export function missingAnswer({ questions = [] }: FormDefinition, customer: Partial<Pick<CustomerRecord, 'birthday' | 'phone'>>): { asks: (typeof askedByMail)[number]; question: number } | undefined {
	for (const asks of askedByMail) {
		const question = questions.findIndex(({ type }) => type === asks);
		if (question >= 0 && !customer[asks]) return { asks, question };
	}
	return undefined;
}

/** A single channel needs no box: who presses the button has read what it means. Boxes are never ticked beforehand. */
function consentField(channel: ConsentChannel, { texts }: FormDefinition, words: FormWords, { name: shop }: Pick<ShopSettings, 'name'>, hasBox: boolean): FormField {
	const text = phrase(texts[`${channel}Consent`] || words.consents[channel], { shop });
	return { name: `${channel}Consent`, type: hasBox ? 'box' : 'statement', label: text, isRequired: false, channel };
}

function questionFields(question: Question, index: number, words: FormWords): FormField[] {
	const { labels } = words;
	const { type, isRequired = false, choices = [] } = question;
	const own = { name: `q${index}`, label: question.label || question.attribute || '', isRequired, question };
	switch (type) {
		case 'firstName':
			return [{ ...own, type: 'name', label: question.label || labels.firstName, autocomplete: 'given-name' }];
		case 'phone':
			return [{ ...phoneField(words), ...own, type: 'phone', label: question.label || labels.phone }];
		case 'birthday':
			return [{ ...own, type: 'date', label: question.label || labels.birthday, autocomplete: 'bday' }];
		case 'children':
			return Array.from({ length: mostChildren }, (_, child) => ({
				...own,
				name: `${own.name}c${child}`,
				type: 'child' as const,
				isRequired: isRequired && child === 0,
				label: `${question.label || labels.children} ${child + 1}`,
				parts: { name: labels.childName, birthday: labels.childBirthday },
			}));
		case 'choice':
			return [{ ...own, type: 'choice', options: choices.map((choice) => ({ value: choice, label: choice })) }];
		case 'yes_no':
			return [{ ...own, type: 'box' }];
		case 'text':
		case 'number':
			return [{ ...own, type }];
	}
}

/** The consents that a form asks for, word for word. */
export function consentTexts(fields: FormField[]): string[] {
	return fields.filter(({ channel }) => channel).map(({ label }) => label);
}

/** The attribute that a question's answer becomes, if it becomes one. */
export function attributeOf({ question }: FormField): string | undefined {
	return question && isAttribute(question.type) ? question.attribute : undefined;
}
