import type { INodeProperties } from 'n8n-workflow';
import { dayMs, hourMs, minuteMs } from '../../model/clock';
import { ShopJourneysError } from '../../model/errors';
import type { Anchor, EndsOn, ScheduleStep } from '../../model/records';

/** The fields that all journey triggers share, and how they are read: schedule, ends on, re-entry, kind, priority, holdout, age, batches. */

const units = { minutes: minuteMs, hours: hourMs, days: dayMs } as const;
export type DelayUnit = keyof typeof units;

/** How a step stands in the node's parameters. */
export type StepParameter = {
	name?: string;
	delay: number;
	unit: DelayUnit;
	/** Where delays count from a date. */
	direction?: 'after' | 'before';
	/** Local time, `10:00`. */
	notBefore?: string;
	/** 1 (Monday) to 7. */
	weekdays?: number[];
};

/** The most outputs that still fit on a node. */
export const maxSteps = 10;

type Show = NonNullable<INodeProperties['displayOptions']>;

/** What delays can count from, by the value of the field "Delays Count From". */
const anchors = {
	entry: { name: 'Entry', description: 'The moment the customer enters the journey' },
	birthday: { name: 'Birthday', description: 'The next one; customers whose birthday is not known do not enter' },
	child_birthday: { name: 'Birthday of a Child', description: 'The next one of any child' },
	first_order: { name: 'Anniversary of the First Order', description: 'Its next return' },
	last_order: { name: 'Anniversary of the Last Order', description: 'Its next return' },
	payment_due: { name: 'Payment Due', description: 'Until when the invoice of the order is to be paid' },
	points_expiry: { name: 'Expiry of Points', description: 'When the next points expire. The journey moves along when others expire next, and ends when none do.' },
	replacement: { name: 'Replacement Due', description: 'So many days after the order as the product rules say after which the product is usually replaced' },
	supply: { name: 'Supply Used Up', description: 'The day on which what was bought runs out, less delivery time: quantity, units per pack and days per unit come from the product rules' },
} as const;
export type AnchorName = keyof typeof anchors;

/** Those that are dates: a step may come before them. */
const dateAnchors: AnchorName[] = ['birthday', 'child_birthday', 'first_order', 'last_order', 'payment_due', 'points_expiry'];

/** "Delays Count From", with these to choose from. */
export function anchorFields(choices: AnchorName[]): INodeProperties[] {
	return [
		{
			displayName: 'Delays Count From',
			name: 'anchor',
			type: 'options',
			noDataExpression: true,
			options: choices.map((value) => ({ ...anchors[value], value })),
			default: 'entry',
		},
		...(choices.includes('supply')
			? [
					{
						displayName: 'Lead Time (Days)',
						name: 'leadDays',
						type: 'number',
						noDataExpression: true,
						typeOptions: { minValue: 0 },
						default: 3,
						displayOptions: { show: { anchor: ['supply'] } },
						description: 'How long before the goods run out, delivery time left aside, delays begin to count',
					} satisfies INodeProperties,
				]
			: []),
	];
}

/** Of a trigger's subtitle: how many steps its schedule has. */
export const stepsInWords = '(($parameter["schedule"]?.steps?.length ?? 0) === 1 ? "1 step" : ($parameter["schedule"]?.steps?.length ?? 0) + " steps")';

