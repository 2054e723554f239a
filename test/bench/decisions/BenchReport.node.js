/** Tells how long the execute() before it took, and how many items matched. */
class BenchReport {
	description = {
		displayName: 'Bench Report',
		name: 'benchReport',
		group: ['output'],
		version: 1,
		description: 'Tells how long deciding took',
		defaults: { name: 'Bench Report' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	};

	async execute() {
		const { ms, expected } = globalThis.shopJourneysBench;
		return [[{ json: { ms, expected, matched: this.getInputData().length } }]];
	}
}

module.exports = { BenchReport };
