/** @param {number[]} values @param {number} share 0 to 1 */
function quantile(values, share) {
	const sorted = values.toSorted((a, b) => a - b);
	const position = (sorted.length - 1) * share;
	const below = Math.floor(position);
	const rest = position - below;
	return sorted[below] + (rest > 0 ? rest * (sorted[below + 1] - sorted[below]) : 0);
}

const median = (/** @type {number[]} */ values) => quantile(values, 0.5);

/** A median with its spread. @param {number[]} values */
function spread(values) {
	return { median: rounded(median(values)), min: rounded(Math.min(...values)), max: rounded(Math.max(...values)), values: values.map(rounded) };
}

/** Four digits: what such a measurement can say at most. @param {number} value */
function rounded(value) {
	return Number(value.toPrecision(4));
}

/**
 * Ours against another side: the ratio of each pair of neighbouring measurements, so that what changes on the machine
 * meanwhile touches both of a pair.
 * @param {number[]} ours @param {number[]} theirs
 */
function ratioOfPairs(ours, theirs) {
	return spread(ours.map((rate, index) => rate / theirs[index]));
}

module.exports = { quantile, median, spread, rounded, ratioOfPairs };
