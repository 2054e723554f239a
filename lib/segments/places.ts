import type { Condition } from '../model/conditions';
import type { ShopLocation } from '../model/settings';

/**
 * Whether a customer lives near one of these places: in the same city, under the same postcode, or within so many kilometres
 * where both have coordinates. City and postcode count in the place's country only, or where the customer's is not known: there
 * is a Vienna in Virginia, and a 1010 in many countries.
 * @param places at least one
 */
export function nearPlaces(places: readonly ShopLocation[], km: number): Condition {
	return { any: places.flatMap((place) => nearPlace(place, km)) };
}

function nearPlace({ city, postcode, country, latitude, longitude }: ShopLocation, km: number): Condition[] {
	const here: Condition[] = country === undefined ? [] : [{ any: [{ field: 'country', op: 'is', value: country }, { field: 'country', op: 'is_not_set' }] }];
	return [
		...(city ? [{ all: [{ field: 'city', op: 'is', value: city } as const, ...here] }] : []),
		...(postcode ? [{ all: [{ field: 'postcode', op: 'is', value: postcode } as const, ...here] }] : []),
		...(latitude !== undefined && longitude !== undefined ? [{ near: { latitude, longitude, km } }] : []),
	];
}
