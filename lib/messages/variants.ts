import { createHash } from 'node:crypto';
import { ShopJourneysError } from '../model/errors';

/** One way of an experiment. */
export interface Variant {
	name: string;
	/** Share among the others; 0 switches it off. */
	weight: number;
}

/** More would need more customers than a shop has to tell them apart. */
const mostVariants = 10;

/** @throws PARAMETER_INVALID naming the variant */
export function checkVariants(variants: Variant[]): void {
	const refuse = (message: string, hint: string) => {
		throw new ShopJourneysError('PARAMETER_INVALID', message, { hint });
	};
	const names = variants.map(({ name }) => name.trim());
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (names.includes('')) refuse('A variant has no name', 'Give each a short name, such as A and B: reports show it.');
	if (twice !== undefined) refuse(`Two variants are called "${twice}"`, 'Give each a name of its own: reports count by it.');
	if (variants.length > mostVariants) refuse(`There are ${variants.length} variants`, `Keep to ${mostVariants} at most.`);
	const wrong = variants.find(({ weight }) => !Number.isFinite(weight) || weight < 0);
	if (wrong) refuse(`The weight of variant "${wrong.name}" is ${wrong.weight}`, 'Write a number from 0 up.');
	if (variants.length > 0 && variants.every(({ weight }) => weight === 0)) refuse('All variants have the weight 0, so nobody would get anything', 'Give at least one a weight above 0.');
}

/**
 * The variant of a customer: always the same one while names and weights stay, whatever process asks. Decided by a hash, so
 * nothing has to be stored before the message leaves.
 * @param experiment tells it from others: the same customer may be in A here and in B there
 */
export function variantOf<V extends Variant>(variants: V[], experiment: string, customerId: string): V {
	const total = variants.reduce((sum, { weight }) => sum + weight, 0);
	let point = (createHash('sha256').update(`variant:${experiment}:${customerId}`).digest().readUIntBE(0, 6) / 2 ** 48) * total;
	for (const variant of variants) {
		if (point < variant.weight) return variant;
		point -= variant.weight;
	}
	return variants.findLast(({ weight }) => weight > 0)!;
}
