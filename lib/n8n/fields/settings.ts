import type { INodeProperties, NodeParameterValueType } from 'n8n-workflow';
import { pointsForAmount } from '../../loyalty/ledger';
import { parseMailbox } from '../../messages/headers';
import { isCountry } from '../../model/phone';
import { compileTemplate } from '../../messages/templates';
import { defaultUtmCampaign } from '../../messages/tracking';
import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import { defaultSettings, type LoyaltySettings, type ShopLocation, type ShopSettings, type TrackingSettings } from '../../model/settings';

const defaultCaps = defaultSettings.capHours!;
/** A month: a longer rest is a paused shop. */
const maxCapHours = 720;

/** Ten years: of what lasts longer there is nothing to count. */
const mostDays = 3650;
const mostTiers = 12;

const defaultWorkerPath = '/shop-journeys-sw.js';

/** The shop's settings as the operator fills them in. Kept in the store on activation, where every node reads them. */
export const settingsFields: INodeProperties[] = [
	{ displayName: 'Shop Name', name: 'shopName', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. Anna’s Tea House', description: 'As customers know it: in subjects and in the head of every mail' },
	{ displayName: 'Shop URL', name: 'shopUrl', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. https://shop.example.com' },
	{ displayName: 'Sender', name: 'sender', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. Anna’s Tea House <hello@shop.example.com>', description: 'From whom messages come. The mail server must be allowed to send for it.' },
	{ displayName: 'Postal Address', name: 'postalAddress', type: 'string', typeOptions: { rows: 3 }, noDataExpression: true, default: '', placeholder: 'e.g. 12 High Street, 1010 Vienna, Austria', description: 'Stands at the foot of every mail. Marketing mail must have one in most countries.' },
	{ displayName: 'Currency', name: 'currency', type: 'string', noDataExpression: true, default: 'USD', placeholder: 'e.g. EUR', description: 'ISO 4217 code, for deliveries that do not say which' },
	{ displayName: 'Locale', name: 'locale', type: 'string', noDataExpression: true, default: 'en', placeholder: 'e.g. de-AT', description: 'For customers whose own language is not known' },
	{ displayName: 'Time Zone', name: 'timezone', type: 'string', noDataExpression: true, default: 'UTC', placeholder: 'e.g. Europe/Vienna' },
	{
		displayName: 'Sending Mode',
		name: 'sendingMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Live', value: 'live', description: 'Messages go to customers' },
			{ name: 'Only These Addresses', value: 'limited', description: 'For trying out: everybody else is kept waiting' },
			{ name: 'Paused', value: 'paused', description: 'Nothing is sent; journeys are kept' },
		],
		default: 'live',
	},
	{
		displayName: 'Allowed Addresses',
		name: 'allowedRecipients',
		type: 'string',
		noDataExpression: true,
		displayOptions: { show: { sendingMode: ['limited'] } },
		default: '',
		placeholder: 'e.g. me@example.com, @my-company.example, +436641234567',
		description: 'Separated by commas. An @domain allows everybody in it. For SMS and WhatsApp a phone number will do, with its country code and without spaces.',
	},
	{
		displayName: 'Consent Policy',
		name: 'consentPolicy',
		type: 'collection',
		placeholder: 'Change Policy',
		noDataExpression: true,
		default: {},
		description: 'When marketing may be sent at all',
		options: [
			{
				displayName: 'Double Opt-In',
				name: 'doubleOptIn',
				type: 'boolean',
				default: true,
				description: 'Whether who subscribes must confirm it by a link in a mail before marketing is sent, whether in the shop or in a form. Off unless added here; some countries ask for it. Needs the journey that asks, "Confirm Subscription".',
			},
			{
				displayName: 'Soft Opt-In at Checkout',
				name: 'softOptIn',
				type: 'boolean',
				default: true,
				description: 'Whether a customer who typed an address at the checkout may be reminded of that checkout without having opted in. Off unless added here. Ask a lawyer: it depends on the country.',
			},
		],
	},
	{
		displayName: 'Rest Between Messages',
		name: 'rest',
		type: 'collection',
		placeholder: 'Change Rest',
		noDataExpression: true,
		default: {},
		description: 'How long a customer has rest after a marketing message, whichever journey it came from: 16 hours after an e-mail, 24 after an SMS, WhatsApp message or push. What comes too early waits. Messages about a purchase neither wait nor count.',
		options: [
			{ displayName: 'After an E-Mail (Hours)', name: 'email', type: 'number', typeOptions: { minValue: 0, maxValue: maxCapHours }, default: defaultCaps.email, description: 'Until the next marketing e-mail. 0 for no rest.' },
			{ displayName: 'After a Push (Hours)', name: 'push', type: 'number', typeOptions: { minValue: 0, maxValue: maxCapHours }, default: defaultCaps.push, description: 'Until the next web push. 0 for no rest.' },
			{ displayName: 'After an SMS (Hours)', name: 'sms', type: 'number', typeOptions: { minValue: 0, maxValue: maxCapHours }, default: defaultCaps.sms, description: 'Until the next marketing SMS. 0 for no rest.' },
			{ displayName: 'After a WhatsApp Message (Hours)', name: 'whatsapp', type: 'number', typeOptions: { minValue: 0, maxValue: maxCapHours }, default: defaultCaps.whatsapp, description: 'Until the next marketing message on WhatsApp. 0 for no rest.' },
		],
	},
	{
		displayName: 'Quiet Hours',
		name: 'quietHours',
		type: 'fixedCollection',
		placeholder: 'Add Quiet Hours',
		noDataExpression: true,
		default: {},
		description: 'In which no marketing leaves, by the customer’s own clock. It waits until they are over. None unless added here.',
		options: [
			{
				displayName: 'Hours',
				name: 'hours',
				values: [
					{ displayName: 'From (Hour)', name: 'from', type: 'number', typeOptions: { minValue: 0, maxValue: 23 }, default: 21, description: 'The hour in which they begin, 0 to 23' },
					{ displayName: 'Until (Hour)', name: 'to', type: 'number', typeOptions: { minValue: 0, maxValue: 23 }, default: 8, description: 'The hour in which messages may leave again. May be earlier than the first: over midnight.' },
				],
			},
		],
	},
	{
		displayName: 'Shop Locations',
		name: 'locations',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add Location',
		noDataExpression: true,
		default: {},
		description: 'Places that customers can visit: for journeys that invite who lives nearby, and for conditions on the distance',
		options: [
			{
				displayName: 'Locations',
				name: 'places',
				values: [
					{ displayName: 'Name', name: 'name', type: 'string', default: '', placeholder: 'e.g. Tea House Vienna' },
					{ displayName: 'City', name: 'city', type: 'string', default: '', placeholder: 'e.g. Vienna' },
					{ displayName: 'Postcode', name: 'postcode', type: 'string', default: '', placeholder: 'e.g. 1010' },
					{ displayName: 'Country', name: 'country', type: 'string', default: '', placeholder: 'e.g. AT', description: 'ISO 3166 code of two letters. Empty: the country of the shop.' },
					{ displayName: 'Coordinates', name: 'coordinates', type: 'string', default: '', placeholder: 'e.g. 48.2082, 16.3738', description: 'Latitude and longitude, as maps show them when you click on a place' },
				],
			},
		],
	},
	{
		displayName: 'Loyalty Points',
		name: 'loyalty',
		type: 'collection',
		placeholder: 'Add Setting',
		noDataExpression: true,
		default: {},
		description: 'How customers earn points, and which tiers there are. The shop has no loyalty programme unless something is added here.',
		// In the order in which a programme is thought of: earning, keeping, tiers.
		options: [
			{ displayName: 'Earn From Orders', name: 'earnFromOrders', type: 'boolean', default: true, description: 'Whether orders placed from now on earn points by themselves when they are paid, and refunds and cancellations take them back. Off unless added here: points are then only what the Loyalty Points node makes of them.' },
			{ displayName: 'Points per Unit of Currency', name: 'rate', type: 'number', typeOptions: { minValue: 0 }, default: 1, description: 'For each whole unit of the shop’s currency: 1 is a point for each euro or dollar, 0.5 a point for two, 0.01 a point for 100 yen' },
			{
				displayName: 'Rounding',
				name: 'rounding',
				type: 'options',
				options: [
					{ name: 'Down', value: 'down' },
					{ name: 'Nearest', value: 'nearest' },
					{ name: 'Up', value: 'up' },
				],
				default: 'down',
				description: 'What becomes of a part of a point',
			},
			{ displayName: 'Excluded Goods', name: 'excluded', type: 'string', typeOptions: { rows: 3 }, default: '', placeholder: 'e.g. Gift Cards', description: 'Products, categories and tags that earn nothing, one per line: by ID, SKU, title or name. What the other lines have of the order’s total still earns.' },
			{ displayName: 'Pending for (Days)', name: 'pendingDays', type: 'number', typeOptions: { minValue: 0, maxValue: mostDays }, default: 14, description: 'So many days after the payment points can be spent: the time in which goods may be sent back. 0, or not added: at once.' },
			{ displayName: 'Expire After (Days)', name: 'expiresAfterDays', type: 'number', typeOptions: { minValue: 0, maxValue: mostDays }, default: 365, description: 'At the end of the day so many days after they were earned. 0, or not added: never.' },
			{
				displayName: 'Tiers',
				name: 'tiers',
				type: 'fixedCollection',
				typeOptions: { multipleValues: true },
				placeholder: 'Add Tier',
				default: {},
				description: 'What customers reach by points or by spending, such as Silver and Gold',
				options: [
					{
						displayName: 'Tiers',
						name: 'tiers',
						values: [
							{ displayName: 'Name', name: 'label', type: 'string', default: '', placeholder: 'e.g. Gold', description: 'As customers read it' },
							{ displayName: 'From', name: 'from', type: 'number', typeOptions: { minValue: 0 }, default: 1000, description: 'So many points, or so many whole units of the shop’s currency' },
						],
					},
				],
			},
			{
				displayName: 'Tiers Are Reached By',
				name: 'tierBy',
				type: 'options',
				options: [
					{ name: 'Points Earned', value: 'points', description: 'Whether spent, expired or still there; those taken back by refunds do not count' },
					{ name: 'Spending', value: 'spent', description: 'The value of paid orders, less what was paid back' },
				],
				default: 'points',
				description: 'What the numbers of the tiers mean',
			},
			{
				displayName: 'Tier Period',
				name: 'tierPeriod',
				type: 'options',
				options: [
					{ name: 'Calendar Year', value: 'calendar_year', description: 'Counts anew on the first of January' },
					{ name: 'Ever', value: 'ever', description: 'Everything counts, and tiers are lost only by refunds' },
					{ name: 'Last 12 Months', value: 'rolling_year' },
				],
				default: 'rolling_year',
				description: 'Over which time points earned or money spent are counted, by the shop’s own calendar',
			},
			{ displayName: 'Tier Is Kept at Least (Days)', name: 'tierKeptDays', type: 'number', typeOptions: { minValue: 0, maxValue: mostDays }, default: 365, description: 'From when it was reached, whatever is bought until then; afterwards the customer has the tier that the period gives. Orders that are sent back count for nothing. 0, or not added: not longer than the period gives it.' },
		],
	},
	{
		displayName: 'Browser Tracking',
		name: 'browserTracking',
		type: 'collection',
		placeholder: 'Add Setting',
		noDataExpression: true,
		default: {},
		description: 'For tracking.js in the shop’s pages. Once published, open the production URL that ends in tracking.js in a browser: it shows the line to embed.',
		options: [
			{
				displayName: 'Allowed Origins',
				name: 'allowedOrigins',
				type: 'string',
				default: '',
				placeholder: 'e.g. https://www.shop.example.com, https://blog.example.com',
				description: 'Addresses of the pages that may send events, separated by commas. The address in "Shop URL" may always.',
			},
			{
				displayName: 'Service Worker Path',
				name: 'serviceWorkerPath',
				type: 'string',
				default: defaultWorkerPath,
				placeholder: `e.g. ${defaultWorkerPath}`,
				description: 'For web push: where the service worker lies on the shop’s own address. See docs/web-push.md.',
			},
			{
				displayName: 'Web Push Public Key',
				name: 'pushPublicKey',
				type: 'string',
				default: '',
				placeholder: 'e.g. BEl62iUYgUivxIkv69yViEuiBIa...',
				description: 'The same as in the Web Push credential of Send Reminder. With it shopJourneys.askForPush() asks visitors for permission. Empty: web push is not asked for.',
			},
		],
	},
	{
		displayName: 'More Settings',
		name: 'moreSettings',
		type: 'collection',
		placeholder: 'Add Setting',
		noDataExpression: true,
		default: {},
		options: [
			{ displayName: 'Colour', name: 'colour', type: 'color', default: '#1f6f54', description: 'Of buttons and accents in mails' },
			{ displayName: 'Country', name: 'country', type: 'string', default: '', placeholder: 'e.g. AT', description: 'ISO 3166 code of two letters, for phone numbers that customers type without a country code. Empty: the country of the locale, if it names one.' },
			{ displayName: 'Logo URL', name: 'logoUrl', type: 'string', default: '', placeholder: 'e.g. https://shop.example.com/logo.png' },
			{
				displayName: 'Message Topics',
				name: 'topics',
				type: 'string',
				typeOptions: { rows: 4 },
				default: '',
				placeholder: 'e.g. New arrivals',
				description: 'What customers can choose to hear of on the preference page, one topic per line. Each gets an ID from its words: "New arrivals" is new-arrivals.',
			},
			{ displayName: 'Public Review Page', name: 'reviewUrl', type: 'string', default: '', placeholder: 'e.g. https://reviews.example.com/my-shop', description: 'Where customers who are happy are asked to say so. Empty: their answer comes to you.' },
			{ displayName: 'Reply To', name: 'replyTo', type: 'string', default: '', placeholder: 'e.g. anna@shop.example.com', description: 'A person who reads the answers. Empty: the sender.' },
			{
				displayName: 'UTM Parameters',
				name: 'utm',
				type: 'fixedCollection',
				placeholder: 'Add Parameters',
				default: {},
				description: 'Put on links to the shop in marketing messages, so that its statistics tell where visitors came from. None unless added here.',
				options: [
					{
						displayName: 'Parameters',
						name: 'parameters',
						values: [
							{ displayName: 'Campaign', name: 'campaign', type: 'string', default: defaultUtmCampaign, placeholder: 'e.g. {{journey.name}}', description: 'Handlebars, with journey.name, journey.step, journey.stepName, shop.name and campaign (the campaign key of messages outside a journey)' },
							{ displayName: 'Medium', name: 'medium', type: 'string', default: 'email', placeholder: 'e.g. email' },
							{ displayName: 'Source', name: 'source', type: 'string', default: 'shop-journeys', placeholder: 'e.g. newsletter' },
						],
					},
				],
			},
		],
	},
];

/** What the fields say. The public key of tracking.js is not among them: it is made when the settings are saved first. */
export type SettingsInput = Omit<ShopSettings, 'name' | 'tracking'> & { name?: string; tracking: Omit<TrackingSettings, 'publicKey'> };

type PlaceParameter = { name?: string; city?: string; postcode?: string; country?: string; coordinates?: string };

/** @throws PARAMETER_INVALID naming the field */
export function readSettings(parameter: (name: string) => NodeParameterValueType | object): SettingsInput {
	const text = (name: string) => trimmed(parameter(name));
	const group = (name: string) => (parameter(name) ?? {}) as Record<string, unknown>;
	const consent = group('consentPolicy');
	const more = group('moreSettings');
	const locale = localeOf(text('locale'));
	const url = webAddress('Shop URL', text('shopUrl'))?.replace(/\/+$/, '') ?? '';
	const country = countryCode('Country', trimmed(more.country)) ?? new Intl.Locale(locale).region;
	const sendingMode = parameter('sendingMode') as ShopSettings['sendingMode'];
	const { places = [] } = group('locations') as { places?: PlaceParameter[] };
	return {
		...(text('shopName') && { name: text('shopName') }),
		url,
		sender: mailbox('Sender', text('sender')),
		postalAddress: text('postalAddress'),
		currency: currencyOf(text('currency')),
		locale,
		timezone: timezoneOf(text('timezone')),
		country,
		sendingMode,
		allowedRecipients: sendingMode === 'limited' ? recipients(text('allowedRecipients')) : [],
		doubleOptIn: consent.doubleOptIn === true,
		softOptIn: consent.softOptIn === true,
		capHours: capHours(group('rest')),
		quietHours: quietHours(group('quietHours').hours as { from?: unknown; to?: unknown } | undefined),
		locations: places.map((place, index) => locationOf(place, index, country)),
		tracking: { allowedOrigins: allowedOrigins(trimmed(group('browserTracking').allowedOrigins), url) },
		push: webPush(group('browserTracking')),
		loyalty: loyaltyOf(group('loyalty')),
		colour: colourOf(trimmed(more.colour)),
		logoUrl: webAddress('Logo URL', trimmed(more.logoUrl)),
		reviewUrl: webAddress('Public Review Page', trimmed(more.reviewUrl)),
		replyTo: mailbox('Reply To', trimmed(more.replyTo)),
		topics: topicsOf(trimmed(more.topics)),
		utm: utmOf((more.utm as { parameters?: Record<string, unknown> } | undefined)?.parameters),
	};
}

const trimmed = (value: unknown): string => String(value ?? '').trim();

function refuse(message: string, hint: string): never {
	throw new ShopJourneysError('PARAMETER_INVALID', message, { hint });
}

function succeeds(attempt: () => unknown): boolean {
	try {
		attempt();
		return true;
	} catch {
		return false;
	}
}

function webAddress(field: string, value: string): string | undefined {
	if (!value) return undefined;
	if (!/^https?:\/\/[^\s/]+\S*$/i.test(value) || !URL.canParse(value)) refuse(`"${field}" is "${value}", which is no web address`, 'Write it with https:// in front.');
	return value;
}

function mailbox(field: string, value: string): string | undefined {
	if (value && !parseMailbox(value)) refuse(`"${field}" is "${value}", which is no e-mail address`, 'Write it like anna@shop.example.com, or with a name: Anna’s Tea House <anna@shop.example.com>.');
	return value || undefined;
}

function currencyOf(value: string): string {
	const currency = value.toUpperCase();
	if (!/^[A-Z]{3}$/.test(currency)) refuse(`"Currency" is "${currency}", which is no currency code`, 'Write its three letters, e.g. EUR.');
	return currency;
}

function timezoneOf(value: string): string {
	const timezone = value || 'UTC';
	if (!succeeds(() => new Intl.DateTimeFormat('en', { timeZone: timezone }))) refuse(`"Time Zone" is "${timezone}", which is not known`, 'Write it like Europe/Vienna.');
	return timezone;
}

function localeOf(value: string): string {
	const locale = value || 'en';
	if (!succeeds(() => new Intl.Locale(locale))) refuse(`"Locale" is "${locale}", which is not known`, 'Write it like en or de-AT.');
	return locale;
}

function countryCode(field: string, value: string): string | undefined {
	const code = value.toUpperCase();
	if (code && !isCountry(code)) refuse(`"${field}" is "${value}", which is no country code`, 'Write its two letters, e.g. AT.');
	return code || undefined;
}

function colourOf(value: string): string {
	if (value && !/^#[0-9a-f]{6}$/i.test(value)) refuse(`"Colour" is "${value}", which is no colour`, 'Write it like #1f6f54, without transparency.');
	return value || defaultSettings.colour;
}

function recipients(value: string): string[] {
	const allowed = value.toLowerCase().split(/[\s,;]+/).filter(Boolean);
	const wrong = allowed.find((recipient) => !/^\+[1-9]\d{5,14}$/.test(recipient) && !parseMailbox(recipient.startsWith('@') ? `anybody${recipient}` : recipient));
	if (wrong !== undefined) refuse(`"Allowed Addresses" names "${wrong}", which is neither an address nor an @domain nor a phone number`, 'Write addresses, @domains or phone numbers like +436641234567, separated by commas.');
	if (allowed.length === 0) refuse('"Allowed Addresses" is empty, so nobody would get anything', 'Fill in your own address, or choose the sending mode Paused.');
	return allowed;
}

function hours(field: string, value: unknown, most: number): number {
	const number = Number(value);
	if (value === '' || !Number.isFinite(number) || number < 0 || number > most) refuse(`"${field}" is "${trimmed(value)}", which is no number of hours from 0 to ${most}`, 'Write a number, e.g. 16.');
	return number;
}

function capHours({ email = defaultCaps.email, sms = defaultCaps.sms, whatsapp = defaultCaps.whatsapp, push = defaultCaps.push }: Record<string, unknown>): NonNullable<ShopSettings['capHours']> {
	return {
		email: hours('After an E-Mail (Hours)', email, maxCapHours),
		sms: hours('After an SMS (Hours)', sms, maxCapHours),
		whatsapp: hours('After a WhatsApp Message (Hours)', whatsapp, maxCapHours),
		push: hours('After a Push (Hours)', push, maxCapHours),
	};
}

function quietHours(value: { from?: unknown; to?: unknown } | undefined): ShopSettings['quietHours'] {
	if (!value) return undefined;
	const from = hours('Quiet Hours: From (Hour)', value.from, 23);
	const to = hours('Quiet Hours: Until (Hour)', value.to, 23);
	if (!Number.isInteger(from) || !Number.isInteger(to)) refuse(`"Quiet Hours" go from ${from} until ${to}, which are no whole hours`, 'Write whole hours from 0 to 23.');
	if (from === to) refuse(`"Quiet Hours" begin and end at ${from}, so nothing would ever leave, or everything always`, 'Write two different hours, or remove the quiet hours.');
	return { from, to };
}

/** One per line. Different words that give the same id would be one topic to the customers who chose it. */
function topicsOf(value: string): ShopSettings['topics'] {
	const labels = [...new Set(value.split('\n').map((line) => line.trim()).filter(Boolean))];
	const topics = labels.map((label) => ({ id: label.toLowerCase().normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]+/gu, '-').replace(/^-|-$/g, ''), label }));
	for (const [index, { id, label }] of topics.entries()) {
		if (!id) refuse(`"Message Topics" has "${label}", which holds no letters`, 'Name the topic in words.');
		const same = topics.slice(0, index).find((other) => other.id === id);
		if (same) refuse(`"Message Topics" has "${same.label}" and "${label}", which are the same topic`, 'Remove one of them.');
	}
	return topics.length > 0 ? topics : undefined;
}

