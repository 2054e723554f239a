import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventCatalogue } from '../../../lib/model/events';
import { genericJsonSchema } from '../../../lib/shops/generic';

const file = path.join(__dirname, '../../../docs/schema/generic-shop.schema.json');

describe('the published schema of the generic shop', () => {
	it('is what the code checks (UPDATE_SCHEMA=1 writes it anew)', () => {
		if (process.env.UPDATE_SCHEMA === '1') writeFileSync(file, genericJsonSchema());
		expect(readFileSync(file, 'utf8')).toBe(genericJsonSchema());
	});

	it('names every event type that the catalogue says a generic shop supplies, and no other', () => {
		const supplied = Object.entries(eventCatalogue)
			.filter(([, { supply }]) => 'generic' in supply && supply.generic === 'webhook')
			.map(([type]) => type);
		const { $defs } = JSON.parse(genericJsonSchema()) as { $defs: { Event: { anyOf: Array<{ properties: { type: { enum?: string[]; const?: string } } }> } } };
		const named = $defs.Event.anyOf.flatMap(({ properties: { type } }) => type.enum ?? type.const);
		expect(named.sort()).toEqual(supplied.sort());
	});
});
