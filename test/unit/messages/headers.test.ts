import type { EmailMessage } from '../../../lib/messages/channels/channel';
import { createSmtpChannel } from '../../../lib/messages/channels/smtp';
import { isMailAddress, messageHeaders, messageIdFor, parseMailbox } from '../../../lib/messages/headers';
import { startMailServer, type MailServer } from './mail-server';

let server: MailServer;
let channel: ReturnType<typeof createSmtpChannel>;
beforeAll(async () => {
	server = await startMailServer();
	channel = createSmtpChannel({ host: '127.0.0.1', port: server.port, secure: false });
});
afterAll(async () => {
	await channel.close();
	await server.close();
});

/** Sends through a real server and returns what came out at the other end. */
async function received(changes: Partial<EmailMessage>) {
	const before = server.received.length;
	const outcome = await channel.send({ channel: 'email', messageId: '<a@fern.example>', from: 'Fern <hello@fern.example>', to: 'mia@example.org', subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {}, ...changes });
	expect(outcome).toMatchObject({ status: 'sent' });
	return server.received[before];
}

/** What a receiver reads: unfolded, the addresses in angle brackets. */
function unsubscribeAddresses(value: string): string[] {
	return [...value.matchAll(/<([^<>]*)>/g)].map((match) => match[1]);
}

test.each([40, 76, 77, 78, 120, 300, 500])('a List-Unsubscribe address of %i characters arrives byte for byte, in one line', async (length) => {
	const start = 'https://journeys.fern.example/u/one-click?t=';
	const url = start.slice(0, length) + 'aB-_9'.repeat(100).slice(0, Math.max(0, length - start.length));
	const mail = await received({ headers: messageHeaders({ oneClickUrl: url, mailto: 'unsubscribe@fern.example' }) });
	const line = mail.headerLines.find((header) => header.startsWith('List-Unsubscribe:')) ?? '';
	expect(unsubscribeAddresses(line)).toEqual([url, 'mailto:unsubscribe@fern.example?subject=unsubscribe']);
	const parsed = mail.parsed.headers.find(({ key }) => key === 'list-unsubscribe')?.value ?? '';
	expect(unsubscribeAddresses(parsed)[0]).toBe(url);
	expect(mail.headerLines).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
	expect(mail.headerLines.every((header) => header.length <= 998)).toBe(true);
});

test('one-click is announced only beside an https address', () => {
	expect(messageHeaders({ oneClickUrl: 'http://127.0.0.1:5678/u?t=1' })).toEqual({ 'Auto-Submitted': 'auto-generated', 'List-Unsubscribe': '<http://127.0.0.1:5678/u?t=1>' });
	expect(messageHeaders({ mailto: 'unsubscribe@fern.example' })).not.toHaveProperty('List-Unsubscribe-Post');
	expect(messageHeaders()).toEqual({ 'Auto-Submitted': 'auto-generated' });
});

test('addresses that would break the header are encoded or left out', () => {
	expect(messageHeaders({ oneClickUrl: 'https://a.example/u?x=1,2>3' })['List-Unsubscribe']).toBe('<https://a.example/u?x=1%2C2%3E3>');
	expect(messageHeaders({ oneClickUrl: 'javascript:alert(1)' })).not.toHaveProperty('List-Unsubscribe');
	expect(messageHeaders({ oneClickUrl: `https://a.example/${'a'.repeat(900)}` })).not.toHaveProperty('List-Unsubscribe');
	expect(messageHeaders({ oneClickUrl: 'https://a.example/u\r\nBcc: eve@example.org' })['List-Unsubscribe']).not.toMatch(/[\r\n ]/);
	expect(messageHeaders({ mailto: 'eve@example.org?bcc=all@example.org>' })).not.toHaveProperty('List-Unsubscribe');
});

test('line breaks in a subject, a name or a header start no header', async () => {
	const injection = 'x\r\nBcc: eve@example.org\r\n\r\n<b>body</b>';
	const mail = await received({ subject: injection, headers: { 'X-Journey': injection, 'X-Bad\r\nBcc': 'eve@example.org' } });
	expect(mail.recipients).toEqual(['mia@example.org']);
	expect(mail.headerLines.filter((line) => /^bcc/i.test(line))).toEqual([]);
	expect(mail.parsed.subject).toBe('x Bcc: eve@example.org <b>body</b>');
	expect(mail.parsed.html?.trim()).toBe('<p>Hello</p>');
});

test('names that are not ASCII, or look like more than a name, stay the name', async () => {
	for (const name of ['Füchse & Söhne', '狐 🦊', 'Fern, Field', 'محل الورد']) {
		const mail = await received({ from: `"${name}" <hello@fern.example>` });
		expect(mail.parsed.from).toEqual({ name, address: 'hello@fern.example' });
	}
});

describe('Message-ID', () => {
	test('is the same for the same send and another for another', () => {
		const id = messageIdFor('enr-1|2|Send Reminder', 'fern.example');
		expect(id).toBe(messageIdFor('enr-1|2|Send Reminder', 'fern.example'));
		expect(id).not.toBe(messageIdFor('enr-1|3|Send Reminder', 'fern.example'));
		expect(id).toMatch(/^<[\w-]{32}@fern\.example>$/);
	});
	test('is well formed for any domain', () => {
		expect(messageIdFor('k', 'füchse.example')).toMatch(/@xn--fchse-kva\.example>$/);
		expect(messageIdFor('k', 'a b>\r\nX: y')).toMatch(/^<[\w-]+@shop-journeys\.invalid>$/);
		expect(messageIdFor('k', '')).toMatch(/@shop-journeys\.invalid>$/);
	});
});

test.each([
	['mia@example.org', { name: '', address: 'mia@example.org' }],
	['Mia Berg <mia@example.org>', { name: 'Mia Berg', address: 'mia@example.org' }],
	['"Berg, \\"Mia\\"" <mia@example.org>', { name: 'Berg, "Mia"', address: 'mia@example.org' }],
	['eve@example.org, Mia <mia@example.org>', undefined],
	['Mia\r\nBcc: x <mia@example.org>', undefined],
	['Mia <mia@example.org', undefined],
	['', undefined],
])('reads the mailbox %j', (value, expected) => {
	expect(parseMailbox(value)).toEqual(expected);
});

test.each([
	['first.last+tag@sub.example.co', true],
	["o'neil@example.org", true],
	['用户@例子.中国', true],
	['mia@-example.org', false],
	['mia@example.org.', false],
	['mia@exa mple.org', false],
	['"a b"@example.org', false],
	[`${'a'.repeat(65)}@example.org`, false],
	[`a@${'b'.repeat(250)}.org`, false],
])('%s is an address: %s', (value, expected) => {
	expect(isMailAddress(value)).toBe(expected);
});
