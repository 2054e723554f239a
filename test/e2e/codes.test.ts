import { selectors } from 'playwright-core';
import type { DiscountCodeRecord, EnrolmentRecord } from '../../lib/model/records';
import { indexes, keys } from '../../lib/model/records';
import { startWooShop, type WooShop } from '../mocks/woocommerce';
import { Editor, findChromium } from './browser';
import { noRest } from './journey';
import { cartEvent, orderEvent, Shop } from './shop';
import { filledIn, Installation, template, uniqueAddress, until, webhookUrl, type Workflow } from './installation';

/** An hour of journey time is two seconds. */
const speed = 1_800;
const wooCredential = { wooCommerceApi: { id: 'e2eWoo', name: 'WooCommerce' } };

/** A cart's only mail shows a code that is made in WooCommerce, which is asked once more when the mail leaves; a second step follows much later. */
function codesFromWoo(): Workflow {
	const draft = template('03-cart-reminder/abandoned-cart.json');
	const of = (type: string) => draft.nodes.find((node) => node.type.endsWith(type))!;
	const [trigger, code, send] = [of('cartAbandonedTrigger'), of('discountCode'), of('sendReminder')];
	const workflow = filledIn({ ...draft, id: 'e2eCodes', name: 'Codes', nodes: [trigger, code, send], connections: {} }, {
		trigger: { schedule: { steps: [1, 60].map((delay) => ({ name: `${delay} h`, delay, unit: 'hours' })) }, endsOn: ['code_used'], showEnded: false },
		send: { message: 'letter', subject: 'For you: {{discount.code}}', headline: 'A present', letterText: 'Until {{discount.expiresAt}}', contentCheck: 'woocommerce' },
	});
	for (const node of workflow.nodes) {
		if (node.type.endsWith('discountCode')) Object.assign(node, { credentials: wooCredential, parameters: { ...node.parameters, source: 'woocommerce', pattern: 'TEA-########', percent: 15, validDays: 14 } });
		if (node.type.endsWith('sendReminder')) node.credentials = { ...node.credentials, ...wooCredential };
	}
	const to = (node: { name: string }) => [{ node: node.name, type: 'main', index: 0 }];
	return { ...workflow, connections: { [trigger.name]: { main: [to(code), []] }, [code.name]: { main: [to(send), []] } } };
}

