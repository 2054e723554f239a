import type { IDataObject } from 'n8n-workflow';
import { itemCustomer, readMany } from '../../lib/journeys/items';
import { type CustomerRecord, type EnrolmentRecord, keys } from '../../lib/model/records';
import { restsOf } from './rest';
import type { Run } from './run';

export const isoTime = (timeMs: number) => new Date(timeMs).toISOString();

/** All that Get shows of a customer: what journeys' items have, and the rest. */
export async function customerProfile(run: Run, customer: CustomerRecord): Promise<IDataObject> {
	if (customer.erasedAtMs !== undefined) return { id: customer.id, erased: true, erasedAt: isoTime(customer.erasedAtMs) };
	const { consent, orders, visits, engagement, suppressed, bought } = customer;
	const rests = restsOf(customer, run.settings, run.nowMs);
	const details = Object.entries(consent).map(([channel, { atMs, ...told }]) => [channel, { ...told, at: isoTime(atMs) }]);
	return {
		...itemCustomer(customer, run.settings),
		shopCustomerId: customer.shopCustomerId,
		postcode: customer.postcode,
		...(customer.latitude !== undefined && { latitude: customer.latitude, longitude: customer.longitude }),
		...(customer.children && { children: customer.children }),
		hasAccount: customer.hasAccount === true,
		knownSince: isoTime(customer.createdAtMs),
		consentDetails: Object.fromEntries(details),
		...(suppressed && { blocked: { reason: suppressed.reason, at: isoTime(suppressed.atMs), note: suppressed.note } }),
		...(rests.length > 0 && { rest: rests.map(({ channel, untilMs, what }) => ({ channel, until: isoTime(untilMs), what })) }),
		totals: {
			spentMinor: orders.spentMinor,
			itemsBought: bought?.items ?? 0,
			itemsBoughtOnSale: bought?.saleItems ?? 0,
			categories: Object.fromEntries(Object.entries(bought?.categories ?? {}).map(([category, { items, lastAtMs }]) => [category, { items, lastAt: isoTime(lastAtMs) }])),
			visits: visits?.count ?? 0,
			...(visits && { lastVisitAt: isoTime(visits.lastAtMs) }),
			messagesSent: engagement?.sent ?? 0,
			messagesOpened: engagement?.opened ?? 0,
			messagesClicked: engagement?.clicked ?? 0,
		},
		segments: await segmentsOf(run, customer),
		journeys: await journeysOf(run, customer),
	} as unknown as IDataObject;
}

/** Names of journeys, by id. */
export async function journeyNames({ shop, installation }: Run): Promise<Map<string, { name: string; steps: string[] }>> {
	const { byId } = await shop.definitions.get(installation.clock.machineNowMs());
	return new Map([...byId].map(([id, { name, steps }]) => [id, { name, steps: steps.map((step) => step.name) }]));
}

async function segmentsOf(run: Run, { segments = {} }: CustomerRecord): Promise<IDataObject[]> {
	const names = await journeyNames(run);
	return Object.entries(segments).map(([journey, sinceMs]) => ({ journey, name: names.get(journey)?.name ?? journey, since: isoTime(sinceMs) }));
}

/** The enrolments that are under way, the one due next first. */
export async function journeysOf(run: Run, customer: CustomerRecord): Promise<IDataObject[]> {
	const names = await journeyNames(run);
	const enrolments = await readMany<EnrolmentRecord>(run.shop.store, Object.keys(customer.open).map(keys.enrolment));
	return [...enrolments.values()]
		.filter(({ status }) => status === 'open')
		.sort((a, b) => a.dueAtMs - b.dueAtMs)
		.map((enrolment) => {
			const journey = names.get(enrolment.journey);
			return {
				id: enrolment.journey,
				name: journey?.name ?? enrolment.journey,
				enrolment: enrolment.id,
				enteredAt: isoTime(enrolment.enteredAtMs),
				step: enrolment.step + 1,
				steps: journey?.steps.length ?? enrolment.step + 1,
				stepName: journey?.steps[enrolment.step] ?? '',
				dueAt: isoTime(enrolment.dueAtMs),
				...(enrolment.holdout && { holdout: true }),
				...(enrolment.failure && { failure: enrolment.failure }),
			};
		});
}
