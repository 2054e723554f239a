import { type FormDefinition, saveForms } from '../../../lib/forms/form';
import { FormLimits } from '../../../lib/forms/limits';
import { answerForm, type FormReply } from '../../../lib/forms/receive';
import { defaultSettings, type ShopSettings } from '../../../lib/model/settings';
import { openShop, type Shop } from '../record/shop';

export const secret = Buffer.alloc(32, 7);
export const shopOrigin = 'https://shop.example.com';

export const newsletter: FormDefinition = { id: 'newsletter', kind: 'sign_up', texts: {}, asks: ['email', 'firstName'] };
export const everything: FormDefinition = { id: 'all', kind: 'sign_up', texts: {}, asks: ['email', 'sms', 'whatsapp', 'firstName', 'topics'] };
export const back: FormDefinition = { id: 'back-in-stock', kind: 'back_in_stock', texts: {} };
export const profile: FormDefinition = {
	id: 'profile',
	kind: 'profile',
	texts: {},
	questions: [
		{ type: 'firstName' },
		{ type: 'birthday' },
		{ type: 'phone' },
		{ type: 'children' },
		{ type: 'choice', attribute: 'size', label: 'Which size do you wear?', choices: ['S', 'M', 'L'] },
		{ type: 'number', attribute: 'shoe size' },
		{ type: 'text', attribute: 'favourite tea' },
		{ type: 'yes_no', attribute: 'has a dog', label: 'A dog lives with us' },
	],
};
export const contact: FormDefinition = { id: 'contact', kind: 'contact', texts: {}, topics: ['My order', 'Something else'] };

type Values = Record<string, unknown>;

/** A shop with its forms, and what asks for them. */
export class Desk {
	readonly shop: Shop;
	limits = new FormLimits();
	settings: ShopSettings = {
		...defaultSettings,
		name: 'Anna’s Tea House',
		country: 'AT',
		topics: [{ id: 'green', label: 'Green tea' }, { id: 'cups', label: 'Cups' }],
		tracking: { allowedOrigins: [shopOrigin], publicKey: 'key' },
	};

	private constructor(doubleOptIn: boolean) {
		this.shop = openShop();
		this.shop.doubleOptIn = doubleOptIn;
	}

	static async open({ doubleOptIn = false, forms = [newsletter, everything, back, profile, contact] }: { doubleOptIn?: boolean; forms?: FormDefinition[] } = {}): Promise<Desk> {
		const desk = new Desk(doubleOptIn);
		await saveForms(desk.shop.store, forms);
		return desk;
	}

	private ask(method: 'GET' | 'POST', query: Values, body: unknown, { origin, ip = '198.51.100.7' }: { origin?: string; ip?: string } = {}): Promise<FormReply> {
		const { store, record } = this.shop;
		const nowMs = this.shop.now();
		return answerForm({ method, query, body, headers: { host: 'n8n.example.com', ...(origin && { origin }) }, ip }, { id: 'tea', store, record, settings: this.settings, linkSecret: secret, limits: this.limits, machineNowMs: nowMs, journeyNowMs: nowMs });
	}

	get(query: Values, more?: { origin?: string; ip?: string }): Promise<FormReply> {
		return this.ask('GET', query, {}, more);
	}

	post(query: Values, body: unknown, more?: { origin?: string; ip?: string }): Promise<FormReply> {
		return this.ask('POST', query, body, more);
	}

	/** Opens a form, waits as a person does, and sends it. */
	async fillIn(query: Values, values: Values, more?: { origin?: string; ip?: string }): Promise<FormReply> {
		const token = tokenIn((await this.get(query, more)).body);
		this.shop.pass(5_000);
		return await this.post(query, { token, ...values }, more);
	}
}

/** The token in a form, as a page or for forms.js. */
export function tokenIn(body: string): string {
	return /name=\\?"token\\?" value=\\?"([\w.-]+)/.exec(body)![1];
}
