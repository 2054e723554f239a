import type { INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import type { Condition } from '../../../lib/model/conditions';
import type { EventType } from '../../../lib/model/events';
import type { CustomerRecord } from '../../../lib/model/records';
import type { ShopLocation } from '../../../lib/model/settings';
import { conditionFields, type ConditionsParameter, readConditions } from '../../../lib/n8n/fields/conditions';
import { compileCondition } from '../../../lib/segments/compile';
import { factField, factFields } from '../../../lib/segments/fields';
import { validateCondition } from '../../../lib/segments/validate';

const read = (groups: ConditionsParameter['groups'], match = 'all', currency = 'EUR'): Condition | null => readConditions({ conditions: { groups }, match }, { currency });
const fact = (values: Record<string, unknown>) => read([{ match: 'all', conditions: { fact: [values] } }]);

const groupFields = (conditionFields({ parts: ['order', 'cart', 'product', 'view', 'event'], hasMessages: true })[0].options![0] as INodePropertyCollection).values;
const kinds = groupFields.find(({ name }) => name === 'conditions')!.options as INodePropertyCollection[];
const fieldsOf = (kind: string) => kinds.find(({ name }) => name === kind)!.values;

/** The fields that the editor shows beside these values, as n8n decides it. */
function shown(fields: INodeProperties[], values: Record<string, unknown>): INodeProperties[] {
	return fields.filter(({ displayOptions }) => Object.entries(displayOptions?.show ?? {}).every(([name, allowed]) => (allowed as unknown[]).includes(values[name])));
}

/** What an operator fills in: the default, or what the placeholder tells. */
const filledIn = ({ default: value, placeholder }: INodeProperties) => (value === '' && placeholder ? placeholder.replace('e.g. ', '') : value);

const factChoices = fieldsOf('fact').find(({ name }) => name === 'field')!.options as Array<{ name: string; value: string }>;
const cases = factChoices.flatMap(({ name, value: field }) => {
	const operators = shown(fieldsOf('fact'), { field }).filter((one) => one.displayName === 'Condition');
	return operators.flatMap((operator) => (operator.options as Array<{ value: string }>).map(({ value: op }) => [`${name}: ${op}`, field, operator.name, op] as const));
});

describe('the editor’s conditions', () => {
	it('offer every fact of the catalogue, with one list of operators each', () => {
		expect(factChoices.map(({ value }) => value)).toEqual(expect.arrayContaining(factFields.map(({ id }) => id)));
		for (const { value: field } of factChoices) expect(shown(fieldsOf('fact'), { field }).filter((one) => one.displayName === 'Condition')).toHaveLength(1);
	});

	it.each(cases)('%s can be applied, filled in as the editor shows it', (_title, field, operatorField, op) => {
		const values: Record<string, unknown> = { field, [operatorField]: op };
		for (const one of shown(fieldsOf('fact'), values)) values[one.name] ??= filledIn(one);
		const condition = fact(values)!;
		expect(validateCondition(condition)).toEqual([]);
		expect(condition).toMatchObject({ all: [{ op }] });
		expect(factField((condition as unknown as { all: [{ field: string }] }).all[0].field)).toBeDefined();
	});

	it('offer only events that are counted', () => {
		const events = (fieldsOf('did').find(({ name }) => name === 'event')!.options as Array<{ value: EventType }>).map(({ value }) => value);
		expect(events).toEqual(expect.arrayContaining(['product_viewed', 'message_opened']));
		expect(events).not.toContain('message_sent');
		for (const event of events) expect(validateCondition({ event, times: 'at_least', count: 1, withinDays: 7 })).toEqual([]);
	});

	it('read the same from what n8n leaves out because it is the default', () => {
		expect(fact({})).toEqual({ all: [{ field: 'orders.count', op: 'at_least', value: undefined }] });
		expect(read([{ conditions: { did: [{}], message: [{}] } }])).toEqual({
			all: [
				{ event: 'product_viewed', times: 'at_least', count: 2, withinDays: 7 },
				{ message: 'clicked', is: true },
			],
		});
	});

	it('know groups, and how they go together', () => {
		const group = (match: 'all' | 'any' | 'none', field: string) => ({ match, conditions: { fact: [{ field, textOperator: 'is_set' }] } });
		const set = (field: string) => ({ field, op: 'is_set' });
		expect(read([group('any', 'city'), group('none', 'email')], 'any')).toEqual({ any: [{ any: [set('city')] }, { not: { any: [set('email')] } }] });
		expect(read([group('all', 'city'), { match: 'all', conditions: {} }])).toEqual({ all: [set('city')] });
		expect([read([]), readConditions({ conditions: {}, match: 'all' }, { currency: 'EUR' })]).toEqual([null, null]);
	});

	it('take money in whole units, in the currency’s own decimals', () => {
		const money = (values: object, currency?: string) => read([{ conditions: { fact: [{ field: 'orders.spent', numberOperator: 'between', number: 49.9, numberTo: 99.99, ...values }] } }], 'all', currency);
		expect(money({})).toEqual({ all: [{ field: 'orders.spent', op: 'between', value: 4990, to: 9999 }] });
		expect(money({ currency: 'kwd' })).toEqual({ all: [{ field: 'orders.spent', op: 'between', value: 49_900, to: 99_990, currency: 'KWD' }] });
		expect(money({}, 'JPY')).toEqual({ all: [{ field: 'orders.spent', op: 'between', value: 50, to: 100 }] });
	});

	it('read what was done, earlier messages and places', () => {
		const condition = read([
			{
				match: 'any',
				conditions: {
					did: [
						{ event: 'category_viewed', of: 'category', which: ' Shoes ', times: 'exactly', count: 0, withinDays: 30 },
						{ event: 'custom', of: 'category', which: 'left over', name: 'tasting', times: 'at_least', count: 1, withinDays: 1 },
						{ event: 'order_placed', of: 'category', which: 'left over', times: 'at_most', count: 3, withinDays: 9 },
					],
					message: [{ message: 'opened', is: 'no', step: 2 }],
					near: [{ place: '48.2082, 16.3738', km: 10 }],
				},
			},
		])!;
		expect(condition).toEqual({
			any: [
				{ event: 'category_viewed', of: { category: 'Shoes' }, times: 'exactly', count: 0, withinDays: 30 },
				{ event: 'custom', of: { name: 'tasting' }, times: 'at_least', count: 1, withinDays: 1 },
				{ event: 'order_placed', times: 'at_most', count: 3, withinDays: 9 },
				{ message: 'opened', is: false, step: 2 },
				{ near: { latitude: 48.2082, longitude: 16.3738, km: 10 } },
			],
		});
		expect(validateCondition(condition)).toEqual([]);
	});

	describe('near one of the shop’s locations', () => {
		const vienna = { name: 'Vienna', city: 'Vienna', postcode: '1010', country: 'AT', latitude: 48.2082, longitude: 16.3738 };
		const parameters = { conditions: { groups: [{ match: 'all', conditions: { near: [{ whichPlace: 'shop', km: 20 }] } }] }, match: 'all' };
		const near = (place: Partial<CustomerRecord>, locations: ShopLocation[] = [vienna, { name: 'Graz', city: 'Graz' }]) => {
			const condition = readConditions(parameters, { currency: 'EUR', locations })!;
			expect(validateCondition(condition)).toEqual([]);
			return compileCondition(condition, { currency: 'EUR', timezone: 'UTC' })({ customer: { consent: {}, orders: { count: 0, spentMinor: {} }, open: {}, ...place } as CustomerRecord }, 0);
		};

		it.each<[string, Partial<CustomerRecord>, boolean]>([
			['the same city', { city: ' vienna', country: 'AT' }, true],
			['the same city, and the country is not known', { city: 'Vienna' }, true],
			['a city of that name in another country', { city: 'Vienna', country: 'US' }, false],
			['the same postcode', { postcode: '1010', country: 'AT' }, true],
			['that postcode in another country', { postcode: '1010', country: 'CH' }, false],
			['the city of another location, whose country nobody said', { city: 'Graz', country: 'AT' }, true],
			['within the distance, elsewhere by name', { city: 'Schwechat', country: 'AT', latitude: 48.138, longitude: 16.471 }, true],
			['beyond the distance', { city: 'Linz', country: 'AT', latitude: 48.3069, longitude: 14.2858 }, false],
			['a place that is not known', {}, false],
		])('%s', (_what, place, isNear) => expect(near(place)).toBe(isNear));

		it('is refused in plain words where the shop has none', () => {
			expect(() => near({}, [])).toThrow(/asks who is near one of the shop’s locations, and the shop has none/);
		});
	});

	it('name attributes as the shop does', () => {
		const condition = fact({ field: 'attribute_number', name: ' shoeSize ', numberOperator: 'is', number: 38 });
		expect(condition).toEqual({ all: [{ field: 'attributes.shoeSize', op: 'is', value: 38 }] });
		const customer = { id: 'a', createdAtMs: 0, profileAtMs: 0, consent: {}, orders: { count: 0, spentMinor: {} }, open: {}, attributes: { shoeSize: '38' } };
		expect(compileCondition(condition!, { currency: 'EUR', timezone: 'UTC' })({ customer }, 0)).toBe(true);
	});

	it.each([
		['a name that is missing', { field: 'attribute_text', textOperator: 'is', text: 'x' }, /no fact called "attributes."/],
		['a text that is missing', { field: 'city', textOperator: 'one_of', texts: ' , ' }, /nothing to be compared with/],
		['a number that is none', { field: 'orders.spent', numberOperator: 'at_least', number: '' }, /nothing to be compared with/],
		['a day that is none', { field: 'created', dateOperator: 'before', day: '24.12.2026' }, /"24.12.2026", which is no day such as/],
		['a choice without values', { field: 'consent.email', consentStatus: [] }, /nothing to be compared with/],
		['a fact of another version', { field: 'loyalty.karma' }, /no fact called "loyalty.karma"/],
	])('are checked in plain words: %s', (_what, values, problem) => {
		expect(validateCondition(fact(values)!).join(' ')).toMatch(problem);
	});
});
