import { isVerified, looksValid, madeUp, type MailApiServer, nextId, person, startMailApi, type TakenMail } from './server';

export const postmarkToken = madeUp('0a1b2c3d-');

interface PostmarkMail {
	From?: string;
	To?: string;
	ReplyTo?: string;
	Subject?: string;
	HtmlBody?: string;
	TextBody?: string;
	MessageStream?: string;
	Headers?: Array<{ Name: string; Value: string }>;
	Metadata?: Record<string, string>;
	TrackOpens?: boolean;
	TrackLinks?: string;
}

interface Result {
	ErrorCode: number;
	Message: string;
	To?: string;
	SubmittedAt?: string;
	MessageID?: string;
}

/** Postmark's POST /email and /email/batch as its documentation describes them. */
export async function startPostmark(): Promise<MailApiServer> {
	return await startMailApi(({ method, path, headers, body }, take) => {
		if (method !== 'POST' || !/^\/email(\/batch)?$/.test(path)) return { status: 404, body: '' };
		if (headers['x-postmark-server-token'] !== postmarkToken) return { status: 401, body: { ErrorCode: 10, Message: 'The Server Token you provided in the X-Postmark-Server-Token request header was invalid. Please verify that you are using a valid token.' } };
		if (!String(headers.accept).includes('application/json') || !String(headers['content-type']).startsWith('application/json')) return { status: 422, body: { ErrorCode: 409, Message: 'JSON required' } };
		const given = JSON.parse(body.toString()) as PostmarkMail | PostmarkMail[];
		if (Array.isArray(given)) {
			if (path !== '/email/batch') return { status: 422, body: { ErrorCode: 403, Message: 'Incompatible JSON' } };
			if (given.length > 500) return { status: 422, body: { ErrorCode: 410, Message: 'Too many batch messages' } };
			return { status: 200, body: given.map((mail) => work(mail, take)) };
		}
		const result = work(given, take);
		return { status: result.ErrorCode === 0 ? 200 : 422, body: result };
	}, 50_000_000);
}

function work(mail: PostmarkMail, take: (mail: TakenMail) => void): Result {
	const refuse = (ErrorCode: number, Message: string): Result => ({ ErrorCode, Message });
	const to = mail.To ?? '';
	if (!looksValid(to)) return refuse(300, `Invalid 'To' address: '${to}'.`);
	if (to.startsWith('inactive@')) return refuse(406, `You tried to send to a recipient that has been marked as inactive. Found inactive addresses: ${to}. Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression.`);
	let from;
	try {
		from = person(mail.From ?? '');
	} catch {
		return refuse(300, `Invalid 'From' address: '${mail.From}'.`);
	}
	if (!isVerified(from.address)) return refuse(400, `The 'From' address you supplied (${from.address}) is not a Sender Signature on your account. Please add and confirm this address in order to be able to use it in the 'From' field of your messages.`);
	if (!mail.HtmlBody && !mail.TextBody) return refuse(300, 'Provide either email TextBody or HtmlBody or both.');
	if ((mail.HtmlBody?.length ?? 0) > 5_000_000) return refuse(300, 'HtmlBody is too long.');
	if (!/^(outbound|broadcast|news)$/.test(mail.MessageStream ?? 'outbound')) return refuse(1235, 'The provided message stream does not exist.');
	const metadata = Object.entries(mail.Metadata ?? {});
	if (metadata.length > 10 || metadata.some(([name, value]) => name.length > 20 || value.length > 80)) return refuse(300, 'Invalid metadata content. Metadata names may have 20 characters, values 80.');
	const headers = Object.fromEntries((mail.Headers ?? []).map(({ Name, Value }) => [Name.toLowerCase(), Value]));
	const { 'x-pm-keepid': keepsId, 'message-id': messageId, ...rest } = headers;
	const id = nextId();
	take({
		from,
		to,
		replyTo: mail.ReplyTo ? person(mail.ReplyTo) : undefined,
		subject: mail.Subject ?? '',
		html: mail.HtmlBody ?? '',
		text: mail.TextBody ?? '',
		headers: { ...rest, 'message-id': keepsId === 'true' && messageId ? messageId : `<${id}@mtasv.net>` },
		metadata: mail.Metadata ?? {},
		id,
		isTracked: mail.TrackOpens !== false || mail.TrackLinks !== 'None',
		stream: mail.MessageStream,
	});
	return { To: to, SubmittedAt: '2026-02-17T07:25:01.4178645-05:00', MessageID: id, ErrorCode: 0, Message: 'OK' };
}
