import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { refFields } from '../../../lib/messages/channels/ref';
import type { ProviderHttp } from '../../../lib/messages/channels/http';
import { signLink } from '../../../lib/messages/links';
import { eventProviders } from '../../../lib/messages/provider-events';
import { secretProblems } from '../../../lib/messages/provider-events/check';
import type { ProviderDelivery, ProviderSecrets, ReadDelivery } from '../../../lib/messages/provider-events/provider';
import { signedText } from '../../../lib/messages/provider-events/ses';
import { type Told, tellEvents } from '../../../lib/messages/provider-events/tell';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { ShopJourneysError } from '../../../lib/model/errors';
import { deliveryCounters, journeyCounters, keys } from '../../../lib/model/records';
import { transact } from '../../../lib/store/transaction';
import { anna, cartEvent, customerByEmail, customerById, customerEvent, enrolmentOf, historyOf, openShop, type Shop } from '../record/shop';
import { selfSigned } from './certificate';

const address = 'https://n8n.example.com/webhook/x/messages';
const now = Date.parse('2026-03-02T09:00:00Z');
const seconds = String(now / 1000);
const noHttp: ProviderHttp = async () => {
	throw new Error('nothing is to be asked');
};

function delivery(provider: string, body: string | object, headers: Record<string, string> = {}, query = ''): ProviderDelivery {
	return { rawBody: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers, url: `${address}?p=${provider}${query}`, receivedAtMs: now };
}

const verify = async (provider: string, told: ProviderDelivery, secrets: ProviderSecrets, http = noHttp) => await eventProviders.get(provider)!.verify(told, secrets, http);
const read = (provider: string, told: ProviderDelivery) => eventProviders.get(provider)!.read(told);
const refused = { code: 'SIGNATURE_INVALID' };

/** A delivery that each provider signs, and the credential that checks it. */
interface Signed {
	told: ProviderDelivery;
	secrets: ProviderSecrets;
	http?: ProviderHttp;
}

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
function sendgrid(events: object[], at = seconds): Signed {
	// SendGrid's bodies end in CRLF, which is signed too.
	const body = `${JSON.stringify(events)}\r\n`;
	const signature = sign('sha256', Buffer.from(at + body), ec.privateKey).toString('base64');
	return {
		told: delivery('sendgrid', body, { 'x-twilio-email-event-webhook-signature': signature, 'x-twilio-email-event-webhook-timestamp': at }),
		secrets: { sendgridPublicKey: ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64') },
	};
}

function mailgun(event: object, token = 'token-1', at = seconds): Signed {
	const signature = createHmac('sha256', 'mailgun-key').update(at + token).digest('hex');
	return { told: delivery('mailgun', { signature: { timestamp: at, token, signature }, 'event-data': event }), secrets: { mailgunSigningKey: 'mailgun-key' } };
}

function postmark(event: object): Signed {
	return { told: delivery('postmark', event, { authorization: `Basic ${Buffer.from('postmark:a long password').toString('base64')}` }), secrets: { postmarkUser: 'postmark', postmarkPassword: 'a long password' } };
}

const svixKey = Buffer.from('twenty-four bytes of key');
function resend(event: object, at = seconds): Signed {
	const body = JSON.stringify(event);
	const signature = `v1,${createHmac('sha256', svixKey).update(`msg_1.${at}.${body}`).digest('base64')}`;
	return { told: delivery('resend', body, { 'svix-id': 'msg_1', 'svix-timestamp': at, 'svix-signature': `v1,bm9uc2Vuc2U= ${signature}` }), secrets: { resendSigningSecret: `whsec_${svixKey.toString('base64')}` } };
}

const topic = 'arn:aws:sns:eu-west-1:123456789012:ses-events';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const certificate = selfSigned(rsa.publicKey, rsa.privateKey, new Date(now - dayMs), new Date(now + dayMs));
const certificateUrl = (name: string) => `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${name}.pem`;
let certificates = 0;
function ses(message: object, version: '1' | '2' = '2', more: Record<string, string> = {}): Signed & { asked: string[] } {
	const asked: string[] = [];
	const envelope = { Type: 'Notification', MessageId: 'sns-1', TopicArn: topic, Message: JSON.stringify(message), Timestamp: new Date(now).toISOString(), SignatureVersion: version, SigningCertURL: certificateUrl(`test${++certificates}`), UnsubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe', ...more };
	const Signature = sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(signedText(envelope)!), rsa.privateKey).toString('base64');
	return {
		told: delivery('ses', { Signature, ...envelope }),
		secrets: { sesTopicArns: `arn:aws:sns:eu-west-1:123456789012:other, ${topic}` },
		asked,
		http: async ({ url }) => {
			asked.push(url);
			return { status: 200, headers: {}, body: certificate };
		},
	};
}

function twilio(fields: Record<string, string>, query = ''): Signed {
	const told = delivery('twilio', new URLSearchParams(fields).toString(), {}, query);
	const text = told.url + Object.keys(fields).sort().map((name) => name + fields[name]).join('');
	told.headers['x-twilio-signature'] = createHmac('sha1', 'twilio-token').update(text).digest('base64');
	return { told, secrets: { twilioAuthToken: 'twilio-token' } };
}

function meta(value: object): Signed {
	const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ changes: [{ field: 'messages', value }] }] });
	return { told: delivery('meta', body, { 'x-hub-signature-256': `sha256=${createHmac('sha256', 'app-secret').update(body).digest('hex')}` }), secrets: { metaAppSecret: 'app-secret', metaVerifyToken: 'verify me' } };
}

