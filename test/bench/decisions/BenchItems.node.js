const { isMatch, journeyItem } = require('./items');

/** How long each measured execute() took last, by the name of its class. */
const took = (globalThis.shopJourneysBench ??= { ms: {}, wrapped: new Set(), runs: 0, expected: 0 });

/** Times a node's execute() from inside: what n8n does around it is the same for all nodes. @param {string} file @param {string} className */
function timeExecute(file, className) {
	if (took.wrapped.has(className)) return;
	took.wrapped.add(className);
	const { prototype } = require(file)[className];
	const { execute } = prototype;
	prototype.execute = async function (...args) {
		// The loop gets the very same items, before the node and behind it in turn: the first to touch them pays for it.
		const isLoopFirst = took.runs++ % 2 === 0;
		if (isLoopFirst) timeLoop(this.getInputData());
		const startedAt = performance.now();
		const outputs = await execute.apply(this, args);
		took.ms[className] = performance.now() - startedAt;
		if (!isLoopFirst) timeLoop(this.getInputData());
		return outputs;
	};
}

/** The loop an engineer would write. @param {object[]} items */
function handLoop(items) {
	const match = [];
	const noMatch = [];
	for (let index = 0; index < items.length; index++) {
		const item = items[index];
		if (isMatch(item.json)) match.push(item);
		else noMatch.push(item);
	}
	return [match, noMatch];
}

/** @param {object[]} items */
function timeLoop(items) {
	const startedAt = performance.now();
	const [match] = handLoop(items);
	took.ms.handLoop = performance.now() - startedAt;
	took.expected = match.length;
}

/** Emits as many items as the webhook asks for. */
class BenchItems {
	description = {
		displayName: 'Bench Items',
		name: 'benchItems',
		group: ['input'],
		version: 1,
		description: 'Emits items',
		defaults: { name: 'Bench Items' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	};

	async execute() {
		const { count, file, className } = this.getInputData()[0].json.body;
		timeExecute(file, className);
		const items = Array.from({ length: count }, (_, number) => ({ json: journeyItem(number), pairedItem: { item: 0 } }));
		return [items];
	}
}

module.exports = { BenchItems };
