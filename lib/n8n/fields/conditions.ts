import type { INodeProperties, INodePropertyCollection, INodePropertyOptions, NodeHint } from 'n8n-workflow';
import { type Condition, type EventCondition, type FieldCondition, type GroupCondition, type MessageCondition, type Operator, newestStep } from '../../model/conditions';
import { ShopJourneysError } from '../../model/errors';
import { eventCatalogue, type EventType } from '../../model/events';
import { parseAmountMinor } from '../../model/money';
import { historyDays, uncountedEvents } from '../../model/records';
import type { ShopLocation, ShopSettings } from '../../model/settings';
import { type Choices, type FactField, factFields, type FactPart, type FactType } from '../../segments/fields';
import { type Operand, operatorsOf } from '../../segments/operators';
import { nearPlaces } from '../../segments/places';

/**
 * Conditions as the editor shows them: groups, each of facts, of what a customer did, of earlier messages and of places. The field
 * that was chosen decides which operators and values are shown. `readConditions` makes them into a `Condition`.
 */

export interface ConditionFieldOptions {
	/** Which facts there are to choose from besides the customer's. */
	parts?: FactPart[];
	/** Whether the node knows the earlier messages of the enrolment. */
	hasMessages?: boolean;
	/** Where the fields are shown at all. */
	displayOptions?: INodeProperties['displayOptions'];
	/** The conditions that a new node begins with. */
	defaults?: ConditionsParameter;
}

/** What of the shop a condition is read with. */
export type ConditionSettings = Pick<ShopSettings, 'currency' | 'locations'>;

/** The value of the parameter `conditions`. */
export type ConditionsParameter = { groups?: GroupParameter[] };

type GroupParameter = {
	match?: 'all' | 'any' | 'none';
	conditions?: { fact?: Values[]; did?: Values[]; message?: Values[]; near?: Values[] };
};
type Values = Record<string, unknown>;

/** An attribute has a name of the shop's own, and no type that we could know: the operator says which it is. */
const attributeTypes = [
	['text', 'Text'],
	['number', 'Number'],
	['date', 'Date'],
	['boolean', 'Yes or No'],
] as const;

/** A fact as the field "Fact" lists it. */
interface Choice {
	value: string;
	name: string;
	part: FactPart;
	type: FactType;
	choices?: Choices;
	unit?: string;
	/** Of facts that the shop names: what stands before the name. */
	prefix?: string;
}

const fromCatalogue = ({ id, label, part, type, choices, unit }: FactField): Choice => ({ value: id, name: unit ? `${label} (${unit})` : label, part, type, choices, unit });

const choices: readonly Choice[] = [
	...factFields.map(fromCatalogue),
	...attributeTypes.map(([type, name]): Choice => ({ value: `attribute_${type}`, name: `Attribute: ${name}`, part: 'customer', type, prefix: 'attributes.' })),
	...attributeTypes.map(([type, name]): Choice => ({ value: `event_data_${type}`, name: `This Event: Its Data (${name})`, part: 'event', type, prefix: 'event.data.' })),
].toSorted((a, b) => a.name.localeCompare(b.name));

const byValue = new Map(choices.map((choice) => [choice.value, choice]));

/** One field of the editor for the operators of each type. */
const operatorFields = {
	textOperator: { types: ['text'], names: { is: 'Is', is_not: 'Is Not', one_of: 'Is One Of', none_of: 'Is None Of', contains: 'Contains', starts_with: 'Starts With', is_set: 'Is Known', is_not_set: 'Is Not Known' }, default: 'is' },
	numberOperator: {
		types: ['number', 'money'],
		names: { at_least: 'Is at Least', at_most: 'Is at Most', more_than: 'Is More Than', less_than: 'Is Less Than', between: 'Is Between', is: 'Is Exactly', is_not: 'Is Not', is_set: 'Is Known', is_not_set: 'Is Not Known' },
		default: 'at_least',
	},
	dateOperator: {
		types: ['date'],
		names: {
			days_ago_at_least: 'Is at Least so Many Days Ago',
			days_ago_at_most: 'Is Within the Last Days',
			in_days_at_most: 'Is Within the Next Days',
			before: 'Is Before a Day',
			after: 'Is After a Day',
			between: 'Is Between Two Days',
			anniversary_within_days: 'Has Its Anniversary Within Days',
			anniversary_in_days: 'Has Its Anniversary in Exactly so Many Days',
			is_set: 'Is Known',
			is_not_set: 'Is Not Known',
		},
		default: 'days_ago_at_most',
	},
	birthdayOperator: {
		types: ['birthday'],
		names: { anniversary_within_days: 'Is Within the Next Days', anniversary_in_days: 'Is in Exactly so Many Days', is_set: 'Is Known', is_not_set: 'Is Not Known' },
		default: 'anniversary_within_days',
	},
	booleanOperator: { types: ['boolean'], names: { is_true: 'Yes', is_false: 'No' }, default: 'is_true' },
	listOperator: { types: ['list'], names: { includes: 'Includes Any Of', includes_not: 'Includes None Of', is_set: 'Has Any', is_not_set: 'Is Empty' }, default: 'includes' },
	choiceOperator: { types: ['choice'], names: { one_of: 'Is One Of', none_of: 'Is None Of' }, default: 'one_of' },
} as const satisfies Record<string, { types: FactType[]; names: Partial<Record<Operator, string>>; default: Operator }>;

