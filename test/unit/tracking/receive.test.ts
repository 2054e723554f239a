import { isShopJourneysError } from '../../../lib/model/errors';
import { EventLimiter, networkOf } from '../../../lib/tracking/limits';
import { isRobot, receiveBatch, TrackingLimits } from '../../../lib/tracking/receive';
import { event, nowMs, receive, request, visitor } from './batch';

const refusal = (attempt: () => unknown): string => {
	try {
		attempt();
	} catch (error) {
		if (isShopJourneysError(error)) return error.code;
		throw error;
	}
	return 'taken';
};

describe('a batch of tracking.js', () => {
	test('is taken from an allowed origin with the shop’s key', () => {
		expect(receive([event('page_viewed', { path: '/tea' })])).toMatchObject({ visitor, events: [{ type: 'page_viewed', path: '/tea' }], refused: [] });
	});

	test.each([
		['without an origin', { origin: undefined }],
		['from another origin', { origin: 'https://shop.example.com.evil.example' }],
		['from the same host over http', { origin: 'http://shop.example.com' }],
		['from a sandboxed page', { origin: 'null' }],
		['with another key', { key: 'pk_other' }],
		['without a key', { key: '' }],
	])('is refused %s', (_title, change) => {
		expect(refusal(() => receive([event('page_viewed')], change))).toBe('TRACKING_REFUSED');
	});

	test('is refused while the shop has no tracking settings', () => {
		expect(refusal(() => receiveBatch(request([event('page_viewed')]), undefined, new TrackingLimits()))).toBe('TRACKING_REFUSED');
	});

	test.each([
		['no JSON', { raw: '{"visitor":' }],
		['a number', { raw: '7' }],
		['no visitor', { raw: JSON.stringify({ events: [event('page_viewed')] }) }],
		['a visitor that would break a key', { raw: JSON.stringify({ visitor: 'a:b/../c{}', events: [event('page_viewed')] }) }],
		['more than 64 kB', { raw: JSON.stringify({ visitor, events: [event('custom', { name: 'x', data: { long: 'x'.repeat(66_000) } })] }) }],
	])('is refused as a whole when it is %s', (_title, change) => {
		expect(refusal(() => receive([], change))).toBe('PAYLOAD_INVALID');
	});

	test('is refused with no event, or more than 50', () => {
		expect(refusal(() => receive([]))).toBe('PAYLOAD_INVALID');
		const events = Array.from({ length: 51 }, (_, index) => event('page_viewed', { id: `event-${1000 + index}` }));
		expect(refusal(() => receive(events))).toBe('PAYLOAD_INVALID');
		expect(receive(events.slice(1)).events).toHaveLength(50);
	});

	test('loses a bad event alone, and says which', () => {
		const { events, refused } = receive([event('page_viewed'), event('order_placed'), event('product_viewed'), event('searched', { query: 'tea' }), null]);
		expect(events.map(({ type }) => type)).toEqual(['page_viewed', 'searched']);
		expect(refused.map((text) => text.slice(0, 10))).toEqual(['events[1].', 'events[2].', 'events[4].']);
	});

	test('leaves out fields that it does not know', () => {
		expect(receive([event('page_viewed', { path: '/tea', consent: 'subscribed' })]).events[0]).toEqual({ id: 'event-0001', age: 0, type: 'page_viewed', path: '/tea' });
	});
});

describe('limits', () => {
	const views = (count: number) => Array.from({ length: count }, (_, index) => event('page_viewed', { id: `event-${1000 + index}` }));

	test('stop a visitor who tells of more than a person can do, and take it again after a while', () => {
		const limits = new TrackingLimits();
		for (let batch = 0; batch < 4; batch++) receive(views(50), {}, limits);
		expect(refusal(() => receive(views(1), {}, limits))).toBe('TRACKING_LIMIT');
		expect(refusal(() => receive(views(20), { receivedAtMs: nowMs + 10_000 }, limits))).toBe('taken');
	});

	test('stop an address that makes up visitors', () => {
		const limits = new TrackingLimits();
		const send = (index: number) => () => receive([], { raw: JSON.stringify({ visitor: `made-up-${index}`, events: views(50) }), address: `2001:db8:1:2::${index}` }, limits);
		for (let index = 0; index < 40; index++) expect(refusal(send(index))).toBe('taken');
		expect(refusal(send(40))).toBe('TRACKING_LIMIT');
	});

	test('remember no more senders than they may', () => {
		const limiter = new EventLimiter({ burst: 2, perSecond: 1, mostKeys: 3 });
		expect(limiter.take('first', 2, nowMs)).toBe(true);
		for (let index = 0; index < 100; index++) limiter.take(`other-${index}`, 1, nowMs);
		expect(limiter.size).toBe(3);
		// Forgotten, so that it begins anew.
		expect(limiter.take('first', 2, nowMs)).toBe(true);
		expect(limiter.take('first', 1, nowMs)).toBe(false);
		expect(limiter.take('first', 1, nowMs - 60_000)).toBe(false);
		expect(limiter.take('first', 1, nowMs + 1_000)).toBe(true);
	});

	test('count an IPv6 network as one sender', () => {
		expect(networkOf('2001:db8:0:1::1')).toBe(networkOf('2001:0DB8:0:1:ffff::2'));
		expect(networkOf('2001:db8::1')).toBe(networkOf('2001:db8:0:0:9::1'));
		expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8:0:2::1'));
		expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
		expect(networkOf('203.0.113.7')).not.toBe(networkOf('203.0.113.8'));
	});
});

describe('robots', () => {
	test.each([
		[true, undefined],
		[true, 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
		[true, 'facebookexternalhit/1.1'],
		[true, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36'],
		[true, 'curl/8.5.0'],
		[false, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'],
		[false, 'Mozilla/5.0 (Linux; Android 14; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36'],
		[false, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'],
	])('%s: %s', (expected, userAgent) => {
		expect(isRobot(userAgent)).toBe(expected);
	});
});
