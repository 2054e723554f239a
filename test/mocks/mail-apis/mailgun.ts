import { isVerified, looksValid, madeUp, type MailApiServer, nextId, person, startMailApi } from './server';

export const mailgunKey = madeUp('key-');
export const mailgunDomain = 'mg.fern.example';

/** Mailgun's POST /v3/{domain}/messages as its documentation describes it. */
export async function startMailgun(): Promise<MailApiServer> {
	return await startMailApi(({ method, path, headers, body }, take) => {
		if (headers.authorization !== `Basic ${Buffer.from(`api:${mailgunKey}`).toString('base64')}`) return { status: 401, body: 'Forbidden' };
		const domain = /^\/v3\/([^/]+)\/messages$/.exec(path)?.[1];
		if (method !== 'POST' || !domain) return { status: 404, body: '' };
		if (domain !== mailgunDomain) return { status: 404, body: { message: `Domain not found: ${domain}` } };
		const fields = new URLSearchParams(body.toString());
		const field = (name: string) => fields.get(name) ?? '';
		const wrong = (message: string) => ({ status: 400, body: { message } });
		if (!field('from')) return wrong('from parameter is missing');
		if (!field('to')) return wrong('to parameter is missing');
		if (!looksValid(field('to'))) return wrong('to parameter is not a valid address. please check documentation');
		const from = person(field('from'));
		if (!isVerified(from.address)) return { status: 403, body: { message: `The domain ${mailgunDomain} is not allowed to send from ${from.address}` } };
		if (!field('text') && !field('html')) return wrong("Need at least one of 'text' or 'html' parameters specified");
		const own = (prefix: string) => Object.fromEntries([...fields].filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]));
		const mailHeaders = Object.fromEntries(Object.entries(own('h:')).map(([name, value]) => [name.toLowerCase(), value]));
		if (JSON.stringify(own('v:')).length > 16_384) return wrong('Custom variables are too long');
		const { 'reply-to': replyTo, 'message-id': messageId, ...rest } = mailHeaders;
		if (messageId && !/^<[^<>@\s]+@[^<>@\s]+>$/.test(messageId)) return wrong('Message-Id is not valid');
		const id = messageId ?? `<${nextId()}@${mailgunDomain}>`;
		take({
			from,
			to: field('to'),
			replyTo: replyTo ? person(replyTo) : undefined,
			subject: field('subject'),
			html: field('html'),
			text: field('text'),
			headers: { ...rest, 'message-id': id },
			metadata: own('v:'),
			id,
			isTracked: ['o:tracking', 'o:tracking-clicks', 'o:tracking-opens'].some((name) => !/^(no|false)$/.test(field(name))),
		});
		return { status: 200, body: { id, message: 'Queued. Thank you.' } };
	}, 25_000_000);
}
