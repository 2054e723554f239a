import { gzipSync } from 'node:zlib';
import { confirmLifeMs, linkParameters, type LinkKind, readLink, signedUrl, signLink, trapUrl } from '../../../lib/messages/links';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { MessageLinker, withTracking } from '../../../lib/messages/tracking';
import { type CustomerRecord, keys, type WebViewRecord } from '../../../lib/model/records';
import { transact } from '../../../lib/store/transaction';
import { browser, mockCurrent, openDesk } from './messageWebhook';

jest.mock('../../../lib/n8n/installation', () => ({ ...jest.requireActual('../../../lib/n8n/installation'), getInstallation: async () => mockCurrent.installation }));

let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
	desk = await openDesk({ reviewUrl: 'https://reviews.example.com/fern' });
});
afterEach(async () => {
	jest.restoreAllMocks();
	await desk.close();
});

const everything = ['unsubscribed', 'preferences_changed', 'subscribed', 'cart_answered', 'rated', 'surveyed', 'message_clicked', 'message_opened'];
const types = async () => (await desk.timeline()).map(({ type }) => type).filter((type) => type !== 'customer_created' && type !== 'subscribed');

describe('the open picture', () => {
	test('is 43 bytes, never kept by anybody, and counts once per message', async () => {
		const first = await desk.get(desk.link('open'), { events: everything });
		expect(first).toMatchObject({ status: 200, headers: { 'Content-Type': 'image/gif', 'Cache-Control': expect.stringContaining('no-store') } });
		expect(first.body).toHaveLength(86);
		expect(first.body).toMatch(/^474946383961/);
		expect(first.items).toEqual([{ event: 'message_opened', shop: 'main', customerId: desk.customerId, channel: 'email', journey: 'journey', enrolment: 'journey/c1', step: 1, messageId: '<m1@fern.example.com>' }]);
		desk.pass(30 * dayMs);
		expect((await desk.get(desk.link('open'), { events: everything })).items).toEqual([]);
		expect(await types()).toEqual(['message_opened']);
		expect((await desk.customer()).engagement).toMatchObject({ opened: 1 });
		expect((await desk.send()).openedAtMs).toBeDefined();
	});

	test('loaded by a machine is nobody’s interest, and the person’s opening after it still counts', async () => {
		for (let time = 0; time < 3; time++) expect((await desk.get(desk.link('open'), { headers: { 'user-agent': 'Mozilla/5.0' }, events: everything })).items).toEqual([]);
		expect((await desk.timeline()).filter(({ type }) => type === 'message_opened')).toEqual([expect.objectContaining({ machine: true, detail: 'privacy_proxy' })]);
		expect((await desk.send()).openedAtMs).toBeUndefined();
		expect((await desk.get(desk.link('open'), { events: everything })).items).toHaveLength(1);
		expect((await desk.customer()).engagement).toMatchObject({ opened: 1 });
	});

	test('starts no workflow by default', async () => {
		expect((await desk.get(desk.link('open'))).items).toEqual([]);
		expect((await desk.get(desk.link('click', { to: 'https://fern.example.com/' }))).items).toEqual([]);
		expect(await types()).toEqual(['message_opened', 'message_clicked']);
	});
});

