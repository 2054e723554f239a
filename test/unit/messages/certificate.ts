import { type KeyObject, sign } from 'node:crypto';

/** A certificate as Amazon's are, for keys of a test: DER by hand (RFC 5280), since Node.js makes none. */
export function selfSigned(publicKey: KeyObject, privateKey: KeyObject, from: Date, to: Date): string {
	const algorithm = sequence(oid('2a864886f70d01010b'), Buffer.from([5, 0]));
	const name = sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from('sns.amazonaws.com')))));
	const time = (date: Date) => tagged(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
	const body = sequence(tagged(0xa0, integer(2)), integer(1), algorithm, name, sequence(time(from), time(to)), name, publicKey.export({ format: 'der', type: 'spki' }));
	const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
	const der = sequence(body, algorithm, signature);
	return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function tagged(tag: number, content: Buffer): Buffer {
	const { length } = content;
	const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
	return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]) => tagged(0x30, Buffer.concat(parts));
const oid = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'));
const integer = (value: number) => tagged(0x02, Buffer.from([value]));
