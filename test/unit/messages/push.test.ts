import { generateVAPIDKeys } from 'web-push';
import type { PushMessage } from '../../../lib/messages/channels/channel';
import { createPushChannel, type PushOptions, wrongWith } from '../../../lib/messages/channels/push';
import type { PushPayload } from '../../../lib/messages/push-payload';
import { startPushService } from '../../mocks/message-apis/push-service';
import { closeServers, opened, testTools } from './text-channels';

afterEach(closeServers);

const keys = generateVAPIDKeys();
const credential = { ...keys, subject: 'mailto:shop@example.com' };
const message: Omit<PushMessage, 'to'> = { channel: 'push', messageId: 'm1', title: 'Tea House', body: 'Green tea is back 🍵', url: 'https://shop.example.com/tea', iconUrl: 'https://shop.example.com/logo.png', ttlSeconds: 3600 };

async function stage(change: Partial<PushOptions> = {}, timeoutMs?: number) {
	const service = await opened(startPushService());
	const tools = testTools(timeoutMs);
	return { service, tools, channel: createPushChannel({ credential, urgency: 'normal', reach: 'any', connections: 5, ...change }, tools) };
}

const payloadOf = (text: string) => JSON.parse(text) as PushPayload;

test('a browser can read it, and the push service knows who sent it', async () => {
	const { service, channel } = await stage({ urgency: 'high' });
	const browser = service.browser();
	expect(await channel.send({ ...message, to: [browser.subscription] })).toEqual({ status: 'sent', response: expect.stringContaining('201') });
	const [push] = service.pushes;
	expect(payloadOf(push.text)).toEqual({ title: 'Tea House', body: 'Green tea is back 🍵', url: message.url, icon: message.iconUrl, tag: expect.stringMatching(/^[\w-]{32}$/) });
	expect(push).toMatchObject({ ttl: 3600, urgency: 'high', vapid: { subject: credential.subject, publicKey: keys.publicKey } });
});

test('the same message again takes the place of the first, another one does not', async () => {
	const { service, channel } = await stage();
	const to = [service.browser().subscription];
	await channel.send({ ...message, to });
	await channel.send({ ...message, to });
	await channel.send({ ...message, messageId: 'm2', to });
	const [first, again, other] = service.pushes.map(({ topic, text }) => ({ topic, tag: payloadOf(text).tag }));
	expect(again).toEqual(first);
	expect(first.topic).toBe(first.tag);
	expect(other.topic).not.toBe(first.topic);
});

test('is sent when one browser took it, and names those that are gone', async () => {
	const { service, channel } = await stage();
	const [here, gone, broken] = [service.browser(), service.browser(), service.browser()];
	service.forget(gone);
	const to = [gone.subscription, { ...broken.subscription, p256dh: `B${'a'.repeat(86)}` }, here.subscription];
	expect(await channel.send({ ...message, to })).toEqual({ status: 'sent', response: expect.stringContaining('1 of 3'), goneEndpoints: [gone.endpoint, broken.endpoint] });
	expect(service.pushes).toHaveLength(1);
});

test('is refused for good when all browsers are gone, or there is none', async () => {
	const { service, channel } = await stage();
	const gone = service.browser();
	service.forget(gone);
	expect(await channel.send({ ...message, to: [gone.subscription] })).toEqual({ status: 'refused', permanent: true, scope: 'recipient', response: expect.any(String), goneEndpoints: [gone.endpoint] });
	expect(await channel.send({ ...message, to: [] })).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
});

test('what a browser told is secret: no outcome names an endpoint in words', async () => {
	const { service, channel } = await stage();
	const browser = service.browser();
	for (const status of [400, 403, 413, 500, 503]) {
		service.faults.push({ times: 2, instead: { status } });
		const outcome = await channel.send({ ...message, to: [browser.subscription] });
		expect(outcome).toMatchObject({ status: 'refused', scope: 'provider', permanent: status < 500 });
		expect(outcome.response).not.toContain('/push/');
		service.faults.length = 0;
	}
});

