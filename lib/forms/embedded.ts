/** What the server and forms.js say to each other: types only, for both sides. */

/** When a form opens by itself. */
export interface PopUp {
	/** This long after the page was opened. Absent: not by time. */
	afterSeconds?: number;
	/** When the pointer leaves the page at its top. */
	onLeave?: boolean;
	/** Who closed it is left alone for so long. */
	everyDays: number;
}

/** What forms.js is served with. */
export interface FormsSetup {
	/** The address of Message Webhook Trigger; null while it is not published. */
	address: string | null;
	popUps: Array<PopUp & { id: string }>;
}

/** A form, or what is said in its place, for the shop's page. */
export interface EmbeddedForm {
	/** Without scripts, styles and anything from elsewhere. */
	html: string;
	style: string;
	/** BCP 47. */
	lang: string;
	/** There is no form (any more): nothing is left to be sent. */
	isOver: boolean;
	/** The form was taken. */
	isDone: boolean;
	words: { close: string; unavailable: string };
}
