import fc from 'fast-check';
import { checkForms, type FormDefinition, saveForms } from '../../../lib/forms/form';
import { formLink } from '../../../lib/forms/receive';
import { formLifeMs, readForm, signForm } from '../../../lib/forms/token';
import { formWords } from '../../../lib/forms/words';
import { signLink } from '../../../lib/messages/links';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { ConsentFact } from '../../../lib/model/events';
import { indexes, keys } from '../../../lib/model/records';
import { readForms } from '../../../nodes/MessageWebhookTrigger/formFields';
import { customerByEmail, customerById, customerEvent, eventOf } from '../record/shop';
import { findCustomer } from '../../../lib/record/identity';
import { contact, Desk, newsletter, profile, secret, shopOrigin, tokenIn } from './desk';

const email = 'anna@example.com';
const consentText = 'Send me news and offers from Anna’s Tea House by e-mail. I can unsubscribe at any time with one click.';
let desk: Desk;

async function open(options: Parameters<typeof Desk.open>[0] = {}): Promise<Desk> {
	desk?.shop.hub.close();
	return (desk = await Desk.open(options));
}
beforeEach(() => open());
afterAll(() => desk.shop.hub.close());

const known = () => customerByEmail(desk.shop, email);
const logged = async () => (await desk.shop.store.readLog({ afterSeq: 0, limit: 1_000 })).map(({ type }) => type);
const proofOf = (customerId: string, shop = 'tea') => signLink(secret, { kind: 'preferences', shop, customerId, channel: 'email' });

describe('what a form becomes', () => {
	test('sign-up: a consent with the words that were shown, exactly', async () => {
		const reply = await desk.fillIn({ f: 'newsletter' }, { email: ' Anna@Example.com ', firstName: 'Anna' });
		expect([reply.status, reply.item]).toEqual([200, { event: 'subscribed', shop: 'tea', form: 'newsletter', customerId: (await known())!.id, email, firstName: 'Anna' }]);
		expect(await known()).toMatchObject({ email, firstName: 'Anna', consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'form', atMs: desk.shop.now(), note: 'Form "newsletter"', text: consentText } } });
		expect(await logged()).toEqual(expect.arrayContaining(['consent_changed', 'subscribed']));
	});

	test('sign-up in the language that was asked for, which is then the customer’s', async () => {
		await desk.fillIn({ f: 'newsletter', l: 'zh-TW' }, { email });
		expect(await known()).toMatchObject({ locale: 'zh-TW', consent: { email: { text: formWords('zh-Hant').consents.email.replace('{shop}', 'Anna’s Tea House') } } });
	});

	test('sign-up over several channels: each with a box and words of its own, and only what was ticked', async () => {
		await desk.fillIn({ f: 'all' }, { email, phone: '0664 1234567', emailConsent: 'yes', whatsappConsent: 'yes', topics: ['green', 'cups'] });
		const customer = (await known())!;
		expect(customer).toMatchObject({ phone: '+436641234567', consent: { email: { status: 'subscribed' }, whatsapp: { status: 'subscribed', text: expect.stringContaining('on WhatsApp') } }, preferences: { topics: ['green', 'cups'] } });
		expect(customer.consent.sms).toBeUndefined();
	});

	test.each<[string, object, string]>([
		['neither address nor number', {}, 'Please fill in one of these.'],
		['an address without its box', { email }, 'Please tick this'],
		['a number without a box, beside an address with one', { email, emailConsent: 'yes', phone: '+436641234567' }, 'Please tick this'],
	])('sign-up with %s is asked for the rest', async (_title, values, text) => {
		const reply = await desk.fillIn({ f: 'all' }, values as Record<string, string>);
		expect([reply.status, reply.body.includes(text)]).toEqual([422, true]);
		expect(await logged()).toEqual([]);
	});

	test('tell me when it is back: of the product and variant that the page names', async () => {
		await desk.shop.record(eventOf('product_updated', desk.shop.now(), { product: { productId: 'pot', title: 'Tea Pot', updatedAtMs: desk.shop.now() } }));
		const query = { f: 'back-in-stock', product: 'pot', variant: 'red' };
		expect((await desk.get(query)).body).toContain('Tea Pot: tell me when it is back');
		expect((await desk.fillIn(query, { email })).item).toMatchObject({ event: 'restock_requested', productId: 'pot', variantId: 'red' });
		expect(await desk.shop.store.walk(indexes.restock('pot', 'red'), { limit: 5 })).toEqual([{ key: keys.customer((await known())!.id), value: desk.shop.now() }]);
		expect((await known())!.consent).toEqual({});
		expect((await desk.get({ f: 'back-in-stock' })).status).toBe(404);
	});

	test('profile questions: fields and attributes', async () => {
		await desk.fillIn({ f: 'profile' }, { email, q0: 'Anna', q1: '1990-01-31', q2: '+43 664 1234567', q3c0n: 'Mia', q3c0b: '2020-05-04', q4: 'M', q5: '38,5', q6: ' Sencha ', q7: 'yes' });
		expect(await known()).toMatchObject({ firstName: 'Anna', birthday: '1990-01-31', phone: '+436641234567', children: [{ name: 'Mia', birthday: '2020-05-04' }], attributes: { size: 'M', 'shoe size': 38.5, 'favourite tea': 'Sencha', 'has a dog': true } });
	});

	test('contact: a message with its topic, for the staff too', async () => {
		const reply = await desk.fillIn({ f: 'contact' }, { firstName: 'Anna', email, topic: 'My order', message: 'Where is it?\r\nThank you' });
		expect(reply.item).toMatchObject({ event: 'contacted', email, firstName: 'Anna', topic: 'My order', text: 'Where is it?\nThank you' });
		expect(await logged()).toContain('contacted');
	});

	test('a GET shows and changes nothing', async () => {
		for (const f of ['newsletter', 'all', 'profile', 'contact']) {
			const { status, headers, body } = await desk.get({ f });
			expect([status, headers['Content-Security-Policy'], body.includes('<script')]).toEqual([200, expect.stringMatching(/^sandbox allow-forms; default-src 'none'/), false]);
		}
		expect(await logged()).toEqual([]);
	});

	test('the words of the operator stand in place of the built-in ones, and are what is kept', async () => {
		await open({ forms: [{ ...newsletter, hasBoxes: true, texts: { title: 'Tea post', emailConsent: 'Yes, {shop} <may> write', doneText: 'See you' } }] });
		expect((await desk.get({ f: 'newsletter' })).body).toContain('Yes, Anna’s Tea House &lt;may&gt; write');
		expect((await desk.fillIn({ f: 'newsletter' }, { email })).status).toBe(422);
		expect((await desk.fillIn({ f: 'newsletter' }, { email, emailConsent: 'yes' })).body).toContain('See you');
		expect((await known())!.consent.email!.text).toBe('Yes, Anna’s Tea House <may> write');
	});
});