const signed: Record<string, () => Signed> = {
	sendgrid: () => sendgrid([{ event: 'delivered', email: 'anna@example.com', timestamp: now / 1000, sg_event_id: 'e1' }]),
	mailgun: () => mailgun({ event: 'delivered', id: 'e1', recipient: 'anna@example.com', timestamp: now / 1000 }),
	postmark: () => postmark({ RecordType: 'Delivery', Recipient: 'anna@example.com', DeliveredAt: new Date(now).toISOString() }),
	resend: () => resend({ type: 'email.delivered', created_at: new Date(now).toISOString(), data: { to: ['anna@example.com'] } }),
	ses: () => ses({ eventType: 'Delivery', delivery: { timestamp: new Date(now).toISOString(), recipients: ['anna@example.com'] }, mail: {} }),
	twilio: () => twilio({ MessageSid: 'SM1', MessageStatus: 'delivered', To: '+436641234567', From: '+15005550006' }),
	meta: () => meta({ statuses: [{ id: 'wamid.1', status: 'delivered', timestamp: seconds, recipient_id: '436641234567' }] }),
};

describe.each(Object.keys(signed))('the deliveries of %s', (provider) => {
	it('are taken when they are signed, and read', async () => {
		const { told, secrets, http } = signed[provider]();
		await verify(provider, told, secrets, http);
		expect(read(provider, told)).toMatchObject({ ignored: 0, events: [{ type: 'message_delivered', atMs: now }] });
	});

	it('are refused without a secret, whatever the others are', async () => {
		const { told, secrets, http } = signed[provider]();
		const others = Object.fromEntries(Object.keys(secrets).map((name) => [name, ' ']));
		await expect(verify(provider, told, {}, http)).rejects.toMatchObject({ code: 'SECRET_MISSING', httpStatus: 401 });
		await expect(verify(provider, told, others, http)).rejects.toMatchObject({ code: 'SECRET_MISSING' });
	});

	it('are refused without a signature, and with one of somebody else', async () => {
		const { told, secrets, http } = signed[provider]();
		const bare = provider === 'mailgun' || provider === 'ses' ? { ...told, rawBody: Buffer.from('{}') } : { ...told, headers: {} };
		await expect(verify(provider, bare, secrets, http)).rejects.toMatchObject(refused);
		const foreign = Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, name === 'sendgridPublicKey' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }) : `${secret}eA`])) as ProviderSecrets;
		await expect(verify(provider, told, foreign, http)).rejects.toMatchObject(refused);
	});

	it('are refused when a single byte of the body was changed', async () => {
		const { told, secrets, http } = signed[provider]();
		if (provider === 'postmark' || provider === 'mailgun') return;
		const changed = Buffer.from(told.rawBody.toString().replace(/delivered|Delivery/, (word) => `${word[0] === 'd' ? 'e' : 'E'}${word.slice(1)}`));
		expect(changed.equals(told.rawBody)).toBe(false);
		await expect(verify(provider, { ...told, rawBody: changed }, secrets, http)).rejects.toMatchObject(refused);
	});
});

