import { eventCatalogue, type EventType } from '../model/events';
import type { ShopSettings } from '../model/settings';
import { builtInMessage } from '../messages/catalogue';
import { parseMailbox } from '../messages/headers';

/** What a look at a journey before it is published finds unfinished. Pure: the workflow and the shop come as plain data. */

export interface CheckedNode {
	name: string;
	/** Without the package: `sendReminder`. */
	type: string;
	parameters: Record<string, unknown>;
	isDisabled: boolean;
	/** Types of the credentials that are chosen; undefined where they cannot be seen. */
	credentials?: string[];
}

export interface CheckedWorkflow {
	nodes: CheckedNode[];
	/** Names of the nodes behind each output of a node. */
	behind(name: string): string[][];
	isPublished: boolean;
}

export interface CheckedShop {
	settings: ShopSettings;
	/** Where Message Webhook Trigger listens. */
	address: string | null;
	/** Whether a form of the kind Profile is among its forms. */
	hasProfileForm: boolean;
	isDemo: boolean;
	/** How many discount codes are left on each list that the workflow takes them from. */
	codesLeft?: Record<string, number>;
}

export interface Finding {
	/** `problem`: the journey does not work as it is. `advice`: it works, and could harm or disappoint. */
	level: 'problem' | 'advice';
	/** The node, step or setting. */
	about: string;
	says: string;
	toDo: string;
}

const journeyTriggers = ['cartAbandonedTrigger', 'shopEventTrigger', 'segmentTrigger'];
const sends = ({ type, parameters }: CheckedNode) => type === 'sendReminder' && (parameters.operation ?? 'send') === 'send';

const issues = ({ type, parameters }: CheckedNode) => type === 'discountCode' && (parameters.operation ?? 'issue') === 'issue';
const listOf = ({ parameters }: CheckedNode) => String(parameters.list ?? '').trim() || 'main';

/** The lists that the workflow's nodes take discount codes from. */
export function listsOf({ nodes }: CheckedWorkflow): string[] {
	return [...new Set(nodes.filter((node) => !node.isDisabled && issues(node) && (node.parameters.source ?? 'list') === 'list').map(listOf))];
}

/** Everything that is unfinished, problems first; empty when the journey is ready. */
export function checkJourney(workflow: CheckedWorkflow, shop: CheckedShop): Finding[] {
	const nodes = workflow.nodes.filter(({ isDisabled }) => !isDisabled);
	const triggers = nodes.filter(({ type }) => journeyTriggers.includes(type));
	const sending = nodes.filter(sends);
	const codes = nodes.filter(issues);
	const isMarketing = triggers.length === 0 || triggers.some(({ parameters }) => (parameters.kind ?? 'marketing') === 'marketing');
	const findings = [
		...(triggers.length === 0 ? [{ level: 'problem' as const, about: 'Workflow', says: 'No journey trigger is in it.', toDo: 'Add Cart Abandoned Trigger, Shop Event Trigger or Segment Trigger.' }] : []),
		...(sending.length === 0 ? [{ level: 'problem' as const, about: 'Workflow', says: 'Nothing is sent: there is no Send Reminder.', toDo: 'Add Send Reminder behind each step of the trigger.' }] : []),
		...triggers.flatMap((trigger) => [...checkEvents(trigger, shop.settings), ...checkSteps(trigger, workflow)]),
		...sending.flatMap((node) => checkMessage(node, triggers.length > 0, codes.some(({ name }) => reachable(workflow.behind(name)[0] ?? [], workflow).has(node.name)))),
		...sending.flatMap((node) => checkProfileForm(node, shop)),
		...codes.flatMap((node) => checkCodes(node, shop)),
		...checkShop(shop, isMarketing, sending),
		...(workflow.isPublished ? [] : [{ level: 'advice' as const, about: 'Workflow', says: 'It is not published, so nobody enters it.', toDo: 'Publish it when all else is done.' }]),
	];
	return findings.toSorted((a, b) => Number(a.level === 'advice') - Number(b.level === 'advice'));
}

