/** What the service worker is given. Short names: every byte counts. */
export interface PushPayload {
	title: string;
	body: string;
	url: string;
	/** The same message again has the same tag, and takes the place of the first. */
	tag: string;
	icon?: string;
	image?: string;
}