describe('signatures', () => {
	const vectors = path.join(__dirname, '../../../../shared/fixtures/vectors');
	const isThere = existsSync(vectors);
	(isThere ? it : it.skip)(`of SendGrid and Svix as they publish them are right${isThere ? '' : ' (skipped: ../shared/fixtures does not exist here)'}`, async () => {
		const published = JSON.parse(readFileSync(path.join(vectors, 'sendgrid_signed.json'), 'utf8')) as Array<{ headers: Record<string, string>; public_key_base64_spki_der: string; body_raw: string }>;
		for (const { headers, public_key_base64_spki_der: sendgridPublicKey, body_raw: body } of published) {
			const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
			const told = { ...delivery('sendgrid', body, lower), receivedAtMs: Number(lower['x-twilio-email-event-webhook-timestamp']) * 1000 };
			await verify('sendgrid', told, { sendgridPublicKey });
			await expect(verify('sendgrid', { ...told, receivedAtMs: now }, { sendgridPublicKey })).rejects.toMatchObject(refused);
			await expect(verify('sendgrid', { ...told, rawBody: Buffer.from(body.trimEnd()) }, { sendgridPublicKey })).rejects.toMatchObject(refused);
		}
		const svix = JSON.parse(readFileSync(path.join(vectors, 'standard_webhooks.json'), 'utf8')) as Record<'secret' | 'id' | 'timestamp' | 'body_raw' | 'signature', string>;
		const told = { ...delivery('resend', svix.body_raw, { 'svix-id': svix.id, 'svix-timestamp': svix.timestamp, 'svix-signature': svix.signature }), receivedAtMs: Number(svix.timestamp) * 1000 };
		await verify('resend', told, { resendSigningSecret: svix.secret });
		await expect(verify('resend', { ...told, receivedAtMs: told.receivedAtMs + 6 * minuteMs }, { resendSigningSecret: svix.secret })).rejects.toMatchObject(refused);
	});

	it('of Mailgun are taken for half a day, and from no future', async () => {
		const aged = (ms: number) => mailgun({ event: 'opened' }, 't', String((now - ms) / 1000));
		await verify('mailgun', aged(11 * hourMs).told, aged(0).secrets);
		for (const ms of [13 * hourMs, -hourMs]) await expect(verify('mailgun', aged(ms).told, aged(0).secrets)).rejects.toMatchObject(refused);
	});

	it('of SNS are checked in both versions, with a certificate that is fetched once', async () => {
		for (const version of ['1', '2'] as const) {
			const { told, secrets, http, asked } = ses({ eventType: 'Open', mail: {} }, version, { Subject: 'Amazon SES Email Event Notification' });
			await verify('ses', told, secrets, http);
			await verify('ses', told, secrets, http);
			expect(asked).toHaveLength(1);
		}
	});

	it('of SNS are refused where the certificate lies elsewhere, and nothing is fetched from there', async () => {
		const elsewhere = ['http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem', 'https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem', 'https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem', 'https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem', 'https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem', 'https://sns.eu-west-1.amazonaws.com/mine/SimpleNotificationService-1.pem', 'https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-1.pem'];
		for (const SigningCertURL of elsewhere) {
			const { told, secrets, http, asked } = ses({}, '2', { SigningCertURL });
			await expect(verify('ses', told, secrets, http)).rejects.toMatchObject(refused);
			expect(asked).toEqual([]);
		}
	});

	it('of SNS are refused for a topic that is not listed, too old, or with a certificate that has expired', async () => {
		const other = ses({}, '2', { TopicArn: 'arn:aws:sns:eu-west-1:999999999999:ses-events' });
		await expect(verify('ses', other.told, other.secrets, other.http)).rejects.toMatchObject(refused);
		const old = ses({}, '2', { Timestamp: new Date(now - 4 * dayMs).toISOString() });
		await expect(verify('ses', old.told, old.secrets, old.http)).rejects.toMatchObject(refused);
		const late = ses({}, '2', { Timestamp: new Date(now + 2 * dayMs).toISOString() });
		await expect(verify('ses', { ...late.told, receivedAtMs: now + 2 * dayMs }, late.secrets, late.http)).rejects.toMatchObject(refused);
	});

	it('a certificate that cannot be fetched is asked for again later', async () => {
		const { told, secrets, http } = ses({});
		await expect(verify('ses', told, secrets, noHttp)).rejects.toMatchObject({ code: 'SHOP_UNREACHABLE', httpStatus: 503 });
		await verify('ses', told, secrets, http);
	});

	it('of Twilio cover the address that was called', async () => {
		const { told, secrets } = twilio({ MessageSid: 'SM1', MessageStatus: 'delivered', To: '+436641234567' }, '&m=abc.def');
		await verify('twilio', told, secrets);
		await expect(verify('twilio', { ...told, url: `${told.url}x` }, secrets)).rejects.toMatchObject(refused);
	});

	it('Meta’s question whether the address is ours is answered for the right token alone', () => {
		const ask = (token: string) => eventProviders.get('meta')!.challenge!({ 'hub.mode': 'subscribe', 'hub.verify_token': token, 'hub.challenge': '1158201444<script>' }, { metaVerifyToken: 'verify me' });
		expect(ask('verify me')).toBe('1158201444script');
		expect(() => ask('verify you')).toThrow(ShopJourneysError);
	});

	it('what is filled in wrongly is said before the first delivery', () => {
		expect(secretProblems({ sendgridPublicKey: sendgrid([]).secrets.sendgridPublicKey, sesTopicArns: topic })).toEqual([]);
		expect(secretProblems({})).toHaveLength(1);
		expect(secretProblems({ sendgridPublicKey: 'SG.abc', postmarkUser: 'x', resendSigningSecret: 're_1', sesTopicArns: 'my-topic', metaVerifyToken: 'x' })).toHaveLength(5);
	});
});

