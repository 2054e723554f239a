import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import type { PushSubscriptionFacts } from '../../../lib/model/events';
import { type ApiRequest, type MailApiServer, startMailApi } from '../mail-apis/server';

/** A browser: it holds the private half of its keys, and reads what is meant for it. */
export class PushBrowser {
	private readonly pair = createECDH('prime256v1');
	private readonly secret = randomBytes(16);

	constructor(readonly endpoint: string) {
		this.pair.generateKeys();
	}

	get subscription(): PushSubscriptionFacts {
		return { endpoint: this.endpoint, p256dh: this.pair.getPublicKey('base64url'), auth: this.secret.toString('base64url') };
	}

	/** Decrypts as RFC 8291 § 3.4 and RFC 8188 § 2 say. */
	read(body: Buffer): string {
		const salt = body.subarray(0, 16);
		const recordSize = body.readUInt32BE(16);
		const idLength = body[20];
		const sender = body.subarray(21, 21 + idLength);
		const record = body.subarray(21 + idLength);
		if (record.length > recordSize) throw new Error('Web push takes a single record');
		const shared = this.pair.computeSecret(sender);
		const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.pair.getPublicKey(), sender]);
		const key = Buffer.from(hkdfSync('sha256', shared, this.secret, info, 32));
		const contentKey = Buffer.from(hkdfSync('sha256', key, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16));
		const nonce = Buffer.from(hkdfSync('sha256', key, salt, Buffer.from('Content-Encoding: nonce\0'), 12));
		const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce);
		decipher.setAuthTag(record.subarray(-16));
		const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
		const end = padded.lastIndexOf(2);
		if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('The last record ends with 2 and zeros');
		return padded.subarray(0, end).toString('utf8');
	}
}

/** Checks `Authorization: vapid t=..., k=...` as RFC 8292 §§ 2 and 3 say. @throws Error saying what is wrong */
export function verifyVapid(header: string | undefined, audience: string, nowMs: number): { subject: string; publicKey: string } {
	const [, token, publicKey] = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), ?k=([\w-]+)$/.exec(header ?? '') ?? [];
	if (!token) throw new Error(`No vapid: ${header}`);
	const [head, claims, signature] = token.split('.');
	const point = Buffer.from(publicKey, 'base64url');
	const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } });
	if (!verify('sha256', Buffer.from(`${head}.${claims}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) throw new Error('The signature is wrong');
	const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string };
	const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string; exp: number; sub: string };
	if (alg !== 'ES256' || aud !== audience) throw new Error(`${alg} for ${aud}`);
	if (exp * 1000 <= nowMs || exp * 1000 > nowMs + 24 * 3600_000) throw new Error('The token is valid for up to a day');
	return { subject: sub, publicKey };
}

export interface TakenPush {
	path: string;
	text: string;
	ttl: number;
	urgency: string;
	topic: string;
	bytes: number;
	vapid: { subject: string; publicKey: string };
}

export interface PushService extends MailApiServer {
	pushes: TakenPush[];
	/** A browser that subscribes here. */
	browser(): PushBrowser;
	/** Its address is no more. */
	forget(browser: PushBrowser): void;
	/** Bytes that it takes. */
	limit: number;
}

/** A push service (RFC 8030) that lets its browsers decrypt what it was given. */
export async function startPushService(): Promise<PushService> {
	const browsers = new Map<string, PushBrowser>();
	const pushes: TakenPush[] = [];
	const server = await startMailApi((request) => take(request), 1_000_000);
	const service: PushService = Object.assign(server, {
		pushes,
		limit: 4096,
		browser() {
			const browser = new PushBrowser(`${server.url}/push/${browsers.size + 1}`);
			browsers.set(new URL(browser.endpoint).pathname, browser);
			return browser;
		},
		forget: (browser: PushBrowser) => void browsers.delete(new URL(browser.endpoint).pathname),
	});

	function take({ method, path, headers, body }: ApiRequest) {
		const browser = browsers.get(path);
		if (!browser) return { status: 410 };
		if (method !== 'POST' || headers['content-encoding'] !== 'aes128gcm' || !/^\d+$/.test(String(headers.ttl))) return { status: 400 };
		if (body.length > service.limit) return { status: 413 };
		let vapid: TakenPush['vapid'];
		try {
			vapid = verifyVapid(headers.authorization, server.url, Date.now());
		} catch (error) {
			return { status: 403, body: (error as Error).message };
		}
		pushes.push({ path, text: browser.read(body), ttl: Number(headers.ttl), urgency: String(headers.urgency), topic: String(headers.topic), bytes: body.length, vapid });
		return { status: 201, headers: { location: `${server.url}/message/${pushes.length}` } };
	}
	return service;
}