type OperatorField = keyof typeof operatorFields;
const operatorFieldNames = Object.keys(operatorFields) as OperatorField[];

const operatorFieldOf = (type: FactType): OperatorField => operatorFieldNames.find((name) => (operatorFields[name].types as readonly FactType[]).includes(type)) ?? 'textOperator';

/** How an operator field's operators use their values: shown when one of them is chosen. */
const operatorsWith = (name: OperatorField, ...operands: Operand[]) => Object.keys(operatorFields[name].names).filter((op) => operands.includes(operatorsOf[operatorFields[name].types[0]][op as Operator]!));

const eventOptions: INodePropertyOptions[] = Object.entries(eventCatalogue)
	.filter(([value]) => !uncountedEvents.includes(value as EventType))
	.map(([value, { label }]) => ({ name: label, value }))
	.toSorted((a, b) => a.name.localeCompare(b.name));
const eventsThat = (isWanted: (carries: string, type: string) => boolean) => Object.entries(eventCatalogue).filter(([type, { carries }]) => isWanted(carries, type)).map(([type]) => type);

/** The two fields: how groups are combined, and the groups. Their names are `match` and `conditions`. */
export function conditionFields({ parts = [], hasMessages = false, displayOptions, defaults = {} }: ConditionFieldOptions = {}): INodeProperties[] {
	const offered = choices.filter(({ part }) => part === 'customer' || parts.includes(part));
	const collections: INodePropertyCollection[] = [
		{ displayName: 'Fact', name: 'fact', values: factValues(offered) },
		{ displayName: 'What the Customer Did', name: 'did', values: didValues },
		...(hasMessages ? [{ displayName: 'Earlier Message of This Journey', name: 'message', values: messageValues }] : []),
		{ displayName: 'Distance From a Place', name: 'near', values: nearValues },
	];
	return [
		{
			displayName: 'Conditions',
			name: 'conditions',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			placeholder: 'Add Group',
			noDataExpression: true,
			default: defaults as INodeProperties['default'],
			...(displayOptions && { displayOptions }),
			options: [
				{
					displayName: 'Group',
					name: 'groups',
					values: [
						{
							displayName: 'Applies When',
							name: 'match',
							type: 'options',
							noDataExpression: true,
							options: [
								{ name: 'All of These Are True', value: 'all' },
								{ name: 'Any of These Is True', value: 'any' },
								{ name: 'None of These Is True', value: 'none' },
							],
							default: 'all',
						},
						{ displayName: 'These', name: 'conditions', type: 'fixedCollection', typeOptions: { multipleValues: true }, placeholder: 'Add Condition', noDataExpression: true, default: {}, options: collections },
					],
				},
			],
		},
		{
			displayName: 'With Several Groups',
			name: 'match',
			type: 'options',
			noDataExpression: true,
			options: [
				{ name: 'All Groups Must Apply', value: 'all' },
				{ name: 'One Group Is Enough', value: 'any' },
			],
			default: 'all',
			...(displayOptions && { displayOptions }),
		},
	];
}

