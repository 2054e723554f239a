import type { Store, StoreHub } from '../../../lib/store/store';
import { commitTests } from './commits';
import { indexTests } from './indices';
import { leaseTests } from './leases';
import { logTests } from './log';
import { modelTests } from './modelTests';
import { openPlace, type Place, type PlaceConfig } from './place';
import { processTests } from './processes';

export interface Fixture {
	readonly hub: StoreHub;
	readonly config: PlaceConfig;
	/** A scope that no other test uses. */
	newScope(): Store;
}

/** The one description of what a store does. Every driver passes it, with a few lines each. */
export function contractSuite(name: string, makePlace: () => Promise<Place>): void {
	describe(`store contract: ${name}`, () => {
		let place: Place;
		let hub: StoreHub;
		let scopes = 0;

		beforeAll(async () => {
			place = await makePlace();
			hub = openPlace(place.config);
		});
		afterAll(async () => {
			await hub?.close();
			await place?.remove();
		});

		const fixture: Fixture = {
			get hub() {
				return hub;
			},
			get config() {
				return place.config;
			},
			newScope: () => hub.scope(`shop-${++scopes}`),
		};

		commitTests(fixture);
		leaseTests(fixture);
		indexTests(fixture);
		logTests(fixture);
		processTests(fixture);
		modelTests(fixture);
	});
}