describe('a click', () => {
	const to = 'https://fern.example.com/p/7?size=M&x=%20y#top';

	test('leads to the very address that was signed, and says what it showed', async () => {
		const answer = await desk.get(desk.link('click', { to, productId: '7', category: 'Shoes' }), { events: everything });
		expect(answer).toMatchObject({ status: 302, headers: { Location: to, 'Cache-Control': 'no-store' }, body: '' });
		expect(answer.items).toEqual([expect.objectContaining({ event: 'message_clicked', url: to, productId: '7', category: 'Shoes', messageId: '<m1@fern.example.com>' })]);
		expect((await desk.send()).clickedAtMs).toBeDefined();
		expect((await desk.customer()).engagement).toMatchObject({ clicked: 1 });
	});

	test('goes nowhere else, whatever the request adds', async () => {
		const answer = await desk.get(desk.link('click', { to }), { query: { to: 'https://evil.example', url: 'https://evil.example', v: '//evil.example', next: ['https://evil.example'] }, headers: { 'user-agent': browser, host: 'evil.example', 'x-forwarded-host': 'evil.example' } });
		expect(answer.headers.Location).toBe(to);
	});

	test.each(['javascript:alert(1)', 'data:text/html,x', '//evil.example', '/p/7', 'https://', '', 'ftp://fern.example.com', 'https://fern.example.com/\r\nSet-Cookie: a=b'])('even a signed link never leads to %j', async (odd) => {
		const answer = await desk.get(desk.link('click', { to: odd }));
		if (answer.status === 302) expect(answer.headers.Location).toMatch(/^https:\/\/fern\.example\.com\/[!-~]*$/);
		else expect(answer).toMatchObject({ status: 400, items: [] });
	});

	test('counts again a second later, not within it', async () => {
		const link = desk.link('click', { to });
		await desk.get(link);
		await desk.get(link);
		desk.pass(5_000);
		await desk.get(link);
		expect(await types()).toEqual(['message_clicked', 'message_clicked']);
	});

	test('works for years', async () => {
		desk.pass(2_000 * dayMs);
		expect((await desk.get(desk.link('click', { to }))).headers.Location).toBe(to);
	});

	test('by a scanner is recorded apart: by its name, by HEAD, by asking ahead', async () => {
		const links = [1, 2, 3].map((step) => desk.link('click', { to, step, sendKey: `${step}` }));
		expect((await desk.get(links[0], { headers: { 'user-agent': 'Mozilla/5.0 (compatible; Barracuda Sentinel)' }, events: everything })).headers.Location).toBe(to);
		await desk.get(links[1], { method: 'HEAD' });
		await desk.get(links[2], { headers: { 'user-agent': browser, 'sec-purpose': 'prefetch;prerender' } });
		expect((await desk.timeline()).filter(({ type }) => type === 'message_clicked').map(({ machine, detail }) => [machine, detail])).toEqual([
			[true, 'user_agent'],
			[true, 'head'],
			[true, 'prefetch'],
		]);
		expect((await desk.customer()).engagement?.clicked).toBeUndefined();
	});

	test('on many links at once is a scanner’s, a reader’s second click is not', async () => {
		const link = (path: string) => desk.link('click', { to: `https://fern.example.com/${path}` });
		for (const path of ['a', 'b', 'c', 'd']) {
			await desk.get(link(path));
			desk.pass(200);
		}
		desk.pass(minuteMs);
		await desk.get(link('e'));
		expect((await desk.timeline()).map(({ machine, detail }) => (machine ? detail : 'person')).slice(-5)).toEqual(['person', 'burst', 'burst', 'burst', 'person']);
	});

	test('on the trap gives the scanner away, with all it does within a minute', async () => {
		const address = 'https://n8n.example.com/webhook/messages';
		const { kind: _kind, ...message } = desk.link('click');
		const url = new URL(trapUrl(address, desk.installation.linkSecret, message, 'https://fern.example.com'));
		expect(url.origin + url.pathname).toBe(address);
		const trap = await desk.ask({ query: { c: url.searchParams.get('c') } });
		expect(trap).toMatchObject({ status: 302, headers: { Location: 'https://fern.example.com' } });
		desk.pass(20_000);
		await desk.get(desk.link('click', { to }));
		desk.pass(2 * minuteMs);
		await desk.get(desk.link('click', { to }));
		expect((await desk.timeline()).map(({ machine, detail }) => (machine ? detail : 'person')).slice(-3)).toEqual(['trap', 'trap', 'person']);
	});

	test('by a scanner that goes through a mail from its first link on is none of a reader', async () => {
		const { kind: _kind, channel, ...message } = desk.link('click');
		const linker = new MessageLinker(desk.installation.linkSecret, { ...message, channel }, 'https://n8n.example.com/webhook/messages', 0);
		const mail = '<html><body class="mail"><a href="https://fern.example.com/a">A</a><a href="https://fern.example.com/b">B</a></body></html>';
		const { html } = withTracking({ html: mail, text: '' }, { linker, countsClicks: true, products: new Map(), shopUrl: 'https://fern.example.com' });
		for (const [, c] of html.matchAll(/href="[^"]*\?c=([\w.-]+)/g)) await desk.ask({ query: { c } });
		expect((await desk.timeline()).map(({ machine, detail }) => (machine ? detail : 'person')).slice(-3)).toEqual(['trap', 'trap', 'trap']);
		expect((await desk.send()).clickedAtMs).toBeUndefined();
		expect(html).toMatch(/<img [^>]*\?o=[^>]*><\/body><\/html>$/);
		const bare = withTracking({ html: '<p>No body</p>', text: '' }, { linker, countsClicks: true, products: new Map(), shopUrl: 'https://fern.example.com' });
		expect(bare.html).toMatch(/^<p>No body<\/p><img [^>]*><a [^>]*><\/a>$/);
	});

	test('is answered although the store fails or hangs, and the log says so', async () => {
		const shop = desk.installation.shop('main');
		const commit = jest.spyOn(shop.store, 'commit').mockRejectedValueOnce(new Error('disk full'));
		expect((await desk.get(desk.link('click', { to }))).headers.Location).toBe(to);
		expect(desk.logged).toEqual([expect.stringContaining('disk full')]);
		let release!: () => void;
		const held = new Promise<void>((resolve) => (release = resolve));
		commit.mockImplementationOnce(async () => {
			await held;
			throw new Error('too late');
		});
		expect((await desk.get(desk.link('open'))).status).toBe(200);
		release();
		jest.spyOn(shop.store, 'read').mockRejectedValueOnce(new Error('gone'));
		expect((await desk.get(desk.link('click', { to }))).headers.Location).toBe(to);
	});
});