describe('a subscription of an SNS topic', () => {
	it('is confirmed at Amazon and nowhere else', () => {
		const confirmation = (SubscribeURL: string) => delivery('ses', { Type: 'SubscriptionConfirmation', SubscribeURL });
		const url = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y';
		expect(read('ses', confirmation(url))).toEqual({ events: [], ignored: 0, confirmUrl: url });
		for (const other of ['https://evil.example/?Action=ConfirmSubscription', 'https://sns.eu-west-1.amazonaws.com.evil.example/?x', 'http://169.254.169.254/']) expect(() => read('ses', confirmation(other))).toThrow(ShopJourneysError);
	});
});

describe('what providers tell', () => {
	const typeOf = ({ events: [event], ignored }: ReadDelivery) => (event ? [event.type, event.message.bounce].filter(Boolean).join(' ') : `${ignored} ignored`);
	const cases: Array<[provider: string, told: () => Signed, is: string]> = [
		['sendgrid', () => sendgrid([{ event: 'bounce', type: 'bounce' }]), 'message_bounced hard'],
		['sendgrid', () => sendgrid([{ event: 'bounce', type: 'blocked' }]), 'message_bounced soft'],
		['sendgrid', () => sendgrid([{ event: 'dropped', reason: 'Bounced Address' }]), 'message_bounced hard'],
		['sendgrid', () => sendgrid([{ event: 'dropped', reason: 'Unsubscribed Address' }]), 'unsubscribed'],
		['sendgrid', () => sendgrid([{ event: 'dropped', reason: 'Spam Content' }]), '1 ignored'],
		['sendgrid', () => sendgrid([{ event: 'spamreport' }]), 'message_complained'],
		['sendgrid', () => sendgrid([{ event: 'deferred' }]), '1 ignored'],
		['sendgrid', () => sendgrid([{ event: 'something_new' }]), '1 ignored'],
		['mailgun', () => mailgun({ event: 'failed', severity: 'permanent', reason: 'bounce' }), 'message_bounced hard'],
		['mailgun', () => mailgun({ event: 'failed', severity: 'permanent', reason: 'old' }), 'message_bounced soft'],
		['mailgun', () => mailgun({ event: 'failed', severity: 'temporary', reason: 'generic' }), '1 ignored'],
		['mailgun', () => mailgun({ event: 'complained' }), 'message_complained'],
		['mailgun', () => mailgun({ event: 'unsubscribed' }), 'unsubscribed'],
		['postmark', () => postmark({ RecordType: 'Bounce', Type: 'HardBounce', ID: 1 }), 'message_bounced hard'],
		['postmark', () => postmark({ RecordType: 'Bounce', Type: 'SoftBounce', ID: 1 }), 'message_bounced soft'],
		['postmark', () => postmark({ RecordType: 'Bounce', Type: 'AutoResponder', ID: 1 }), '1 ignored'],
		['postmark', () => postmark({ RecordType: 'SpamComplaint', ID: 1 }), 'message_complained'],
		['postmark', () => postmark({ RecordType: 'SubscriptionChange', SuppressSending: true, SuppressionReason: 'ManualSuppression', Origin: 'Recipient' }), 'unsubscribed'],
		['postmark', () => postmark({ RecordType: 'SubscriptionChange', SuppressSending: true, SuppressionReason: 'HardBounce', Origin: 'Recipient' }), '1 ignored'],
		['resend', () => resend({ type: 'email.bounced', data: { bounce: { type: 'Permanent', message: 'x' } } }), 'message_bounced hard'],
		['resend', () => resend({ type: 'email.bounced', data: { bounce: { type: 'Transient', message: 'x' } } }), 'message_bounced soft'],
		['resend', () => resend({ type: 'email.delivery_delayed', data: {} }), '1 ignored'],
		['ses', () => ses({ notificationType: 'Bounce', bounce: { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: 'anna@example.com' }] } }), 'message_bounced hard'],
		['ses', () => ses({ notificationType: 'Bounce', bounce: { bounceType: 'Transient', bouncedRecipients: [{ emailAddress: 'anna@example.com' }] } }), 'message_bounced soft'],
		['ses', () => ses({ eventType: 'Complaint', complaint: { complainedRecipients: [{ emailAddress: 'anna@example.com' }] } }), 'message_complained'],
		['ses', () => ses({ eventType: 'Complaint', complaint: { complaintFeedbackType: 'not-spam', complainedRecipients: [{}] } }), '1 ignored'],
		['ses', () => ses({ eventType: 'Send' }), '1 ignored'],
		['twilio', () => twilio({ MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30005' }), 'message_bounced soft'],
		['twilio', () => twilio({ MessageSid: 'SM1', MessageStatus: 'failed', ErrorCode: '21610' }), 'unsubscribed'],
		['twilio', () => twilio({ MessageSid: 'SM1', MessageStatus: 'queued' }), '1 ignored'],
		['twilio', () => twilio({ MessageSid: 'SM1', From: '+43664', Body: ' Stop! ' }), 'unsubscribed'],
		['twilio', () => twilio({ MessageSid: 'SM1', From: '+43664', Body: 'wieder', OptOutType: 'START' }), 'subscribed'],
		['twilio', () => twilio({ MessageSid: 'SM1', From: '+43664', Body: 'Please stop by tomorrow' }), 'message_replied'],
		['meta', () => meta({ messages: [{ id: 'w', from: '43664', text: { body: 'Hello' } }] }), 'message_replied'],
		['meta', () => meta({ statuses: [{ id: 'w', status: 'read' }] }), 'message_opened'],
		['meta', () => meta({}), '1 ignored'],
	];
	it.each(cases)('%s, case %#', (provider, told, is) => {
		expect(typeOf(read(provider, told().told))).toBe(is);
	});

	it('keeps no address among the provider’s words, nor anything that is no text', () => {
		const [{ message }] = read('sendgrid', sendgrid([{ event: 'bounce', reason: '550 5.1.1 <anna@example.com>:\r\nuser unknown' }]).told).events;
		expect(message.detail).toBe('550 5.1.1 <(address)>: user unknown');
		expect(read('sendgrid', sendgrid([{ event: 'bounce', reason: { $gt: '' } }]).told).events[0].message.detail).toBeUndefined();
	});

	it('is no JSON: refused for good', () => {
		for (const provider of ['sendgrid', 'postmark', 'resend']) expect(() => read(provider, delivery(provider, 'not json'))).toThrow(ShopJourneysError);
	});

	it.each([['null'], ['[]'], ['{}'], ['"x"'], ['[null, 1, [], {"event": {}}]']])('of a strange shape, %s, is counted and harms nothing', (body) => {
		for (const [id, provider] of eventProviders) expect(provider.read(delivery(id, body)).events).toEqual([]);
	});

	const samples = path.join(__dirname, '../../../../shared/fixtures/email');
	const isThere = existsSync(samples);
	(isThere ? it : it.skip)(`is read from the samples they publish${isThere ? '' : ' (skipped: ../shared/fixtures does not exist here)'}`, () => {
		const told: Record<string, string> = {};
		for (const [folder, id] of [['amazon_ses', 'ses'], ['mailgun', 'mailgun'], ['postmark', 'postmark'], ['resend', 'resend'], ['sendgrid', 'sendgrid']]) {
			for (const file of readdirSync(path.join(samples, folder))) told[`${id}/${file.slice(0, -5)}`] = typeOf(read(id, delivery(id, readFileSync(path.join(samples, folder, file), 'utf8'))));
		}
		expect(told).toEqual({
			'mailgun/clicked': 'message_clicked',
			'mailgun/complained': 'message_complained',
			'mailgun/failed_permanent': 'message_bounced hard',
			'mailgun/failed_temporary': '1 ignored',
			'mailgun/opened': 'message_opened',
			'mailgun/unsubscribed': 'unsubscribed',
			'postmark/bounce': 'message_bounced hard',
			'postmark/click': 'message_clicked',
			'postmark/open': 'message_opened',
			'postmark/spam': 'message_complained',
			'postmark/subscription_change_bounce': '1 ignored',
			'resend/clicked': 'message_clicked',
			'resend/complained': 'message_complained',
			'resend/delivered': 'message_delivered',
			'resend/hard_bounced': 'message_bounced hard',
			'sendgrid/bounce': 'message_bounced hard',
			'sendgrid/click': 'message_clicked',
			'sendgrid/deferred': '1 ignored',
			'sendgrid/dropped_unsubscribed': 'unsubscribed',
			'sendgrid/open': 'message_opened',
			'ses/bounce': 'message_bounced hard',
			'ses/click': 'message_clicked',
			'ses/complaint': 'message_complained',
			'ses/delivery': 'message_delivered',
			'ses/sns_subscription_confirmation': '0 ignored',
		});
	});
});

describe('recording what providers tell', () => {
	let shop: Shop;
	const linkSecret = 'link secret';
	beforeEach(async () => {
		shop = openShop();
		await shop.switchOn({});
		shop.pass(hourMs);
		await shop.record(cartEvent(shop.now(), {}, { customer: { ...anna, phone: '+436641234567' } }));
		await transact(shop.store, async (tx) => {
			await tx.load([keys.enrolment('carts:cart-a')]);
			tx.set(keys.enrolment('carts:cart-a'), { ...tx.get<object>(keys.enrolment('carts:cart-a'))!, sends: { 'k': { state: 'sent', channel: 'email', step: 0, messageId: '<1@x>', token: 't', atMs: shop.now() } } });
		});
	});
	afterEach(() => shop.hub.close());

	const ref = () => signLink(linkSecret, { kind: 'message', shop: 'main', customerId: 'customer-1', channel: 'email', enrolment: 'carts:cart-a', sendKey: 'k', step: 1 });
	const tell = (provider: string, { told }: Signed): Promise<Told> => tellEvents(eventProviders.get(provider)!, read(provider, told), { linkSecret, clock: shop.clock, shopId: 'main', shop: () => shop, ownAddress: address });
	const booking = async () => (await enrolmentOf(shop, 'carts'))!.sends.k;

	it('finds the booking by the reference, however each provider carries it', async () => {
		const at = new Date(shop.now()).toISOString();
		const carriers: Array<[string, Signed]> = [
			['sendgrid', sendgrid([{ event: 'open', sg_event_id: '1', timestamp: shop.now() / 1000, ...refFields('sendgrid', ref()) }])],
			['mailgun', mailgun({ event: 'opened', id: '1', timestamp: shop.now() / 1000, 'user-variables': refFields('mailgun', ref()) })],
			['postmark', postmark({ RecordType: 'Open', ReceivedAt: at, Metadata: refFields('postmark', ref()) })],
			['resend', resend({ type: 'email.opened', created_at: at, data: { tags: refFields('resend', ref()) } })],
			['ses', ses({ eventType: 'Open', open: { timestamp: at }, mail: { tags: Object.fromEntries(Object.entries(refFields('ses', ref())).map(([name, value]) => [name, [value]])) } })],
			['twilio', twilio({ MessageSid: '1', MessageStatus: 'read', To: 'whatsapp:+436641234567' }, `&m=${ref()}`)],
			['meta', meta({ statuses: [{ id: '1', status: 'read', timestamp: shop.now() / 1000, biz_opaque_callback_data: ref() }] })],
		];
		for (const [provider, told] of carriers) expect((await tell(provider, told)).outcomes).toEqual(provider === 'sendgrid' ? { recorded: 1 } : { stale: 1 });
		expect(await booking()).toMatchObject({ openedAtMs: shop.now() });
		expect(await shop.store.readCounters(journeyCounters('carts'))).toMatchObject({ 'opened.1': 1 });
	});

	it('told a thousand times changes nothing more', async () => {
		const bounce = sendgrid([{ event: 'bounce', type: 'blocked', sg_event_id: '1', timestamp: shop.now() / 1000, email: 'anna@example.com', ...refFields('sendgrid', ref()) }]);
		expect((await tell('sendgrid', bounce)).outcomes).toEqual({ recorded: 1 });
		const standing = async () => [await customerById(shop, 'customer-1'), await historyOf(shop, 'customer-1'), await enrolmentOf(shop, 'carts'), await shop.store.readCounters(journeyCounters('carts'))];
		const before = await standing();
		const again = read('sendgrid', bounce.told);
		const thousand = { ...again, events: Array.from({ length: 1000 }, () => again.events[0]) };
		expect((await tellEvents(eventProviders.get('sendgrid')!, thousand, { linkSecret, clock: shop.clock, shopId: 'main', shop: () => shop, ownAddress: address })).outcomes).toEqual({ duplicate: 1000 });
		expect(await standing()).toEqual(before);
	}, 30_000);

	it('a token of Mailgun is good for one event, whatever is written around it', async () => {
		await tell('mailgun', mailgun({ event: 'opened', id: '1', timestamp: 1, 'user-variables': refFields('mailgun', ref()) }, 'once'));
		const forged = await tell('mailgun', mailgun({ event: 'complained', id: '2', timestamp: 1, recipient: 'anna@example.com' }, 'once'));
		expect(forged.outcomes).toEqual({ duplicate: 1 });
		expect((await customerById(shop, 'customer-1'))!.suppressed).toBeUndefined();
	});

	it('a reference that was changed proves nothing', async () => {
		const told = (token: string) => sendgrid([{ event: 'open', sg_event_id: '1', shop_journeys: token }]);
		for (const token of [`${ref()}x`, signLink('another installation', { kind: 'message', shop: 'main', customerId: 'customer-1', channel: 'email' }), signLink(linkSecret, { kind: 'open', shop: 'main', customerId: 'customer-1', channel: 'email' })]) {
			expect((await tell('sendgrid', told(token))).outcomes).toEqual({ ignored: 1 });
		}
		expect(await shop.store.readCounters(deliveryCounters)).toMatchObject({ 'sendgrid.ignored': 3 });
	});

	it('of mail that is not ours, bounces and complaints are taken by the address, and nothing else', async () => {
		const all = sendgrid([
			{ event: 'open', sg_event_id: '1', email: 'anna@example.com' },
			{ event: 'bounce', type: 'bounce', sg_event_id: '2', email: 'Anna@Example.com', timestamp: shop.now() / 1000 },
			{ event: 'bounce', type: 'bounce', sg_event_id: '3', email: 'stranger@example.com' },
		]);
		expect((await tell('sendgrid', all)).outcomes).toEqual({ recorded: 1, ignored: 2 });
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ suppressed: { reason: 'hard_bounce' } });
	});

	it('a bounce of a former address suppresses nobody', async () => {
		await shop.record(customerEvent(shop.now(), { ...anna, shopCustomerId: '1' }));
		shop.pass(minuteMs);
		await shop.record(customerEvent(shop.now(), { shopCustomerId: '1', email: 'anna@new.example' }));
		const bounce = (id: string, more: object) => sendgrid([{ event: 'bounce', type: 'bounce', sg_event_id: id, email: 'anna@example.com', timestamp: shop.now() / 1000, ...more }]);
		expect((await tell('sendgrid', bounce('1', refFields('sendgrid', ref())))).outcomes).toEqual({ recorded: 1 });
		expect((await tell('sendgrid', bounce('2', {}))).outcomes).toEqual({ recorded: 1 });
		expect((await customerByEmail(shop, 'anna@new.example'))!.suppressed).toBeUndefined();
	});

	it('a click on our own address is left to ourselves', async () => {
		const click = sendgrid([{ event: 'click', sg_event_id: '1', url: `${address}?c=abc`, ...refFields('sendgrid', ref()) }]);
		expect((await tell('sendgrid', click)).outcomes).toEqual({ ignored: 1 });
	});

	it('STOP by SMS unsubscribes from SMS, START brings it back, and anything else is a reply that ends the series', async () => {
		const sms = (MessageSid: string, Body: string) => twilio({ MessageSid, From: '+436641234567', To: '+15005550006', Body });
		expect((await tell('twilio', sms('1', 'STOP'))).news).toMatchObject([{ event: { type: 'unsubscribed', customerId: 'customer-1', message: { channel: 'sms' } } }]);
		expect((await customerById(shop, 'customer-1'))!.consent).toMatchObject({ sms: { status: 'unsubscribed' } });
		expect((await enrolmentOf(shop, 'carts'))!.status).toBe('open');
		const later = read('twilio', sms('2', 'START').told);
		shop.pass(dayMs);
		later.events[0].atMs = shop.now();
		await tellEvents(eventProviders.get('twilio')!, later, { linkSecret, clock: shop.clock, shopId: 'main', shop: () => shop, ownAddress: address });
		expect((await customerById(shop, 'customer-1'))!.consent).toMatchObject({ sms: { status: 'subscribed', basis: 'opt_in' } });
		const reply = read('twilio', sms('3', 'Is it still there?').told);
		reply.events[0].atMs = shop.now();
		await tellEvents(eventProviders.get('twilio')!, reply, { linkSecret, clock: shop.clock, shopId: 'main', shop: () => shop, ownAddress: address });
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ endReason: 'replied' });
	});

	it('a store that is gone is said, so that the provider tells all of it again', async () => {
		const lost = openShop(':memory:', (store) => Object.assign(Object.create(store) as typeof store, { commit: async () => { throw new ShopJourneysError('STORE_UNAVAILABLE', 'gone'); } }));
		const bounce = sendgrid([{ event: 'open', sg_event_id: '1', ...refFields('sendgrid', ref()) }]);
		await expect(tellEvents(eventProviders.get('sendgrid')!, read('sendgrid', bounce.told), { linkSecret, clock: shop.clock, shopId: 'main', shop: () => lost, ownAddress: address })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', httpStatus: 503 });
		await lost.hub.close();
	});
});
