import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { ShopJourneysResendApi } from '../../../credentials/ShopJourneysResendApi.credentials';
import { refOf } from '../../../lib/messages/channels/ref';
import { readLink } from '../../../lib/messages/links';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import * as sendTest from '../../../nodes/SendReminder/operations/sendTest.operation';
import { providerOf } from '../../../nodes/SendReminder/providers';
import { SendReminder } from '../../../nodes/SendReminder/SendReminder.node';
import { authenticatedRequests } from '../../mocks/mail-apis/n8n-requests';
import type { MailApiServer } from '../../mocks/mail-apis/server';
import { apis, message, type Provider, providerNamed } from '../messages/mail-apis';
import { sampleItem, sampleSettings } from '../messages/samples';
import { fakeExecution } from './execution';

const { description } = new SendReminder();
const installation = (speed = 1) => ({ clock: { speed } }) as Installation;

const idOf = { SendGrid: 'sendgrid', Mailgun: 'mailgun', Postmark: 'postmark', Resend: 'resend', 'Amazon SES': 'ses' } as Record<string, string>;

/** Whether n8n shows it with these parameters; what is not filled in has its default. */
function isShown({ displayOptions }: Pick<INodeProperties, 'displayOptions'>, parameters: Record<string, string>): boolean {
	const { show = {}, hide = {} } = displayOptions ?? {};
	const fits = ([field, values]: [string, unknown]) => (values as unknown[]).includes(parameters[field] ?? description.properties.find(({ name }) => name === field)?.default);
	return Object.entries(show).every(fits) && !Object.entries(hide).some(fits);
}

const credentialsWith = (parameters: Record<string, string>) => description.credentials!.filter((credential) => isShown(credential, parameters)).map(({ name }) => name);
const fieldsWith = (parameters: Record<string, string>) => description.properties.filter((property) => isShown(property, parameters)).map(({ name }) => name);

describe('the fields of Send Reminder', () => {
	const ways = [['smtp', 'smtp'], ['ses', 'aws'], ['mailgun', 'mailgunApi'], ['postmark', 'postmarkApi'], ['resend', 'shopJourneysResendApi'], ['sendgrid', 'sendGridApi']];

	test('"Send Through" lists the ways for e-mail, SMTP first', () => {
		const field = description.properties.find(({ name }) => name === 'emailProvider')!;
		expect((field.options as INodePropertyOptions[]).map(({ name }) => name)).toEqual(['SMTP', 'Amazon SES', 'Mailgun', 'Postmark', 'Resend', 'SendGrid']);
		expect(field.default).toBe('smtp');
	});

	test.each(ways)('%s asks for its credential and no other', (id, credential) => {
		expect(credentialsWith({ emailProvider: id })).toEqual([credential]);
	});

	test('a workflow saved before there was a choice sends over SMTP', () => {
		expect(credentialsWith({})).toEqual(['smtp']);
		expect(providerOf((_name, fallback) => fallback).id).toBe('smtp');
	});

	test.each([
		['smtp', []],
		['ses', ['configurationSet', 'apiAddress']],
		['mailgun', ['mailgunDomain', 'apiAddress']],
		['postmark', ['marketingStream', 'transactionalStream', 'apiAddress']],
		['resend', ['apiAddress']],
		['sendgrid', ['apiAddress']],
	])('%s shows its own fields and no other\'s', (id, own) => {
		const all = ['configurationSet', 'mailgunDomain', 'marketingStream', 'transactionalStream', 'apiAddress'];
		expect(fieldsWith({ emailProvider: id }).filter((name) => all.includes(name))).toEqual(own);
	});

	test('no field of a provider is an expression: it holds for all items', () => {
		for (const property of description.properties.filter(({ name }) => /^(apiAddress|configurationSet|mailgunDomain|marketingStream|transactionalStream)$/.test(name))) expect(property.noDataExpression).toBe(true);
	});
});

test('Resend\'s credential puts the key on requests', () => {
	const credential = new ShopJourneysResendApi();
	expect(credential.properties).toEqual([expect.objectContaining({ name: 'apiKey', required: true, typeOptions: { password: true } })]);
	expect(credential.authenticate.properties.headers).toEqual({ Authorization: '=Bearer {{$credentials.apiKey}}' });
})