describe('unsubscribing', () => {
	test('a GET asks, a POST of whatever kind does it, once', async () => {
		const link = desk.link('unsubscribe');
		expect((await desk.get(link)).body).toContain('Unsubscribe from Fern &amp; Co?');
		expect(await types()).toEqual([]);
		const answers = [];
		for (const body of [{ 'List-Unsubscribe': 'One-Click' }, {}, '', null, []]) answers.push(await desk.post(link, body));
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
		expect(answers.map(({ items }) => items.length)).toEqual([1, 0, 0, 0, 0]);
		expect(answers[0].items[0]).toMatchObject({ event: 'unsubscribed', channel: 'email', enrolment: 'journey/c1' });
		expect((await desk.customer()).consent.email?.status).toBe('unsubscribed');
	});

	test('takes the channel of the message and leaves the others alone', async () => {
		await desk.post(desk.link('unsubscribe', { channel: 'sms' }), {});
		const { consent } = await desk.customer();
		expect([consent.email?.status, consent.sms?.status]).toEqual(['subscribed', 'unsubscribed']);
	});

	test('"less often" keeps the subscription', async () => {
		const answer = await desk.post(desk.link('unsubscribe'), { less: 'yes' }, { events: everything });
		expect(answer.body).toContain('Less often from now on');
		expect(answer.items).toEqual([expect.objectContaining({ event: 'preferences_changed', frequency: 'less' })]);
		await desk.post(desk.link('unsubscribe'), { less: 'yes' });
		const { consent, preferences } = await desk.customer();
		expect([consent.email?.status, preferences?.frequency]).toEqual(['subscribed', 'less']);
		expect(await types()).toEqual(['preferences_changed']);
	});

	test('why somebody left stands in the timeline once, and changes nothing', async () => {
		const link = desk.link('unsubscribe');
		const page = await desk.post(link, {});
		expect(page.body).toContain('name="reason" value="too_many"');
		const answer = await desk.post(link, { reason: 'too_many', comment: 'three\r\na day <b>' }, { events: everything });
		expect(answer.items).toEqual([expect.objectContaining({ event: 'preferences_changed', reason: 'too_many', comment: 'three a day <b>' })]);
		await desk.post(link, { reason: 'too_many' });
		expect((await desk.timeline()).filter(({ note }) => note).map(({ note }) => note)).toEqual(['left: too_many (three a day <b>)']);
		expect((await desk.customer()).preferences?.topics).toBeUndefined();
	});

	test('the page leads to the preference centre of the same reader', async () => {
		const { body } = await desk.get(desk.link('unsubscribe'));
		const token = /href="\?s&#x3D;([\w.-]+)"/.exec(body)![1];
		expect(readLink(token, desk.installation.linkSecret, 0, 'preferences').customerId).toBe(desk.customerId);
		expect((await desk.ask({ query: { s: token } })).body).toContain('What would you like to hear');
	});
});

