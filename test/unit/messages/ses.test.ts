import { createSesChannel } from '../../../lib/messages/channels/ses';
import { awsAuthorization } from '../../mocks/mail-apis/aws-signature';
import { closeStages, message, providerNamed, stageFor } from './mail-apis';

afterEach(closeStages);

const provider = providerNamed('Amazon SES');

test('the signature of these tests is the one that AWS publishes for its example', () => {
	const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
	const headers = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' };
	expect(awsAuthorization(key, { method: 'GET', path: '/', headers, body: '', region: 'us-east-1', service: 'service', date: '20150830T123600Z' })).toBe(
		'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
	);
});

test.each([
	[403, 'UnrecognizedClientException', 'The security token included in the request is invalid.', { permanent: true, scope: 'provider', response: expect.stringContaining('credential') }],
	[403, 'ExpiredTokenException', 'The security token included in the request is expired', { permanent: true, scope: 'provider', response: expect.stringContaining('credential') }],
	[403, 'AccessDeniedException', 'User arn:aws:iam::1:user/x is not authorized to perform ses:SendEmail', { permanent: true, scope: 'provider', response: expect.stringContaining('ses:SendEmail') }],
	[400, 'MessageRejected', 'Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: mia@example.org', { permanent: true, scope: 'provider' }],
	[400, 'MailFromDomainNotVerifiedException', 'MAIL FROM is not verified', { permanent: true, scope: 'provider' }],
	[400, 'BadRequestException', 'Illegal address: mia@example.org', { permanent: true, scope: 'recipient' }],
	[400, 'BadRequestException', 'Local address contains control or whitespace', { permanent: true, scope: 'provider' }],
	[400, 'AccountSuspendedException', 'The account is suspended', { permanent: true, scope: 'provider' }],
	[400, 'SendingPausedException', 'Sending is paused', { permanent: false, scope: 'provider' }],
	[404, 'NotFoundException', 'Configuration set <x> does not exist.', { permanent: true, scope: 'provider', response: expect.stringContaining('Configuration set') }],
])('%i %s: %s', async (status, type, text, expected) => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ instead: { status, headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazonaws.ses/` }, body: { message: text } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', ...expected });
});

test('too fast for a second is waited for, too many for a day is not', async () => {
	const { server, channel, pauses } = await stageFor(provider);
	const throttle = (text: string) => ({ instead: { status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException' }, body: { message: text } } });
	server.faults.push(throttle('Maximum sending rate exceeded.'));
	expect(await channel.send(message)).toMatchObject({ status: 'sent' });
	expect(pauses).toHaveLength(1);
	server.faults.push(throttle('Daily message quota exceeded.'));
	expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false });
	expect(pauses).toHaveLength(1);
});

test('the configuration set goes with it', async () => {
	const { server } = await stageFor(provider);
	const withSet = { ...provider, create: (settings: Parameters<typeof createSesChannel>[0], ...rest: [Parameters<typeof createSesChannel>[1]]) => createSesChannel({ ...settings, configurationSet: 'missing' }, ...rest) };
	const { channel } = await stageFor(withSet, { address: server.url });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: true, scope: 'provider' });
	expect(JSON.parse(server.requests[0].body.toString())).toMatchObject({ ConfigurationSetName: 'missing' });
});