test.each([
	['a key for everything', { statusCode: 200, body: { data: [] } }, 'OK'],
	['a key that may only send', { statusCode: 401, body: { statusCode: 401, name: 'restricted_api_key', message: 'This API key is restricted to only send emails' } }, 'OK'],
	['an unknown key', { statusCode: 400, body: { statusCode: 400, name: 'validation_error', message: 'API key is invalid' } }, 'Error'],
	['no key', { statusCode: 401, body: { statusCode: 401, name: 'missing_api_key' } }, 'Error'],
	['a page in Resend\'s stead', { statusCode: 503, body: '<html>' }, 'Error'],
])('testing Resend\'s credential: %s', async (_what, answer, status) => {
	const asked: unknown[] = [];
	const context = { helpers: { request: async (options: unknown) => (asked.push(options), answer) } };
	const tested = await new SendReminder().methods.credentialTest.resendKey.call(context as never, { id: '1', name: 'Resend', type: 'shopJourneysResendApi', data: { apiKey: providerNamed('Resend').secret } });
	expect(tested.status).toBe(status);
	expect(asked).toEqual([expect.objectContaining({ method: 'GET', uri: 'https://api.resend.com/domains', headers: { Authorization: `Bearer ${providerNamed('Resend').secret}` } })]);
	expect(description.credentials!.find(({ name }) => name === 'shopJourneysResendApi')?.testedBy).toBe('resendKey');
})

test('testing Resend\'s credential while Resend cannot be reached tells nothing of the key', async () => {
	const context = {
		helpers: {
			request: async () => {
				throw new Error(`connect ECONNREFUSED with ${providerNamed('Resend').secret}`);
			},
		},
	};
	const tested = await new SendReminder().methods.credentialTest.resendKey.call(context as never, { id: '1', name: 'Resend', type: 'shopJourneysResendApi', data: {} });
	expect(tested).toEqual({ status: 'Error', message: 'Resend could not be reached' });
});

interface Case {
	parameters?: Record<string, unknown>;
	credential?: Record<string, unknown>;
	speed?: number;
}

/** Opens the provider as Send Reminder does. */
async function open(api: Provider, { parameters = {}, credential = {}, speed }: Case) {
	const requests = authenticatedRequests(api.credentialType, { ...api.credential, ...credential } as Record<string, string>);
	const context = Object.assign(fakeExecution(description, { parameters: { emailProvider: idOf[api.name], ...parameters } }), requests);
	const provider = providerOf((name, fallback) => context.getNodeParameter(name, 0, fallback) as string);
	expect(provider.credential).toBe(api.credentialType);
	return await provider.open(context, installation(speed));
}

describe.each(apis)('$name', (api) => {
	let server: MailApiServer;
	beforeEach(async () => {
		server = await api.start();
	});
	afterEach(() => server.close());

	test('sends with the node\'s credential to the address in the node', async () => {
		const channel = await open(api, { parameters: { apiAddress: ` ${server.url}/ ` } });
		expect(await channel.send(message)).toMatchObject({ status: 'sent', providerId: server.taken[0].id });
	});

	test('"Send Test" goes through it: rendered, with our headers', async () => {
		const folder = mkdtempSync(path.join(tmpdir(), 'mail-providers-'));
		const live = await openInstallation({ N8N_USER_FOLDER: folder }, () => Date.parse('2026-03-02T08:00:00Z'));
		await live.shop('main').saveSettings(sampleSettings());
		await live.shop('main').saveMessageAddress('https://n8n.fern.example/webhook/1/messages');
		const words = { message: 'custom', subject: 'Hello {{customer.firstName}} 🌿', html: '<p>{{cart.items.length}} in the cart</p>' };
		const parameters = { operation: 'sendTest', emailProvider: idOf[api.name], apiAddress: server.url, testAddress: 'me@fern.example', ...words };
		const context = Object.assign(fakeExecution(description, { parameters, items: [sampleItem() as never] }), authenticatedRequests(api.credentialType, api.credential));
		const [[sent], refused] = await sendTest.execute(context, live);
		expect(refused).toEqual([]);
		expect(sent.json.test).toMatchObject({ status: 'sent' });
		const [mail] = server.taken;
		expect(mail).toMatchObject({ to: 'me@fern.example', subject: '[Test] Hello Mia 🌿', headers: { 'auto-submitted': 'auto-generated', 'list-unsubscribe-post': 'List-Unsubscribe=One-Click' } });
		expect(mail.html).toContain('3 in the cart');
		// What the provider's events give back names this message, and is signed by this installation.
		expect(readLink(refOf(api.carrier, mail.metadata)!, live.linkSecret, Date.now(), 'message')).toMatchObject({ kind: 'message', channel: 'email' });
		expect(mail.headers['list-unsubscribe']).toMatch(/^<https:\/\/n8n\.fern\.example\/webhook\/1\/messages\?t=[^>]+>, <mailto:/);
		await live.hub.close();
		rmSync(folder, { recursive: true, force: true });
	});

	test('as many calls at once as the operator says', async () => {
		expect((await open(api, { parameters: { apiAddress: server.url, options: { connections: 3 } } })).connections).toBe(3);
		expect((await open(api, { parameters: { apiAddress: server.url } })).connections).toBeGreaterThan(1);
	});

	test.each(['http://api.example.com', 'ftp://127.0.0.1', 'https://user:pass@api.example.com', 'https://api.example.com/?key=1', 'api.example.com', 'http://127.0.0.1.example.com'])('the address %s is refused, and nothing is asked', async (apiAddress) => {
		await expect(open(api, { parameters: { apiAddress } })).rejects.toThrow('"API Address" has to begin with https://');
	});

	test('faster time reaches nobody but this machine', async () => {
		await expect(open(api, { speed: 1440 })).rejects.toThrow('SHOP_JOURNEYS_CLOCK_SPEED is 1440');
		await expect(open(api, { speed: 1440, parameters: { apiAddress: 'https://api.example.com' } })).rejects.toThrow('not to api.example.com');
		expect(await (await open(api, { speed: 1440, parameters: { apiAddress: server.url } })).send(message)).toMatchObject({ status: 'sent' });
	});

	test('without the credential it says so', async () => {
		const context = fakeExecution(description, { parameters: { emailProvider: idOf[api.name] } });
		await expect(providerOf((name, fallback) => context.getNodeParameter(name, 0, fallback) as string).open(context, installation())).rejects.toThrow('credentials');
	});
});