describe('the preference centre', () => {
	const save = (body: object) => desk.post(desk.link('preferences'), { save: 'yes', ...body }, { events: everything });

	test('saves what is different, once, and shows it after', async () => {
		const wanted = { topic: 'sale', channel: ['email', 'sms'], frequency: 'less', language: 'th' };
		const answer = await save(wanted);
		expect(answer.body).toContain('<html lang="th"');
		expect(answer.items).toEqual([expect.objectContaining({ event: 'preferences_changed', topics: ['sale'], channels: ['email', 'sms'], frequency: 'less', language: 'th' })]);
		expect((await save(wanted)).items).toEqual([]);
		expect(await desk.customer()).toMatchObject({ locale: 'th', preferences: { topics: ['sale'], frequency: 'less' }, consent: { email: { status: 'subscribed', basis: 'opt_in' }, sms: { status: 'subscribed', basis: 'opt_in' } } });
		const { body } = await desk.get(desk.link('preferences'));
		expect([...body.matchAll(/value="([\w-]+)" checked/g)].map(([, value]) => value)).toEqual(['sale', 'email', 'sms', 'less']);
	});

	test('a GET, and a POST that is not the page’s, change nothing', async () => {
		await desk.get(desk.link('preferences'), { query: { save: 'yes', frequency: 'none' } });
		await desk.post(desk.link('preferences'), {});
		await desk.post(desk.link('preferences'), { frequency: 'none' });
		expect(await types()).toEqual([]);
	});

	test.each([{ frequency: 'none', channel: 'email', topic: ['news', 'sale'] }, { frequency: 'all', topic: ['news', 'sale'] }])('leaving everything unsubscribes: %j', async (body) => {
		const answer = await save(body);
		expect(answer.body).toContain('You are unsubscribed');
		const token = /action="\?t=([\w.-]+)"/.exec(answer.body)![1];
		expect(readLink(token, desk.installation.linkSecret, 0, 'unsubscribe').customerId).toBe(desk.customerId);
		expect(answer.items).toEqual([expect.objectContaining({ event: 'unsubscribed' })]);
		expect((await save(body)).items).toEqual([]);
		expect((await desk.customer()).consent.email?.status).toBe('unsubscribed');
		expect(await types()).toEqual(['unsubscribed']);
	});

	test('who left can come back by the same link, in the same moment', async () => {
		await save({ frequency: 'none' });
		await save({ frequency: 'all', channel: 'email', topic: ['news', 'sale'] });
		// The link came by e-mail: only the owner of the address has it.
		expect((await desk.customer()).consent.email).toMatchObject({ status: 'subscribed', basis: 'double_opt_in' });
	});

	test('a form sent twenty times at once counts once', async () => {
		const answers = await Promise.all(Array.from({ length: 20 }, () => save({ topic: 'news', channel: 'email', frequency: 'all' })));
		expect(answers.flatMap(({ items }) => items)).toHaveLength(1);
		expect(await types()).toEqual(['preferences_changed']);
	});

	test('shows no address in full, and nothing at all once the customer is erased', async () => {
		expect((await desk.get(desk.link('preferences'))).body).not.toMatch(/anna|15112345678/);
		await desk.installation.shop('main').record({ type: 'customer_erased', dedupeId: 'erase', occurredAtMs: desk.installation.clock.journeyNowMs(), source: 'test', customerId: desk.customerId });
		for (const kind of ['preferences', 'confirm', 'rate', 'survey'] as const) {
			expect(await desk.get(desk.link(kind))).toMatchObject({ status: 410, items: [] });
			expect((await desk.post(desk.link(kind), { save: 'yes', v: '5' })).items).toEqual([]);
		}
		expect((await desk.post(desk.link('unsubscribe'), {})).status).toBe(200);
	});
});