/** Events that the connected shop never tells. */
function checkEvents({ name, type, parameters }: CheckedNode, { system }: ShopSettings): Finding[] {
	const events = Array.isArray(parameters.events) ? (parameters.events as EventType[]) : [];
	if (type === 'shopEventTrigger' && events.length === 0) return [{ level: 'problem', about: name, says: 'No event is chosen.', toDo: 'Choose at least one under "Trigger On".' }];
	if (!system) return [{ level: 'problem', about: name, says: 'No shop is connected, so nothing can start this journey.', toDo: 'Import and publish one of the workflows in 00-connect, with the same Shop ID.' }];
	return events.filter((event) => !isSupplied(event, system)).map((event) => ({
		level: 'problem',
		about: name,
		says: `The connected shop never tells of "${eventCatalogue[event]?.label ?? event}".`,
		toDo: 'Take the event out, or let the shop send it as a signed event (docs/generic-shop.md).',
	}));
}

function isSupplied(event: EventType, system: string): boolean {
	const supply: Partial<Record<string, unknown>> = eventCatalogue[event]?.supply ?? {};
	return Object.keys(supply).length === 0 || supply[system] !== undefined;
}

/** Steps whose output leads nowhere, or to no message. */
function checkSteps(trigger: CheckedNode, workflow: CheckedWorkflow): Finding[] {
	const { steps = [] } = (trigger.parameters.schedule ?? {}) as { steps?: Array<{ name?: string }> };
	const outputs = workflow.behind(trigger.name);
	return steps.flatMap(({ name }, index): Finding[] => {
		const step = `${trigger.name}, step ${index + 1}${name ? ` (${name})` : ''}`;
		const reached = reachable(outputs[index] ?? [], workflow);
		if (reached.size === 0) return [{ level: 'problem', about: step, says: 'Nothing is connected to it.', toDo: 'Connect its output to a Send Reminder, or take the step out of the schedule.' }];
		const hasMessage = workflow.nodes.some((node) => reached.has(node.name) && !node.isDisabled && sends(node));
		return hasMessage ? [] : [{ level: 'advice', about: step, says: 'It has no message: no Send Reminder comes behind it.', toDo: 'Fine where the step only tags or counts; else add a Send Reminder.' }];
	});
}

/** All nodes behind these, themselves included. */
function reachable(names: string[], workflow: CheckedWorkflow): Set<string> {
	const seen = new Set<string>();
	const next = [...names];
	while (next.length > 0) {
		const name = next.pop()!;
		if (seen.has(name)) continue;
		seen.add(name);
		next.push(...workflow.behind(name).flat());
	}
	return seen;
}

/** Where discount codes are to come from. */
function checkCodes(node: CheckedNode, { settings: { system }, codesLeft }: CheckedShop): Finding[] {
	const { name: about, parameters, credentials } = node;
	const source = String(parameters.source ?? 'list');
	if (source === 'list') {
		const list = listOf(node);
		return codesLeft?.[list] === 0 ? [{ level: 'problem', about, says: `The list "${list}" has no code left, so messages with a code wait.`, toDo: 'Load codes with the workflow 00-connect/discount-codes, or choose your shop under "Source".' }] : [];
	}
	return [
		...(credentials?.length === 0 ? [{ level: 'problem' as const, about, says: 'No credential is chosen, so no code can be made in the shop.', toDo: 'Choose or create one at the top of the node.' }] : []),
		...(system && system !== source ? [{ level: 'problem' as const, about, says: 'It makes codes in another shop system than the one that is connected, whose orders never use them.', toDo: 'Choose the connected shop under "Source", or a list of codes.' }] : []),
	];
}

/** Messages whose whole point is the code. */
const promising = ['cart-last-code', 'cart-reward', 'we-miss-you-code', 'birthday-unused', 'one-time-buyer-code'];

