import { createHash } from 'node:crypto';
import { type ApiAnswer, isVerified, looksValid, madeUp, type MailApiServer, nextId, person, startMailApi, type TakenMail } from './server';

export const resendKey = madeUp('re_');

interface ResendMail {
	from?: string;
	to?: string[];
	reply_to?: string;
	subject?: string;
	html?: string;
	text?: string;
	headers?: Record<string, string>;
	tags?: Array<{ name: string; value: string }>;
}

const error = (statusCode: number, name: string, message: string): ApiAnswer => ({ status: statusCode, body: { statusCode, name, message } });

/** Resend's POST /emails and /emails/batch as its documentation describes them, idempotency keys included. */
export async function startResend(): Promise<MailApiServer> {
	const calls = new Map<string, { payload: string; answer: ApiAnswer }>();
	return await startMailApi(({ method, path, headers, body }, take) => {
		if (!headers['user-agent']) return { status: 403, body: 'error code: 1010' };
		if (method !== 'POST' || !/^\/emails(\/batch)?$/.test(path)) return error(404, 'not_found', 'The requested endpoint does not exist.');
		if (!headers.authorization) return error(401, 'missing_api_key', 'Missing API key in the authorization header.');
		if (headers.authorization !== `Bearer ${resendKey}`) return error(403, 'invalid_api_key', 'API key is invalid.');
		const key = headers['idempotency-key'] as string | undefined;
		if (key !== undefined && (key.length === 0 || key.length > 256)) return error(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars.');
		const payload = createHash('sha256').update(body).digest('hex');
		const before = key === undefined ? undefined : calls.get(key);
		if (before) return before.payload === payload ? before.answer : error(409, 'invalid_idempotent_request', 'Same idempotency key used with a different request payload.');
		const given = JSON.parse(body.toString()) as ResendMail | ResendMail[];
		const answer = Array.isArray(given) ? batch(given, headers['x-batch-validation'] === 'permissive', take) : single(given, take);
		if (key !== undefined && answer.status === 200) calls.set(key, { payload, answer });
		return answer;
	}, 40_000_000);
}

function single(mail: ResendMail, take: (mail: TakenMail) => void): ApiAnswer {
	const wrong = problemOf(mail);
	return wrong ?? { status: 200, body: { id: accept(mail, take) } };
}

function batch(mails: ResendMail[], isPermissive: boolean, take: (mail: TakenMail) => void): ApiAnswer {
	if (mails.length > 100) return error(422, 'validation_error', 'The batch contains more than 100 emails.');
	const problems = mails.map(problemOf);
	// A sender that is not verified is no matter of one mail.
	const ofAll = problems.find((problem) => problem?.status === 403) ?? (isPermissive ? undefined : problems.find((problem) => problem !== undefined));
	if (ofAll) return ofAll;
	const data = mails.filter((_mail, index) => !problems[index]).map((mail) => ({ id: accept(mail, take) }));
	const errors = problems.flatMap((problem, index) => (problem ? [{ index, message: (problem.body as { message: string }).message }] : []));
	return { status: 200, body: { data, ...(isPermissive && { errors }) } };
}

function problemOf(mail: ResendMail): ApiAnswer | undefined {
	if (!mail.to?.length || !mail.from || !mail.subject) return error(422, 'missing_required_field', 'The request body is missing one or more required fields.');
	if (!looksValid(mail.to[0])) return error(422, 'validation_error', 'Invalid `to` field. The email address needs to follow the `email@example.com` or `Name <email@example.com>` format.');
	// A name in quotes is refused, and so are these in a bare one.
	if (!/^([^"<>@,;:\\()[\]]+ <[^<>"\s]+@[^<>"\s]+>|[^<>"\s]+@[^<>"\s]+)$/.test(mail.from)) return error(422, 'invalid_from_address', 'Invalid `from` field. The email address needs to follow the `email@example.com` or `Name <email@example.com>` format.');
	if (/=\?utf-8\?/i.test(mail.from)) return error(451, 'security_error', 'The email payload contain invalid characters');
	if (!isVerified(person(mail.from).address)) return error(403, 'validation_error', 'The other.example domain is not verified. Please, add and verify your domain on https://resend.com/domains');
	if ((mail.tags ?? []).some(({ name, value }) => !/^[\w-]{1,256}$/.test(name) || !/^[\w-]{1,256}$/.test(value))) return error(422, 'validation_error', 'Tags should only contain ASCII letters, numbers, underscores, or dashes.');
	if (Object.values(mail.headers ?? {}).some((value) => !/^[\x20-\x7e]+$/.test(value))) return error(422, 'validation_error', 'Invalid `headers` field.');
	return undefined;
}

function accept(mail: ResendMail, take: (mail: TakenMail) => void): string {
	const id = nextId();
	take({
		from: person(mail.from!),
		to: mail.to![0],
		replyTo: mail.reply_to ? person(mail.reply_to) : undefined,
		subject: mail.subject!,
		html: mail.html ?? '',
		text: mail.text ?? '',
		headers: Object.fromEntries(Object.entries(mail.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
		// `data.tags` of an event.
		metadata: Object.fromEntries((mail.tags ?? []).map(({ name, value }) => [name, value])),
		id,
		// A setting of the domain; nothing in a message turns it on.
		isTracked: false,
	});
	return id;
}