function factValues(offered: readonly Choice[]): INodeProperties[] {
	const fieldsOf = (...types: FactType[]) => offered.filter(({ type }) => types.includes(type)).map(({ value }) => value);
	const named = offered.filter(({ prefix }) => prefix).map(({ value }) => value);
	const choiceSets = [...new Set(offered.flatMap((choice) => choice.choices ?? []))];
	return [
		{ displayName: 'Fact', name: 'field', type: 'options', noDataExpression: true, options: offered.map(({ name, value }) => ({ name, value })), default: 'orders.count' },
		{ displayName: 'Name', name: 'name', type: 'string', required: true, noDataExpression: true, default: '', placeholder: 'e.g. shoeSize', displayOptions: { show: { field: named } }, description: 'What your shop calls it' },
		...operatorFieldNames
			.filter((name) => fieldsOf(...operatorFields[name].types).length > 0)
			.map((name): INodeProperties => ({
				displayName: 'Condition',
				name,
				type: 'options',
				noDataExpression: true,
				options: Object.entries(operatorFields[name].names).map(([value, label]) => ({ name: label, value })),
				default: operatorFields[name].default,
				displayOptions: { show: { field: fieldsOf(...operatorFields[name].types) } },
			})),
		{ displayName: 'Text', name: 'text', type: 'string', required: true, noDataExpression: true, default: '', placeholder: 'e.g. Vienna', displayOptions: { show: { field: fieldsOf('text'), textOperator: operatorsWith('textOperator', 'value') } }, description: 'Upper and lower case are the same' },
		{
			displayName: 'Texts',
			name: 'texts',
			type: 'string',
			required: true,
			noDataExpression: true,
			default: '',
			placeholder: 'e.g. Vienna, Graz',
			displayOptions: { show: { field: fieldsOf('text'), textOperator: operatorsWith('textOperator', 'values') } },
			description: 'Separated by commas. Upper and lower case are the same.',
		},
		{
			displayName: 'Words',
			name: 'words',
			type: 'string',
			required: true,
			noDataExpression: true,
			default: '',
			placeholder: 'e.g. tea, coffee',
			displayOptions: { show: { field: fieldsOf('list'), listOperator: operatorsWith('listOperator', 'values') } },
			description: 'Separated by commas. Upper and lower case are the same.',
		},
		{ displayName: 'Number', name: 'number', type: 'number', noDataExpression: true, default: 1, displayOptions: { show: { field: fieldsOf('number', 'money'), numberOperator: operatorsWith('numberOperator', 'value', 'range') } }, description: 'Money in whole units, e.g. 49.90' },
		{ displayName: 'Up To', name: 'numberTo', type: 'number', noDataExpression: true, default: 10, displayOptions: { show: { field: fieldsOf('number', 'money'), numberOperator: operatorsWith('numberOperator', 'range') } }, description: 'This one included' },
		{ displayName: 'Currency', name: 'currency', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. EUR', displayOptions: { show: { field: fieldsOf('money') } }, description: 'Empty: the currency of the shop' },
		{ displayName: 'Days', name: 'days', type: 'number', noDataExpression: true, typeOptions: { minValue: 0 }, default: 30, displayOptions: { show: { field: fieldsOf('date'), dateOperator: operatorsWith('dateOperator', 'days') } } },
		{ displayName: 'Days', name: 'birthdayDays', type: 'number', noDataExpression: true, typeOptions: { minValue: 0 }, default: 7, displayOptions: { show: { field: fieldsOf('birthday'), birthdayOperator: operatorsWith('birthdayOperator', 'days') } }, description: '0 is the day itself' },
		{ displayName: 'Day', name: 'day', type: 'string', required: true, noDataExpression: true, default: '', placeholder: 'e.g. 2026-12-24', displayOptions: { show: { field: fieldsOf('date'), dateOperator: operatorsWith('dateOperator', 'day', 'dayRange') } }, description: 'Year, month and day, in the time zone of the shop' },
		{ displayName: 'Up To', name: 'dayTo', type: 'string', required: true, noDataExpression: true, default: '', placeholder: 'e.g. 2026-12-31', displayOptions: { show: { field: fieldsOf('date'), dateOperator: operatorsWith('dateOperator', 'dayRange') } }, description: 'This day included' },
		...choiceSets.map((set): INodeProperties => ({
			displayName: 'Values',
			name: set.name,
			type: 'multiOptions',
			noDataExpression: true,
			options: set.values.map(({ value, label }) => ({ name: label, value })),
			default: [set.values[0].value],
			displayOptions: { show: { field: offered.filter((choice) => choice.choices === set).map(({ value }) => value) } },
		})),
	];
}

/** What events may be counted by, in the words of the editor. */
const ofNames = { product: 'This Product (ID)', category: 'This Category', path: 'This Page (Path)', query: 'This Search' } as const;

const didValues: INodeProperties[] = [
	{ displayName: 'Event', name: 'event', type: 'options', noDataExpression: true, options: eventOptions, default: 'product_viewed' },
	{
		displayName: 'Of What',
		name: 'of',
		type: 'options',
		noDataExpression: true,
		options: [{ name: 'Anything', value: 'anything' }, ...Object.entries(ofNames).map(([value, name]) => ({ name, value }))],
		default: 'anything',
		displayOptions: { show: { event: eventsThat((carries) => carries === 'view') } },
	},
	{ displayName: 'Which', name: 'which', type: 'string', required: true, noDataExpression: true, default: '', placeholder: 'e.g. shoes', displayOptions: { show: { event: eventsThat((carries) => carries === 'view'), of: Object.keys(ofNames) } }, description: 'As your shop writes it; upper and lower case are the same' },
	{ displayName: 'Event Name', name: 'name', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. wishlist_added', displayOptions: { show: { event: ['custom'] } }, description: 'The name under which your shop sends the custom event. Empty: any.' },
	{
		displayName: 'How Often',
		name: 'times',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'At Least', value: 'at_least' },
			{ name: 'At Most', value: 'at_most' },
			{ name: 'Exactly', value: 'exactly' },
		],
		default: 'at_least',
	},
	{ displayName: 'Times', name: 'count', type: 'number', noDataExpression: true, typeOptions: { minValue: 0 }, default: 2 },
	{ displayName: 'Within the Last Days', name: 'withinDays', type: 'number', noDataExpression: true, typeOptions: { minValue: 1, maxValue: historyDays }, default: 7, description: `What customers do is kept for ${historyDays} days` },
];