/** @param begins what delays count from, as the description says it */
export function scheduleField(defaults: StepParameter[], begins: string): INodeProperties {
	return {
		displayName: 'Schedule',
		name: 'schedule',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true, hideOptionalFields: true, addOptionalFieldButtonText: 'Name, Time or Weekdays' },
		placeholder: 'Add Step',
		default: { steps: defaults },
		noDataExpression: true,
		description: `Each step is an output of this node. Its delay counts from ${begins}, not from the step before.`,
		options: [
			{
				displayName: 'Steps',
				name: 'steps',
				values: [
					{ displayName: 'Delay', name: 'delay', type: 'number', typeOptions: { minValue: 0 }, required: true, default: 1 },
					{
						displayName: 'Unit',
						name: 'unit',
						type: 'options',
						required: true,
						options: [
							{ name: 'Days', value: 'days' },
							{ name: 'Hours', value: 'hours' },
							{ name: 'Minutes', value: 'minutes' },
						],
						default: 'hours',
					},
					{
						displayName: 'Before/After',
						name: 'direction',
						type: 'options',
						required: true,
						options: [
							{ name: 'After the Date', value: 'after' },
							{ name: 'Before the Date', value: 'before' },
						],
						default: 'after',
						displayOptions: { show: { '/anchor': dateAnchors } },
					},
					{ displayName: 'Name', name: 'name', type: 'string', default: '', placeholder: 'e.g. Reminder', description: 'What the output is called on the canvas. Empty: its delay.' },
					{
						displayName: 'Not Before',
						name: 'notBefore',
						type: 'string',
						default: '',
						placeholder: 'e.g. 10:00',
						description: 'Local time of day from which the step may leave, in the customer’s time zone, else the shop’s. What is due earlier waits for it. Empty: any time.',
					},
					{
						displayName: 'Weekdays',
						name: 'weekdays',
						type: 'multiOptions',
						options: [
							{ name: 'Monday', value: 1 },
							{ name: 'Tuesday', value: 2 },
							{ name: 'Wednesday', value: 3 },
							{ name: 'Thursday', value: 4 },
							{ name: 'Friday', value: 5 },
							{ name: 'Saturday', value: 6 },
							{ name: 'Sunday', value: 7 },
						],
						default: [],
						description: 'Only on these days; what is due on another waits for the next one. None chosen: any day.',
					},
				],
			},
		],
	};
}

const endings: Record<EndsOn, { name: string; description: string }> = {
	order: { name: 'Order Placed', description: 'Any order of the customer after the entry' },
	same_category: { name: 'Same Category Bought', description: 'An order of anything in the category of the product that the journey is about' },
	same_product: { name: 'Same Product Bought', description: 'An order of the product that the journey is about' },
	emptied: { name: 'Cart Emptied', description: 'Nothing is left in the cart' },
	cart_started: { name: 'Cart Started', description: 'The customer put something in a cart' },
	paid: { name: 'Order Paid', description: 'The order that the journey is about was paid' },
	cancelled: { name: 'Order Cancelled', description: 'The order that the journey is about was cancelled' },
	released: { name: 'Order No Longer Held', description: 'The order that the journey is about waits for no goods any more' },
	return_settled: { name: 'Return Settled', description: 'The return that the journey is about needs nothing more' },
	left_segment: { name: 'Segment Left', description: 'The customer is no longer in the segment' },
	restocked: { name: 'Told That It Is Back', description: 'A journey on "Product Back in Stock" told the customer' },
	answered: { name: 'Answered', description: 'The customer rated, answered the survey, or said why the cart was not ordered' },
	replied: { name: 'Replied', description: 'The customer replied to a message, as recorded by the Customer node' },
	subscribed: { name: 'Subscribed', description: 'The customer subscribed to e-mail, or confirmed it' },
	code_used: { name: 'Discount Code Used', description: 'An order used the code that was issued for this journey' },
};

/** "Ends On", with those that fit the trigger. */
export function endsOnField(choices: EndsOn[], preset: EndsOn[], displayOptions?: Show): INodeProperties {
	return {
		displayName: 'Ends On',
		name: 'endsOn',
		type: 'multiOptions',
		noDataExpression: true,
		options: choices.map((value) => ({ ...endings[value], value })),
		default: preset,
		...(displayOptions && { displayOptions }),
		description: 'What stops the series for a customer. Unsubscribing, erasure and a closed address always do.',
	};
}