describe('confirming a subscription', () => {
	beforeEach(async () => {
		await desk.installation.shop('main').record({
			type: 'consent_changed',
			dedupeId: 'pending',
			occurredAtMs: desk.installation.clock.journeyNowMs(),
			source: 'form',
			customerId: desk.customerId,
			customer: { emailConsent: { status: 'pending', basis: 'opt_in', atMs: desk.installation.clock.journeyNowMs(), text: 'I want the news' } },
		});
	});

	test('a GET asks, a POST does it once, and the words agreed to stay', async () => {
		const link = desk.link('confirm');
		expect((await desk.get(link)).body).toContain('Confirm</button>');
		expect((await desk.customer()).consent.email?.status).toBe('pending');
		const answers = await Promise.all(Array.from({ length: 10 }, () => desk.post(link, {}, { events: everything })));
		expect(answers.flatMap(({ items }) => items)).toEqual([expect.objectContaining({ event: 'subscribed', customerId: desk.customerId })]);
		expect((await desk.customer()).consent.email).toMatchObject({ status: 'subscribed', basis: 'double_opt_in', text: 'I want the news' });
		expect((await desk.get(link)).body).toContain('Your subscription is confirmed');
	});

	test('a link of more than 30 days says how to ask again', async () => {
		const link = desk.link('confirm');
		const expiresAtMs = desk.installation.clock.machineNowMs() + confirmLifeMs;
		desk.pass(confirmLifeMs);
		const answer = await desk.post(link, {}, { expiresAtMs });
		expect(answer).toMatchObject({ status: 410, items: [] });
		expect(answer.body).toContain('fill in the form in the shop once more');
		expect((await desk.customer()).consent.email?.status).toBe('pending');
	});
});

describe('ratings and surveys', () => {
	test('the button proposes, the page’s answer counts', async () => {
		const link = desk.link('rate', { to: 'order:1001' });
		const page = await desk.get(link, { query: { v: '4' } });
		expect(page.body).toContain('value="4" required checked');
		expect(await types()).toEqual([]);
		const answer = await desk.post(link, { v: '5', comment: ' Great\n<script> ' }, { query: { v: '4' } });
		expect(answer.body).toContain('https://reviews.example.com/fern');
		expect(answer.items).toEqual([expect.objectContaining({ event: 'rated', stars: 5, comment: 'Great <script>', orderId: '1001', journey: 'journey' })]);
		expect((await desk.customer()).ratings).toEqual([expect.objectContaining({ stars: 5, orderId: '1001' })]);
		expect((await desk.send()).answeredAtMs).toBeDefined();
	});

	test('another answer within a day corrects the first, a later one does not', async () => {
		const link = desk.link('rate', { to: 'product:7' });
		await desk.post(link, { v: '5' });
		desk.pass(hourMs);
		expect((await desk.post(link, { v: '5' })).items).toEqual([]);
		expect((await desk.post(link, { v: '1' })).items).toEqual([expect.objectContaining({ stars: 1, productId: '7' })]);
		desk.pass(hourMs);
		expect((await desk.post(link, { v: '5' })).items).toHaveLength(1);
		desk.pass(hourMs);
		expect((await desk.post(link, { v: '1' })).items).toHaveLength(1);
		desk.pass(dayMs);
		const late = await desk.post(link, { v: '3' });
		expect(late.items).toEqual([]);
		expect(late.body).toContain('Your answer is already here');
		expect((await desk.customer()).ratings).toEqual([expect.objectContaining({ stars: 1, productId: '7' })]);
	});

	test.each(['rate', 'survey'] as const)('a %s sent twenty times at once counts once', async (kind) => {
		const answers = await Promise.all(Array.from({ length: 20 }, () => desk.post(desk.link(kind, { to: 'order:1' }), { v: '5' })));
		expect(answers.flatMap(({ items }) => items)).toHaveLength(1);
	});

	test('also of a message that is booked nowhere', async () => {
		const link = desk.link('survey', { enrolment: undefined, campaign: 'w/n/spring' });
		const answers = await Promise.all(Array.from({ length: 5 }, () => desk.post(link, { v: '9' })));
		expect(answers.flatMap(({ items }) => items)).toEqual([expect.objectContaining({ event: 'surveyed', campaign: 'w/n/spring', score: 9 })]);
	});

	test.each(['0', '6', '', '5.0', '-1', '1e0', ['5'], { $gt: 0 }, 5, null, undefined, '٥'])('%j stars are no answer', async (v) => {
		const answer = await desk.post(desk.link('rate'), { v });
		expect(answer).toMatchObject({ status: 200, items: [] });
		expect(answer.body).not.toContain(' checked');
		expect(await types()).toEqual([]);
	});

	test('a survey takes the topics that it offers', async () => {
		const link = desk.link('survey', { to: 'Delivery,Price,Service' });
		expect((await desk.get(link, { query: { v: '0' } })).body).toContain('value="0" required checked');
		const answer = await desk.post(link, { v: '10', topic: ['Price', 'Other', 'Delivery'], comment: '' });
		expect(answer.items).toEqual([expect.objectContaining({ event: 'surveyed', score: 10, topics: ['Delivery', 'Price'] })]);
		expect((await desk.customer()).surveys).toEqual([expect.objectContaining({ score: 10, topics: ['Delivery', 'Price'] })]);
	});

	test('the cart’s question takes one of its reasons, and the first counts', async () => {
		const link = desk.link('answer');
		expect((await desk.post(link, { reason: 'constructor' })).body).toContain('What kept you from ordering?');
		const answers = await Promise.all(['price', 'delivery', 'price'].map((reason) => desk.post(link, { reason, comment: ['x'] })));
		expect(answers.flatMap(({ items }) => items)).toEqual([expect.objectContaining({ event: 'cart_answered', reason: expect.any(String), comment: '', enrolment: 'journey/c1', step: 1 })]);
	});
});

