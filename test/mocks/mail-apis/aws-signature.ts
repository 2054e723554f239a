import { createHash, createHmac } from 'node:crypto';

export interface AwsKey {
	accessKeyId: string;
	secretAccessKey: string;
}

export interface SignedRequest {
	method: string;
	path: string;
	/** In lower case; those that are signed. */
	headers: Record<string, string>;
	body: Buffer | string;
	region: string;
	service: string;
	/** As `X-Amz-Date` has it: 20150830T123600Z. */
	date: string;
}

const sha256 = (value: Buffer | string) => createHash('sha256').update(value).digest('hex');
const hmac = (key: Buffer | string, value: string) => createHmac('sha256', key).update(value).digest();

/** AWS Signature Version 4, as the `Authorization` header has it (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). The path has no query. */
export function awsAuthorization({ accessKeyId, secretAccessKey }: AwsKey, { method, path, headers, body, region, service, date }: SignedRequest): string {
	const names = Object.keys(headers).sort();
	const signed = names.join(';');
	const canonical = [method, path, '', ...names.map((name) => `${name}:${headers[name].trim().replace(/ +/g, ' ')}`), '', signed, sha256(body)].join('\n');
	const day = date.slice(0, 8);
	const scope = `${day}/${region}/${service}/aws4_request`;
	const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
	const key = [region, service, 'aws4_request'].reduce<Buffer>((parent, part) => hmac(parent, part), hmac(`AWS4${secretAccessKey}`, day));
	return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${createHmac('sha256', key).update(toSign).digest('hex')}`;
}