function utmOf(value: Record<string, unknown> | undefined): ShopSettings['utm'] {
	if (!value) return undefined;
	const { source = 'shop-journeys', medium = 'email', campaign = '' } = value;
	if (!trimmed(source) || !trimmed(medium)) refuse('"UTM Parameters" have no source or no medium', 'Fill in both, e.g. newsletter and email, or remove the UTM parameters.');
	try {
		compileTemplate(trimmed(campaign), { field: 'UTM Parameters: Campaign', mode: 'text' });
	} catch (error) {
		if (isShopJourneysError(error)) refuse(error.message, error.hint);
		throw error;
	}
	return { source: trimmed(source), medium: trimmed(medium), ...(trimmed(campaign) && { campaign: trimmed(campaign) }) };
}

/** Origins as browsers send them: scheme, host and port, nothing behind. */
function allowedOrigins(value: string, shopUrl: string): string[] {
	const named = value.split(/[\s,;]+/).filter(Boolean).map((origin) => new URL(webAddress('Allowed Origins', origin)!).origin);
	return [...new Set([...(shopUrl ? [new URL(shopUrl).origin] : []), ...named])];
}

function webPush({ pushPublicKey, serviceWorkerPath }: Record<string, unknown>): ShopSettings['push'] {
	const publicKey = trimmed(pushPublicKey);
	const path = trimmed(serviceWorkerPath) || defaultWorkerPath;
	if (!publicKey) return undefined;
	if (!/^B[\w-]{86}$/.test(publicKey)) refuse('"Web Push Public Key" is no public VAPID key', 'Copy it from the Web Push credential of Send Reminder: 87 letters, digits, hyphens and underscores.');
	if (!/^\/[\w.~-][\w./~-]*$/.test(path)) refuse(`"Service Worker Path" is "${path}", which is no path on the shop's address`, `Write it like ${defaultWorkerPath}, without the shop's name in front.`);
	return { publicKey, serviceWorkerPath: path };
}

