import { isShopJourneysError } from '../../../lib/model/errors';
import { defaultSettings } from '../../../lib/model/settings';
import { readSettings, settingsFields, type SettingsInput } from '../../../lib/n8n/fields/settings';

type Parameters = Record<string, string | object>;

/** As n8n gives them: what is not filled in has the default of its field. */
function settings(filledIn: Parameters = {}): SettingsInput {
	return readSettings((name) => {
		const field = settingsFields.find((candidate) => candidate.name === name);
		if (!field) throw new Error(`There is no field "${name}"`);
		return filledIn[name] ?? (field.default as string | object);
	});
}

function refusal(filledIn: Parameters): { message: string; hint: string } {
	try {
		settings(filledIn);
	} catch (error) {
		if (isShopJourneysError(error, 'PARAMETER_INVALID')) return error;
		throw error;
	}
	throw new Error('Nothing was refused');
}

describe('settings that nobody has filled in', () => {
	it('are the defaults: no opt-in is assumed, and everybody has rest', () => {
		const { name: _name, ...defaults } = defaultSettings;
		expect(settings()).toMatchObject({ ...defaults, doubleOptIn: false, softOptIn: false, capHours: { email: 16, sms: 24, whatsapp: 24, push: 24 } });
		expect(settings()).toMatchObject({ quietHours: undefined, country: undefined, tracking: { allowedOrigins: [] } });
	});
});

describe('filled-in settings', () => {
	it('are read from all groups', () => {
		const read = settings({
			shopName: ' Anna’s Tea House ',
			shopUrl: 'https://shop.example.com/',
			sender: 'Anna’s Tea House <hello@shop.example.com>',
			currency: 'eur',
			locale: 'de-AT',
			timezone: 'Europe/Vienna',
			consentPolicy: { doubleOptIn: true, softOptIn: true },
			rest: { email: 0, push: '36' },
			quietHours: { hours: { from: 21, to: 8 } },
			browserTracking: { allowedOrigins: 'https://www.shop.example.com/blog?a=b https://shop.example.com, http://localhost:8080' },
			moreSettings: { reviewUrl: 'https://reviews.example.com/anna', replyTo: 'Anna <anna@shop.example.com>' },
		});
		expect(read).toMatchObject({
			name: 'Anna’s Tea House',
			url: 'https://shop.example.com',
			currency: 'EUR',
			country: 'AT',
			doubleOptIn: true,
			softOptIn: true,
			capHours: { email: 0, sms: 24, whatsapp: 24, push: 36 },
			quietHours: { from: 21, to: 8 },
			tracking: { allowedOrigins: ['https://shop.example.com', 'https://www.shop.example.com', 'http://localhost:8080'] },
			reviewUrl: 'https://reviews.example.com/anna',
		});
	});

	it('ask for web push only with a public key', () => {
		const publicKey = `B${'a'.repeat(86)}`;
		expect(settings({ browserTracking: { serviceWorkerPath: '/sw.js' } }).push).toBeUndefined();
		expect(settings({ browserTracking: { pushPublicKey: ` ${publicKey} ` } }).push).toEqual({ publicKey, serviceWorkerPath: '/shop-journeys-sw.js' });
		expect(settings({ browserTracking: { pushPublicKey: publicKey, serviceWorkerPath: '/apps/messages/sw.js' } }).push).toEqual({ publicKey, serviceWorkerPath: '/apps/messages/sw.js' });
	});

	it('read the places of the shop, in its country unless they say another', () => {
		const places = [
			{ name: 'Vienna', city: 'Wien', postcode: '1010', country: '', coordinates: '48.2082, 16.3738' },
			{ name: 'Munich', city: 'München', postcode: '', country: 'de', coordinates: '' },
		];
		expect(settings({ locations: { places }, moreSettings: { country: 'at' } }).locations).toEqual([
			{ name: 'Vienna', city: 'Wien', postcode: '1010', country: 'AT', latitude: 48.2082, longitude: 16.3738 },
			{ name: 'Munich', city: 'München', country: 'DE' },
		]);
	});

	it('read topics from lines, with ids made of their words in any script', () => {
		expect(settings({ moreSettings: { topics: 'New arrivals\n\n Sales & offers \n新品\nРаспродажи' } }).topics).toEqual([
			{ id: 'new-arrivals', label: 'New arrivals' },
			{ id: 'sales-offers', label: 'Sales & offers' },
			{ id: '新品', label: '新品' },
			{ id: 'распродажи', label: 'Распродажи' },
		]);
		expect(settings({ moreSettings: { topics: ' \n' } }).topics).toBeUndefined();
	});

	it('read UTM parameters, the campaign as a template', () => {
		expect(settings({ moreSettings: { utm: { parameters: { source: ' shop ', medium: 'email', campaign: '{{journey.name}}' } } } }).utm).toEqual({ source: 'shop', medium: 'email', campaign: '{{journey.name}}' });
		expect(settings({ moreSettings: { utm: { parameters: {} } } }).utm).toEqual({ source: 'shop-journeys', medium: 'email' });
		expect(settings().utm).toBeUndefined();
	});

	it('keep allowed addresses only while sending is limited to them', () => {
		const allowedRecipients = 'Me@example.com, @my-company.example +436641234567';
		expect(settings({ sendingMode: 'limited', allowedRecipients }).allowedRecipients).toEqual(['me@example.com', '@my-company.example', '+436641234567']);
		expect(settings({ sendingMode: 'live', allowedRecipients }).allowedRecipients).toEqual([]);
	});
});

