import { readLink, signLink, type LinkPayload } from '../../../lib/messages/links';

const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const payload: LinkPayload = { kind: 'unsubscribe', shop: 'main', customerId: 'cus-1', channel: 'email', enrolment: 'enr-1', step: 2 };
const nowMs = 1_800_000_000_000;
const refusal = expect.objectContaining({ code: 'LINK_INVALID' });

test('reads back what was signed', () => {
	expect(readLink(signLink(secret, payload), secret, nowMs, 'unsubscribe')).toEqual(payload);
	const short: LinkPayload = { kind: 'unsubscribe', shop: 'läden', customerId: '世界', channel: 'email' };
	expect(readLink(signLink(secret, short), secret, nowMs, 'unsubscribe')).toEqual(short);
});

test('a token fits into an address and a header as it is', () => {
	const token = signLink(secret, payload);
	expect(token).toMatch(/^[\w-]+\.[\w-]+$/);
	expect(token.length).toBeLessThan(120);
});

test('every changed character is noticed', () => {
	const token = signLink(secret, payload);
	for (let at = 0; at < token.length; at++) {
		const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
		expect(() => readLink(changed, secret, nowMs, 'unsubscribe')).toThrow(refusal);
	}
});

test.each(['', '.', 'abc', 'abc.def', 'a.b.c', `${'a'.repeat(2000)}.b`, 'bnVsbA.', 'é.é'])('"%s" is refused, not an exception of another kind', (token) => {
	expect(() => readLink(token, secret, nowMs, 'unsubscribe')).toThrow(refusal);
});

test('another installation\'s token is refused', () => {
	expect(() => readLink(signLink('another secret', payload), secret, nowMs, 'unsubscribe')).toThrow(refusal);
});

test('a token of one kind does not serve as another', () => {
	const token = signLink(secret, payload);
	expect(() => readLink(token, secret, nowMs, 'answer')).toThrow(refusal);
	// The same bytes, signed as another kind: the key differs, so neither passes for the other.
	const other = signLink(secret, { ...payload, kind: 'answer' });
	expect(() => readLink(other, secret, nowMs, 'unsubscribe')).toThrow(refusal);
});

test('expires when it is told to, and otherwise never', () => {
	const token = signLink(secret, payload, { expiresAtMs: nowMs + 1000 });
	expect(readLink(token, secret, nowMs + 999, 'unsubscribe')).toEqual(payload);
	expect(() => readLink(token, secret, nowMs + 1000, 'unsubscribe')).toThrow(expect.objectContaining({ code: 'LINK_EXPIRED' }));
	expect(readLink(signLink(secret, payload), secret, nowMs * 2, 'unsubscribe')).toEqual(payload);
});

test('nothing is signed or read without a secret', () => {
	expect(() => signLink('', payload)).toThrow(expect.objectContaining({ code: 'SECRET_MISSING' }));
	expect(() => readLink(signLink(secret, payload), '', nowMs, 'unsubscribe')).toThrow(expect.objectContaining({ code: 'SECRET_MISSING' }));
});
