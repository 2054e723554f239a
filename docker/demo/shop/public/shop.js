/** The page of the demo shop: draws what the server says, and says what the visitor does. */
const refreshMs = 1500;
const tokenKey = 'fern-and-field-cart';
const labels = { cart_updated: 'Cart updated', checkout_updated: 'Checkout updated', order_placed: 'Order placed', customer_updated: 'Customer updated' };
const firstReminderHours = 1;

const $ = (id) => document.getElementById(id);
let config;
let view;
/** The order just paid: the server answers with it once, then the next cart is opened. */
let thanks = '';

/** @param {string} tag @param {Record<string, unknown>} properties @param {...(Node | string)} children */
function element(tag, properties = {}, ...children) {
	const made = Object.assign(document.createElement(tag), properties);
	made.append(...children);
	return made;
}

const money = (amount) => new Intl.NumberFormat('en-IE', { style: 'currency', currency: config.currency }).format(amount);

/** Counts what the visitor did, so that an answer to an older look at the cart is not shown over a newer one. */
let actions = 0;

async function call(action, body) {
	actions++;
	const response = await fetch(`/api/${action}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: view?.token, ...body }) });
	const answer = await response.json();
	if (!response.ok) throw new Error(answer.error);
	return answer;
}

/** Does something and shows what became of it. */
async function act(action, body) {
	$('error').hidden = true;
	try {
		show(await call(action, body));
		return true;
	} catch (error) {
		$('error').textContent = error.message;
		$('error').hidden = false;
		return false;
	}
}

/** "3 min 20 s", "2 h 05 min", "4 days 3 h" */
function duration(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const parts = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
	if (parts[0]) return `${parts[0]} day${parts[0] === 1 ? '' : 's'} ${parts[1]} h`;
	if (parts[1]) return `${parts[1]} h ${String(parts[2]).padStart(2, '0')} min`;
	if (parts[2]) return `${parts[2]} min ${String(parts[3]).padStart(2, '0')} s`;
	return `${parts[3]} s`;
}

function showSpeed() {
	const { clockSpeed } = config;
	const hourMs = 3_600_000;
	if (clockSpeed === 1) {
		$('speed').textContent = 'time runs at its usual pace.';
		$('due').textContent = 'after an hour';
		return;
	}
	$('speed').textContent = clockSpeed === 60 ? 'time runs 60 × — an hour is a minute.' : `time runs ${clockSpeed} × — an hour is ${duration(hourMs / clockSpeed)}.`;
	$('due').textContent = clockSpeed === 60 ? 'after an hour, so in a minute' : `after an hour, so in ${duration((firstReminderHours * hourMs) / clockSpeed)}`;
}

function showCatalogue() {
	$('catalogue').replaceChildren(
		...config.products.map(({ id, title, note, price }) => {
			const button = element('button', { type: 'button', ariaLabel: `Add ${title} to the cart` }, 'Add');
			button.addEventListener('click', () => act('item', { productId: id, quantity: (view.quantities[id] ?? 0) + 1 }));
			return element(
				'article',
				{ className: 'product', id },
				element('img', { src: `/products/${id}.svg`, alt: '', width: 480, height: 480 }),
				element('div', {}, element('h3', {}, title), element('p', {}, note), element('div', { className: 'buy' }, element('span', { className: 'price' }, money(price)), button)),
			);
		}),
	);
}

function cartLine(id, quantity) {
	const product = config.products.find((entry) => entry.id === id);
	const step = (text, name, change) => {
		const button = element('button', { type: 'button', className: 'quiet', ariaLabel: `${name} ${product.title}` }, text);
		button.addEventListener('click', () => act('item', { productId: id, quantity: quantity + change }));
		return button;
	};
	return element(
		'li',
		{},
		element('img', { src: `/products/${id}.svg`, alt: '' }),
		element('span', { className: 'name' }, product.title),
		element('span', { className: 'sum' }, money(Number(product.price) * quantity)),
		element('span', { className: 'stepper' }, step('−', 'One less', -1), String(quantity), step('+', 'One more', 1)),
	);
}

function showCart() {
	const lines = Object.entries(view.quantities);
	const parts = [];
	if (thanks) parts.push(element('p', { className: 'thanks' }, thanks));
	if (lines.length === 0) {
		parts.push(element('p', { className: 'empty' }, thanks ? 'Your new cart is empty.' : 'Nothing in it yet.'));
	} else {
		parts.push(element('ul', { className: 'lines' }, ...lines.map(([id, quantity]) => cartLine(id, quantity))));
		parts.push(element('p', { className: 'total' }, element('span', {}, 'Total'), element('span', {}, money(view.total))));
		const checkout = view.stage === 'checkout';
		const button = element('button', { type: 'button', className: 'wide' }, checkout ? `Pay ${money(view.total)}` : 'Go to checkout');
		button.addEventListener('click', () => (checkout ? pay() : act('checkout')));
		parts.push(button);
		parts.push(element('p', { className: 'idle', id: 'idle' }));
	}
	$('cart').replaceChildren(...parts);
	showIdle();
}

/** How long the cart has been left alone, on the wall and in journey time. */
function showIdle() {
	const idle = $('idle');
	if (!idle) return;
	if (!view.customer) {
		idle.textContent = 'Nobody can be reminded of this cart yet: fill in your e-mail above.';
		return;
	}
	if (!view.customer.optIn && view.stage === 'cart') {
		idle.textContent = 'No reminder will come: you have not agreed to mail. Tick the box above.';
		return;
	}
	const idleMs = Date.now() + view.clockDiffMs - view.updatedAtMs;
	const where = view.stage === 'checkout' ? 'This checkout' : 'This cart';
	idle.replaceChildren(`${where} has been left alone for `, element('b', {}, duration(idleMs)), ...(config.clockSpeed === 1 ? ['.'] : [': ', element('b', {}, duration(idleMs * config.clockSpeed)), ' in journey time.']));
}

async function pay() {
	if (!(await act('pay'))) return;
	thanks = `Thank you! Order ${view.orderNumber} is paid, so nothing more is sent about it.`;
	await open(view.token);
}

/** @param {{ type: string, body: string }} delivery */
function gist({ type, body }) {
	const event = JSON.parse(body);
	if (type === 'customer_updated') return `${event.customer.email}${event.customer.emailConsent?.status === 'subscribed' ? ', opted in' : ''}`;
	const { items, total, number } = event.order ?? event.cart;
	const count = items.reduce((sum, { quantity }) => sum + quantity, 0);
	const what = count === 0 ? 'emptied' : `${count} item${count === 1 ? '' : 's'}, ${money(total)}`;
	return [number, what, event.customer?.email ?? 'nobody known'].filter(Boolean).join(' · ');
}

function stateText({ state, answer, attempts }) {
	if (state === 'taken') return `taken · ${answer}`;
	if (state === 'refused') return `refused · ${answer.slice(0, 3)}`;
	return attempts === 0 || !answer ? 'sending' : `trying again · ${answer.slice(0, 30)}`;
}

function showTimeline() {
	const openIds = new Set([...document.querySelectorAll('#timeline details[open]')].map(({ dataset }) => dataset.id));
	const rows = view.deliveries.map((delivery) => {
		const details = element(
			'details',
			{ open: openIds.has(delivery.id) },
			element(
				'summary',
				{},
				element('time', {}, new Date(delivery.createdAtMs).toLocaleTimeString('en-GB')),
				element('span', {}, labels[delivery.type] ?? delivery.type),
				element('span', { className: 'gist' }, gist(delivery)),
				element('span', { className: `state ${delivery.state}` }, stateText(delivery)),
			),
			element('pre', {}, `X-Shop-Journeys-Id: ${delivery.id}\nAttempts: ${delivery.attempts}, last answer: ${delivery.answer ?? 'none yet'}\n\n${JSON.stringify(JSON.parse(delivery.body), null, 2)}`),
		);
		details.dataset.id = delivery.id;
		return element('li', {}, details);
	});
	$('timeline').replaceChildren(...(rows.length > 0 ? rows : [element('li', { className: 'nothing' }, 'Nothing yet.')]));
}

function showCustomer() {
	const form = $('customer');
	if (!view.customer || form.contains(document.activeElement)) return;
	form.firstName.value = view.customer.firstName ?? '';
	form.email.value = view.customer.email;
	form.optIn.checked = view.customer.optIn;
}

let drawn = '';
/** @param {object} next */
function show(next) {
	view = { ...next, clockDiffMs: next.nowMs - Date.now() };
	localStorage.setItem(tokenKey, view.token);
	// Redrawing what has not changed would take the focus away from its buttons.
	const cart = JSON.stringify([view.token, view.quantities, view.stage, view.customer, thanks]);
	if (cart !== drawn) {
		drawn = cart;
		showCart();
		showCustomer();
	}
	showTimeline();
}

async function open(token, restore = false) {
	show(await call('open', { token, restore }));
}

$('customer').addEventListener('submit', async (event) => {
	event.preventDefault();
	const form = event.target;
	document.activeElement.blur();
	if (await act('customer', { firstName: form.firstName.value, email: form.email.value, optIn: form.optIn.checked })) {
		$('customer-note').textContent = 'Saved';
		setTimeout(() => ($('customer-note').textContent = ''), 3000);
	}
});

config = await (await fetch('/api/config')).json();
showSpeed();
showCatalogue();
$('mailbox').href = config.mailboxUrl || '#';
$('editor').href = config.editorUrl || '#';
$('target').textContent = config.webhookTarget;

// The link in a reminder brings its cart back, in whatever browser it is opened.
const wanted = new URLSearchParams(location.search).get('token');
await open(wanted ?? localStorage.getItem(tokenKey) ?? undefined, Boolean(wanted));
if (wanted && view.stage === 'ordered') {
	thanks = `Order ${view.orderNumber} is paid already. Here is a new cart.`;
	await open(view.token);
}
if (wanted) history.replaceState(null, '', '/');

setInterval(showIdle, 1000);
setInterval(async () => {
	const before = actions;
	try {
		const response = await fetch(`/api/view?token=${encodeURIComponent(view.token)}`);
		const next = response.ok && (await response.json());
		if (next && before === actions) show(next);
	} catch {
		// The shop is being restarted; the next round will tell.
	}
}, refreshMs);
