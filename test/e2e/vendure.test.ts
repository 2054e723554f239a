import path from 'node:path';
import { type CartRecord, type CustomerRecord, keys, type OrderRecord, type ProductRecord } from '../../lib/model/records';
import { Installation, secrets, until, uniqueAddress, webhookUrl } from './installation';
import { afterHours, enrolmentsOf, journeyIn } from './journey';
import { readLogged } from './timeline';

const { ensureRuntime } = require('../../scripts/lib/runtime');
const { freePort } = require('../../scripts/lib/ports');
const { ensureVendure, startVendure } = require('../../scripts/lib/vendure');

interface Vendure {
	url: string;
	stop(): Promise<void>;
}

type Call = (query: string, variables?: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** One visitor, or the administrator, of a Vendure API. What it refuses is an error here. @returns the first field of the answer */
function visitor(url: string): Call {
	let token: string | undefined;
	return async (query, variables) => {
		const response = await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
			body: JSON.stringify({ query, variables }),
		});
		token = response.headers.get('vendure-auth-token') ?? token;
		const { data, errors } = (await response.json()) as { data?: Record<string, Record<string, unknown>>; errors?: unknown };
		const answer = Object.values(data ?? {})[0];
		if (errors || answer?.errorCode) throw new Error(`Vendure refused: ${JSON.stringify(errors ?? answer)}`);
		return answer;
	};
}

const refused = '... on ErrorResult { errorCode message }';
const order = `{ __typename ... on Order { id code } ${refused} }`;