/** Whatever is added makes it a programme; what is not added has the value that changes nothing. */
function loyaltyOf(value: Record<string, unknown>): LoyaltySettings | undefined {
	if (Object.keys(value).length === 0) return undefined;
	const { earnFromOrders = false, excluded = '', rate = 1, rounding = 'down', tierBy = 'points', tierPeriod = 'rolling_year' } = value;
	const pendingDays = wholeDays('Pending for (Days)', value.pendingDays ?? 0);
	const expiresAfterDays = wholeDays('Expire After (Days)', value.expiresAfterDays ?? 0);
	if (expiresAfterDays > 0 && expiresAfterDays <= pendingDays) refuse(`Points expire after ${expiresAfterDays} days, but can be spent only after ${pendingDays}`, 'Let them expire later, or wait for less long.');
	if (!(Number(rate) > 0) || !succeeds(() => pointsForAmount({ amountMinor: 100, currency: 'EUR' }, Number(rate)))) refuse(`"Points per Unit of Currency" is "${trimmed(rate)}", which is no number of points`, 'Write a number above 0 with at most six decimals, e.g. 1 or 0.5.');
	return {
		earnFromOrders: earnFromOrders === true,
		rate: Number(rate),
		rounding: rounding as LoyaltySettings['rounding'],
		excluded: [...new Set(trimmed(excluded).split('\n').map((line) => line.trim()).filter(Boolean))],
		pendingDays,
		expiresAfterDays,
		tiers: tiersOf((value.tiers as { tiers?: Array<{ label?: unknown; from?: unknown }> } | undefined)?.tiers ?? [], tierBy === 'points'),
		tierBy: tierBy as LoyaltySettings['tierBy'],
		tierPeriod: tierPeriod as LoyaltySettings['tierPeriod'],
		tierKeptDays: wholeDays('Tier Is Kept at Least (Days)', value.tierKeptDays ?? 0),
	};
}

