import type { CustomerRecord } from '../model/records';
import type { ShopLocation } from '../model/settings';
import { distanceKm } from '../segments/compile';

/** Farther away no mail says that a place is near. */
const nearMostKm = 50;

type Whereabouts = Partial<Pick<CustomerRecord, 'latitude' | 'longitude' | 'postcode' | 'city' | 'country'>>;

/** The shop's place that is nearest to the customer: by distance where both are on the map, else of the same postcode, else of the same town. Undefined where none is near. */
export function placeNear(customer: Whereabouts, places: ShopLocation[] = []): ShopLocation | undefined {
	const { latitude, longitude } = customer;
	if (latitude !== undefined && longitude !== undefined) {
		const [nearest] = places
			.flatMap((place) => (place.latitude === undefined || place.longitude === undefined ? [] : [{ place, km: distanceKm({ latitude, longitude }, { latitude: place.latitude, longitude: place.longitude }) }]))
			.filter(({ km }) => km <= nearMostKm)
			.sort((one, other) => one.km - other.km);
		if (nearest) return nearest.place;
	}
	const inCountry = places.filter(({ country }) => !country || !customer.country || isSame(country, customer.country));
	return inCountry.find(({ postcode }) => isSame(postcode, customer.postcode)) ?? inCountry.find(({ city }) => isSame(city, customer.city));
}

function isSame(one: string | undefined, other: string | undefined): boolean {
	const plain = (text = '') => text.replace(/\s+/g, '').toLowerCase();
	return plain(one) !== '' && plain(one) === plain(other);
}