describe('what somebody typed', () => {
	test.each<[string, FormDefinition['id'], object, string]>([
		['no address', 'newsletter', {}, 'Please fill this in.'],
		['an address with a line break', 'newsletter', { email: 'anna@example.com\nBcc: all@example.com' }, 'does not look like an e-mail address'],
		['an address without a dot', 'newsletter', { email: 'anna@example' }, 'does not look like an e-mail address'],
		['two addresses', 'newsletter', { email: 'anna@example.com,eve@example.com' }, 'does not look like an e-mail address'],
		['an object for an address', 'newsletter', { email: { $ne: '' } }, 'Please fill this in.'],
		['an advertisement for a name', 'newsletter', { email, firstName: 'Win at www.casino.example' }, 'Please enter only your name here.'],
		['a number that is none', 'profile', { email, q2: '12' }, 'does not look like a phone number'],
		['a birthday to come', 'profile', { email, q1: '2990-01-01' }, 'Please enter a date in the past.'],
		['a day that does not exist', 'profile', { email, q1: '1990-02-31' }, 'Please enter a date in the past.'],
		['a child without a birthday', 'profile', { email, q3c1n: 'Ben' }, 'Please enter a date in the past.'],
		['a choice that is not offered', 'profile', { email, q4: 'XXXL' }, 'Please choose one of these.'],
		['a number that is infinite', 'profile', { email, q5: '1e999' }, 'Please enter a number.'],
		['a topic that is not offered', 'contact', { email, topic: 'Casino', message: 'x' }, 'Please choose one of these.'],
		['a message beyond measure', 'contact', { email, topic: 'My order', message: 'x'.repeat(2_001) }, 'This is too long.'],
	])('%s is told beside its field', async (_title, f, values, text) => {
		const reply = await desk.fillIn({ f }, values as Record<string, string>);
		expect([reply.status, reply.body.includes(text), reply.body.includes('aria-invalid="true"') || reply.body.includes('fieldset aria-describedby')]).toEqual([422, true, true]);
		expect(await logged()).toEqual([]);
	});

	test('is shown again, escaped, and the same form can then be sent', async () => {
		const first = await desk.fillIn({ f: 'contact' }, { firstName: 'Anna', email: 'anna@', topic: 'My order', message: '"><script>alert(1)</script>{{constructor}}' });
		expect(first.body).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{constructor}}</textarea>');
		expect(first.body).toContain('<option value="My order" selected>');
		const again = await desk.post({ f: 'contact' }, { token: tokenIn(first.body), email, topic: 'My order', message: 'Hello' });
		expect(again.status).toBe(200);
	});

	test('whatever is posted, the answer is a page and nobody is subscribed without confirming', async () => {
		await open({ doubleOptIn: true });
		const value = fc.oneof(fc.string(), fc.constantFrom('yes', email, '+436641234567', 'subscribed', 'double_opt_in', ''), fc.array(fc.string()), fc.object());
		const names = fc.constantFrom('email', 'phone', 'firstName', 'emailConsent', 'smsConsent', 'whatsappConsent', 'topics', 'message', 'topic', 'website', '__proto__', 'consent', 'status', 'basis', 'customerId', 'q0', 'q1', 'q3c0b', 'q4');
		const query = fc.record({ l: value, k: fc.constant(undefined), product: value, variant: value, e: fc.option(fc.constant('1'), { nil: undefined }) });
		await fc.assert(
			fc.asyncProperty(fc.constantFrom('newsletter', 'all', 'profile', 'contact', 'back-in-stock'), query, fc.dictionary(names, value), fc.boolean(), async (f, more, values, withAddress) => {
				desk.shop.pass(hourMs);
				const asked = { f, ...Object.fromEntries(Object.entries(more).filter(([, one]) => one !== undefined)) };
				const shown = await desk.get(asked, { origin: shopOrigin });
				const token = /name=\\?"token\\?" value=\\?"([\w.-]+)/.exec(shown.body)?.[1];
				desk.shop.pass(5_000);
				const reply = await desk.post(asked, { ...values, ...(withAddress && { email, phone: '+436641234567', emailConsent: 'yes', smsConsent: 'yes' }), token }, { origin: shopOrigin });
				expect([200, 404, 409, 422, 429]).toContain(reply.status);
			}),
			{ numRuns: 150 },
		);
		for (const customer of [await known(), await findCustomer(desk.shop.store, keys.alias('phone', '+436641234567'))]) {
			expect(Object.values(customer?.consent ?? {}).map(({ status }) => status)).not.toContain('subscribed');
		}
		expect(await logged()).not.toContain('subscribed');
		expect((await known())?.consent.email?.status).toBe('pending');
	}, 120_000);
});

