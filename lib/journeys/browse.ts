import { dayMs } from '../model/clock';
import type { EventType, ShopEvent, ViewFacts } from '../model/events';
import { type CustomerRecord, type EnrolmentRecord, historyField, type HistoryRecord, type JourneyDefinition, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import { isVisitorsCart, purchaseEchoMs } from './endings';
import { enrolmentId, entityOf, postpone } from './enrolment';
import { isReachable, keptView, tryEnter } from './gate';

/** Browse sessions: the same product or category looked at repeatedly or for long, and nothing put in a cart. */

type Browse = NonNullable<JourneyDefinition['browse']>;
type Look = HistoryRecord['recent'][number];

const looks: EventType[] = ['product_viewed', 'category_viewed', 'dwelled'];

/** What a look was at, as the journey sees it. */
function target({ of }: Browse, view: ViewFacts | undefined): string | undefined {
	return (of === 'product' ? view?.productId : view?.category)?.toLowerCase();
}

/** When the session that this look belongs to began, or null while it is not enough to speak of. */
function sessionFrom(browse: Browse, view: ViewFacts, atMs: number, history: HistoryRecord): number | null {
	const wanted = target(browse, view);
	if (wanted === undefined) return null;
	const same = history.recent.filter((look) => looks.includes(look.type) && look.atMs > atMs - dayMs && look.atMs <= atMs && target(browse, look.view) === wanted);
	const today = history.days[String(Math.floor(atMs / dayMs))] ?? {};
	const viewed: EventType = browse.of === 'product' ? 'product_viewed' : 'category_viewed';
	// The newest events are few where somebody browses a lot; the day's counters miss what was before midnight.
	const views = Math.max(same.filter(({ type }) => type !== 'dwelled').length, today[historyField(viewed, { [browse.of]: wanted })] ?? 0);
	const seconds = same.reduce((sum, look) => sum + (look.type === 'dwelled' ? (look.view?.seconds ?? 0) : 0), 0);
	const isEnough = (browse.views > 0 && views >= browse.views) || (browse.seconds > 0 && seconds >= browse.seconds);
	return isEnough ? Math.min(atMs, ...same.map((look) => look.atMs)) : null;
}

/**
 * Enters a customer into the browse journeys, or postpones what is under way there. Looks of an unknown visitor count
 * from the moment it is known whose they are.
 */
export async function applyBrowse(tx: Transaction, definitions: JourneyDefinition[], event: ShopEvent, customerId: string, nowMs: number): Promise<void> {
	const journeys = definitions.filter(({ trigger, browse }) => trigger === 'browse' && browse !== undefined);
	if (journeys.length === 0) return;
	const customer = tx.get<CustomerRecord>(keys.customer(customerId));
	const before = tx.before<CustomerRecord>(keys.customer(customerId));
	const hasBecomeReachable = customer !== null && isReachable(customer) && !(before && isReachable(before));
	const isLook = looks.includes(event.type) && event.view !== undefined;
	if (!customer || !isReachable(customer) || (!isLook && !hasBecomeReachable && event.type !== 'identified')) return;
	await tx.load([keys.history(customerId), ...journeys.map((definition) => keys.enrolment(enrolmentId(definition.id, entityOf(definition, customer))))]);
	const history = tx.get<HistoryRecord>(keys.history(customerId)) ?? { days: {}, recent: [] };
	const look: Look | undefined = isLook ? { atMs: Math.min(event.occurredAtMs, nowMs), type: event.type, view: event.view } : history.recent.find(({ type, view }) => looks.includes(type) && view !== undefined);
	if (look) for (const definition of journeys) applyLook(tx, definition, look, history, customer, nowMs);
}

function applyLook(tx: Transaction, definition: JourneyDefinition, { atMs, view }: Look, history: HistoryRecord, customer: CustomerRecord, nowMs: number): void {
	const fromMs = sessionFrom(definition.browse!, view!, atMs, history);
	const cartAtMs = Math.max(customer.latestCart?.atMs ?? -Infinity, ...history.recent.filter(({ name }) => isVisitorsCart(name)).map((cart) => cart.atMs));
	const isFree = cartAtMs < (fromMs ?? atMs) && (customer.orders.lastAtMs ?? -Infinity) + purchaseEchoMs < atMs;
	const open = tx.get<EnrolmentRecord>(keys.enrolment(enrolmentId(definition.id, entityOf(definition, customer))));
	if (open?.status === 'open') postpone(tx, definition, fromMs === null ? open : { ...open, view: keptView(view!) }, atMs);
	else if (fromMs !== null && isFree) tryEnter(tx, definition, { customerId: customer.id, entity: entityOf(definition, customer), about: { view: keptView(view!) }, atMs, nowMs });
}
