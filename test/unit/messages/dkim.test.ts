import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import type { EmailMessage } from '../../../lib/messages/channels/channel';
import { createSmtpChannel } from '../../../lib/messages/channels/smtp';
import { messageHeaders, messageIdFor } from '../../../lib/messages/headers';
import { signLink } from '../../../lib/messages/links';
import { type ReceivedMail, startMailServer } from './mail-server';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'der' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
const dnsRecord = `v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`;

/** DNS with one name in it. */
async function resolver(name: string, type: string): Promise<string[][]> {
	if (name === 'journeys._domainkey.fern.example' && type === 'TXT') return [dnsRecord.match(/.{1,255}/g)!];
	throw Object.assign(new Error(`No ${type} of ${name}`), { code: 'ENOTFOUND' });
}

/** What a relay signs where somebody told it of RFC 8058 § 4: both headers are in the signature. */
const signedFields = 'From:To:Reply-To:Subject:Date:Message-ID:MIME-Version:Content-Type:Auto-Submitted:List-Unsubscribe:List-Unsubscribe-Post';

const closers: Array<() => Promise<unknown>> = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

/** The relay of a shop's provider: takes a mail, signs its bytes as they are and hands them on. */
async function startSigningRelay(toPort: number, headerFieldNames = signedFields): Promise<number> {
	const onward = createTransport({ host: '127.0.0.1', port: toPort, secure: false, ignoreTLS: true, dkim: { domainName: 'fern.example', keySelector: 'journeys', privateKey, headerFieldNames } });
	const relay = new SMTPServer({
		authOptional: true,
		disabledCommands: ['STARTTLS'],
		disableReverseLookup: true,
		closeTimeout: 100,
		onData(stream, { envelope }, answer) {
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			stream.on('end', () => {
				const from = envelope.mailFrom ? envelope.mailFrom.address : '';
				onward.sendMail({ envelope: { from, to: envelope.rcptTo.map(({ address }) => address) }, raw: Buffer.concat(chunks) }).then(
					() => answer(),
					(error: Error) => answer(error),
				);
			});
		},
	});
	await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
	closers.push(() => new Promise<void>((resolve) => relay.close(() => resolve())));
	return (relay.server.address() as AddressInfo).port;
}

const token = signLink(Buffer.alloc(32, 7), { kind: 'unsubscribe', shop: 'main', customerId: 'c_01J8Z3', channel: 'email', enrolment: 'cart-abandoned/c_01J8Z3', step: 2 });
const oneClickUrl = `https://n8n.fern.example/webhook/5f1c-messages?t=${token}`;

/** Over the SMTP channel, through the relay, into the customer's mailbox. */
async function received(changes: Partial<EmailMessage> = {}, fields?: string): Promise<ReceivedMail> {
	const mailbox = await startMailServer();
	closers.push(mailbox.close);
	const channel = createSmtpChannel({ host: '127.0.0.1', port: await startSigningRelay(mailbox.port, fields), secure: false });
	closers.push(channel.close);
	const outcome = await channel.send({
		channel: 'email',
		messageId: messageIdFor('main/cart/2', 'fern.example'),
		from: 'Fern & Field <hello@fern.example>',
		to: 'mia@example.org',
		replyTo: 'anna@fern.example',
		subject: 'Your cart is still here',
		html: '<p>Hello Mia</p>',
		text: 'Hello Mia',
		headers: messageHeaders({ oneClickUrl, mailto: 'anna@fern.example' }),
		...changes,
	});
	expect(outcome).toMatchObject({ status: 'sent' });
	expect(mailbox.received).toHaveLength(1);
	return mailbox.received[0];
}

async function verified(raw: string) {
	const { results } = await dkimVerify(Buffer.from(raw), { resolver });
	expect(results).toHaveLength(1);
	const [{ status, signingDomain, signingHeaders }] = results;
	return { result: status.result, signingDomain, covered: (signingHeaders?.keys ?? '').toLowerCase().split(':').map((name) => name.trim()) };
}

/** The lines of a header, unfolded. */
function valuesOf(raw: string, name: string): string[] {
	const lines = raw.split('\r\n\r\n')[0].replace(/\r\n[ \t]+/g, ' ').split('\r\n');
	return lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)).map((line) => line.slice(name.length + 1).trim());
}

