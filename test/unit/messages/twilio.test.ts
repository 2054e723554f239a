import type { TextMessage } from '../../../lib/messages/channels/channel';
import { createTwilioChannel, type TwilioOptions } from '../../../lib/messages/channels/twilio';
import { madeUp } from '../../mocks/mail-apis/server';
import { accountSid, apiKeySecret, apiKeySid, authToken, serviceSid, startTwilio } from '../../mocks/message-apis/twilio';
import { closeServers, opened, testTools } from './text-channels';

afterEach(closeServers);

const message: TextMessage = { channel: 'sms', messageId: 'm1', to: '+436641234567', text: 'Hello Mia, your cart is still here: https://shop.example.com/cart' };
const credential = { accountSid, authToken };

async function stage(change: Partial<TwilioOptions> = {}, timeoutMs?: number) {
	const server = await opened(startTwilio());
	const tools = testTools(timeoutMs);
	return { server, tools, channel: createTwilioChannel({ credential, from: '+14155550100', apiAddress: server.url, connections: 5, ...change }, tools) };
}

describe('SMS through Twilio', () => {
	test('arrives from the number, and says how many segments it took', async () => {
		const { server, channel } = await stage();
		expect(await channel.send(message)).toEqual({ status: 'sent', response: 'queued, 1 segment in GSM-7', providerId: expect.stringMatching(/^SM\d{32}$/) });
		expect(server.messages).toEqual([{ To: message.to, From: '+14155550100', Body: message.text }]);
	});

	test('arrives with every letter, and with what would end a field of the form', async () => {
		const { server, channel } = await stage();
		const text = 'Привет & hello+you = 100% 🧺\r\nTo=+15005550006&Body=evil';
		expect(await channel.send({ ...message, text })).toMatchObject({ status: 'sent', response: 'queued, 1 segment in UCS-2' });
		expect(server.messages).toEqual([{ To: message.to, From: '+14155550100', Body: text }]);
	});

	test('arrives through a Messaging Service, and with an API key', async () => {
		const { server, channel } = await stage({ from: serviceSid, credential: { authType: 'apiKey', accountSid, apiKeySid, apiKeySecret } });
		expect(await channel.send(message)).toMatchObject({ status: 'sent', response: expect.stringContaining('accepted') });
		expect(server.messages).toEqual([{ To: message.to, MessagingServiceSid: serviceSid, Body: message.text }]);
	});

	test.each(['06641234567', '+43 664 1234567', '+0664123456', '+4366412345678901', '+43664\r\nX: y', '', 'whatsapp:+436641234567'])('goes to no number like "%s"', async (to) => {
		const { server, channel } = await stage();
		expect(await channel.send({ ...message, to })).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
		expect(server.requests).toEqual([]);
	});

	const told = { ...message, ref: 'eyJ.a-b_c', eventsAddress: 'https://n8n.shop.example/webhook/1/messages' };

	test('names where Twilio tells what becomes of it, with its reference', async () => {
		const { server, channel } = await stage();
		for (const one of [told, { ...told, ref: undefined }, { ...told, eventsAddress: undefined }]) expect(await channel.send(one)).toMatchObject({ status: 'sent' });
		expect(server.messages.map(({ StatusCallback }) => StatusCallback)).toEqual([`${told.eventsAddress}?p=twilio&m=eyJ.a-b_c`, undefined, undefined]);
	});

	test('arrives though Twilio does not take that address', async () => {
		const { server, channel } = await stage();
		expect(await channel.send({ ...told, eventsAddress: 'https://n8n/webhook' })).toMatchObject({ status: 'sent' });
		expect(server.messages).toEqual([{ To: message.to, From: '+14155550100', Body: message.text }]);
	});

	test('to whoever wrote STOP is refused for good', async () => {
		const { channel } = await stage();
		expect(await channel.send({ ...message, to: '+43664123610' })).toEqual({ status: 'refused', permanent: true, scope: 'recipient', response: '21610: Attempt to send to unsubscribed recipient', isUnsubscribed: true });
	});
});