export const kindField: INodeProperties = {
	displayName: 'Kind',
	name: 'kind',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'Marketing', value: 'marketing', description: 'Needs consent and ends when the customer unsubscribes' },
		{ name: 'Transactional', value: 'transactional', description: 'About a purchase that is under way; no offers in it' },
	],
	default: 'marketing',
};

/** "Re-Entry", in the words of what one enrolment is about. */
export function reentryField(subject: 'cart' | 'customer' | 'order' | 'product' | 'return', displayOptions?: Show): INodeProperties {
	const name = subject === 'product' ? 'Customer and Product' : subject[0].toUpperCase() + subject.slice(1);
	const what = subject === 'product' ? 'customer with a product' : subject;
	return {
		displayName: 'Re-Entry',
		name: 'reentry',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: `Once per ${name}`, value: 'once', description: `A ${what} goes through this journey once` },
			{ name: 'Again After a Pause', value: 'afterPause', description: `A ${what} that would enter again some time after its journey ended goes through it anew` },
		],
		default: 'once',
		...(displayOptions && { displayOptions }),
	};
}

export const reentryDaysField: INodeProperties = {
	displayName: 'Pause (Days)',
	name: 'reentryDays',
	type: 'number',
	noDataExpression: true,
	typeOptions: { minValue: 0 },
	default: 30,
	displayOptions: { show: { reentry: ['afterPause'] } },
	description: 'How long after its end a journey may begin again; 0 is at once',
};

/** Priority, holdout, maximum age, Ended and batches: the same for all triggers but for these defaults. */
export function journeyFields({ priority, maxAgeDays }: { priority: number; maxAgeDays: number }): INodeProperties[] {
	return [
		{
			displayName: 'Maximum Age (Days)',
			name: 'maxAgeDays',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 0.01 },
			default: maxAgeDays,
			description: 'After this long nothing is sent any more, even when n8n was down in between. Must be longer than the last step.',
		},
		{
			displayName: 'Priority',
			name: 'priority',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 0, maxValue: 100 },
			default: priority,
			description: 'Where several journeys would write to the same customer, the one with the higher number goes first',
		},
		{
			displayName: 'Holdout (%)',
			name: 'holdoutPercent',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 0, maxValue: 50 },
			default: 0,
			description: 'Share of customers who go through the journey without getting anything, to see what it really adds. Who is in it is fixed at entry.',
		},
		{
			displayName: 'Show Ended Output',
			name: 'showEnded',
			type: 'boolean',
			noDataExpression: true,
			default: true,
			description: 'Whether a last output gives one item for each journey that ended, with the reason (bought, emptied, unsubscribed, expired, completed ...)',
		},
		{
			displayName: 'Batch Size',
			name: 'batchSize',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 1, maxValue: 1000 },
			default: 100,
			description: 'How many customers one execution takes at most',
		},
	];
}

/** @throws PARAMETER_INVALID when it is none of the choices */
export function readAnchor(name: string, leadDays: unknown): Anchor {
	if (name === 'entry') return { type: 'entry' };
	if (name === 'supply') return { type: 'supply', leadDays: wholeNumber(leadDays, 'Lead Time (Days)', 0, 365) };
	if (name === 'replacement') return { type: 'replacement' };
	if (!dateAnchors.includes(name as AnchorName)) throw new ShopJourneysError('PARAMETER_INVALID', `Delays cannot count from "${name}"`, { hint: 'Choose one of the list under "Delays Count From".' });
	return { type: 'date', of: name as Extract<Anchor, { type: 'date' }>['of'] };
}

/** @throws PARAMETER_INVALID naming the field */
export function wholeNumber(value: unknown, field: string, least: number, most: number): number {
	const number = Number(value);
	if (!Number.isInteger(number) || number < least || number > most) {
		throw new ShopJourneysError('PARAMETER_INVALID', `"${field}" is ${String(value)}, which is not a whole number from ${least} to ${most}`);
	}
	return number;
}