describe('discount codes that are made in a WooCommerce shop, in a real n8n', () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'), { shop: { rest: noRest } });
	const journey = codesFromWoo();
	const loading = template('00-connect/discount-codes.json');
	let woo: WooShop;
	let n8n: Installation;
	let shop: Shop;
	/** The shop is asked for its stock, too. */
	let tea: object;

	beforeAll(async () => {
		woo = await startWooShop();
		tea = { productId: String((await woo.addProduct({ name: 'Green Tea' })).id), title: 'Green Tea', quantity: 1, unitPrice: '10.00' };
		n8n = await (
			await Installation.create({ workflows: [connect, journey], speed, credentials: [{ id: 'e2eWoo', name: 'WooCommerce', type: 'wooCommerceApi', data: woo.credential }] })
		).start();
		shop = new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger'));
	}, 240_000);
	afterAll(async () => {
		await n8n?.close();
		await woo?.close();
	}, 30_000);
	afterEach(() => {
		woo.faults.length = 0;
	});

	const fill = (email: string) => shop.send(cartEvent({ token: email, email, items: [tea] }));
	const subjects = (email: string) => n8n.mailsTo(email).map(({ parsed }) => parsed.subject!);
	const codeIn = (email: string) => subjects(email)[0]?.replace('For you: ', '');
	const made = (code: string) => woo.coupons.filter((coupon) => coupon.code === code.toLowerCase());
	const enrolmentOf = async (token: string): Promise<EnrolmentRecord | null> => {
		const trigger = journey.nodes.find(({ type }) => type.endsWith('cartAbandonedTrigger'))!;
		return (await n8n.store().read<EnrolmentRecord>([keys.enrolment(`${journey.id}.${trigger.id}:${token}`)]))[0].value;
	};
	const counters = async () => await n8n.store().readCounters(`journey:${(await enrolmentOf(used))!.journey}`);
	let used: string;

	test('the mail shows the code that the shop has; an order that uses it ends the journey and is credited', async () => {
		expect(n8n.failed).toEqual([]);
		const email = (used = uniqueAddress('used'));
		await fill(email);
		await until('the mail', () => subjects(email).length === 1);
		const code = codeIn(email);
		expect(code).toMatch(/^TEA-.{8}$/);
		expect(made(code)).toEqual([expect.objectContaining({ amount: '15', usage_limit: 1 })]);
		const order = orderEvent({ email });
		await shop.send({ ...order, order: { ...(order.order as object), discountCodes: [code.toLowerCase()] } });
		const enrolment = await until('the end', async () => {
			const now = await enrolmentOf(email);
			return now?.status === 'ended' ? now : null;
		});
		expect(enrolment).toMatchObject({ endReason: 'code_used' });
		expect(Object.values(enrolment.sends)).toEqual([expect.objectContaining({ state: 'sent', codeUsedAtMs: expect.any(Number) })]);
		expect((await n8n.store().read<DiscountCodeRecord>([keys.discountCode(code)]))[0].value).toMatchObject({ state: 'redeemed' });
		expect(await counters()).toMatchObject({ 'code_used.1': 1 });
	}, 60_000);

	test('while the shop is down, or its answer is lost on the way, nothing leaves; when it is back each mail leaves with one code, once', async () => {
		const before = woo.coupons.length;
		const putOff = async (email: string) => await until('the step to be put off', async () => (await enrolmentOf(email))?.failure?.includes('could not be had now'));
		const late = uniqueAddress('late');
		woo.faults.push({ path: /coupons/, method: 'POST', isLate: true });
		await fill(late);
		await putOff(late);
		expect(woo.coupons).toHaveLength(before + 1);
		woo.faults.push({ path: /coupons/, status: 500, times: 10_000 });
		const down = uniqueAddress('down');
		await fill(down);
		await putOff(down);
		expect([...subjects(late), ...subjects(down)]).toEqual([]);
		woo.faults.length = 0;
		// What the shop was asked for may still be under way there: it rests for a minute, by the wall clock.
		await until('the mails', () => subjects(late).length > 0 && subjects(down).length > 0, 150_000);
		// Longer than the pause before the next attempt.
		await new Promise((resolve) => setTimeout(resolve, 2_000));
		for (const email of [late, down]) {
			expect(subjects(email)).toHaveLength(1);
			expect(made(codeIn(email))).toHaveLength(1);
		}
		expect(woo.coupons).toHaveLength(before + 2);
	}, 240_000);

	test('a code that the shop lost before the mail left is not promised', async () => {
		const email = uniqueAddress('lost');
		// The code is made, and gone when Send Reminder asks for it.
		woo.faults.push({ path: /coupons/, method: 'GET', status: 200, body: [], times: 10_000 });
		await fill(email);
		await until('the refusal', async () => (await enrolmentOf(email))?.failure?.includes('not valid in the shop'));
		expect(subjects(email)).toEqual([]);
		woo.faults.length = 0;
		await until('the mail', () => subjects(email).length === 1);
		expect(made(codeIn(email))).toHaveLength(1);
	}, 60_000);

	test('the template loads codes into the list, and says how many were added and known', async () => {
		const owner = await n8n.owner();
		await owner.createWorkflow(loading);
		const outcomes: unknown[] = [];
		for (let attempt = 0; attempt < 2; attempt++) {
			const id = await owner.run(loading.id, 'When I Click Execute');
			await until('the loading', () => n8n.executions().find((execution) => execution.id === id)?.status === 'success');
			outcomes.push((await owner.outputsOf(id, 'Load Codes'))[0]);
		}
		const left = await n8n.store().count(indexes.freeDiscountCodes('main'), { limit: 10_000 });
		expect(outcomes).toEqual([[{ list: 'main', added: 3, known: 0, left }], [{ list: 'main', added: 0, known: 3, left }]]);
	}, 60_000);

	(findChromium() || !process.env.SHOP_JOURNEYS_NO_BROWSER_TESTS ? test : test.skip)('the panel shows what belongs to the source and the kind of discount', async () => {
		const node = (name: string, number: number, parameters: Record<string, unknown>) => ({ id: `codes-${number}`, name, type: 'n8n-nodes-shop-journeys.discountCode', typeVersion: 1, position: [number * 320, 0], parameters });
		const panels: Workflow = { id: 'e2eCodePanels', name: 'Panels', connections: {}, nodes: [node('From a List', 0, {}), node('Gift', 1, { source: 'woocommerce', gives: 'gift' }), node('Load', 2, { operation: 'load' }), node('Check', 3, { operation: 'check', source: 'shopify' })] };
		await (await n8n.owner()).createWorkflow(panels);
		selectors.setTestIdAttribute('data-test-id');
		const editor = await Editor.open(n8n.url);
		try {
			const wanted: Array<[string, string[]]> = [
				['From a List', ['Operation', 'Source', 'List', 'Gives', 'Percent', 'Valid Days', 'Options']],
				['Gift', ['Operation', 'Source', 'Pattern', 'Gives', 'Product', 'Price of the Product', 'Valid Days', 'Options']],
				['Load', ['Operation', 'List', 'Codes From', 'Codes', 'Codes End', 'Options']],
				['Check', ['Operation', 'Source', 'Code', 'Options']],
			];
			for (const [name, labels] of wanted) {
				await editor.openPanel(panels.id, name);
				expect(await editor.settledLabels(labels)).toEqual(labels);
				await editor.picture(`code-${name.replaceAll(' ', '-')}`);
			}
			await editor.openWorkflow(panels.id);
			expect((await editor.node('From a List').innerText()).split('\n').slice(0, 2)).toEqual(['Issued', 'Not Issued']);
			await editor.picture('code-canvas');
			expect(editor.errors).toEqual([]);
		} finally {
			await editor.close();
		}
	}, 120_000);
});