describe('strangers', () => {
	const form = (more: Partial<ConsentFact> = {}): ConsentFact => ({ status: 'subscribed', basis: 'double_opt_in', atMs: desk.shop.now(), ...more });
	const tell = (consent: Partial<ConsentFact>) => desk.shop.record(customerEvent(desk.shop.now(), { email, firstName: 'Anna', phone: '+436641234567', emailConsent: form(consent) }));

	test('who has unsubscribed is asked to confirm, and the answer is the same as to anybody', async () => {
		await tell({ status: 'unsubscribed' });
		desk.shop.pass(1_000);
		const toKnown = await desk.fillIn({ f: 'newsletter' }, { email });
		const toNew = await desk.fillIn({ f: 'newsletter' }, { email: 'new@example.com' });
		expect(toKnown.body).toBe(toNew.body);
		expect(await known()).toMatchObject({ firstName: 'Anna', consent: { email: { status: 'pending', text: consentText } } });
		expect((await logged()).filter((type) => type === 'opt_in_requested')).toHaveLength(1);
	});

	test('address and number of two customers are told to each of them, and join nobody', async () => {
		await tell({});
		await desk.shop.record(customerEvent(desk.shop.now(), { email: 'ben@example.com', firstName: 'Ben', phone: '+436649999999' }));
		await desk.fillIn({ f: 'all' }, { email, phone: '+436649999999', emailConsent: 'yes', smsConsent: 'yes' });
		expect(await known()).toMatchObject({ firstName: 'Anna', phone: '+436641234567' });
		expect((await known())!.consent.sms).toBeUndefined();
		expect((await customerByEmail(desk.shop, 'ben@example.com'))?.consent.sms?.status).toBe('subscribed');
	});

	test('profile and contact change nothing that is known; with a signed link the profile may', async () => {
		await tell({});
		await desk.fillIn({ f: 'profile' }, { email, q0: 'Eve', q2: '+436649999999', q4: 'S' });
		await desk.fillIn({ f: 'profile' }, { email, q4: 'L' });
		await desk.fillIn({ f: 'contact' }, { email, firstName: 'Eve', topic: 'My order', message: 'x' });
		expect(await known()).toMatchObject({ firstName: 'Anna', phone: '+436641234567', attributes: { size: 'S' } });
		const { id } = (await known())!;
		const query = { f: 'profile', k: proofOf(id) };
		expect((await desk.get(query)).body).not.toContain('name="email"');
		await desk.fillIn(query, { email: 'eve@example.com', q0: 'Annabel', q4: 'M' });
		expect(await customerById(desk.shop, id)).toMatchObject({ email, firstName: 'Annabel', attributes: { size: 'M' } });
	});

	test('one question at a time: whom a link names is asked the first that is open, everybody else all of them', async () => {
		await saveForms(desk.shop.store, [{ ...profile, oneAtATime: true }]);
		await tell({});
		const query = { f: 'profile', k: proofOf((await known())!.id) };
		const asked = async () => [...(await desk.get(query)).body.matchAll(/name="(q\d+)(?:c0n)?"/g)].map(([, name]) => name);
		// The first name and the number are known already.
		expect(await asked()).toEqual(['q1']);
		const page = (await desk.get(query)).body;
		expect(page).toMatch(/action="\?f&#x3D;profile&amp;k&#x3D;[^"]+&amp;q&#x3D;1"/);
		desk.shop.pass(5_000);
		await desk.post({ ...query, q: '1' }, { token: tokenIn(page), q1: '1990-01-31' });
		expect(await known()).toMatchObject({ birthday: '1990-01-31' });
		expect(await asked()).toEqual(['q3']);
		for (const values of [{ q3c0n: 'Mia', q3c0b: '2020-05-04' }, { q4: 'M' }, { q5: '38' }, { q6: 'Sencha' }, { q7: 'yes' }]) await desk.fillIn(query, values);
		expect((await desk.get(query)).body).not.toContain('<form');
		const names = (await desk.get({ f: 'profile' })).body.match(/name="q\d/g)!;
		expect(new Set(names).size).toBe(8);
	});

	test('a link of another kind, shop or installation proves nothing', async () => {
		await tell({});
		const { id } = (await known())!;
		for (const k of [signLink(secret, { kind: 'unsubscribe', shop: 'tea', customerId: id, channel: 'email' }), proofOf(id, 'coffee'), signLink('other', { kind: 'preferences', shop: 'tea', customerId: id, channel: 'email' }), 'x']) {
			await expect(desk.get({ f: 'profile', k })).rejects.toMatchObject({ code: 'LINK_INVALID' });
		}
	});

	test('topics that a customer once chose stay as they are', async () => {
		await desk.fillIn({ f: 'all' }, { email, emailConsent: 'yes', topics: 'green' });
		await desk.fillIn({ f: 'all' }, { email, emailConsent: 'yes', topics: 'cups' });
		expect((await known())!.preferences?.topics).toEqual(['green']);
	});
});

describe('robots, and forms sent twice', () => {
	const first = async () => tokenIn((await desk.get({ f: 'newsletter' })).body);

	test('a form is recorded once, however often it is sent', async () => {
		const token = await first();
		desk.shop.pass(5_000);
		expect((await desk.post({ f: 'newsletter' }, { token, email })).status).toBe(200);
		const again = await desk.post({ f: 'newsletter' }, { token, email: 'other@example.com' });
		expect([again.status, again.item, again.body.includes('was sent already')]).toEqual([409, undefined, true]);
		expect(await customerByEmail(desk.shop, 'other@example.com')).toBeNull();
	});

	test.each<[string, (token: string) => string | undefined]>([
		['none', () => undefined],
		['one that was changed', (token) => token.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))],
		['one of another installation', () => signForm('other', { shop: 'tea', form: 'newsletter', shownAtMs: desk.shop.now(), nonce: 'n', texts: 't' })],
		['one of another shop', () => signForm(secret, { shop: 'coffee', form: 'newsletter', shownAtMs: desk.shop.now(), nonce: 'n', texts: 't' })],
		['one of another form', () => signForm(secret, { shop: 'tea', form: 'contact', shownAtMs: desk.shop.now(), nonce: 'n', texts: 't' })],
	])('without a token of its own (%s) it is shown anew, with what was typed', async (_title, tokenOf) => {
		const reply = await desk.post({ f: 'newsletter' }, { token: tokenOf(await first()), email, firstName: 'Anna' });
		expect([reply.status, reply.body.includes('value="Anna"')]).toEqual([400, true]);
		desk.shop.pass(5_000);
		expect((await desk.post({ f: 'newsletter' }, { token: tokenIn(reply.body), email })).status).toBe(200);
	});

	test('one that lay open for too long is shown anew', async () => {
		const token = await first();
		desk.shop.pass(formLifeMs + 1);
		expect((await desk.post({ f: 'newsletter' }, { token, email })).body).toContain('open for a long time');
		expect(readForm(secret, token)).toMatchObject({ shop: 'tea', form: 'newsletter' });
	});

	test('when its words have changed meanwhile they are shown first', async () => {
		const token = await first();
		desk.shop.pass(5_000);
		desk.settings.name = 'Another Shop';
		const reply = await desk.post({ f: 'newsletter' }, { token, email });
		expect([reply.status, reply.body.includes('news and offers from Another Shop')]).toEqual([409, true]);
		expect(await known()).toBeNull();
	});

	test('who is faster than a person presses once more; who fills in the hidden field is thanked and forgotten', async () => {
		const token = await first();
		expect((await desk.post({ f: 'newsletter' }, { token, email })).body).toContain('That was quick!');
		expect((await desk.post({ f: 'newsletter' }, { token, email, website: 'https://spam.example' })).status).toBe(200);
		expect(await known()).toBeNull();
		desk.shop.pass(2_000);
		expect((await desk.post({ f: 'newsletter' }, { token, email })).status).toBe(200);
		expect(await known()).not.toBeNull();
	});

	test('so many for one address, and from one network', async () => {
		const from = (n: number) => ({ ip: `198.51.100.${n}` });
		const statuses: number[] = [];
		for (let n = 0; n < 5; n++) statuses.push((await desk.fillIn({ f: 'newsletter' }, { email }, from(n))).status);
		expect(statuses).toEqual([200, 200, 200, 429, 429]);
		desk.shop.pass(hourMs);
		expect((await desk.fillIn({ f: 'newsletter' }, { email }, from(9))).status).toBe(200);
		const token = await first();
		const floods: number[] = [];
		for (let n = 0; n < 40; n++) floods.push((await desk.post({ f: 'newsletter' }, { token, email: `n${n}` }, from(50))).status);
		expect([floods.filter((status) => status === 422).length, floods.at(-1)]).toEqual([30, 429]);
		desk.shop.pass(dayMs);
		expect((await desk.fillIn({ f: 'newsletter' }, { email: 'late@example.com' }, from(50))).status).toBe(200);
	});
});