describe('the web view', () => {
	const html = '<!doctype html><p>Grüße 世界</p><a href="https://fern.example.com" target="_blank">x</a>';
	const keep = async () => {
		const { store } = desk.installation.shop('main');
		const record: WebViewRecord = { customerId: desk.customerId, atMs: desk.installation.clock.journeyNowMs(), html: gzipSync(html).toString('base64') };
		await transact(store, async (tx) => {
			await tx.load([keys.webView('<m1@fern.example.com>')]);
			tx.set(keys.webView('<m1@fern.example.com>'), { ...record });
		});
	};

	test('shows the mail as it left, in a sandbox', async () => {
		await keep();
		const answer = await desk.get(desk.link('view', { to: '<m1@fern.example.com>' }));
		expect(answer).toMatchObject({ status: 200, body: html, items: [] });
		expect(answer.headers['Content-Security-Policy']).toMatch(/^sandbox allow-forms allow-popups allow-popups-to-escape-sandbox; default-src 'none'/);
		expect(answer.headers['Content-Security-Policy']).not.toMatch(/allow-scripts|allow-same-origin|script-src/);
		expect(await types()).toEqual([]);
	});

	test('is over after 90 days, and was never there for others', async () => {
		await keep();
		expect(await desk.get(desk.link('view', { to: '<other@fern.example.com>' }))).toMatchObject({ status: 410 });
		desk.pass(91 * dayMs);
		expect((await desk.get(desk.link('view', { to: '<m1@fern.example.com>' }))).body).toContain('no longer kept');
	});
});

