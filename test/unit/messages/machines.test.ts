import { looksLikeMachine, RecentClicks } from '../../../lib/messages/machines';

const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const open = (userAgent?: string, headers = {}) => looksLikeMachine({ what: 'open', headers: { 'user-agent': userAgent, ...headers } });
const click = (userAgent?: string, more = {}) => looksLikeMachine({ what: 'click', headers: { 'user-agent': userAgent }, ...more });

describe('opens', () => {
	test.each([
		['Gmail’s image proxy', 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'],
		['Yahoo’s image proxy', 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html'],
		['Outlook on Windows', 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; Microsoft Outlook 16.0.4266; ms-office; MSOffice 16)'],
		['Outlook on Windows, newer', 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)'],
		['Outlook on a phone', 'Outlook-iOS/709.2226530.prod.iphone (3.24.1)'],
		['Apple Mail without its privacy', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)'],
		['Mail on an iPhone', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148'],
		['Thunderbird', 'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.3.1'],
		['Airmail', 'Airmail'],
		['Samsung’s mail', 'SamsungEmail/6.1'],
		['webmail in a browser', chrome],
	])('%s is a person', (_name, userAgent) => expect(open(userAgent)).toBeNull());

	test.each([
		['Apple’s Mail Privacy Protection', 'Mozilla/5.0', 'privacy_proxy'],
		['Gmail fetching ahead', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0', 'privacy_proxy'],
		['Outlook.com’s preview', 'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b', 'user_agent'],
		['a scanner', 'Barracuda Sentinel (EE)', 'user_agent'],
		['a script', 'python-requests/2.32', 'user_agent'],
		['nobody', undefined, 'user_agent'],
	])('%s is a machine', (_name, userAgent, sign) => expect(open(userAgent)).toBe(sign));
});

describe('clicks', () => {
	test.each([
		['Chrome on Windows', chrome],
		['Safari on a phone', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'],
		['Gmail’s browser on Android', 'Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36'],
		['Firefox', 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0'],
		['Edge', `${chrome} Edg/141.0.0.0`],
		['Samsung Internet', 'Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36'],
		['Yandex Browser', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 YaBrowser/24.6.0.0 Safari/537.36'],
		['WeChat', 'Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.42(0x18002a2a) NetType/WIFI Language/zh_CN'],
	])('%s is a person', (_name, userAgent) => expect(click(userAgent)).toBeNull());

	test.each([
		['Barracuda', 'Mozilla/5.0 (compatible; BarracudaCentral)'],
		['Proofpoint', 'Mozilla/5.0 (Windows NT 10.0) Proofpoint-URLDefense'],
		['Mimecast', 'Mimecast-Scanner/1.0'],
		['Microsoft Defender', 'Mozilla/5.0 (compatible; Microsoft Defender SmartScreen)'],
		['Safe Links', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks'],
		['Microsoft’s analyser', 'Microsoft-URLAnalyzer/1.0'],
		['Outlook’s preview', 'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b'],
		['a link preview', 'facebookexternalhit/1.1'],
		['WhatsApp’s preview', 'WhatsApp/2.23.20.0'],
		['a headless browser', chrome.replace('Chrome', 'HeadlessChrome')],
		['curl', 'curl/8.5.0'],
		['axios', 'axios/1.7.2'],
		['nobody', undefined],
		['Apple’s proxy name', 'Mozilla/5.0'],
	])('%s is a machine', (_name, userAgent) => expect(click(userAgent)).toBe('user_agent'));

	test.each([{ purpose: 'prefetch' }, { 'sec-purpose': 'prefetch;prerender' }, { 'x-purpose': 'preview' }, { 'x-moz': ['prefetch'] }])('a request that says %j is a machine’s, whoever sends it', (headers) => {
		expect(looksLikeMachine({ what: 'click', headers: { 'user-agent': chrome, ...headers } })).toBe('prefetch');
		expect(open(chrome, headers)).toBe('prefetch');
	});

	test('HEAD and a link that nobody sees are machines’', () => {
		expect(click(chrome, { isHead: true })).toBe('head');
		expect(click(chrome, { isTrap: true })).toBe('trap');
		expect(click(chrome, { others: [{ agoMs: 59_000, isTrap: true }] })).toBe('trap');
		expect(click(chrome, { others: [{ agoMs: 61_000, isTrap: true }] })).toBeNull();
	});

	test('two links within two seconds are no reading; within ten where the message has just left', () => {
		const others = (agoMs: number) => [{ agoMs, isTrap: false }];
		expect(click(chrome, { others: others(1_500) })).toBe('burst');
		expect(click(chrome, { others: others(2_500) })).toBeNull();
		expect(click(chrome, { others: others(8_000), sinceSentMs: 9_000 })).toBe('burst');
		expect(click(chrome, { others: others(8_000), sinceSentMs: 60_000 })).toBeNull();
		// A quick reader of one link is a reader.
		expect(click(chrome, { sinceSentMs: 3_000 })).toBeNull();
	});
});

describe('recent clicks', () => {
	test('are those on other links of the same message, for a minute', () => {
		const recent = new RecentClicks();
		expect(recent.add('m1', 'a', false, 0)).toEqual([]);
		expect(recent.add('m1', 'a', false, 100)).toEqual([]);
		expect(recent.add('m2', 'b', false, 100)).toEqual([]);
		expect(recent.add('m1', 'b', false, 200)).toEqual([{ agoMs: 100, isTrap: false }]);
		expect(recent.add('m1', 'trap', true, 300)).toHaveLength(2);
		expect(recent.add('m1', 'c', false, 70_000)).toEqual([]);
	});

	test('are bounded, by message and altogether', () => {
		const recent = new RecentClicks();
		for (let link = 0; link < 1_000; link++) recent.add('m', `l${link}`, false, 0);
		expect(recent.add('m', 'last', false, 0).length).toBeLessThanOrEqual(20);
		for (let message = 0; message < 20_000; message++) recent.add(`m${message}`, 'x', false, 0);
		expect(recent.add('m', 'again', false, 0)).toEqual([]);
		expect(recent.add('m19999', 'again', false, 0)).toHaveLength(1);
	});
});
