import { z } from 'zod/v4';
import { ShopJourneysError } from '../model/errors';
import { keys } from '../model/records';
import type { Store } from '../store/store';
import { transact } from '../store/transaction';
import type { PopUp } from './embedded';

/** The forms of a shop: what the operator defined on Message Webhook Trigger, kept in the store so that any process serves them. */

export const formKinds = ['sign_up', 'back_in_stock', 'profile', 'contact'] as const;
export type FormKind = (typeof formKinds)[number];

/** What a sign-up form may ask for. `email`, `sms` and `whatsapp` are channels, each with a consent of its own. */
export const signUpAsks = ['email', 'sms', 'whatsapp', 'firstName', 'topics'] as const;
export type SignUpAsk = (typeof signUpAsks)[number];

/** What a profile form may ask: a field of the customer, or an attribute of any name. */
export const questionTypes = ['firstName', 'phone', 'birthday', 'children', 'choice', 'text', 'number', 'yes_no'] as const;
export type QuestionType = (typeof questionTypes)[number];

/** Short enough for an address, and unlike anything that needs quoting. */
export const formId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
const line = z.string().max(200);
const paragraph = z.string().max(2_000);

const question = z.object({
	type: z.enum(questionTypes),
	/** With `choice`, `text`, `number` and `yes_no`: the attribute that the answer becomes. */
	attribute: z.string().regex(/^[\p{L}\p{N}_][\p{L}\p{N}_ -]{0,39}$/u).optional(),
	/** Absent: the built-in words. */
	label: line.optional(),
	/** With `choice`. */
	choices: z.array(line.min(1)).max(40).optional(),
	isRequired: z.boolean().optional(),
});
export type Question = z.infer<typeof question>;

/** Words of the operator's that stand in place of the built-in ones, in every language. */
const texts = z.object({
	title: line,
	text: paragraph,
	button: line,
	doneTitle: line,
	doneText: paragraph,
	emailConsent: paragraph,
	smsConsent: paragraph,
	whatsappConsent: paragraph,
}).partial();
export type FormTexts = z.infer<typeof texts>;

const popUp = z.object({
	afterSeconds: z.number().min(0).max(3_600).optional(),
	onLeave: z.boolean().optional(),
	everyDays: z.number().min(0).max(365),
}) satisfies z.ZodType<PopUp>;

export const formDefinition = z.object({
	id: formId,
	kind: z.enum(formKinds),
	texts,
	popUp: popUp.optional(),
	/** With `sign_up`: at least one channel. */
	asks: z.array(z.enum(signUpAsks)).optional(),
	/** With `sign_up`: a box to tick even where only one channel is asked for. */
	hasBoxes: z.boolean().optional(),
	/** With `profile`. */
	questions: z.array(question).max(20).optional(),
	/** With `profile`: whom a signed link names is asked the first question that is not answered yet, and no other. */
	oneAtATime: z.boolean().optional(),
	/** With `contact`: what it may be about. */
	topics: z.array(line.min(1)).max(30).optional(),
});
export type FormDefinition = z.infer<typeof formDefinition>;

export interface FormsRecord {
	forms: FormDefinition[];
}

/** Replaces the forms of a shop. */
export async function saveForms(store: Store, forms: FormDefinition[]): Promise<void> {
	await transact(store, async (tx) => {
		await tx.load([keys.forms]);
		const next: FormsRecord = { forms };
		if (JSON.stringify(tx.get<FormsRecord>(keys.forms)) !== JSON.stringify(next)) tx.set(keys.forms, next);
	});
}

export async function loadForms(store: Store): Promise<FormDefinition[]> {
	const [{ value }] = await store.read<FormsRecord>([keys.forms]);
	return value?.forms ?? [];
}

/** @throws PARAMETER_INVALID naming the form and what is wrong with it */
export function checkForms(forms: FormDefinition[]): FormDefinition[] {
	const wrong = (id: string, what: string) => new ShopJourneysError('PARAMETER_INVALID', `Form "${id}": ${what}`);
	const seen = new Set<string>();
	return forms.map((given) => {
		const { success, data, error } = formDefinition.safeParse(given);
		if (!success && error.issues[0].path[0] === 'id') throw wrong(String(given.id), 'a form ID has 1 to 40 small letters, digits and hyphens, like "newsletter"');
		if (!success) throw wrong(given.id, `${error.issues[0].path.join(' ')} is not as it should be: ${error.issues[0].message}`);
		if (seen.has(data.id)) throw wrong(data.id, 'there are two forms with this ID');
		seen.add(data.id);
		if (data.kind === 'sign_up' && !data.asks?.some((ask) => ask !== 'firstName' && ask !== 'topics')) throw wrong(data.id, 'it asks for no address: add E-Mail, SMS or WhatsApp under "Asks For"');
		if (data.kind === 'profile' && !data.questions?.length) throw wrong(data.id, 'it has no question');
		for (const { type, attribute, choices } of data.questions ?? []) {
			if (isAttribute(type) && !attribute) throw wrong(data.id, 'a question of its own needs the name of the attribute that its answer becomes');
			if (type === 'choice' && !choices?.length) throw wrong(data.id, `the question "${attribute}" has nothing to choose from`);
		}
		return data;
	});
}

/** Whether the answer becomes an attribute, rather than a field that every customer has. */
export function isAttribute(type: QuestionType): boolean {
	return type === 'choice' || type === 'text' || type === 'number' || type === 'yes_no';
}
