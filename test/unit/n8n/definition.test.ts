import type { INodeProperties, INodeType, ITriggerFunctions } from 'n8n-workflow';
import { dayMs, hourMs } from '../../../lib/model/clock';
import { isShopJourneysError } from '../../../lib/model/errors';
import { checkSupply, readCartDefinition, readEventDefinition, readSegmentDefinition } from '../../../lib/n8n/definition';
import { CartAbandonedTrigger } from '../../../nodes/CartAbandonedTrigger/CartAbandonedTrigger.node';
import { SegmentTrigger } from '../../../nodes/SegmentTrigger/SegmentTrigger.node';
import { ShopEventTrigger } from '../../../nodes/ShopEventTrigger/ShopEventTrigger.node';

const settings = { currency: 'EUR', timezone: 'Europe/Vienna' };

function isShown({ displayOptions }: INodeProperties, values: Record<string, unknown>): boolean {
	const holds = ([name, wanted]: [string, unknown]) => [values[name]].flat().some((value) => (wanted as unknown[]).includes(value));
	return Object.entries(displayOptions?.show ?? {}).every(holds) && !Object.entries(displayOptions?.hide ?? {}).some(holds);
}

/** A node as n8n hands it over: what was set, else the default of the field that is shown. */
function context(type: INodeType, set: Record<string, unknown>): ITriggerFunctions {
	const values: Record<string, unknown> = { ...set };
	for (const property of type.description.properties) if (!(property.name in values) && isShown(property, values)) values[property.name] = property.default;
	return {
		getWorkflow: () => ({ id: 'w1', name: 'My Journey', active: true }),
		getNode: () => ({ id: 'n1', name: 'Trigger' }),
		getNodeParameter: (name: string, fallback?: unknown) => values[name] ?? fallback,
	} as unknown as ITriggerFunctions;
}

const cart = (set: Record<string, unknown> = {}) => readCartDefinition(context(new CartAbandonedTrigger(), set), settings);
const event = (set: Record<string, unknown> = {}) => readEventDefinition(context(new ShopEventTrigger(), { events: ['order_placed'], ...set }), settings);
const hasOrdered = { groups: [{ conditions: { fact: [{ field: 'orders.count', numberOperator: 'at_least', number: 1 }] } }] };
const segment = (set: Record<string, unknown> = {}) => readSegmentDefinition(context(new SegmentTrigger(), { conditions: hasOrdered, ...set }), settings);

function refusal(read: () => unknown): string {
	try {
		read();
	} catch (error) {
		if (isShopJourneysError(error, 'PARAMETER_INVALID', 'CONDITION_INVALID')) return error.message;
		throw error;
	}
	throw new Error('Nothing was refused');
}

describe('Cart Abandoned Trigger', () => {
	it('watches carts as it comes', () => {
		expect(cart()).toMatchObject({ id: 'w1.n1', name: 'My Journey', trigger: 'cart', subject: 'cart', watch: ['cart'], endsOn: ['order', 'emptied'], reentryAfterMs: null, priority: 80, holdoutPercent: 0, ...settings });
		expect(cart()).not.toHaveProperty('anchor');
	});

	it('watches browse sessions, with endings of their own', () => {
		expect(cart({ watch: ['browse'], browseViews: 3 })).toMatchObject({ trigger: 'browse', subject: 'customer', browse: { of: 'product', views: 3, seconds: 60 }, endsOn: ['order', 'cart_started'] });
	});

	it('refuses carts and browse sessions at once, nothing at all, and sessions of no length', () => {
		expect(refusal(() => cart({ watch: ['cart', 'browse'] }))).toContain('at once');
		expect(refusal(() => cart({ watch: [] }))).toContain('neither');
		expect(refusal(() => cart({ watch: ['browse'], browseViews: 0, browseSeconds: 0 }))).toContain('Neither views nor seconds');
		expect(refusal(() => cart({ maxAgeDays: 5 }))).toContain('maximum age');
	});
});

describe('Shop Event Trigger', () => {
	it('reads schedule, re-entry, priority and holdout', () => {
		const steps = [{ delay: 2, unit: 'hours', notBefore: '10:00', weekdays: [1] }];
		expect(event({ schedule: { steps }, reentry: 'afterPause', reentryDays: 0, priority: 7, holdoutPercent: 10, subject: 'order' })).toMatchObject({
			trigger: 'event',
			subject: 'order',
			events: ['order_placed'],
			steps: [{ name: '2 hours', delayMs: 2 * hourMs, fromMinute: 600, weekdays: [1] }],
			reentryAfterMs: 0,
			priority: 7,
			holdoutPercent: 10,
		});
	});

	it('takes steps before a date, and supplies for products only', () => {
		const steps = [{ delay: 2, unit: 'days', direction: 'before' }];
		expect(event({ schedule: { steps }, subject: 'order', anchor: 'payment_due' })).toMatchObject({ anchor: { type: 'date', of: 'payment_due' }, steps: [{ delayMs: -2 * dayMs }] });
		expect(event({ subject: 'product', anchor: 'supply' })).toMatchObject({ anchor: { type: 'supply', leadDays: 3 } });
		expect(refusal(() => event({ subject: 'order', anchor: 'supply' }))).toContain('for each product');
		expect(event({ subject: 'product', anchor: 'replacement' })).toMatchObject({ anchor: { type: 'replacement' } });
		expect(refusal(() => event({ subject: 'customer', anchor: 'replacement' }))).toContain('Replacements are due for each product');
		expect(refusal(() => event({ subject: 'customer', anchor: 'payment_due' }))).toContain('due for an order');
	});

	it('refuses no event, a custom one without a name, and numbers out of range', () => {
		expect(refusal(() => event({ events: [] }))).toContain('No event');
		expect(refusal(() => event({ events: ['custom'] }))).toContain('no name');
		expect(event({ events: ['custom'], eventName: ' quiz ' })).toMatchObject({ eventName: 'quiz' });
		expect(refusal(() => event({ holdoutPercent: 51 }))).toContain('Holdout');
	});

	it('refuses what the connected shop never tells, by its name, and nothing while none is connected', () => {
		const held = event({ events: ['order_placed', 'order_held'] });
		expect(refusal(() => checkSupply(held, 'shopify'))).toContain('"Order Held for Goods"');
		expect(refusal(() => checkSupply(held, 'shopify'))).not.toContain('"Order Placed"');
		expect(() => checkSupply(held, 'generic')).not.toThrow();
		expect(() => checkSupply(held, undefined)).not.toThrow();
		expect(() => checkSupply(event({ events: ['message_clicked'] }), 'shopify')).not.toThrow();
	});
});

describe('Segment Trigger', () => {
	it('reads its conditions, and includes nobody who is in already unless told to', () => {
		expect(segment()).toMatchObject({ trigger: 'segment', subject: 'customer', where: { all: [{ field: 'orders.count', op: 'at_least', value: 1 }] }, segment: { includeExisting: false, perDay: 0 } });
		expect(segment({ includeExisting: true, perDay: 20 })).toMatchObject({ segment: { includeExisting: true, perDay: 20 } });
	});

	it('refuses a segment of everybody, and conditions that cannot apply', () => {
		expect(refusal(() => segment({ conditions: {} }))).toContain('no condition');
		expect(refusal(() => segment({ conditions: { groups: [{ conditions: { fact: [{ field: 'shoe', numberOperator: 'at_least', number: 1 }] } }] } }))).toContain('"shoe"');
	});
});
