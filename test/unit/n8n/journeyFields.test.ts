import { runInNewContext } from 'node:vm';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { isShopJourneysError } from '../../../lib/model/errors';
import { maxSteps, readSchedule, scheduleOutputs, type StepParameter } from '../../../lib/n8n/fields/journey';

const step = (delay: number, unit: StepParameter['unit'], name?: string): StepParameter => ({ delay, unit, name });

function refusal(steps: StepParameter[] | undefined): string {
	try {
		readSchedule(steps);
	} catch (error) {
		if (isShopJourneysError(error, 'PARAMETER_INVALID')) return error.message;
		throw error;
	}
	throw new Error('Nothing was refused');
}

/** The names of the outputs, worked out as n8n does: by evaluating the expression alone. */
function outputsOf(parameters: object): string[] {
	const code = scheduleOutputs.slice('={{'.length, -'}}'.length);
	const outputs = runInNewContext(code, { $parameter: parameters }) as Array<{ displayName: string }>;
	return outputs.map(({ displayName }) => displayName);
}

describe('reading a schedule', () => {
	it('counts every delay from the same entry', () => {
		const steps = readSchedule([step(30, 'minutes'), step(1, 'days'), step(3, 'days', 'Last call')]);
		expect(steps).toEqual([
			{ name: '30 minutes', delayMs: 30 * minuteMs },
			{ name: '1 day', delayMs: dayMs },
			{ name: 'Last call', delayMs: 3 * dayMs },
		]);
	});

	it('takes fractions of a unit and a step at once', () => {
		expect(readSchedule([step(0, 'minutes'), step(1.5, 'hours')]).map(({ delayMs }) => delayMs)).toEqual([0, 1.5 * hourMs]);
	});

	it('takes a time of day and weekdays', () => {
		expect(readSchedule([{ ...step(1, 'days'), notBefore: '9:05', weekdays: [5, 1] }])).toEqual([{ name: '1 day', delayMs: dayMs, fromMinute: 545, weekdays: [1, 5] }]);
		expect(readSchedule([{ ...step(1, 'days'), notBefore: ' ', weekdays: [1, 2, 3, 4, 5, 6, 7] }])).toEqual([{ name: '1 day', delayMs: dayMs }]);
		expect(refusal([{ ...step(1, 'days'), notBefore: '24:00' }])).toContain('"Not Before" of step 1');
	});

	it.each<[string, StepParameter[]]>([
		['is earlier', [step(2, 'hours'), step(90, 'minutes', 'Second')]],
		['comes at the same time', [step(24, 'hours'), step(1, 'days', 'Second')]],
	])('refuses a step that %s than the one before, by its number and name', (_what, steps) => {
		expect(refusal(steps)).toContain('Step 2 ("Second")');
	});

	it.each([NaN, -1, Infinity])('refuses the delay %p', (delay) => {
		expect(refusal([step(delay, 'hours')])).toContain('step 1');
	});

	it('refuses a unit that it does not know', () => {
		expect(refusal([step(1, 'weeks' as StepParameter['unit'])])).toContain('step 1');
	});

	it.each([[undefined], [[]]])('refuses a schedule without steps', (steps) => {
		expect(refusal(steps)).toContain('no step');
	});

	it(`takes ${maxSteps} steps and refuses one more`, () => {
		const steps = Array.from({ length: maxSteps + 1 }, (_step, index) => step(index + 1, 'hours'));
		expect(readSchedule(steps.slice(0, maxSteps))).toHaveLength(maxSteps);
		expect(refusal(steps)).toContain(String(maxSteps));
	});
});

describe('the outputs on the canvas', () => {
	it('are named as the steps are read, with Ended last', () => {
		const steps = [step(30, 'minutes'), step(1, 'hours'), step(2, 'days', '  Offer ')];
		expect(outputsOf({ schedule: { steps }, showEnded: true })).toEqual([...readSchedule(steps).map(({ name }) => name), 'Ended']);
	});

	it('count before a date only where delays count from one', () => {
		const steps: StepParameter[] = [{ delay: 7, unit: 'days', direction: 'before' }, step(0, 'days')];
		expect(outputsOf({ schedule: { steps }, anchor: 'birthday' })).toEqual(['7 d before', 'At once', 'Ended']);
		expect(outputsOf({ schedule: { steps }, anchor: 'entry' })).toEqual(['7 days', 'At once', 'Ended']);
		expect(readSchedule(steps, { type: 'date', of: 'birthday' })).toEqual([{ name: '7 d before', delayMs: -7 * dayMs }, { name: 'At once', delayMs: 0 }]);
	});

	it('leave Ended out when it is switched off, and exist before anything is filled in', () => {
		expect(outputsOf({ schedule: { steps: [step(1, 'days')] }, showEnded: false })).toEqual(['1 day']);
		expect(outputsOf({})).toEqual(['Ended']);
	});
});