describe('refusals of Twilio', () => {
	test.each([
		[400, 21211, { permanent: true, scope: 'recipient' }],
		[400, 21614, { permanent: true, scope: 'recipient' }],
		[400, 21612, { permanent: true, scope: 'recipient' }],
		[400, 21408, { permanent: true, scope: 'provider' }],
		[400, 21606, { permanent: true, scope: 'provider' }],
		[400, 21608, { permanent: true, scope: 'provider' }],
		[400, 63016, { permanent: true, scope: 'provider' }],
		[401, 20003, { permanent: true, scope: 'provider', response: expect.stringContaining('Twilio credential') }],
		[404, 20404, { permanent: true, scope: 'provider' }],
		[500, 20500, { permanent: false, scope: 'provider' }],
		[503, 20503, { permanent: false, scope: 'provider' }],
	])('status %i with code %i', async (status, code, expected) => {
		const { server, channel } = await stage();
		server.faults.push({ instead: { status, body: { code, message: 'In their words', status } } });
		expect(await channel.send(message)).toMatchObject({ status: 'refused', ...expected });
	});

	test('a wrong token is told without the token', async () => {
		const wrong = madeUp('wrong-');
		const { channel } = await stage({ credential: { accountSid, authToken: wrong } });
		const outcome = await channel.send(message);
		expect(outcome).toMatchObject({ status: 'refused', permanent: true, scope: 'provider' });
		expect(JSON.stringify(outcome)).not.toContain(wrong);
	});

	test('an answer that repeats the credential is shown without it', async () => {
		const { server, channel } = await stage();
		server.faults.push({ instead: { status: 400, body: { code: 21606, message: `Account ${accountSid}\nwith ${authToken}` } } });
		const { response } = await channel.send(message);
		expect(response).toBe('21606: Account *** with ***');
	});

	test('a message that failed at once was refused, whatever the status says', async () => {
		const { server, channel } = await stage();
		server.faults.push({ instead: { status: 201, body: { sid: 'SM1', status: 'failed', error_code: 30006, error_message: 'Landline' } } });
		expect(await channel.send(message)).toEqual({ status: 'refused', permanent: true, scope: 'recipient', response: '30006: Landline' });
		server.faults.push({ instead: { status: 200, body: { code: 21211, message: 'Invalid To' } } });
		expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
	});
});

describe('throttling', () => {
	test('a short one is waited out', async () => {
		const { server, tools, channel } = await stage();
		server.faults.push({ times: 2, instead: { status: 429, headers: { 'retry-after': '3' }, body: { code: 20429, message: 'Too Many Requests' } } });
		expect(await channel.send(message)).toMatchObject({ status: 'sent' });
		expect(tools.pauses).toEqual([3_000, 3_000]);
		expect(server.messages).toHaveLength(1);
	});

	test('a long one is given back with its time', async () => {
		const { server, tools, channel } = await stage();
		server.faults.push({ instead: { status: 429, headers: { 'retry-after': '120' }, body: { code: 20429, message: 'Too Many Requests' } } });
		expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider', retryAfterMs: 120_000 });
		expect(tools.pauses).toEqual([]);
	});

	test('one that does not end is given up after half a minute', async () => {
		const { server, tools, channel } = await stage();
		server.faults.push({ times: 100, instead: { status: 429, body: { code: 20429, message: 'Too Many Requests' } } });
		expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider', retryAfterMs: expect.any(Number) });
		expect(tools.pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThanOrEqual(30_000);
	});
});

describe('doubt', () => {
	test.each(['cut', 'cutMidway', 'hang'] as const)('a request that was taken and then %s is unknown', async (after) => {
		const { server, channel } = await stage({}, 500);
		server.faults.push({ after });
		expect(await channel.send(message)).toMatchObject({ status: 'unknown' });
		expect(server.messages).toHaveLength(1);
	});

	test.each([
		[502, '<html>Bad gateway</html>'],
		[504, ''],
		[200, 'OK'],
		[200, { ok: true }],
	])('status %i that says nothing of the message is unknown', async (status, body) => {
		const { server, channel } = await stage();
		server.faults.push({ instead: { status, body } });
		expect(await channel.send(message)).toMatchObject({ status: 'unknown' });
	});

	test('a server that is not there has taken nothing', async () => {
		const { server, channel } = await stage();
		await server.close();
		expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider' });
	});
});

describe('WhatsApp through Twilio', () => {
	const whatsapp: TextMessage = { ...message, channel: 'whatsapp' };

	test('free text goes from one WhatsApp address to another', async () => {
		const { server, channel } = await stage();
		expect(await channel.send(whatsapp)).toMatchObject({ status: 'sent', response: 'queued' });
		expect(server.messages).toEqual([{ To: `whatsapp:${message.to}`, From: 'whatsapp:+14155550100', Body: message.text }]);
	});

	test('a content template goes with its values, numbered', async () => {
		const { server, channel } = await stage();
		const template = { name: `HX${'ab'.repeat(16)}`, language: 'en', values: ['Mia "M"', 'https://shop.example.com/cart?a=1&b=2'] };
		expect(await channel.send({ ...whatsapp, template })).toMatchObject({ status: 'sent' });
		expect(server.messages).toEqual([{ To: `whatsapp:${message.to}`, From: 'whatsapp:+14155550100', ContentSid: template.name, ContentVariables: JSON.stringify({ 1: template.values[0], 2: template.values[1] }) }]);
	});
});