const place = (with_: object) => ({ locations: { places: [{ name: 'Vienna', city: 'Wien', ...with_ }] } });

describe('a wrong setting is refused by the name of its field', () => {
	it.each<[string, Parameters, string[]]>([
		['Shop URL', { shopUrl: 'shop.example.com' }, ['shop.example.com']],
		['Sender', { sender: 'Anna' }, ['"Anna"']],
		['Currency', { currency: 'Euro' }, ['EURO']],
		['Time Zone', { timezone: 'Vienna' }, ['"Vienna"']],
		['Locale', { locale: 'de_AT' }, ['de_AT']],
		['Country', { moreSettings: { country: 'Austria' } }, ['Austria']],
		['Colour', { moreSettings: { colour: 'green' } }, ['green']],
		['Logo URL', { moreSettings: { logoUrl: '/logo.png' } }, ['/logo.png']],
		['Public Review Page', { moreSettings: { reviewUrl: 'javascript:alert(1)' } }, ['javascript']],
		['Reply To', { moreSettings: { replyTo: 'anna@' } }, ['anna@']],
		['Allowed Addresses', { sendingMode: 'limited', allowedRecipients: 'me@example.com example.com' }, ['"example.com"']],
		['Allowed Addresses', { sendingMode: 'limited' }, ['empty']],
		['After an SMS (Hours)', { rest: { sms: 'a day' } }, ['a day']],
		['After an E-Mail (Hours)', { rest: { email: -1 } }, ['-1']],
		['Quiet Hours', { quietHours: { hours: { from: 24, to: 8 } } }, ['24']],
		['Quiet Hours', { quietHours: { hours: { from: 8, to: 8 } } }, ['8']],
		['Quiet Hours', { quietHours: { hours: { from: 21.5, to: 8 } } }, ['21.5']],
		['Web Push Public Key', { browserTracking: { pushPublicKey: 'A-private-key-perhaps' } }, ['no public VAPID key']],
		['Service Worker Path', { browserTracking: { pushPublicKey: `B${'a'.repeat(86)}`, serviceWorkerPath: 'https://shop.example.com/sw.js' } }, ['"https://shop.example.com/sw.js"']],
		['Service Worker Path', { browserTracking: { pushPublicKey: `B${'a'.repeat(86)}`, serviceWorkerPath: '//evil.example/sw.js' } }, ['"//evil.example/sw.js"']],
		['Allowed Origins', { browserTracking: { allowedOrigins: 'https://a.example, shop.example.com' } }, ['"shop.example.com"']],
		['Message Topics', { moreSettings: { topics: 'Sales\nsales!' } }, ['same topic']],
		['Message Topics', { moreSettings: { topics: '***' } }, ['***']],
		['UTM Parameters', { moreSettings: { utm: { parameters: { source: ' ', medium: 'email' } } } }, ['no source']],
		['Shop Locations', place({ name: ' ' }), ['Location 1']],
		['Shop Locations: Vienna', place({ city: '' }), ['postcode']],
		['Shop Locations: Vienna: Coordinates', place({ coordinates: '48.2' }), ['48.2']],
		['Shop Locations: Vienna: Coordinates', place({ coordinates: '148.2, 16.3' }), ['148.2']],
		['Shop Locations: Vienna: Country', place({ country: 'Österreich' }), ['Österreich']],
	])('%s', (field, filledIn, words) => {
		const { message, hint } = refusal(filledIn);
		expect(message).toContain(`"${field}`);
		for (const word of words) expect(message).toContain(word);
		expect(hint).not.toBe('');
	});

	it('a UTM campaign that is no template is told with its place', () => {
		expect(refusal({ moreSettings: { utm: { parameters: { campaign: '{{#if journey.name}}' } } } }).message).toMatch(/^UTM Parameters: Campaign, line 1, column/);
	});
});

