import type { TextMessage } from '../../../lib/messages/channels/channel';
import { createWhatsAppChannel } from '../../../lib/messages/channels/whatsapp-cloud';
import { accessToken, phoneNumberId, startWhatsApp } from '../../mocks/message-apis/whatsapp';
import { closeServers, opened, testTools } from './text-channels';

afterEach(closeServers);

const template = { name: 'cart_reminder', language: 'de', values: ['Mia', 'https://shop.example.com/cart'] };
const message: TextMessage = { channel: 'whatsapp', messageId: 'm1', ref: 'WyJt.c2ln', to: '+436641234567', text: 'Mia https://shop.example.com/cart', template };
const withoutTemplate: TextMessage = { ...message, template: undefined };

async function stage(token = accessToken, timeoutMs?: number) {
	const server = await opened(startWhatsApp());
	const tools = testTools(timeoutMs);
	return { server, tools, channel: createWhatsAppChannel({ credential: { accessToken: token, businessAccountId: '1' }, phoneNumberId, apiAddress: `${server.url}/v23.0`, connections: 5 }, tools) };
}

test('a template goes with its language, its values in order and our mark', async () => {
	const { server, channel } = await stage();
	expect(await channel.send(message)).toEqual({ status: 'sent', response: 'accepted', providerId: 'wamid.1' });
	expect(server.messages).toEqual([
		{
			messaging_product: 'whatsapp',
			recipient_type: 'individual',
			to: '+436641234567',
			biz_opaque_callback_data: 'WyJt.c2ln',
			type: 'template',
			template: { name: 'cart_reminder', language: { code: 'de' }, components: [{ type: 'body', parameters: [{ type: 'text', text: 'Mia' }, { type: 'text', text: 'https://shop.example.com/cart' }] }] },
		},
	]);
});

test('a template without gaps goes without components', async () => {
	const { server, channel } = await stage();
	expect(await channel.send({ ...message, template: { name: 'hello', language: 'en', values: [] } })).toMatchObject({ status: 'sent' });
	expect(server.messages[0].template).toEqual({ name: 'hello', language: { code: 'en' } });
});

test('free text reaches who has written, and else says what to do, without blaming the number', async () => {
	const { server, channel } = await stage();
	expect(await channel.send(withoutTemplate)).toEqual({ status: 'refused', permanent: true, scope: 'provider', response: expect.stringContaining('Template') });
	server.conversations.add(message.to);
	expect(await channel.send(withoutTemplate)).toMatchObject({ status: 'sent' });
	expect(server.messages[0]).toMatchObject({ type: 'text', text: { body: message.text } });
});

test('a number that is not on WhatsApp is refused for good', async () => {
	const { channel } = await stage();
	expect(await channel.send({ ...message, to: '+43664123026' })).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
});

test('a wrong template is the operator’s to mend', async () => {
	const { channel } = await stage();
	expect(await channel.send({ ...message, template: { ...template, language: 'fr' } })).toMatchObject({ status: 'refused', permanent: true, scope: 'provider', response: expect.stringContaining('132001') });
	expect(await channel.send({ ...message, template: { ...template, values: ['Mia'] } })).toMatchObject({ status: 'refused', permanent: true, scope: 'provider', response: expect.stringContaining('132000') });
});

test('a token that is wrong or has run out is told without the token', async () => {
	const { server, channel } = await stage('EAAG-a-wrong-token');
	const outcome = await channel.send(message);
	expect(outcome).toMatchObject({ status: 'refused', permanent: true, scope: 'provider', response: expect.stringContaining('access token') });
	expect(JSON.stringify(outcome)).not.toContain('a-wrong-token');
	expect(server.messages).toEqual([]);
});

test.each([
	[400, 131049, { permanent: false, scope: 'recipient', retryAfterMs: 86_400_000 }],
	[400, 131050, { permanent: true, scope: 'recipient' }],
	[400, 131042, { permanent: true, scope: 'provider' }],
	[403, 368, { permanent: true, scope: 'provider' }],
	[403, 200, { permanent: true, scope: 'provider' }],
	[500, 131000, { permanent: false, scope: 'provider' }],
	[503, 131016, { permanent: false, scope: 'provider' }],
	[400, 131048, { permanent: false, scope: 'provider' }],
])('status %i with code %i', async (status, code, expected) => {
	const { server, channel } = await stage();
	server.faults.push({ instead: { status, body: { error: { message: 'In their words', code } } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', ...expected });
});

test.each([
	[429, 130429],
	[400, 131056],
	[400, 80007],
])('throttling by status %i and code %i is waited out, then given back', async (status, code) => {
	const { server, tools, channel } = await stage();
	const instead = { status, body: { error: { message: 'Rate limit hit', code } } };
	server.faults.push({ times: 2, instead });
	expect(await channel.send(message)).toMatchObject({ status: 'sent' });
	expect(tools.pauses).toEqual([1_000, 2_000]);
	server.faults.push({ times: 100, instead });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider', retryAfterMs: expect.any(Number) });
});

test.each([{ after: 'cut' as const }, { after: 'hang' as const }, { instead: { status: 502, body: '<html>' } }, { instead: { status: 200, body: { messaging_product: 'whatsapp' } } }])('is unknown after %j', async (fault) => {
	const { server, channel } = await stage(accessToken, 500);
	server.faults.push(fault);
	expect(await channel.send(message)).toMatchObject({ status: 'unknown' });
});

test('a name in a value starts no header and no field of its own', async () => {
	const { server, channel } = await stage();
	const evil = 'Mia"}]},"to":"+15005550006';
	await channel.send({ ...message, template: { ...template, values: [evil, 'x'] } });
	expect(server.messages).toMatchObject([{ to: '+436641234567', template: { components: [{ parameters: [{ text: evil }, { text: 'x' }] }] } }]);
});