const messageValues: INodeProperties[] = [
	{
		displayName: 'Message',
		name: 'message',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Was Answered', value: 'answered' },
			{ name: 'Was Clicked', value: 'clicked' },
			{ name: 'Was Opened', value: 'opened' },
			{ name: 'Was Sent', value: 'sent' },
			{ name: 'Had Its Discount Code Used', value: 'code_used' },
		],
		default: 'clicked',
	},
	{
		displayName: 'True or Not',
		name: 'is',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'This Is so', value: 'yes' },
			{ name: 'This Is Not so', value: 'no' },
		],
		default: 'yes',
	},
	{ displayName: 'Step', name: 'step', type: 'number', noDataExpression: true, typeOptions: { minValue: newestStep }, default: 0, description: 'Which step sent it, counted from 1. 0 is any step, -1 the newest message.' },
];

const nearValues: INodeProperties[] = [
	{
		displayName: 'Place',
		name: 'whichPlace',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'A Place by Its Coordinates', value: 'coordinates' },
			{ name: 'One of the Shop’s Locations', value: 'shop', description: 'Those in the shop settings. The same city or postcode counts as near too.' },
		],
		default: 'coordinates',
	},
	{
		displayName: 'Coordinates of the Place',
		name: 'place',
		type: 'string',
		required: true,
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. 48.2082, 16.3738',
		displayOptions: { show: { whichPlace: ['coordinates'] } },
		description: 'Latitude and longitude, as maps show them when you click on a place',
	},
	{ displayName: 'Within (Km)', name: 'km', type: 'number', noDataExpression: true, typeOptions: { minValue: 0.1 }, default: 25, description: 'As the crow flies. Customers whose place is not known are not near.' },
];

const factsOf = '($parameter["conditions"]?.groups ?? []).flatMap((group) => group.conditions?.fact ?? [])';
const didOf = '($parameter["conditions"]?.groups ?? []).flatMap((group) => group.conditions?.did ?? [])';
const hint = (message: string, displayCondition: string): NodeHint => ({ message, displayCondition: `={{ ${displayCondition} }}`, type: 'warning', location: 'ndv', whenToDisplay: 'always' });

/** What the editor says of conditions that cannot apply, while they are filled in; the fields themselves ask for what is missing. */
export const conditionHints: NodeHint[] = [
	hint('A condition asks for a number between two, but the first is greater than the second.', `${factsOf}.some((fact) => fact.numberOperator === "between" && fact.number > fact.numberTo)`),
	hint('A condition asks for a day between two, but the first is later than the second.', `${factsOf}.some((fact) => fact.dateOperator === "between" && fact.day && fact.dayTo && fact.day > fact.dayTo)`),
	hint('A day in a condition is not written as year, month and day, e.g. 2026-12-24.', `${factsOf}.some((fact) => [fact.day, fact.dayTo].some((day) => day && !/^\\d{4}-\\d{2}-\\d{2}$/.test(day)))`),
	hint(`A condition looks back more than the ${historyDays} days for which it is kept what customers do.`, `${didOf}.some((did) => did.withinDays > ${historyDays})`),
];

/** What a text of the editor holds between its commas. */
const listed = (text: unknown): string[] =>
	String(text ?? '')
		.split(',')
		.map((word) => word.trim())
		.filter(Boolean);