function wholeDays(field: string, value: unknown): number {
	const days = Number(value);
	if (trimmed(value) === '' || !Number.isInteger(days) || days < 0 || days > mostDays) refuse(`"${field}" is "${trimmed(value)}", which is no whole number of days from 0 to ${mostDays}`, 'Write a whole number, e.g. 30.');
	return days;
}

/** Lowest first. */
function tiersOf(tiers: Array<{ label?: unknown; from?: unknown }>, isByPoints: boolean): LoyaltySettings['tiers'] {
	if (tiers.length > mostTiers) refuse(`There are ${tiers.length} tiers, more than ${mostTiers}`, 'Remove some: customers understand a few.');
	const read = tiers.map(({ label, from }, index) => {
		const name = trimmed(label);
		if (!name) refuse(`Tier ${index + 1} has no name`, 'Fill in its name: customers read it.');
		const value = Number(from);
		if (trimmed(from) === '' || !Number.isFinite(value) || value < 0 || (isByPoints && !Number.isInteger(value))) refuse(`The tier "${name}" begins at "${trimmed(from)}", which is no ${isByPoints ? 'whole number of points' : 'amount'}`, 'Write a number, e.g. 500.');
		return { id: name.toLowerCase().normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || `tier-${index + 1}`, label: name, from: value };
	});
	for (const [index, tier] of read.entries()) {
		const same = read.slice(0, index).find(({ label, from }) => label.toLowerCase() === tier.label.toLowerCase() || from === tier.from);
		if (same) refuse(`The tiers "${same.label}" (from ${same.from}) and "${tier.label}" (from ${tier.from}) cannot be told apart`, 'Give each tier a name and a beginning of its own.');
	}
	return read.sort((a, b) => a.from - b.from);
}

