import type { FormDefinition } from '../../../lib/forms/form';
import { readLink } from '../../../lib/messages/links';
import type { EmailMessage } from '../../../lib/messages/channels/channel';
import type { SendJob } from '../../../lib/messages/send/sender';
import type { CustomerRecord } from '../../../lib/model/records';
import type { Installation } from '../../../lib/n8n/installation';
import { emailComposer } from '../../../nodes/SendReminder/compose/email';
import type { SendOptions, Served } from '../../../nodes/SendReminder/compose/compose';
import { SendReminder } from '../../../nodes/SendReminder/SendReminder.node';
import { sampleItem, sampleSettings } from '../messages/samples';
import { fakeExecution } from './execution';

const linkSecret = Buffer.from('a secret of at least thirty-two bytes');
const nowMs = 1_770_000_000_000;
const installation = (isDemo = false) => ({ linkSecret, isDemo, clock: { machineNowMs: () => nowMs, journeyNowMs: () => nowMs } }) as unknown as Installation;
const address = 'https://journeys.fern.example/webhook/messages';
const customer = { id: 'cus-1', email: 'mia@example.org', firstName: 'Mia', locale: 'en-GB', consent: { email: { status: 'subscribed' } }, orders: { count: 0, spentMinor: {} }, open: {} } as unknown as CustomerRecord;
const inJourney = (kind: 'marketing' | 'transactional' = 'marketing'): SendJob => ({ item: { ...sampleItem({ journey: { kind } }) }, customerId: null, itemIndex: 0, sendKey: '1:node-1', messageKey: `main/${nowMs}/1`, campaign: null });
const inCampaign: SendJob = { item: { email: 'mia@example.org' }, customerId: 'cus-1', itemIndex: 0, sendKey: 'node-1', messageKey: `main/${nowMs}/summer`, campaign: 'w/node-1/summer' };

const words = { message: 'custom', subject: 'Hello {{customer.firstName}}', html: '<body><a href="{{shop.url}}/new">New</a></body>', text: 'New: {{shop.url}}/new' };

interface Case { parameters?: Record<string, unknown>; options?: SendOptions; job?: SendJob; at?: string | null; isDemo?: boolean; utm?: boolean }
async function composed({ parameters = {}, options = {}, job = inJourney(), at = address, isDemo, utm = true }: Case = {}): Promise<EmailMessage> {
	const context = fakeExecution(new SendReminder().description, { parameters: { ...words, options, ...parameters } });
	const compose = await emailComposer(context, installation(isDemo), options);
	return compose(job, customer, sampleSettings(utm ? { utm: { source: 'news', medium: 'email' } } : {}), { address: at }) as EmailMessage;
}

const isTracked = ({ html }: EmailMessage) => html.includes('?c=') && html.includes('?o=');

test('opens and clicks of marketing are counted, those of a purchase are not, unless the operator says otherwise', async () => {
	expect(isTracked(await composed())).toBe(true);
	expect(isTracked(await composed({ job: inJourney('transactional') }))).toBe(false);
	expect(isTracked(await composed({ options: { track: false } }))).toBe(false);
	expect(isTracked(await composed({ job: inJourney('transactional'), options: { track: true } }))).toBe(true);
});

test.each([
	['off', null, false],
	['without https', 'http://n8n.fern.example/messages', false],
	['on the own machine only, outside a demo', 'http://localhost:5678/messages', false],
])('while Message Webhook Trigger is %s, links lead straight to the shop and a mailto unsubscribes', async (_case, at, isDemo) => {
	const mail = await composed({ at, isDemo });
	expect(mail.html).toContain('href="https://fern.example/new?utm_source=news&amp;utm_medium=email&amp;utm_campaign=Abandoned%20cart"');
	expect(isTracked(mail)).toBe(false);
	expect(mail.headers['List-Unsubscribe']).toBe('<mailto:anna@fern.example?subject=unsubscribe>');
	expect(mail.headers['List-Unsubscribe-Post']).toBeUndefined();
});

test('in a demo the own machine counts too', async () => {
	expect(isTracked(await composed({ at: 'http://localhost:5678/messages', isDemo: true }))).toBe(true);
});

test('marketing is unsubscribed from with one click, also where its template has no such link', async () => {
	const { headers } = await composed();
	const [, oneClick] = /^<(https:[^>]+)>, <mailto:/.exec(headers['List-Unsubscribe'])!;
	expect(readLink(new URL(oneClick).searchParams.get('t')!, linkSecret, nowMs, 'unsubscribe')).toMatchObject({ customerId: 'cus-1', enrolment: 'enr-1', sendKey: '1:node-1' });
	expect((await composed({ job: inJourney('transactional') })).headers['List-Unsubscribe']).toBeUndefined();
});

test('messages about a purchase get no UTM parameters', async () => {
	expect((await composed({ job: inJourney('transactional') })).text).toBe('New: https://fern.example/new');
	expect((await composed()).text).toContain('utm_source=news');
});

