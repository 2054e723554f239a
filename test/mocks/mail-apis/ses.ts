import PostalMime from 'postal-mime';
import { type AwsKey, awsAuthorization } from './aws-signature';
import { type ApiAnswer, type ApiRequest, isVerified, madeUp, type MailApiServer, nextId, startMailApi } from './server';

export const awsKey: AwsKey = { accessKeyId: madeUp('AKIA'), secretAccessKey: madeUp('secret/') };
export const awsRegion = 'eu-central-1';

interface SendEmail {
	Destination?: { ToAddresses?: string[] };
	Content?: { Raw?: { Data?: string } };
	EmailTags?: Array<{ Name: string; Value: string }>;
	ConfigurationSetName?: string;
}

const error = (status: number, type: string, message: string): ApiAnswer => ({ status, headers: { 'x-amzn-errortype': type }, body: { message } });

/** SES's POST /v2/email/outbound-emails with a raw message, as its documentation describes it; the signature is checked. */
export async function startSes(): Promise<MailApiServer> {
	return await startMailApi(async (request, take) => {
		if (!isSigned(request)) return error(403, 'InvalidSignatureException', `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been 'POST ${awsKey.accessKeyId}'`);
		if (request.method !== 'POST' || request.path !== '/v2/email/outbound-emails') return error(404, 'UnknownOperationException', '');
		const { Destination, Content, EmailTags = [], ConfigurationSetName } = JSON.parse(request.body.toString()) as SendEmail;
		const [to] = Destination?.ToAddresses ?? [];
		if (!to) return error(400, 'BadRequestException', 'Missing required parameter: Destination');
		if (to.startsWith('blocked@')) return error(400, 'MessageRejected', 'Address blacklisted.');
		if (ConfigurationSetName === 'missing') return error(404, 'NotFoundException', 'Configuration set <missing> does not exist.');
		if (EmailTags.length > 50 || EmailTags.some(({ Name, Value }) => !/^[\w-]{1,256}$/.test(Name) || !/^[\w-]{1,256}$/.test(Value))) return error(400, 'BadRequestException', 'Invalid tag');
		const data = Content?.Raw?.Data;
		if (!data || Buffer.from(data, 'base64').toString('base64') !== data) return error(400, 'BadRequestException', 'Missing or wrong raw message');
		const raw = Buffer.from(data, 'base64');
		if (/[^\r]\n/.test(raw.toString('latin1'))) return error(400, 'BadRequestException', 'Lines have to end with CRLF');
		const mail = await PostalMime.parse(raw);
		const from = { name: mail.from?.name ?? '', address: mail.from?.address ?? '' };
		if (!isVerified(from.address)) return error(400, 'MessageRejected', `Email address is not verified. The following identities failed the check in region ${awsRegion.toUpperCase()}: ${from.address}`);
		const id = `0107${nextId()}-000000`;
		const replyTo = mail.replyTo?.[0];
		take({
			from,
			to,
			replyTo: replyTo && { name: replyTo.name ?? '', address: replyTo.address ?? '' },
			subject: mail.subject ?? '',
			html: mail.html ?? '',
			text: mail.text ?? '',
			headers: { ...Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])), 'message-id': `<${id}@${awsRegion}.amazonses.com>` },
			// `mail.tags` of an event.
			metadata: Object.fromEntries([...EmailTags.map(({ Name, Value }) => [Name, [Value]]), ['ses:from-domain', ['fern.example']]]),
			id,
			// A setting of the configuration set; nothing in a message turns it on.
			isTracked: false,
		});
		return { status: 200, body: { MessageId: id } };
	}, 40_000_000);
}

function isSigned({ method, path, headers, body }: ApiRequest): boolean {
	const given = String(headers.authorization);
	const [, names, scope] = [null, /SignedHeaders=([^,]+)/.exec(given)?.[1] ?? '', /Credential=[^/]+\/(\d{8})\/([^/]+)\/([^/]+)\//.exec(given)];
	const signed = Object.fromEntries(names.split(';').map((name) => [name, String(headers[name])]));
	if (!scope || !('host' in signed) || !('x-amz-date' in signed)) return false;
	return given === awsAuthorization(awsKey, { method, path, headers: signed, body, region: awsRegion, service: 'ses', date: signed['x-amz-date'] });
}
