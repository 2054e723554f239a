import { createHmac } from 'node:crypto';
import type { WebhookMessage } from '../../../lib/messages/channels/channel';
import { createWebhookChannel, type WebhookOptions } from '../../../lib/messages/channels/webhook';
import { startMailApi } from '../../mocks/mail-apis/server';
import { closeServers, opened, testTools } from './text-channels';

afterEach(closeServers);

const message: WebhookMessage = {
	channel: 'sms',
	messageId: 'm1',
	ref: 'WyJt.c2ln',
	to: { customerId: 'c1', phone: '+436641234567', firstName: 'Mia', locale: 'de-AT' },
	subject: 'Your cart',
	text: 'Привет, Mia',
	data: { total: '€ 12.50' },
};
const signingSecret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

async function stage(change: Partial<WebhookOptions> = {}, timeoutMs?: number) {
	const server = await opened(startMailApi(() => ({ status: 202, body: 'thanks' }), 100_000));
	const tools = testTools(timeoutMs);
	return { server, tools, channel: createWebhookChannel({ address: `${server.url}/incoming?a=b`, connections: 5, ...change }, tools) };
}

test('a message arrives as JSON, as the documentation says', async () => {
	const { server, channel } = await stage();
	expect(await channel.send({ ...message, html: '<p>Hello</p>', variant: 'B' })).toEqual({ status: 'sent', response: expect.stringMatching(/answered 202: thanks$/) });
	const [{ method, path, headers, body }] = server.requests;
	expect([method, path, headers['content-type'], headers['webhook-id']]).toEqual(['POST', '/incoming?a=b', 'application/json', 'm1']);
	expect(JSON.parse(body.toString())).toEqual({ type: 'message', id: 'm1', channel: 'sms', to: message.to, subject: message.subject, text: message.text, html: '<p>Hello</p>', data: message.data, ref: message.ref, variant: 'B' });
	expect(headers['webhook-signature']).toBeUndefined();
});

test('it is signed as Standard Webhooks are, over the very bytes', async () => {
	const { server, tools, channel } = await stage({ signingSecret });
	await channel.send(message);
	const [{ headers, body }] = server.requests;
	expect(headers['webhook-timestamp']).toBe(String(tools.nowMs() / 1000));
	const expected = createHmac('sha256', Buffer.from(signingSecret.slice(6), 'base64')).update(`m1.${headers['webhook-timestamp']}.`).update(body).digest('base64');
	expect(headers['webhook-signature']).toBe(`v1,${expected}`);
});

test('it carries the header of the credential, and nothing that an answer says brings it to light', async () => {
	const { server, channel } = await stage({ header: { name: 'Authorization', value: 'Bearer a-long-secret-token' }, signingSecret });
	server.faults.push({ instead: { status: 401, body: { error: `a-long-secret-token is wrong, and so is ${signingSecret}` } } });
	const { response } = await channel.send(message);
	expect(server.requests[0].headers.authorization).toBe('Bearer a-long-secret-token');
	expect(response).toContain('answered 401');
	expect(response).not.toMatch(/a-long-secret-token|whsec_/);
});

test.each([
	[400, true],
	[404, true],
	[410, true],
	[422, true],
	[301, true],
	[408, false],
	[500, false],
	[503, false],
])('status %i: refused, for good %s', async (status, permanent) => {
	const { server, channel } = await stage();
	server.faults.push({ instead: { status, headers: { location: `${server.url}/elsewhere` }, body: 'In their words' } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent, scope: 'provider' });
	expect(server.requests).toHaveLength(1);
});

test('throttling is waited out, or given back with its time', async () => {
	const { server, tools, channel } = await stage();
	server.faults.push({ instead: { status: 429, headers: { 'retry-after': '2' } } });
	expect(await channel.send(message)).toMatchObject({ status: 'sent' });
	expect(tools.pauses).toEqual([2_000]);
	server.faults.push({ instead: { status: 429, headers: { 'retry-after': '90' } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false, retryAfterMs: 90_000 });
});

test.each(['cut', 'hang'] as const)('a message that was taken and then %s is unknown', async (after) => {
	const { server, channel } = await stage({}, 500);
	server.faults.push({ after });
	expect(await channel.send(message)).toMatchObject({ status: 'unknown' });
});