describe('loyalty settings', () => {
	const tiers = (...all: Array<[string, unknown]>) => ({ tiers: { tiers: all.map(([label, from]) => ({ label, from })) } });

	it('are none until something is added, and then change nothing that was not', () => {
		expect(settings().loyalty).toBeUndefined();
		expect(settings({ loyalty: { rate: 0.5 } }).loyalty).toEqual({ earnFromOrders: false, rate: 0.5, rounding: 'down', excluded: [], pendingDays: 0, expiresAfterDays: 0, tiers: [], tierBy: 'points', tierPeriod: 'rolling_year', tierKeptDays: 0 });
	});

	it('are read as they are filled in, tiers from the lowest on', () => {
		const loyalty = { earnFromOrders: true, excluded: ' Gift Cards \n\nSALE\nSALE', pendingDays: 14, expiresAfterDays: 365, rounding: 'up', tierBy: 'spent', tierPeriod: 'ever', tierKeptDays: 30, ...tiers(['Gold Plus', 999.5], ['Silber', '200']) };
		expect(settings({ loyalty }).loyalty).toMatchObject({
			earnFromOrders: true,
			excluded: ['Gift Cards', 'SALE'],
			pendingDays: 14,
			expiresAfterDays: 365,
			rounding: 'up',
			tiers: [{ id: 'silber', label: 'Silber', from: 200 }, { id: 'gold-plus', label: 'Gold Plus', from: 999.5 }],
			tierBy: 'spent',
			tierPeriod: 'ever',
			tierKeptDays: 30,
		});
	});

	it.each([
		[{ pendingDays: 30, expiresAfterDays: 30 }, 'Points expire after 30 days, but can be spent only after 30'],
		[{ pendingDays: 1.5 }, '"Pending for (Days)" is "1.5"'],
		[{ expiresAfterDays: '' }, '"Expire After (Days)" is ""'],
		[{ tierKeptDays: -1 }, '"Tier Is Kept at Least (Days)" is "-1"'],
		[{ rate: 0 }, '"Points per Unit of Currency" is "0"'],
		[{ rate: 0.1234567 }, '"Points per Unit of Currency" is "0.1234567"'],
		[tiers(['', 10]), 'Tier 1 has no name'],
		[tiers(['Gold', 'much']), 'The tier "Gold" begins at "much"'],
		[tiers(['Gold', 10.5]), 'no whole number of points'],
		[tiers(['Gold', 10], ['gold', 20]), '"Gold" (from 10) and "gold" (from 20) cannot be told apart'],
		[tiers(['Gold', 10], ['Silver', 10]), 'cannot be told apart'],
	])('%j are refused in plain words', (loyalty, words) => {
		const { message, hint } = refusal({ loyalty });
		expect(message).toContain(words);
		expect(hint).not.toBe('');
	});
});
