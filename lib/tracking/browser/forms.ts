/**
 * forms.js: the shop's forms in its own pages, inline and as pop-ups. tracking.js loads it where a page asks for a form. The
 * form itself is made by the server: this file fetches it, puts it into a shadow root and sends what was typed. It lives
 * on pages of others: nothing in here may throw into them.
 */
import type { EmbeddedForm, FormsSetup } from '../../forms/embedded';

/** What a page may say of the form that it shows. */
interface About {
	product?: string;
	variant?: string;
	locale?: string;
}

/** What tracking.js leaves for this file. */
interface Calls extends Array<[string, About?]> {
	/** The product that the page shows. */
	product?(): string | undefined;
	/** Whether forms may open by themselves: the script's element says `data-forms`. */
	opens?: boolean;
}

interface Tracking {
	forms?: Calls;
	identify?(facts: { email?: string; phone?: string }): void;
}

/** The server puts its setup in the place of this name. */
declare const SHOP_JOURNEYS_FORMS: FormsSetup;

const setup = SHOP_JOURNEYS_FORMS;
const attribute = 'data-shop-journeys-form';
/** When each pop-up was closed or sent, by its id: what somebody does not want to see again, they are not shown. */
const closedKey = 'shopJourneysForms';
const dayMs = 86_400_000;
/** Who has sent a form is not asked again by a pop-up. */
const sentRestMs = 3_650 * dayMs;
const tracking = (window.shopJourneys || {}) as Tracking;
const shown = new WeakSet<Element>();
let current: HTMLDialogElement | undefined;
/** By the element itself: a browser tells of the closing a moment later. */
const isAnyOpen = () => !!current && current.open;

const frameStyle = ':host { all: initial; display: block; max-width: 36rem; font: inherit; color: inherit; color-scheme: inherit; line-height: 1.5; text-align: start; }';
const dialogStyle = `
:host { display: contents; }
dialog { box-sizing: border-box; width: calc(100% - 2rem); max-width: 27rem; max-height: calc(100% - 2rem); padding: 2rem 1.5rem 1.5rem; border: 0; border-radius: 14px; background: Canvas; color: CanvasText; box-shadow: 0 10px 50px rgb(0 0 0 / 35%); overflow: auto; font: 17px/1.5 system-ui, sans-serif; }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
.close { position: absolute; top: .4rem; inset-inline-end: .4rem; width: 2.6rem; height: 2.6rem; border: 0; border-radius: 9px; background: none; color: inherit; font: 1.5rem/1 system-ui, sans-serif; cursor: pointer; }
`;

function query(id: string, about: About): string {
	const { product = tracking.forms && tracking.forms.product && tracking.forms.product(), variant, locale = document.documentElement.lang } = about;
	const values = new URLSearchParams({ f: id, e: '1' });
	if (locale) values.set('l', locale);
	if (product) values.set('product', product);
	if (variant) values.set('variant', variant);
	return `${setup.address}?${values}`;
}

async function ask(url: string, body?: URLSearchParams): Promise<EmbeddedForm | undefined> {
	try {
		const answer = await fetch(url, { method: body ? 'POST' : 'GET', body, credentials: 'omit' });
		return (await answer.json()) as EmbeddedForm;
	} catch (_) {
		// No network, or a server that is not there now.
		return undefined;
	}
}

function styled(root: ShadowRoot, css: string): void {
	try {
		// Other than a style element, allowed by every content security policy.
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(css);
		root.adoptedStyleSheets = [sheet];
	} catch (_) {
		root.appendChild(document.createElement('style')).textContent = css;
	}
}

/** Puts a form into a place of a shadow root, and sends it from there until it is over. */
function fill(place: HTMLElement, form: EmbeddedForm, url: string, done: () => void): void {
	place.lang = form.lang;
	place.innerHTML = form.html;
	const element = place.querySelector('form');
	if (!element) return;
	element.addEventListener('submit', (event) => {
		event.preventDefault();
		const button = element.querySelector('button')!;
		if (button.disabled) return;
		button.disabled = true;
		const typed = new URLSearchParams();
		new FormData(element).forEach((value, name) => typed.append(name, String(value)));
		void ask(url, typed).then((answer) => {
			button.disabled = false;
			if (!answer) return tell(element, form.words.unavailable);
			fill(place, answer, url, done);
			const focus = place.querySelector<HTMLElement>('[aria-invalid=true]') || place;
			focus.focus();
			if (!answer.isDone) return;
			done();
			const email = typed.get('email') || undefined;
			const phone = typed.get('phone') || undefined;
			if (tracking.identify) tracking.identify({ email, phone });
		});
	});
}