/** Reads the schedule. @throws PARAMETER_INVALID naming the step */
export function readSchedule(steps: StepParameter[] | undefined, anchor: Anchor = { type: 'entry' }): ScheduleStep[] {
	if (!steps?.length) throw new ShopJourneysError('PARAMETER_INVALID', 'The schedule has no step', { hint: 'Add at least one step to "Schedule".' });
	if (steps.length > maxSteps) throw new ShopJourneysError('PARAMETER_INVALID', `The schedule has ${steps.length} steps, the most is ${maxSteps}`);
	const read = steps.map((step, index) => readStep(step, index, anchor));
	const unordered = read.findIndex(({ delayMs }, index) => index > 0 && delayMs <= read[index - 1].delayMs);
	if (unordered > 0) {
		throw new ShopJourneysError('PARAMETER_INVALID', `Step ${unordered + 1} ("${read[unordered].name}") is not later than step ${unordered}`, {
			hint: 'All delays count from the same moment: sort the steps by delay.',
		});
	}
	return read;
}

function readStep(step: StepParameter, index: number, anchor: Anchor): ScheduleStep {
	const isBefore = anchor.type === 'date' && step.direction === 'before';
	const delayMs = Number(step.delay) * (units[step.unit] ?? NaN);
	if (!Number.isFinite(delayMs) || delayMs < 0) throw new ShopJourneysError('PARAMETER_INVALID', `The delay of step ${index + 1} is not a number`);
	const fromMinute = readTime(step.notBefore, index);
	const weekdays = (step.weekdays ?? []).map(Number).filter((day) => Number.isInteger(day) && day >= 1 && day <= 7);
	return {
		name: stepLabel(step, isBefore),
		delayMs: Math.round(isBefore ? 0 - delayMs : delayMs),
		...(fromMinute !== undefined && { fromMinute }),
		...(weekdays.length > 0 && weekdays.length < 7 && { weekdays: weekdays.toSorted() }),
	};
}

function readTime(text: string | undefined, index: number): number | undefined {
	if (!text?.trim()) return undefined;
	const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
	if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) {
		throw new ShopJourneysError('PARAMETER_INVALID', `"Not Before" of step ${index + 1} is "${text}", which is no time of day`, { hint: 'Write hours and minutes, e.g. 10:00.' });
	}
	return Number(hours) * 60 + Number(minutes);
}

function stepLabel({ name, delay, unit }: StepParameter, isBefore: boolean): string {
	if (name?.trim()) return name.trim();
	if (Number(delay) === 0) return 'At once';
	// The canvas cuts off what is longer than about twelve letters.
	return isBefore ? `${delay} ${shortUnits[unit]} before` : `${delay} ${Number(delay) === 1 ? unit.slice(0, -1) : unit}`;
}

const shortUnits: Record<DelayUnit, string> = { minutes: 'min', hours: 'h', days: 'd' };

/**
 * The outputs of a journey trigger, computed in the editor from its parameters: one per step and Ended. n8n evaluates
 * this text as an expression, so it must stand for itself: it cannot call code of ours.
 */
export const scheduleOutputs = `={{ ((parameters) => [
	...(parameters.schedule?.steps ?? []).map((step) => ({
		type: 'main',
		displayName: (step.name ?? '').trim() || (Number(step.delay) === 0 ? 'At once'
			: step.direction === 'before' && ${JSON.stringify(dateAnchors)}.includes(parameters.anchor) ? step.delay + ' ' + ${JSON.stringify(shortUnits)}[step.unit ?? 'hours'] + ' before'
			: step.delay + ' ' + (Number(step.delay) === 1 ? (step.unit ?? 'hours').slice(0, -1) : (step.unit ?? 'hours'))),
	})),
	...(parameters.showEnded === false ? [] : [{ type: 'main', displayName: 'Ended' }]),
])($parameter) }}`;