describe('what a link must withstand', () => {
	const kinds = Object.keys(linkParameters).filter((kind) => kind !== 'message') as LinkKind[];

	test('links tampered with are refused in every place, and lead nowhere', async () => {
		let refused = 0;
		for (const kind of kinds) {
			const token = signLink(desk.installation.linkSecret, desk.link(kind, { to: 'https://fern.example.com/' }));
			const [body, signature] = token.split('.');
			const other = (character: string) => (character === 'A' ? 'B' : 'A');
			const places = Array.from({ length: 12 }, (_place, index) => Math.floor((index * (token.length - 1)) / 11)).filter((place) => token[place] !== '.');
			const tampered = [
				...places.map((place) => token.slice(0, place) + other(token[place]) + token.slice(place + 1)),
				body,
				`${body}.`,
				`.${signature}`,
				`${body}.${signature.slice(0, -1)}`,
				`${token}A`,
				`${token}.${signature}`,
				`${Buffer.from(JSON.stringify([kind, 'main', desk.customerId, 'email', null, null, null, null, null, 'https://evil.example'])).toString('base64url')}.${signature}`,
				signLink('a foreign secret', desk.link(kind, { to: 'https://evil.example' })),
				signLink(desk.installation.linkSecret, desk.link(kinds[(kinds.indexOf(kind) + 1) % kinds.length], { to: 'https://evil.example' })),
				'A'.repeat(100_000),
				'..',
				' ',
			];
			for (const bad of tampered) {
				for (const method of ['GET', 'POST'] as const) {
					const answer = await desk.ask({ method, query: { [linkParameters[kind]]: bad }, body: { v: '5', save: 'yes', frequency: 'none', reason: 'price' }, events: everything });
					expect(answer).toMatchObject({ status: 400, items: [] });
					expect(answer.headers.Location).toBeUndefined();
					expect(answer.body).not.toContain('evil');
					refused++;
				}
			}
		}
		expect(refused).toBeGreaterThan(300);
		expect(await types()).toEqual([]);
		expect((await desk.customer()).consent.email?.status).toBe('subscribed');
	});

	test.each([[['a', 'b']], [{ a: 'b' }], [''], [7], [null], [undefined], [{ toString: 'x' }]])('a token that is %j is refused', async (token) => {
		for (const kind of kinds) expect(await desk.ask({ query: { [linkParameters[kind]]: token } })).toMatchObject({ status: 400, items: [] });
	});

	test('an expired link says so in the shop’s language', async () => {
		await desk.installation.shop('main').saveSettings({ locale: 'ru' });
		const expiresAtMs = desk.installation.clock.machineNowMs();
		for (const kind of kinds) {
			const answer = await desk.get(desk.link(kind, { to: 'https://fern.example.com' }), { expiresAtMs });
			expect(answer.status).toBe(410);
			expect(answer.body).toContain('Срок ссылки истёк');
		}
	});

	test('a link that serves nothing is told so, in the shop’s look', async () => {
		for (const query of [{}, { zz: '1' }, { constructor: 'x' }, { __proto__: 'x' }]) {
			const answer = await desk.ask({ query });
			expect(answer.status).toBe(404);
			expect(answer.body).toContain('Fern &amp; Co');
		}
	});

	test('names and remarks are never markup, nor headers', async () => {
		await desk.installation.shop('main').saveSettings({ name: '<img src=x onerror=alert(1)>{{constructor}}\r\nX-Evil: 1', topics: [{ id: '"><script>', label: '</label><script>alert(1)</script>' }] });
		desk.pass(3_000);
		for (const kind of kinds.filter((name) => name !== 'open' && name !== 'click')) {
			const answers = [await desk.get(desk.link(kind, { to: '<script>alert(2)</script>,x' })), await desk.post(desk.link(kind), { v: '3', reason: 'price', comment: '<script>alert(3)</script>', topic: '<script>' })];
			for (const { body, headers } of answers) {
				expect(body).not.toMatch(/<script|<img/);
				expect(Object.values(headers).join()).not.toMatch(/[\r\n]/);
				expect(headers['Content-Security-Policy']).toMatch(/^sandbox/);
			}
		}
	});

	test('a store that does not answer is a page that says so, without a word of why', async () => {
		const { store } = desk.installation.shop('main');
		jest.spyOn(store, 'read').mockRejectedValue(new Error('connect ECONNREFUSED 10.0.0.5:6379'));
		const answer = await desk.post(desk.link('unsubscribe'), {});
		expect(answer).toMatchObject({ status: 503, items: [] });
		expect(answer.body).not.toContain('ECONNREFUSED');
		expect(desk.logged.join()).toContain('ECONNREFUSED');
	});
});

test('a link of another shop of the installation is served as that shop’s', async () => {
	const other = desk.installation.shop('other');
	await other.saveSettings({ name: 'The Other' });
	await other.record({ type: 'customer_created', dedupeId: 'x', occurredAtMs: 1, source: 'test', customer: { email: 'b@mail.example.com', emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: 1 } } });
	const [{ value }] = await other.store.read<{ id: string }>([keys.alias('email', 'b@mail.example.com')]);
	const answer = await desk.post(desk.link('unsubscribe', { shop: 'other', customerId: value!.id }), {});
	expect(answer.body).toContain('The Other');
	expect((await other.store.read<CustomerRecord>([keys.customer(value!.id)]))[0].value?.consent.email?.status).toBe('unsubscribed');
	expect((await desk.customer()).consent.email?.status).toBe('subscribed');
});

test('the workflow starts on what is chosen, and on the rare events where nothing was ever chosen', async () => {
	expect((await desk.post(desk.link('unsubscribe'), {}, { events: [] })).items).toEqual([]);
	expect((await desk.post(desk.link('answer'), { reason: 'price' })).items).toHaveLength(1);
	expect((await desk.post(desk.link('unsubscribe'), { less: 'yes' })).items).toEqual([]);
});

test('a button’s address carries its mark beside the token', () => {
	const url = new URL(signedUrl('https://n8n.example.com/webhook/messages', 'secret', desk.link('rate', { to: 'order:1' }), { value: 5 }));
	expect(url.searchParams.get('v')).toBe('5');
	expect(readLink(url.searchParams.get('r')!, 'secret', 0, 'rate').to).toBe('order:1');
});