/** RFC 8058 § 3.1 and § 4, for a mail as it was received; what is missing, in words. */
async function checkOneClick(raw: string): Promise<string[]> {
	const problems: string[] = [];
	const { result, signingDomain, covered } = await verified(raw);
	const targets = valuesOf(raw, 'List-Unsubscribe');
	const posts = valuesOf(raw, 'List-Unsubscribe-Post');
	if (result !== 'pass') problems.push(`the signature is "${result}"`);
	if (!valuesOf(raw, 'From')[0].includes(`@${String(signingDomain)}>`)) problems.push('the signature is not of the sender\'s domain');
	if (targets.length !== 1 || [...targets[0].matchAll(/<(https:\/\/[^<>\s]+)>/g)].length !== 1) problems.push('there is not exactly one https address');
	if (posts.length !== 1 || posts[0] !== 'List-Unsubscribe=One-Click') problems.push('List-Unsubscribe-Post is not the one that the RFC knows');
	for (const name of ['list-unsubscribe', 'list-unsubscribe-post']) if (!covered.includes(name)) problems.push(`${name} is not signed`);
	return problems;
}

test('a mail through a signing relay is verified by its receiver, and unsubscribes with one click', async () => {
	const { raw } = await received();
	expect(await checkOneClick(raw)).toEqual([]);
	expect(await verified(raw)).toMatchObject({ result: 'pass', signingDomain: 'fern.example' });
	expect(valuesOf(raw, 'List-Unsubscribe')).toEqual([`<${oneClickUrl}>, <mailto:anna@fern.example?subject=unsubscribe>`]);
	// What the receiver's server posts is the value of the header; nothing else is needed.
	expect(new URLSearchParams(valuesOf(raw, 'List-Unsubscribe-Post')[0]).get('List-Unsubscribe')).toBe('One-Click');
});

test.each<[string, Partial<EmailMessage>]>([
	['letters of the whole world', { from: '日本の店 花 <hello@fern.example>', subject: '🧺 محمد، سلتك في انتظارك '.repeat(6), html: '<p>山茶花 Žluťoučký kůň</p>', text: '山茶花' }],
	['lines that begin with a dot, and long ones', { html: `<p>${'x'.repeat(3000)}</p>\n.\n..\n<p>end</p>`, text: '.\n..\nFrom here on\n' }],
	['blank lines at its end', { html: '<p>Hello</p>\n\n\n', text: 'Hello\n\n\n\n' }],
	['100 kB', { html: '<p>Hello, Mia &amp; all — 山</p>\n'.repeat(3000) }],
])('a mail with %s arrives with its signature intact', async (_what, changes) => {
	expect(await checkOneClick((await received(changes)).raw)).toEqual([]);
});

test('an address as long as we make them is signed in one line', async () => {
	const url = `${oneClickUrl}${'aB-_9'.repeat(30)}`.slice(0, 500);
	const { raw } = await received({ headers: messageHeaders({ oneClickUrl: url, mailto: 'anna@fern.example' }) });
	expect(await checkOneClick(raw)).toEqual([]);
	expect(valuesOf(raw, 'List-Unsubscribe')[0]).toContain(`<${url}>`);
});

test('a relay that leaves one of the headers out of its signature is found out', async () => {
	const { raw } = await received({}, signedFields.replace(':List-Unsubscribe-Post', ''));
	expect(await checkOneClick(raw)).toEqual(['list-unsubscribe-post is not signed']);
});

test('a message that cannot be unsubscribed from says nothing of it', async () => {
	const { raw } = await received({ headers: messageHeaders({}) });
	expect(valuesOf(raw, 'List-Unsubscribe')).toEqual([]);
	expect((await verified(raw)).result).toBe('pass');
});

test.each([
	['where unsubscribing leads', 'https://n8n.fern.example/', 'https://n8n.evil.example/'],
	['how it is asked for', 'List-Unsubscribe=One-Click', 'List-Unsubscribe=Two-Click'],
	['the subject', 'Subject: Your cart', 'Subject: Your bank'],
	['the body', 'Hello Mia', 'Hello Eve'],
])('who changes %s on the way breaks the signature', async (_what, before, after) => {
	const { raw } = await received();
	expect(raw).toContain(before);
	expect(await checkOneClick(raw.replace(before, after))).toEqual(expect.arrayContaining([expect.stringMatching(/^the signature is "(fail|neutral)"$/)]));
});

test('a second List-Unsubscribe, put in on the way, does not go unseen', async () => {
	const { raw } = await received();
	const added = raw.replace('List-Unsubscribe: ', 'List-Unsubscribe: <https://evil.example/>\r\nList-Unsubscribe: ');
	expect(await checkOneClick(added)).not.toEqual([]);
});