describe('size', () => {
	test('a long text is cut so that the push service takes it', async () => {
		const { service, channel } = await stage();
		const to = [service.browser().subscription];
		for (const body of ['x'.repeat(5_000), '🍵'.repeat(3_000), '"\n'.repeat(3_000)]) await channel.send({ ...message, body, to });
		expect(service.pushes).toHaveLength(3);
		for (const { bytes, text } of service.pushes) {
			expect(bytes).toBeLessThanOrEqual(4096);
			expect(bytes).toBeGreaterThan(4050);
			expect(payloadOf(text)).toMatchObject({ body: expect.stringMatching(/…$/), icon: message.iconUrl });
			expect(text).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
		}
	});

	test('one that a push service finds too long all the same is cut further, once', async () => {
		const { service, channel } = await stage();
		const to = [service.browser().subscription];
		service.limit = 2000;
		expect(await channel.send({ ...message, body: 'x'.repeat(3_000), to })).toMatchObject({ status: 'sent' });
		service.limit = 500;
		expect(await channel.send({ ...message, body: 'x'.repeat(3_000), to })).toMatchObject({ status: 'refused', permanent: true, scope: 'provider' });
		expect(service.requests).toHaveLength(4);
	});

	test('pictures go before the message does; an endless address cannot be sent', async () => {
		const { service, channel } = await stage();
		const to = [service.browser().subscription];
		const imageUrl = `https://shop.example.com/${'x'.repeat(3_900)}`;
		expect(await channel.send({ ...message, imageUrl, to })).toMatchObject({ status: 'sent' });
		expect(payloadOf(service.pushes[0].text)).toMatchObject({ body: message.body, url: message.url });
		expect(service.pushes[0].text).not.toContain('xxx');
		expect(await channel.send({ ...message, url: imageUrl, to })).toMatchObject({ status: 'refused', permanent: true, scope: 'provider' });
	});
});

describe('what goes wrong', () => {
	test('throttling is waited out, or given back with its time', async () => {
		const { service, tools, channel } = await stage();
		const to = [service.browser().subscription];
		service.faults.push({ instead: { status: 429, headers: { 'retry-after': '5' } } });
		expect(await channel.send({ ...message, to })).toMatchObject({ status: 'sent' });
		expect(tools.pauses).toEqual([5_000]);
		service.faults.push({ instead: { status: 429, headers: { 'retry-after': '3600' } } });
		expect(await channel.send({ ...message, to })).toMatchObject({ status: 'refused', permanent: false, retryAfterMs: 3_600_000 });
	});

	test('keys with which no browser subscribed are refused by the push service', async () => {
		const { service, channel } = await stage();
		const to = [service.browser().subscription];
		service.faults.push({ instead: { status: 403, body: 'the VAPID credentials do not correspond' } });
		expect(await channel.send({ ...message, to })).toMatchObject({ status: 'refused', permanent: true, scope: 'provider', response: expect.stringContaining('credential') });
	});

	test.each(['cut', 'hang'] as const)('a push that was taken and then %s is unknown', async (after) => {
		const { service, channel } = await stage({}, 500);
		service.faults.push({ after });
		expect(await channel.send({ ...message, to: [service.browser().subscription] })).toMatchObject({ status: 'unknown' });
	});

	test('an address in one’s own network is never called, and given back as gone', async () => {
		const { service, channel } = await stage({ reach: 'public' });
		const { subscription } = service.browser();
		expect(await channel.send({ ...message, to: [subscription, { ...subscription, endpoint: 'https://10.0.0.8/x' }] })).toMatchObject({ status: 'refused', goneEndpoints: [subscription.endpoint, 'https://10.0.0.8/x'] });
		expect(service.requests).toEqual([]);
	});

	test('where time runs faster nothing leaves this machine', async () => {
		const { service, tools, channel } = await stage({ reach: 'loopback' });
		const { subscription } = service.browser();
		expect(await channel.send({ ...message, to: [{ ...subscription, endpoint: 'https://push.invalid/x' }] })).toMatchObject({ status: 'refused', permanent: true, scope: 'provider' });
		expect(tools.pauses).toEqual([]);
		expect(await channel.send({ ...message, to: [subscription] })).toMatchObject({ status: 'sent' });
	});
});

test('keys that cannot work say what is wrong with them, without them', () => {
	const other = generateVAPIDKeys();
	expect(wrongWith(credential)).toBe('');
	expect(wrongWith({ ...credential, subject: 'https://shop.example.com' })).toBe('');
	expect(wrongWith({ ...credential, publicKey: keys.privateKey })).toContain('public key');
	expect(wrongWith({ ...credential, privateKey: keys.publicKey })).toContain('private key');
	expect(wrongWith({ ...credential, privateKey: other.privateKey })).toContain('belong together');
	expect(wrongWith({ ...credential, privateKey: Buffer.alloc(32).toString('base64url') })).toContain('belong together');
	expect(wrongWith({ ...credential, subject: 'shop@example.com' })).toContain('mailto:');
	expect(wrongWith({ ...credential, privateKey: other.privateKey })).not.toContain(other.privateKey);
});
