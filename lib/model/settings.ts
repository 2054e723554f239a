/** What one shop is, kept in its store under `settings`, written by the Shop Webhook Trigger, read by every node. */
export interface ShopSettings {
	name: string;
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
	/** Whether an opt-in counts only once it was confirmed by mail. */
	doubleOptIn?: boolean;
	/** Rest between two marketing messages to one customer, by channel, in hours. */
	capHours?: { email: number; sms: number; push: number };
	/** Local hours in which no marketing leaves; from may be later than to (over midnight). */
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

export const defaultSettings: ShopSettings = {
	name: 'My Shop',
	url: '',
	colour: '#1f6f54',
	postalAddress: '',
	locale: 'en',
	currency: 'USD',
	timezone: 'UTC',
	softOptIn: false,
	sendingMode: 'live',
	allowedRecipients: [],
};