function tell(element: HTMLFormElement, text: string): void {
	const told = element.querySelector('.notice') || element.insertBefore(document.createElement('p'), element.firstChild);
	told.className = 'notice';
	told.setAttribute('role', 'alert');
	told.textContent = text;
}

function placeIn(root: ParentNode & Node): HTMLElement {
	const place = root.appendChild(document.createElement('div'));
	place.tabIndex = -1;
	place.style.outline = 'none';
	return place;
}

/** Into an element of the page. */
async function showInline(host: HTMLElement): Promise<void> {
	const id = host.getAttribute(attribute)!;
	const { product, variant, locale } = host.dataset;
	const url = query(id, { product, variant, locale });
	const form = await ask(url);
	if (!form) return;
	const root = host.shadowRoot || host.attachShadow({ mode: 'open' });
	styled(root, frameStyle + form.style);
	fill(placeIn(root), form, url, () => remember(id, sentRestMs));
}

/** Over the page. One at a time. */
async function showOver(id: string, about: About, isAsked: boolean): Promise<void> {
	if (isAnyOpen()) return;
	const url = query(id, about);
	const form = await ask(url);
	// A form that the page asked for says why there is none; one that opens by itself stays away.
	if (!form || isAnyOpen() || (form.isOver && !isAsked)) return;
	const host = document.body.appendChild(document.createElement('div'));
	const root = host.attachShadow({ mode: 'open' });
	styled(root, frameStyle + form.style + dialogStyle);
	const dialog = (current = root.appendChild(document.createElement('dialog')));
	const close = dialog.appendChild(document.createElement('button'));
	close.className = 'close';
	close.type = 'button';
	close.textContent = '×';
	close.setAttribute('aria-label', form.words.close);
	close.addEventListener('click', () => dialog.close());
	dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
	dialog.addEventListener('close', () => {
		host.remove();
		const popUp = setup.popUps.filter((other) => other.id === id)[0];
		if (popUp) remember(id, popUp.everyDays * dayMs);
	});
	fill(placeIn(dialog), form, url, () => remember(id, sentRestMs));
	const heading = dialog.querySelector('h1');
	if (heading) dialog.setAttribute('aria-label', heading.textContent || '');
	dialog.showModal();
}

function restUntil(): Record<string, number> {
	try {
		return (JSON.parse(localStorage.getItem(closedKey) || '{}') || {}) as Record<string, number>;
	} catch (_) {
		return {};
	}
}

function remember(id: string, restMs: number): void {
	try {
		const rest = restUntil();
		rest[id] = Math.max(rest[id] || 0, Date.now() + restMs);
		localStorage.setItem(closedKey, JSON.stringify(rest));
	} catch (_) {
		// Storage is closed: the pop-up comes again on the next page.
	}
}

function popUpByItself(id: string): void {
	if ((restUntil()[id] || 0) <= Date.now()) void showOver(id, {}, false);
}

function scan(): void {
	document.querySelectorAll<HTMLElement>(`[${attribute}]`).forEach((host) => {
		if (shown.has(host)) return;
		shown.add(host);
		void showInline(host).catch(() => {});
	});
}

function start(): void {
	scan();
	// Shops that change their pages by themselves bring new elements.
	setInterval(scan, 1_000);
	const calls = tracking.forms;
	const show = ([id, about]: [string, About?]) => void showOver(String(id), about || {}, true).catch(() => {});
	if (calls) {
		calls.splice(0).forEach(show);
		calls.push = (...more) => (more.forEach(show), 0);
	}
	if (!calls || !calls.opens) return;
	setup.popUps.forEach(({ id, afterSeconds, onLeave }) => {
		if (afterSeconds !== undefined) setTimeout(() => popUpByItself(id), Math.max(0, afterSeconds * 1_000 - performance.now()));
		if (!onLeave) return;
		const left = (event: MouseEvent) => {
			if (event.relatedTarget || event.clientY > 0) return;
			document.removeEventListener('mouseout', left);
			popUpByItself(id);
		};
		document.addEventListener('mouseout', left);
	});
}

if (setup.address) start();
