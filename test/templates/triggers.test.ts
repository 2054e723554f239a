import type { INodeProperties, INodeType, ITriggerFunctions } from 'n8n-workflow';
import { type EventType, eventCatalogue } from '../../lib/model/events';
import { checkSupply, readCartDefinition, readEventDefinition, readSegmentDefinition } from '../../lib/n8n/definition';
import { CartAbandonedTrigger } from '../../nodes/CartAbandonedTrigger/CartAbandonedTrigger.node';
import { SegmentTrigger } from '../../nodes/SegmentTrigger/SegmentTrigger.node';
import { ShopEventTrigger } from '../../nodes/ShopEventTrigger/ShopEventTrigger.node';
import { kindOf, messages, type Template, type TemplateNode, triggers } from './chapters';

const nodes: Record<string, { type: INodeType; read: typeof readEventDefinition }> = {
	cartAbandonedTrigger: { type: new CartAbandonedTrigger(), read: readCartDefinition },
	shopEventTrigger: { type: new ShopEventTrigger(), read: readEventDefinition },
	segmentTrigger: { type: new SegmentTrigger(), read: readSegmentDefinition },
};
const settings = { currency: 'EUR', timezone: 'Europe/Vienna', locations: [{ name: 'Vienna', city: 'Vienna', postcode: '1010', country: 'AT' }] };

/** As much of n8n's context as reading a trigger's parameters uses. */
function contextOf({ id, name }: Template, node: TemplateNode): ITriggerFunctions {
	const { properties } = nodes[kindOf(node)].type.description;
	return {
		getWorkflow: () => ({ id, name, active: true }),
		getNode: () => node,
		getNodeParameter: (field: string, fallback?: unknown) => node.parameters[field] ?? properties.find((property) => property.name === field)?.default ?? fallback,
	} as unknown as ITriggerFunctions;
}

/** Names inside a parameter that no field has: the editor would not show them, and nobody reads them. */
function unknownNames({ name, type, options = [], typeOptions }: INodeProperties, value: unknown): string[] {
	if (type !== 'fixedCollection' && type !== 'collection') return [];
	const fields = (options as Array<{ name: string; values?: INodeProperties[] }>).map((option) => (type === 'collection' ? { ...option, values: undefined } : option));
	return Object.entries(value as object).flatMap(([key, part]) => {
		const option = fields.find((field) => field.name === key);
		if (!option) return [`${name}.${key}`];
		const entries = (typeOptions?.multipleValues ? part : [part]) as Array<Record<string, unknown>>;
		return (option.values ? entries : []).flatMap((entry) =>
			Object.entries(entry).flatMap(([field, inner]) => {
				const candidates = option.values!.filter((candidate) => candidate.name === field);
				if (candidates.length === 0) return [`${name}.${key}.${field}`];
				return isAmong(candidates, inner) ? unknownNames(candidates[0], inner) : [`${name}.${key}.${field}: ${String(inner)}`];
			}),
		);
	});
}

function isAmong(candidates: INodeProperties[], value: unknown): boolean {
	return candidates.some(({ type, options }) => (type !== 'options' && type !== 'multiOptions') || [value].flat().every((one) => (options ?? []).some((option) => 'value' in option && option.value === one)));
}

describe.each(triggers)('$name', ({ template, node }) => {
	const { type, read } = nodes[kindOf(node)];
	const definition = () => read(contextOf(template, node), settings);

	test('is accepted as it stands, conditions included', () => {
		expect(definition()).toMatchObject({ id: `${template.id}.${node.id}`, name: template.name, steps: expect.any(Array) });
		if (node.parameters.conditions && Object.keys(node.parameters.conditions).length > 0) expect(definition().where).toBeDefined();
	});

	test('names nothing that its fields do not have', () => {
		const found = Object.entries(node.parameters).flatMap(([name, value]) => type.description.properties.filter((property) => property.name === name).slice(0, 1).flatMap((property) => unknownNames(property, value)));
		expect(found).toEqual([]);
	});

	test('waits for nothing that a shop of one’s own could not tell', () => {
		expect(() => checkSupply(definition(), 'generic')).not.toThrow();
	});

	test('is transactional exactly in chapter 10, where an address is confirmed, and where nobody but the staff is told', () => {
		const writesToCustomers = messages.some(({ trigger }) => trigger === node);
		const isTransactional = /^(sjAwaitingPayment|sjWaitingForItems|sjReturn|sjConfirmSubscription)/.test(template.id) || !writesToCustomers;
		expect(definition().kind).toBe(isTransactional ? 'transactional' : 'marketing');
	});
});

test('where journeys compete for a customer, the order of the chapters decides', () => {
	const rank = ['10', 'back-in-stock', '03', '01', '06', '07', '08', '09', '05', '04', '02'];
	const ranks = triggers.map(({ file, template, node }) => {
		const { priority, kind } = nodes[kindOf(node)].read(contextOf(template, node), settings);
		const isBack = template.id === 'sjBackInStock' && (node.parameters.events as string[]).includes('product_restocked');
		return { name: `${file}: ${node.name}`, priority: priority!, rank: rank.indexOf(kind === 'transactional' ? '10' : isBack ? 'back-in-stock' : file.slice(0, 2)) };
	});
	for (const one of ranks.filter(({ rank }) => rank > 0)) for (const other of ranks.filter((candidate) => candidate.rank > one.rank)) expect({ one: one.name, other: other.name, first: one.priority > other.priority }).toEqual({ one: one.name, other: other.name, first: true });
});

test.each(['shopify', 'woocommerce'])('what %s cannot tell is refused, what it can is not', (system) => {
	const supplied = (event: EventType) => Object.keys(eventCatalogue[event].supply).length === 0 || Object.hasOwn(eventCatalogue[event].supply, system);
	for (const { template, node } of triggers) {
		const definition = nodes[kindOf(node)].read(contextOf(template, node), settings);
		const check = () => checkSupply(definition, system);
		if ((definition.events ?? []).every(supplied)) expect(check).not.toThrow();
		else expect(check).toThrow(/never tells of "[A-Z].+", so this journey would wait for ever/);
	}
});