describe('pages of others', () => {
	const embedded = { f: 'newsletter', e: '1' };

	test('the shop’s own pages get the form as JSON, and may send it', async () => {
		const reply = await desk.get(embedded, { origin: shopOrigin });
		expect([reply.status, reply.headers['Access-Control-Allow-Origin'], reply.headers.Vary, reply.headers['Content-Type']]).toEqual([200, shopOrigin, 'Origin', 'application/json; charset=utf-8']);
		const form = JSON.parse(reply.body) as { html: string; style: string };
		expect([form.html.includes('<script'), /\son\w+=/.test(form.html), form.html.includes('<style')]).toEqual([false, false, false]);
		const done = await desk.fillIn(embedded, { email }, { origin: shopOrigin });
		expect(JSON.parse(done.body)).toMatchObject({ isOver: true, isDone: true });
	});

	test.each([[undefined], ['null'], ['https://evil.example.com'], ['https://n8n.example.com'], ['https://shop.example.com.evil.example']])('those of %s get nothing and send nothing', async (origin) => {
		expect((await desk.get(embedded, { origin })).status).toBe(403);
		const token = tokenIn((await desk.get({ f: 'newsletter' })).body);
		desk.shop.pass(5_000);
		const reply = await desk.post(embedded, { token, email }, { origin });
		expect([reply.status, reply.headers['Access-Control-Allow-Origin'], await known()]).toEqual([403, undefined, null]);
	});

	test('the page of its own is sent from itself, which a sandbox calls "null", not from elsewhere', async () => {
		const token = tokenIn((await desk.get({ f: 'newsletter' })).body);
		desk.shop.pass(5_000);
		expect((await desk.post({ f: 'newsletter' }, { token, email }, { origin: 'https://evil.example.com' })).status).toBe(403);
		expect((await desk.post({ f: 'newsletter' }, { token, email }, { origin: 'null' })).status).toBe(200);
	});

	test('a signed link counts on the page of its own only', async () => {
		await desk.fillIn({ f: 'newsletter' }, { email });
		const { id } = (await known())!;
		expect((await desk.get({ f: 'profile', e: '1', k: proofOf(id) }, { origin: shopOrigin })).body).toContain('name=\\"email\\"');
	});
});