function promisesCode({ tone, message, builtInMessage, ...others }: Record<string, unknown>): boolean {
	if (message === 'builtIn') return promising.includes(String(builtInMessage));
	return tone === 'lastCode' || tone === 'reward' || /\{\{[^}]*\bdiscount(\.|Code)/.test(JSON.stringify(others));
}

/** @param hasCode whether a Discount Code node comes before it */
function checkMessage({ name, parameters, credentials }: CheckedNode, isJourney: boolean, hasCode: boolean): Finding[] {
	const findings: Finding[] = [];
	const problem = (says: string, toDo: string) => findings.push({ level: 'problem', about: name, says, toDo });
	const text = (field: string) => String(parameters[field] ?? '').trim();
	const options = (parameters.options ?? {}) as { campaignKey?: string };
	if (credentials?.length === 0 && text('channel') !== 'webhook') problem('No credential is chosen, so it cannot send.', 'Choose or create one at the top of the node.');
	if (['letter', 'custom'].includes(text('message')) && !text('subject')) problem('The message has no subject.', 'Fill in "Subject".');
	if (text('message') === 'custom' && !text('html')) problem('The message has no HTML.', 'Fill in "HTML".');
	if (promisesCode(parameters) && !hasCode && !text('discountCode')) findings.push({ level: 'advice', about: name, says: 'It is made for a discount code, but there is none.', toDo: 'Put a Discount Code node in front of it (output Issued), or fill in "Discount Code".' });
	if (!isJourney && !options.campaignKey?.trim()) problem('Items that come from no journey trigger need a campaign key.', 'Add "Campaign Key" under Options.');
	return findings;
}

/** Whether the message leads to the profile form: a built-in one that is about nothing else, or words of the operator's, unless they ask first whether there is one. */
function leadsToProfile({ message, builtInMessage: id, ...others }: Record<string, unknown>): boolean {
	if ((others.channel ?? 'email') === 'email' && message === 'builtIn' && builtInMessage(String(id))?.needs.includes('profile')) return true;
	const words = JSON.stringify(others);
	return /\{\{\{?\s*links\.profile\b/.test(words) && !/\{\{#if\s+links\.profile\b/.test(words);
}

/** A message that leads to the profile form, where none is served. */
function checkProfileForm({ name: about, parameters }: CheckedNode, { address, hasProfileForm }: CheckedShop): Finding[] {
	if (!leadsToProfile(parameters) || (address !== null && hasProfileForm)) return [];
	const lacks = address === null ? 'Message Webhook Trigger is not published' : 'the published Message Webhook Trigger has none';
	return [{ level: 'problem', about, says: `It leads to a profile form, but ${lacks}, so there is nothing to fill in.`, toDo: 'Add "Profile Questions" under "Forms" in the Message Webhook Trigger (it is there in 00-connect/message-tracking), and publish it with the same Shop ID.' }];
}

function checkShop({ settings, address, isDemo }: CheckedShop, isMarketing: boolean, sending: CheckedNode[]): Finding[] {
	const findings: Finding[] = [];
	const about = 'Shop settings';
	const mails = sending.filter(({ parameters }) => (parameters.channel ?? 'email') === 'email');
	const lacksSender = mails.filter(({ parameters }) => !parseMailbox(((parameters.options ?? {}) as { sender?: string }).sender?.trim() || settings.sender || ''));
	if (lacksSender.length > 0) findings.push({ level: 'problem', about, says: `No sender is set for ${lacksSender.map(({ name }) => `"${name}"`).join(', ')}.`, toDo: 'Fill in "Sender" in the Shop Webhook Trigger and publish it.' });
	if (isMarketing && mails.length > 0 && !settings.postalAddress.trim()) findings.push({ level: 'problem', about, says: 'There is no postal address, which marketing mail must have in most countries.', toDo: 'Fill in "Postal Address" in the Shop Webhook Trigger and publish it.' });
	if (!settings.url) findings.push({ level: 'advice', about, says: 'The shop’s address is not set, so links that need it are left out.', toDo: 'Fill in "Shop URL" in the Shop Webhook Trigger.' });
	if (isMarketing && address === null) findings.push({ level: 'problem', about: 'Message Webhook Trigger', says: 'It is not published: messages have no unsubscribe page, and nothing is known of opens and clicks.', toDo: 'Import and publish 00-connect/message-tracking.' });
	if (address !== null && !address.startsWith('https://') && !isDemo) findings.push({ level: 'problem', about: 'Message Webhook Trigger', says: `Its address ${address} is no https address that customers can reach.`, toDo: 'Set WEBHOOK_URL for n8n to its public https address and publish the workflow again.' });
	if (settings.sendingMode === 'paused') findings.push({ level: 'advice', about, says: 'Sending is paused: enrolments wait.', toDo: 'Set "Sending Mode" to Live when you are ready.' });
	if (settings.sendingMode === 'limited') findings.push({ level: 'advice', about, says: `Only these addresses get messages: ${settings.allowedRecipients.join(', ')}.`, toDo: 'Set "Sending Mode" to Live when you are ready.' });
	return findings;
}