function locationOf({ name, city, postcode, country, coordinates }: PlaceParameter, index: number, shopCountry: string | undefined): ShopLocation {
	const label = trimmed(name);
	if (!label) refuse(`Location ${index + 1} of "Shop Locations" has no name`, 'Fill in its name: it stands in the invitation.');
	const where = `Shop Locations: ${label}`;
	const position = coordinatesOf(where, trimmed(coordinates));
	if (!trimmed(city) && !trimmed(postcode) && !position) refuse(`"${where}" has neither a city nor a postcode nor coordinates`, 'Fill in at least one: it is how customers nearby are found.');
	const code = countryCode(`${where}: Country`, trimmed(country)) ?? shopCountry;
	return { name: label, ...(trimmed(city) && { city: trimmed(city) }), ...(trimmed(postcode) && { postcode: trimmed(postcode) }), ...(code && { country: code }), ...position };
}

function coordinatesOf(where: string, value: string): { latitude: number; longitude: number } | undefined {
	if (!value) return undefined;
	const match = /^(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)$/.exec(value);
	const [latitude, longitude] = match ? [Number(match[1]), Number(match[2])] : [NaN, NaN];
	if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) refuse(`"${where}: Coordinates" is "${value}", which is no latitude and longitude`, 'Write them like 48.2082, 16.3738.');
	return { latitude, longitude };
}
