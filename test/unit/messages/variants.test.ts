import fc from 'fast-check';
import { checkVariants, variantOf } from '../../../lib/messages/variants';

const halves = [{ name: 'A', weight: 50 }, { name: 'B', weight: 50 }];
const customers = Array.from({ length: 10_000 }, (_, index) => `customer-${index}`);
const share = (variants: typeof halves, name: string, experiment = 'x') => customers.filter((id) => variantOf(variants, experiment, id).name === name).length / customers.length;

it('gives a customer the same variant always, and another draw in another experiment', () => {
	const draw = (experiment: string) => customers.map((id) => variantOf(halves, experiment, id).name).join('');
	expect(draw('x')).toBe(draw('x'));
	const agree = customers.filter((id) => variantOf(halves, 'x', id) === variantOf(halves, 'y', id)).length;
	// Independent draws agree in half of the cases: 10,000 customers, six standard deviations.
	expect(Math.abs(agree - 5000)).toBeLessThan(300);
});

it.each([[50, 50, 0.5], [90, 10, 0.1], [1, 3, 0.75], [1, 0, 0]])('shares by weight: %i to %i', (a, b, expected) => {
	expect(share([{ name: 'A', weight: a }, { name: 'B', weight: b }], 'B')).toBeCloseTo(expected, 1);
});

it('never gives one whose weight is 0, whatever the weights are', () => {
	fc.assert(
		fc.property(fc.array(fc.nat(100), { minLength: 1, maxLength: 10 }).filter((weights) => weights.some(Boolean)), fc.string(), (weights, id) => {
			const variants = weights.map((weight, index) => ({ name: String(index), weight }));
			expect(variantOf(variants, 'x', id).weight).toBeGreaterThan(0);
		}),
	);
});

it.each<[string, Array<{ name: string; weight: number }>]>([
	['has no name', [{ name: ' ', weight: 1 }]],
	['Two variants are called "A"', [{ name: 'A', weight: 1 }, { name: 'A ', weight: 1 }]],
	['weight of variant "A" is -1', [{ name: 'A', weight: -1 }]],
	['weight 0, so nobody', [{ name: 'A', weight: 0 }]],
	['There are 11 variants', Array.from({ length: 11 }, (_, index) => ({ name: String(index), weight: 1 }))],
])('refuses an experiment that %s', (message, variants) => {
	expect(() => checkVariants(variants)).toThrow(message);
});
