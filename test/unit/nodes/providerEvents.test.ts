import { createHmac } from 'node:crypto';
import { signLink } from '../../../lib/messages/links';
import type { SendRecord } from '../../../lib/model/records';
import { about, mockCurrent, openDesk, ownAddress } from './messageWebhook';

jest.mock('../../../lib/n8n/installation', () => ({ ...jest.requireActual('../../../lib/n8n/installation'), getInstallation: async () => mockCurrent.installation }));

let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
	desk = await openDesk();
});
afterEach(() => desk.close());

const credential = { postmarkUser: 'postmark', postmarkPassword: 'a long password', twilioAuthToken: 'token', metaVerifyToken: 'verify me' };
const authorization = `Basic ${Buffer.from('postmark:a long password').toString('base64')}`;
const ref = (): Record<string, string> => {
	const token = signLink(desk.installation.linkSecret, { kind: 'message', customerId: desk.customerId, ...about });
	return Object.fromEntries((token.match(/.{1,80}/g) ?? []).map((part, index) => [index === 0 ? 'shop_journeys' : `shop_journeys_${index + 1}`, part]));
};
const postmark = (event: object, more: object = {}) => desk.ask({ method: 'POST', query: { p: 'postmark' }, body: JSON.stringify({ DeliveredAt: new Date().toISOString(), ...event }), headers: { authorization }, credential, ...more });

test('an event of a provider reaches its message, and a complaint starts the workflow', async () => {
	const answer = await postmark({ RecordType: 'Delivery', Metadata: ref() });
	expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { ok: true, recorded: 1 }]);
	expect((await desk.send()) as SendRecord).toHaveProperty('deliveredAtMs');
	const complaint = await postmark({ RecordType: 'SpamComplaint', ID: 7, Email: 'anna@mail.example.com', Metadata: ref() });
	expect(complaint.items).toEqual([expect.objectContaining({ event: 'message_complained', customerId: desk.customerId, enrolment: about.enrolment })]);
	expect(await desk.customer()).toMatchObject({ suppressed: { reason: 'complaint' }, consent: { email: { status: 'unsubscribed' } } });
	expect((await postmark({ RecordType: 'SpamComplaint', ID: 7, Email: 'anna@mail.example.com', Metadata: ref() })).items).toEqual([]);
});

test('without a credential, with a wrong signature, without a body or of a provider nobody knows it is refused and nothing is recorded', async () => {
	const before = await desk.timeline();
	const event = { RecordType: 'SpamComplaint', ID: 7, Metadata: ref() };
	expect((await postmark(event, { headers: {} })).status).toBe(401);
	expect((await postmark(event, { body: { parsed: true } })).status).toBe(401);
	expect((await postmark(event, { query: { p: 'nobody' } })).status).toBe(404);
	expect(await desk.timeline()).toEqual(before);
	await desk.close();
	desk = await openDesk();
	const bare = await postmark({ RecordType: 'SpamComplaint', ID: 7, Metadata: ref() }, { credential: undefined });
	expect(bare.status).toBe(401);
	expect(bare.body).toContain('No signing secret');
	expect((await desk.customer()).suppressed).toBeUndefined();
});

test('what cannot be read is refused for good, and what is unknown is taken and counted', async () => {
	expect((await postmark({}, { body: 'not json' })).status).toBe(422);
	expect(JSON.parse((await postmark({ RecordType: 'SomethingNew' })).body)).toEqual({ ok: true, ignored: 1 });
});

test('a reply by SMS is answered with nothing that would be sent to the customer, and starts the workflow with its words', async () => {
	const fields = { MessageSid: 'SM1', From: '+4915112345678', Body: 'Is it still there?' };
	const text = `${ownAddress}?p=twilio${Object.keys(fields).sort().map((name) => name + fields[name as keyof typeof fields]).join('')}`;
	const answer = await desk.ask({ method: 'POST', query: { p: 'twilio' }, body: new URLSearchParams(fields).toString(), headers: { 'x-twilio-signature': createHmac('sha1', 'token').update(text).digest('base64') }, credential });
	expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('<Response></Response>'), items: [{ event: 'message_replied', customerId: desk.customerId, channel: 'sms', text: 'Is it still there?' }] });
	expect(answer.headers['Content-Type']).toBe('text/xml');
});

test('Meta is told that the address is ours, and a GET of anybody else changes nothing', async () => {
	const ask = (query: Record<string, string>) => desk.ask({ query: { p: 'meta', ...query }, credential });
	expect(await ask({ 'hub.mode': 'subscribe', 'hub.verify_token': 'verify me', 'hub.challenge': '4711' })).toMatchObject({ status: 200, body: '4711' });
	expect((await ask({ 'hub.mode': 'subscribe', 'hub.verify_token': 'guess', 'hub.challenge': '4711' })).status).toBe(401);
	expect((await desk.ask({ query: { p: 'postmark' }, credential })).status).toBe(200);
});