describe('a real Vendure', () => {
	const { connect, workflows, journeyId } = journeyIn('vendure', { shop: { system: 'vendure', currency: 'USD' }, trigger: { schedule: afterHours(1) } });
	const email = uniqueAddress('guest');
	const guest = { emailAddress: email, firstName: 'Mia', lastName: 'Berg' };
	let n8n: Installation;
	let vendure: Vendure;
	let shop: Call;
	let admin: Call;
	/** What Vendure calls the order, from the cart on. */
	let code: string;
	let teapot: { productId: string; id: string };

	beforeAll(async () => {
		const dir = (await ensureVendure()) as string;
		const { node } = await ensureRuntime();
		n8n = await Installation.create({ workflows, speed: 1 });
		await n8n.start();
		const logFile = path.join(n8n.userFolder, 'vendure', 'vendure.log');
		vendure = (await startVendure({ dir, node, port: await freePort(), webhookTarget: webhookUrl(n8n.url, connect, 'shopWebhookTrigger'), signingSecret: secrets.generic, logFile })) as Vendure;
		shop = visitor(`${vendure.url}/shop-api`);
		admin = visitor(`${vendure.url}/admin-api`);
		await admin('mutation { login(username: "superadmin", password: "superadmin") { __typename ... on ErrorResult { errorCode message } } }');
		const { items } = (await shop('{ products { items { id name variants { id } } } }')) as { items: Array<{ id: string; name: string; variants: Array<{ id: string }> }> };
		const product = items.find(({ name }) => name === 'Teapot')!;
		teapot = { productId: product.id, id: product.variants[0].id };
	}, 600_000);
	// Whatever was delivered, nothing was executed.
	afterEach(() => expect(n8n.executions()).toEqual([]));
	afterAll(async () => {
		await vendure?.stop();
		await n8n?.close();
	}, 60_000);

	const read = async <T>(key: string) => (await n8n.store('vendure').read<T & object>([key]))[0].value;
	const cart = () => read<CartRecord>(keys.cart(code));
	const stock = async () => (await read<ProductRecord>(keys.product(teapot.productId)))?.variants?.[0].stock;
	const logged = async () => (await n8n.store('vendure').readLog({ afterSeq: 0, limit: 1000 })).map(({ type }) => type);
	const mia = async () => {
		const alias = await read<{ id: string }>(keys.alias('email', email));
		return alias && (await read<CustomerRecord>(keys.customer(alias.id)));
	};

	test('a visitor’s cart is known, and a guest’s name as soon as it is typed in', async () => {
		const added = await shop(`mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) ${order} }`, { id: teapot.id });
		code = added.code as string;
		const known = await until('the cart', cart);
		expect(known).toMatchObject({ stage: 'cart', currency: 'USD', totalMinor: 4800, items: [{ productId: teapot.productId, title: 'Teapot', quantity: 1, unitPriceMinor: 4800 }], recoveryUrl: `https://tea.example/cart/restore/${code}` });
		expect(known.customerId).toBeUndefined();
		expect(await stock()).toBe(1);

		await shop(`mutation ($input: CreateCustomerInput!) { setCustomerForOrder(input: $input) ${order} }`, { input: guest });
		const customer = await until('the guest', mia);
		expect(customer).toMatchObject({ firstName: 'Mia', lastName: 'Berg', orders: { count: 0 } });
		await until('whose cart it is', async () => (await cart())?.customerId === customer.id);
		const [enrolment] = await enrolmentsOf(n8n.store('vendure'), journeyId, [code]);
		expect(enrolment).toMatchObject({ status: 'open', customerId: customer.id });
	}, 60_000);

	test('the checkout is told from the cart', async () => {
		const address = { streetLine1: 'Hauptplatz 1', city: 'Linz', postalCode: '4020', countryCode: 'AT' };
		await shop(`mutation ($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) ${order} }`, { input: address });
		const [method] = (await shop('{ eligibleShippingMethods { id } }')) as unknown as Array<{ id: string }>;
		await shop(`mutation ($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id) ${order} }`, { id: [method.id] });
		await shop('mutation { transitionOrderToState(state: "ArrangingPayment") { __typename ... on OrderStateTransitionError { errorCode message transitionError } } }');
		await until('the checkout', async () => ((cart) => cart?.stage === 'checkout' && cart.totalMinor === 5300)(await cart()));
		expect(await mia()).toMatchObject({ city: 'Linz', country: 'AT' });
	}, 60_000);

	test('an order placed while n8n is down keeps nobody waiting, and is recorded when n8n is back', async () => {
		await n8n.kill();
		const startedMs = Date.now();
		await shop(`mutation { addPaymentToOrder(input: { method: "card", metadata: {} }) ${order} }`);
		expect(Date.now() - startedMs).toBeLessThan(5000);
		await n8n.start();
		await until('the order', async () => (await mia())?.orders.count === 1, 60_000);
		await until('the cart to be closed', async () => (await cart())?.closed === 'ordered');
		const placed = await until('its payment', async () => ((log) => log.find(({ type }) => type === 'order_paid'))(await readLogged(n8n.store('vendure'), email)));
		expect(await read<OrderRecord>(keys.order(String(placed.data.order)))).toMatchObject({ number: code, totalMinor: 5300, currency: 'USD', paymentStatus: 'paid', awaitsPayment: false });
		expect(await mia()).toMatchObject({ orders: { count: 1, spentMinor: { USD: 5300 } }, open: {} });
		const [enrolment] = await enrolmentsOf(n8n.store('vendure'), journeyId, [code]);
		expect(enrolment?.status).not.toBe('open');
	}, 150_000);

	test('the last one sold is out of stock, and back when the shop has more', async () => {
		await until('the stock to be used up', async () => (await stock()) === 0, 60_000);
		expect(await logged()).not.toContain('product_restocked');
		await admin('mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }', { input: [{ id: teapot.id, stockOnHand: 6 }] });
		await until('the restock', async () => (await logged()).includes('product_restocked'));
		expect(await stock()).toBe(5);
	}, 90_000);

	test('an account is told once, and forgotten when the shop deletes it', async () => {
		const owner = uniqueAddress('account');
		await visitor(`${vendure.url}/shop-api`)(`mutation ($input: RegisterCustomerInput!) { registerCustomerAccount(input: $input) { __typename ${refused} } }`, { input: { emailAddress: owner, firstName: 'Olga', password: 'password-1' } });
		await until('the account', async () => (await readLogged(n8n.store('vendure'), owner)).some(({ type }) => type === 'customer_created'));
		// Before the erasure, which takes the customer's entries out of the log.
		expect((await logged()).filter((type) => type === 'customer_created')).toHaveLength(1);
		const { items } = (await admin('query ($email: String!) { customers(options: { filter: { emailAddress: { eq: $email } } }) { items { id } } }', { email: owner })) as { items: Array<{ id: string }> };
		await admin('mutation ($id: ID!) { deleteCustomer(id: $id) { result } }', { id: items[0].id });
		await until('the account to be forgotten', async () => (await read<{ id: string }>(keys.alias('email', owner))) === null);
	}, 60_000);
});