/**
 * Makes the parameters `conditions` and `match` into a condition, which is not checked yet (see lib/segments/validate.ts).
 * @param shop its currency, in which amounts are without one of their own, and its locations
 * @returns null when nothing is asked for
 * @throws CONDITION_INVALID when it asks for the shop's locations, and there are none
 */
export function readConditions({ conditions, match }: { conditions: unknown; match: unknown }, shop: ConditionSettings): Condition | null {
	const groups = ((conditions as ConditionsParameter | undefined)?.groups ?? []).flatMap((group) => readGroup(group, shop) ?? []);
	if (groups.length <= 1) return groups[0] ?? null;
	return match === 'any' ? { any: groups } : { all: groups };
}

function readGroup({ match, conditions = {} }: GroupParameter, { currency, locations = [] }: ConditionSettings): GroupCondition | null {
	const read: Condition[] = [
		...(conditions.fact ?? []).map((values) => readFact(values, currency)),
		...(conditions.did ?? []).map(readDid),
		...(conditions.message ?? []).map(readMessage),
		...(conditions.near ?? []).map((values) => readNear(values, locations)),
	];
	if (read.length === 0) return null;
	if (match === 'none') return { not: { any: read } };
	return match === 'any' ? { any: read } : { all: read };
}

function readFact(values: Values, shopCurrency: string): FieldCondition {
	const chosen = String(values.field ?? 'orders.count');
	const choice = byValue.get(chosen);
	if (!choice) return { field: chosen, op: 'is' };
	const field = choice.prefix ? `${choice.prefix}${String(values.name ?? '').trim()}` : chosen;
	const operatorField = operatorFieldOf(choice.type);
	const op = (values[operatorField] ?? operatorFields[operatorField].default) as Operator;
	const currency = String(values.currency ?? '').trim().toUpperCase();
	const number = (value: unknown) => (choice.type === 'money' ? minorUnits(value, currency || shopCurrency) : value) as number;
	const base = { field, op, ...(choice.type === 'money' && currency && { currency }) };
	switch (operatorsOf[choice.type][op]) {
		case 'value':
			return { ...base, value: operatorField === 'numberOperator' ? number(values.number) : String(values.text ?? '').trim() };
		case 'values':
			return { ...base, value: choice.choices ? ((values[choice.choices.name] ?? []) as string[]) : listed(choice.type === 'list' ? values.words : values.texts) };
		case 'range':
			return { ...base, value: number(values.number), to: number(values.numberTo) };
		case 'days':
			return { ...base, value: (choice.type === 'birthday' ? values.birthdayDays : values.days) as number };
		case 'day':
			return { ...base, value: day(values.day) };
		case 'dayRange':
			return { ...base, value: day(values.day), to: day(values.dayTo) };
		default:
			return base;
	}
}

const day = (value: unknown) => String(value ?? '').trim();

/** What is no number stays as it is: the check of conditions tells it in words. */
function minorUnits(value: unknown, currency: string): unknown {
	return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 1e12 ? parseAmountMinor(value.toFixed(6), currency) : value;
}

function readDid({ event, of, which, name, times, count, withinDays }: Values): EventCondition {
	const type = (event ?? 'product_viewed') as EventType;
	const isView = Object.hasOwn(eventCatalogue, type) && eventCatalogue[type].carries === 'view';
	const eventName = String(name ?? '').trim();
	return {
		event: type,
		...(isView && of !== undefined && of !== 'anything' && { of: { [of as string]: String(which ?? '').trim() } }),
		...(type === 'custom' && eventName && { of: { name: eventName } }),
		times: (times ?? 'at_least') as EventCondition['times'],
		count: (count ?? 2) as number,
		withinDays: (withinDays ?? 7) as number,
	};
}

function readMessage({ message, is, step }: Values): MessageCondition {
	return { message: (message ?? 'clicked') as MessageCondition['message'], is: is !== 'no', ...(step !== undefined && step !== 0 && { step: step as number }) };
}

function readNear({ whichPlace, place, km = 25 }: Values, locations: readonly ShopLocation[]): Condition {
	if (whichPlace === 'shop') {
		if (locations.length === 0) {
			throw new ShopJourneysError('CONDITION_INVALID', 'A condition asks who is near one of the shop’s locations, and the shop has none', {
				hint: 'Fill in "Shop Locations" on the Shop Webhook Trigger and publish it; then try again.',
			});
		}
		return nearPlaces(locations, km as number);
	}
	const [latitude, longitude] = listed(place).map(Number);
	return { near: { latitude, longitude, km: km as number } };
}
