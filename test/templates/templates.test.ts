import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { INodeProperties, INodeType } from 'n8n-workflow';
import { readAnchor, readSchedule } from '../../lib/n8n/fields/journey';
import { kindOf, packageName, type Template, type TemplateNode, templates, triggers } from './chapters';

const manifest = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as { n8n: { nodes: string[] } };
/** Every node that the package announces, by the type that workflows name it by. */
const ours = new Map(
	manifest.n8n.nodes.map((file) => {
		const source = path.join(__dirname, '../..', file.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
		const type = new (require(source) as Record<string, new () => INodeType>)[path.basename(file, '.node.js')]();
		return [`${packageName}.${type.description.name}`, type];
	}),
);

const files = templates.map(({ file }) => file);

test('the journeys of all chapters so far are there', () => {
	expect(files.sort()).toEqual(
		expect.arrayContaining(['00-connect/connect-demo-shop.json', '00-connect/connect-shopify.json', '00-connect/connect-woocommerce.json', '00-connect/message-tracking.json', '02-sales-cycle/seasonal.json', '02-sales-cycle/subscribed-not-bought.json', '02-sales-cycle/we-miss-you.json', '03-cart-reminder/abandoned-cart.json', '03-cart-reminder/abandoned-checkout.json',
			'01-welcome/confirm-subscription.json', '01-welcome/new-customer.json', '01-welcome/newsletter.json', '04-behaviour/back-in-stock.json', '04-behaviour/browse-abandoned.json', '04-behaviour/campaign-click.json', '04-behaviour/page-visited.json',
			'05-selling-to-buyers/accessories.json', '05-selling-to-buyers/care.json', '05-selling-to-buyers/next-size.json', '05-selling-to-buyers/replacement.json', '05-selling-to-buyers/replenishment.json', '05-selling-to-buyers/sale-lovers.json', '05-selling-to-buyers/upgrade.json',
			'06-thank-you/review-request.json', '06-thank-you/thank-you.json', '07-survey/after-contact.json', '08-personal/birthday.json', '08-personal/child-birthday.json', '08-personal/shop-near-you.json', '08-personal/complete-profile.json',
			'09-loyalty/points-summary.json', '09-loyalty/points-expiring.json', '09-loyalty/next-tier.json', '09-loyalty/vip-reward.json', '09-loyalty/points-for-actions.json', '09-loyalty/one-time-buyer.json', '10-purchase-status/awaiting-payment.json', '10-purchase-status/return-incomplete.json', '10-purchase-status/return-status.json', '10-purchase-status/waiting-for-items.json']),
	);
});

test('no two templates share a workflow id, a name, a node id or a webhook id', () => {
	const all = <T>(pick: (template: Template) => T[]) => templates.flatMap(({ template }) => pick(template));
	for (const ids of [all(({ id }) => [id]), all(({ name }) => [name]), all(({ nodes }) => nodes.map(({ id }) => id)), all(({ nodes }) => nodes.flatMap(({ webhookId }) => webhookId ?? []))]) {
		expect(new Set(ids).size).toBe(ids.length);
	}
});

describe.each(templates)('$file', ({ file, template }) => {
	test('has a fixed id, is switched off, and holds no credentials, secrets or addresses of people', () => {
		expect(template.id).toMatch(/^sj[A-Za-z0-9]{4,30}$/);
		expect(template.active).toBe(false);
		const text = JSON.stringify(template);
		expect(template.nodes.every(({ credentials }) => credentials === undefined)).toBe(true);
		expect(text).not.toMatch(/secret"\s*:|password|[\w.]+@[\w-]+\.(com|net|org)/i);
	});

	test('begins with a note that tells the operator what to do', () => {
		const notes = template.nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
		const first = notes.find(({ name }) => name === 'Read me first');
		expect(String(first?.parameters.content)).toMatch(/^## .+\n/);
		expect(String(first?.parameters.content)).toMatch(/publish/i);
	});

	test('uses existing nodes at their version, with existing parameters and allowed values', () => {
		for (const node of template.nodes.filter(({ type }) => type.startsWith(packageName))) {
			const { description } = ours.get(node.type)!;
			expect([description.version].flat()).toContain(node.typeVersion);
			for (const [name, value] of Object.entries(node.parameters)) {
				const candidates = description.properties.filter((property) => property.name === name);
				expect({ node: node.name, name, known: candidates.length > 0 }).toEqual({ node: node.name, name, known: true });
				for (const chosen of [value].flat()) expect(allows(candidates, chosen)).toBe(true);
			}
		}
	});

	test('connects every output of its trigger, and only to nodes that exist', () => {
		const names = new Set(template.nodes.map(({ name }) => name));
		for (const [from, { main }] of Object.entries(template.connections)) {
			expect(names.has(from)).toBe(true);
			for (const { node } of main.flat()) expect(names.has(node)).toBe(true);
		}
		for (const { node: trigger } of triggers.filter((journey) => journey.file === file)) {
			const steps = readSchedule((trigger.parameters.schedule as { steps: Parameters<typeof readSchedule>[0] }).steps, readAnchor(String(trigger.parameters.anchor ?? 'entry'), trigger.parameters.leadDays));
			const outputs = template.connections[trigger.name].main;
			expect(outputs).toHaveLength(steps.length + (trigger.parameters.showEnded ? 1 : 0));
			expect(outputs.every((targets) => targets.length > 0)).toBe(true);
		}
	});

	test('takes every code from a Discount Code node, of the list that every shop can fill, and sends nothing without one', () => {
		const issuing = template.nodes.filter((node) => kindOf(node) === 'discountCode' && node.parameters.operation === 'issue');
		for (const { name, parameters } of issuing) {
			expect({ name, ...parameters }).toMatchObject({ source: 'list', list: 'main', gives: 'percentage' });
			const [issued, notIssued = []] = template.connections[name].main;
			expect([name, issued.length > 0, notIssued]).toEqual([name, true, []]);
			const purpose = (node: TemplateNode) => (node.parameters.options as { purpose?: string }).purpose;
			for (const other of issuing.filter((node) => purpose(node) && purpose(node) === purpose({ parameters } as TemplateNode))) expect(other.parameters).toEqual(parameters);
		}
		for (const node of template.nodes.filter((node) => kindOf(node) === 'sendReminder')) expect([node.name, node.parameters.discountCode ?? '']).toEqual([node.name, '']);
	});

	test('lays its nodes out without covering one another', () => {
		const boxes = template.nodes.map(({ name, type, position: [x, y], parameters }) => {
			const isNote = type === 'n8n-nodes-base.stickyNote';
			return { name, isNote, x, y, right: x + (isNote ? Number(parameters.width) : 100), bottom: y + (isNote ? Number(parameters.height) : 100) };
		});
		for (const a of boxes) {
			for (const b of boxes) {
				if (a.name >= b.name) continue;
				const overlap = a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom;
				expect({ file, a: a.name, b: b.name, overlap }).toEqual({ file, a: a.name, b: b.name, overlap: false });
			}
		}
	});
});

/** Whether a value is one of the options, where the parameter has options. */
function allows(candidates: INodeProperties[], value: unknown): boolean {
	return candidates.some(({ type, options }) => (type !== 'options' && type !== 'multiOptions') || (options ?? []).some((option) => 'value' in option && option.value === value));
}