describe('the forms on the node', () => {
	test('are ready as they are added', () => {
		const forms = readForms({ signUp: [{ id: 'newsletter' }], backInStock: [{ id: 'back-in-stock' }], profile: [{ id: 'profile' }], contact: [{ id: 'contact', topics: 'My order, Something else,' }] });
		expect(forms.map(({ id, kind }) => [id, kind])).toEqual([['newsletter', 'sign_up'], ['back-in-stock', 'back_in_stock'], ['profile', 'profile'], ['contact', 'contact']]);
		expect([forms[0].asks, forms[2].questions, forms[3].topics]).toEqual([['email', 'firstName'], [{ type: 'birthday', isRequired: false }], ['My order', 'Something else']]);
		expect(readForms(undefined)).toEqual([]);
		expect(readForms({ signUp: [{ id: 'offer', popUp: { onLeave: true, everyDays: 7 }, texts: { title: ' ' } }, { id: 'plain', popUp: {} }] }).map(({ popUp, texts }) => [popUp, texts])).toEqual([[{ onLeave: true, everyDays: 7 }, {}], [undefined, {}]]);
	});

	test.each<[string, object, string]>([
		['an ID with a space', { signUp: [{ id: 'my form' }] }, 'small letters, digits and hyphens'],
		['one ID twice', { signUp: [{ id: 'a' }], contact: [{ id: 'a' }] }, 'two forms with this ID'],
		['no channel', { signUp: [{ id: 'a', asks: ['firstName'] }] }, 'asks for no address'],
		['an attribute without a name', { profile: [{ id: 'a', questions: { question: [{ type: 'text' }] } }] }, 'needs the name of the attribute'],
		['nothing to choose from', { profile: [{ id: 'a', questions: { question: [{ type: 'choice', attribute: 'size', choices: ' , ' }] } }] }, 'nothing to choose from'],
	])('%s is told when publishing', (_title, forms, text) => {
		expect(() => readForms(forms)).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining(text) }));
	});

	test('every definition that passes can be shown', async () => {
		expect(checkForms([profile, contact]).map(({ id }) => id)).toEqual(['profile', 'contact']);
		expect((await desk.get({ f: 'gone' })).status).toBe(404);
		expect(formLink('https://n8n.example.com/webhook/x/messages', 'profile', { proof: 'a.b', locale: 'th' })).toBe('https://n8n.example.com/webhook/x/messages?f=profile&l=th&k=a.b');
	});

	test.each(['zh-Hant', 'zh-Hans', 'ru', 'th'])('the words of %s are complete', (locale) => {
		const shape = (value: unknown): unknown => (typeof value === 'string' ? [...value.matchAll(/\{\w+\}/g)].map(([name]) => name).sort() : Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, shape(inner)])));
		const { locale: _en, ...english } = formWords('en');
		const { locale: found, ...words } = formWords(locale);
		expect(found).toBe(locale);
		expect(shape(words)).toEqual(shape(english));
	});
});
