/** What one shop is, kept in its store under `settings`, written by the Shop Webhook Trigger, read by every node. */
export interface ShopSettings {
	name: string;
	/** Which shop system it is (`ShopAdapter.id`), once a Shop Webhook Trigger was published: says which events can come. */
	system?: string;
	/** Absolute, without a trailing slash. */
	url: string;
	logoUrl?: string;
	/** CSS colour of buttons and accents, `#rrggbb`. */
	colour: string;
	/** "Name <address>" or an address. */
	sender?: string;
	/** A person, not a robot. */
	replyTo?: string;
	/** Lines of the postal address, as the law asks for in marketing mail. */
	postalAddress: string;
	/** BCP 47. */
	locale: string;
	/** ISO 4217. */
	currency: string;
	/** IANA. */
	timezone: string;
	/** ISO 3166 alpha-2: of phone numbers without a country code. Absent: such numbers are not understood. */
	country?: string;
	/** Where happy customers are asked to leave a public review. */
	reviewUrl?: string;
	/** Places that customers can visit. */
	locations?: ShopLocation[];
	/** Whether an opt-in counts only once it was confirmed by mail. */
	doubleOptIn?: boolean;
	/** Rest between two marketing messages to one customer, by channel, in hours. 0: none. */
	capHours?: { email: number; sms: number; /** Absent in settings saved before: the default. */ whatsapp?: number; push: number };
	/** What customers can choose to hear of on the preference page. */
	topics?: Array<{ id: string; label: string }>;
	/** Where tracking.js asks for web push: the public half of the VAPID keys (base64url), and the service worker's path on the shop's origin. */
	push?: { publicKey: string; serviceWorkerPath: string };
	/** UTM parameters put on links to the shop; `campaign` is Handlebars, by default the journey's name. Absent: none. */
	utm?: { source: string; medium: string; campaign?: string };
	/** How points and tiers work. Absent: the shop has none, and orders earn nothing by themselves. */
	loyalty?: LoyaltySettings;
	/** Local hours (0 to 23) in which no marketing leaves: from the first until the second; from may be later than to (over midnight). Absent: none. */
	quietHours?: { from: number; to: number };
	/** What tracking.js may do. */
	tracking?: TrackingSettings;
	/** Whether an address given at checkout may be reminded of that cart without an opt-in. */
	softOptIn: boolean;
	sendingMode: 'live' | 'limited' | 'paused';
	/** With `limited`: addresses, or `@domain`, that may get messages. Lower case. */
	allowedRecipients: string[];
}

export type TrackingSettings = {
	/** Pages that may send events: `https://shop.example.com`. */
	allowedOrigins: string[];
	/** Stands in the script's address; keeps strangers' noise out, proves nothing. */
	publicKey: string;
};

/** The shop's loyalty programme. */
export type LoyaltySettings = {
	/** Whether orders earn points by themselves, and refunds and cancellations take them back. */
	earnFromOrders: boolean;
	/** Orders placed before are left alone: journey time at which the switch was turned on. */
	sinceMs?: number;
	/** Points for each whole unit of the shop's currency, at most six decimals. */
	rate: number;
	rounding: 'down' | 'nearest' | 'up';
	/** Products and categories that earn nothing: ids and names, compared without regard to case. */
	excluded: string[];
	/** Days after the payment until they may be spent; 0: at once. */
	pendingDays: number;
	/** Days after they were earned until they expire; 0: never. */
	expiresAfterDays: number;
	/** Lowest first; none: there are no tiers. */
	tiers: Array<{ id: string; label: string; from: number }>;
	/** What a tier is reached by: points earned, or the value of orders net of refunds, in whole units of the shop's currency. */
	tierBy: 'points' | 'spent';
	/** Over which time it is counted. */
	tierPeriod: 'rolling_year' | 'calendar_year' | 'ever';
	/** With a period: how long a tier is kept at least, in days from when it was reached. Then the customer falls to what the period gives. */
	tierKeptDays: number;
};

/** A place of the shop. */
export type ShopLocation = {
	name: string;
	city?: string;
	postcode?: string;
	/** ISO 3166 alpha-2. */
	country?: string;
	/** WGS 84, degrees; both or neither. */
	latitude?: number;
	longitude?: number;
};

export const defaultSettings: ShopSettings = {
	name: 'My Shop',
	url: '',
	colour: '#1f6f54',
	postalAddress: '',
	locale: 'en',
	currency: 'USD',
	timezone: 'UTC',
	locations: [],
	doubleOptIn: false,
	capHours: { email: 16, sms: 24, whatsapp: 24, push: 24 },
	softOptIn: false,
	sendingMode: 'live',
	allowedRecipients: [],
};
