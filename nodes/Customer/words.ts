import { eventCatalogue, type EventType } from '../../lib/model/events';
import { formatMoney } from '../../lib/model/money';
import { endReasons, notSentReasons } from '../../lib/model/reasons';
import type { Json, LogEntry } from '../../lib/store/store';

type Names = Map<string, { name: string; steps: string[] }>;
type Data = { [field: string]: Json | undefined };

const channels: Record<string, string> = { email: 'E-mail', sms: 'SMS', whatsapp: 'WhatsApp message', push: 'Web push' };

/** What a log entry says, for a marketer. What is not known to have words of its own has the event's name. */
export function entryWords({ type, data }: Pick<LogEntry, 'type' | 'data'>, journeys: Names, locale: string): string {
	const said: Data = data && typeof data === 'object' && !Array.isArray(data) ? data : {};
	const label = type in eventCatalogue ? eventCatalogue[type as EventType].label : type.charAt(0).toUpperCase() + type.slice(1).replaceAll('_', ' ');
	switch (type) {
		case 'message_sent':
			return `${channelOf(said)} sent${inJourney(said, journeys)}.`;
		case 'message_not_sent':
			return `${channelOf(said)} not sent${inJourney(said, journeys)}: ${sentence(notSentReasons, said.reason)}`;
		case 'message_opened':
		case 'message_clicked':
			return `${channelOf(said)} ${type === 'message_opened' ? 'opened' : 'clicked'}${clickedOn(said)}${inJourney(said, journeys)}${said.machine === true ? ' by a machine, which says nothing about the customer' : ''}.`;
		case 'message_delivered':
			return `${channelOf(said)} delivered${inJourney(said, journeys)}.`;
		case 'message_bounced':
			return `${channelOf(said)} bounced${said.bounce === 'hard' ? ' for good' : ', maybe only for now'}${inJourney(said, journeys)}${quoted(said.detail)}.`;
		case 'message_complained':
			return `${channelOf(said)} marked as spam${inJourney(said, journeys)}.`;
		case 'message_replied':
			return `${channelOf(said)} replied to${inJourney(said, journeys)}${quoted(said.detail)}.`;
		case 'rated':
			return `Rated ${text(said.order) ? `order ${text(said.order)}` : text(said.product) ? `product ${text(said.product)}` : 'the shop'} with ${text(said.stars)} of 5 stars${quoted(said.comment)}.`;
		case 'surveyed':
			return `Would recommend the shop with ${text(said.score)} of 10${listed('topics', said.topics)}${quoted(said.comment)}.`;
		case 'contacted':
			return `${said.way === 'chat' ? 'Chatted with the shop' : 'Wrote by the contact form'}${text(said.topic) ? ` about ${text(said.topic)}` : ''}${quoted(said.text)}.`;
		case 'preferences_changed':
			return `Preferences changed${listed('topics', said.topics)}${said.frequency === 'less' ? ', wants fewer messages' : said.frequency === 'all' ? ', wants all messages' : ''}.`;
		case 'unsubscribed':
			return `Unsubscribed${text(said.channel) && said.channel !== 'email' ? ` (${channelOf(said)})` : ''}${text(said.source) === 'operator' ? ' (by hand)' : ''}.`;
		case 'tier_reached':
		case 'tier_lost':
			return `${label}: ${text(said.tier)}.`;
		case 'points_earned':
		case 'points_available':
		case 'points_redeemed':
		case 'points_given_back':
		case 'points_clawed_back':
		case 'points_adjusted':
		case 'points_expired':
			return `${label}: ${text(said.points)}${text(said.orderId) ? `, order ${text(said.orderId)}` : text(said.reference) ? `, for ${text(said.reference)}` : ''}${text(said.shortfall) ? `, ${text(said.shortfall)} more are owed` : ''}; ${text(said.balance)} available then.`;
		case 'journey_entered':
			return `Entered the journey "${journeyOf(said, journeys)}".`;
		case 'journey_ended': {
			const reason = String(said.reason);
			return `Left the journey "${journeyOf(said, journeys)}": ${reason in endReasons ? endReasons[reason as keyof typeof endReasons] : `${reason}.`}`;
		}
		case 'journey_failed':
			return `A step of the journey "${journeyOf(said, journeys)}" was given up: ${text(said.failure) || 'no reason is known.'}`;
		case 'custom':
			return `${text(said.name) ? `Custom event "${text(said.name)}"` : label}.`;
		case 'blocked':
		case 'unblocked':
			return `${label} by hand${text(said.note) ? `: ${text(said.note)}` : ''}.`;
		case 'cart_answered':
			return `${label}: ${[text(said.reason), text(said.comment)].filter(Boolean).join(', ')}.`;
		default:
			return `${label}${about(said, locale)}.`;
	}
}

const text = (value: Json | undefined): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
const channelOf = ({ channel }: Data) => channels[text(channel)] ?? 'Message';
const journeyOf = ({ journey, name }: Data, journeys: Names) => journeys.get(text(journey))?.name || text(name) || text(journey);

function clickedOn({ product, category, page }: Data): string {
	const what = text(product) ? `product ${text(product)}` : text(category) ? `category ${text(category)}` : text(page);
	return what ? ` on ${what}` : '';
}

const quoted = (words: Json | undefined) => (text(words) ? `: "${text(words)}"` : '');
const listed = (label: string, words: Json | undefined) => (Array.isArray(words) && words.length > 0 ? `, ${label}: ${words.map(String).join(', ')}` : '');

function inJourney(said: Data, journeys: Names): string {
	if (!text(said.journey)) return '';
	return ` (${text(said.step) ? `step ${text(said.step)} of ` : ''}the journey "${journeyOf(said, journeys)}")`;
}

function sentence(reasons: Record<string, { sentence: string }>, reason: Json | undefined): string {
	return reasons[text(reason)]?.sentence ?? `${text(reason) || 'no reason is known'}.`;
}

/** What it was about, as far as the entry says: a cart, an order, a return, a product or a page. */
function about({ items, closed, order, totalMinor, amountMinor, currency, return: returned, status, product, view, note, source }: Data, locale: string): string {
	const parts: string[] = [];
	if (typeof items === 'number') parts.push(closed ? `closed (${text(closed)})` : items === 0 ? 'nothing in it' : `${items} ${items === 1 ? 'line' : 'lines'}`);
	if (text(returned)) parts.push(`return ${text(returned)} ${text(status)}`.trim());
	if (text(order)) parts.push(`order ${text(order)}`);
	const money = typeof totalMinor === 'number' ? totalMinor : amountMinor;
	if (typeof money === 'number' && text(currency)) parts.push(formatMoney({ amountMinor: money, currency: text(currency) }, locale));
	if (text(product)) parts.push(`product ${text(product)}`);
	if (view && typeof view === 'object' && !Array.isArray(view)) parts.push(...viewed(view));
	if (text(note)) parts.push(text(note));
	return `${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${text(source) === 'operator' ? ' (by hand)' : ''}`;
}

function viewed({ title, product, category, query, path, seconds }: Data): string[] {
	const what = text(title) || text(product) || text(query) || text(category) || text(path);
	return [...(what ? [what] : []), ...(typeof seconds === 'number' ? [`${Math.round(seconds)} seconds`] : [])];
}