test('each message names itself, in a journey and outside one', async () => {
	const [mine, campaign] = await Promise.all([composed(), composed({ job: inCampaign, options: { campaignKey: 'summer' } })]);
	expect(readLink(mine.ref!, linkSecret, nowMs, 'message')).toMatchObject({ shop: 'main', customerId: 'cus-1', enrolment: 'enr-1', step: 1, sendKey: '1:node-1' });
	expect(readLink(campaign.ref!, linkSecret, nowMs, 'message')).toMatchObject({ campaign: 'w/node-1/summer', sendKey: 'node-1' });
	expect(campaign.subject).toBe('Hello Mia');
	expect(campaign.text).toContain('utm_campaign=summer');
});

test('a web view is kept without what counts openings, under the Message-ID, only when asked for', async () => {
	const html = '<body><a href="{{links.view}}">In the browser</a></body>';
	const asked = await composed({ parameters: { html }, options: { webView: true } });
	expect(asked.webViewHtml).toMatch(/\?w(=|&#x3D;)/);
	expect(asked.webViewHtml).not.toContain('?o=');
	const [, token] = /\?w(?:=|&#x3D;)([\w.-]+)/.exec(asked.html)!;
	expect(readLink(token, linkSecret, nowMs, 'view').to).toBe(asked.messageId);
	expect((await composed({ parameters: { html } })).webViewHtml).toBeUndefined();
});

test('only links that the words name are signed into the mail', async () => {
	const order = { id: '77', currency: 'EUR', totalMinor: 1, placedAt: '2026-03-01T10:00:00.000Z', paid: true, awaitsPayment: false, items: [] };
	const job = inJourney();
	const html = '<a href="{{links.rate}}&v=5">5</a> <a href="{{links.survey}}&v=10">10</a>';
	const mail = await composed({ parameters: { html }, job: { ...job, item: { ...job.item, order } } });
	const token = (parameter: string) => new RegExp(`\\?${parameter}(?:=|&#x3D;)([\\w.-]+)&v=`).exec(mail.html)![1];
	expect(readLink(token('r'), linkSecret, nowMs, 'rate').to).toBe('order:77');
	expect(readLink(token('n'), linkSecret, nowMs, 'survey').to).toContain('Delivery');
	expect(mail.html).not.toMatch(/\?[tas](=|&#x3D;)/);
});

test('no name, subject or sender starts a header of its own', async () => {
	const job = inJourney();
	const item = { ...job.item, customer: { ...job.item.customer!, firstName: 'Mia\r\nBcc: x@evil.example' } };
	const mail = await composed({ parameters: { subject: '{{customer.firstName}}\r\nX: {{journey.name}}' }, job: { ...job, item } });
	for (const value of [mail.subject, mail.from, mail.to, mail.replyTo, ...Object.values(mail.headers)]) expect(value).not.toMatch(/[\r\n]/);
	await expect(composed({ options: { sender: 'Shop\r\nBcc: x@evil.example <a@b.example>' } })).rejects.toThrow(/no e-mail address/);
});

describe('the profile form', () => {
	const profileForm: FormDefinition = { id: 'about-you', kind: 'profile', texts: {}, questions: [{ type: 'firstName' }, { type: 'phone' }, { type: 'birthday' }], oneAtATime: true };
	const asked = async (who: Partial<CustomerRecord>, served: Partial<Served> = {}) => {
		const context = fakeExecution(new SendReminder().description, { parameters: { ...words, text: 'Asks {{profileAsks}}: {{links.profile}}' } });
		const compose = await emailComposer(context, installation(), {});
		const { text } = compose(inJourney(), { ...customer, ...who }, sampleSettings(), { address, profileForm, ...served }) as EmailMessage;
		const [, asks, link] = /^Asks (.*): (.*)$/m.exec(text)!;
		return { asks, query: link ? Object.fromEntries(new URL(link).searchParams) : undefined };
	};

	test('is led to in the reader’s language, proven to be theirs, at the first question that is open', async () => {
		const { asks, query } = await asked({});
		expect(asks).toBe('birthday');
		expect(query).toEqual({ f: 'about-you', l: 'en-GB', k: expect.any(String), q: '2' });
		expect(readLink(query!.k, linkSecret, nowMs, 'preferences')).toMatchObject({ customerId: 'cus-1', shop: 'main', channel: 'email' });
		expect(await asked({ birthday: '1990-05-04' })).toMatchObject({ asks: 'phone', query: { q: '1' } });
	});

	test('is asked for nothing that it does not ask, or that is known', async () => {
		const { asks, query } = await asked({}, { profileForm: { ...profileForm, questions: [{ type: 'firstName' }] } });
		expect([asks, query!.q]).toEqual(['', undefined]);
		expect((await asked({ birthday: '1990-05-04', phone: '+353870000000' })).asks).toBe('');
	});

	test('that is not there, or cannot be reached, is not linked to', async () => {
		for (const served of [{ profileForm: undefined }, { address: null }]) expect(await asked({}, served)).toEqual({ asks: '', query: undefined });
	});
});