/** Where the channel asks when nothing is filled in. */
async function usualAddress(api: Provider, credential: Record<string, unknown> = {}, parameters: Record<string, unknown> = {}): Promise<string> {
	const requests = authenticatedRequests(api.credentialType, { ...api.credential, ...credential } as Record<string, string>);
	const urls: string[] = [];
	requests.helpers.httpRequestWithAuthentication = async (_type, { url }) => {
		urls.push(url);
		return { statusCode: 500, headers: {}, body: Buffer.alloc(0) };
	};
	const context = Object.assign(fakeExecution(description, { parameters: { emailProvider: idOf[api.name], ...parameters } }), requests);
	const channel = await providerOf((name, fallback) => context.getNodeParameter(name, 0, fallback) as string).open(context, installation());
	await channel.send(message);
	return urls[0];
}

test.each([
	['SendGrid', {}, 'https://api.sendgrid.com/v3/mail/send'],
	['Resend', {}, 'https://api.resend.com/emails'],
	['Postmark', {}, 'https://api.postmarkapp.com/email'],
	['Mailgun', {}, 'https://api.mailgun.net/v3/mg.fern.example/messages'],
	['Mailgun', { apiDomain: 'api.eu.mailgun.net', emailDomain: 'news.fern.example' }, 'https://api.eu.mailgun.net/v3/news.fern.example/messages'],
	['Amazon SES', {}, 'https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails'],
	['Amazon SES', { region: 'cn-north-1' }, 'https://email.cn-north-1.amazonaws.com.cn/v2/email/outbound-emails'],
	['Amazon SES', { customEndpoints: true, sesEndpoint: 'https://vpce-1.email.{region}.vpce.amazonaws.com/' }, 'https://vpce-1.email.eu-central-1.vpce.amazonaws.com/v2/email/outbound-emails'],
	['Amazon SES', { customEndpoints: false, sesEndpoint: 'https://old.example' }, 'https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails'],
])('%s with %j is asked at its usual address', async (name, credential, address) => {
	expect(await usualAddress(providerNamed(name), credential)).toBe(address);
});

test('a domain in the node comes before the credential\'s; without any Mailgun cannot send', async () => {
	const mailgun = providerNamed('Mailgun');
	expect(await usualAddress(mailgun, {}, { mailgunDomain: 'other.fern.example' })).toBe('https://api.mailgun.net/v3/other.fern.example/messages');
	await expect(open(mailgun, { credential: { emailDomain: '' } })).rejects.toThrow('Mailgun needs a domain');
});

test('Postmark\'s streams are those in the node', async () => {
	const postmark = providerNamed('Postmark');
	const server = await postmark.start();
	const channel = await open(postmark, { parameters: { apiAddress: server.url, marketingStream: 'news', transactionalStream: ' ' } });
	await channel.send(message);
	await channel.send({ ...message, kind: 'transactional' });
	expect(server.taken.map(({ stream }) => stream)).toEqual(['news', 'outbound']);
	await server.close();
});
