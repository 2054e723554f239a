import { checkJourney, listsOf, type CheckedNode, type CheckedShop, type CheckedWorkflow } from '../../../lib/n8n/checkJourney';
import { defaultSettings } from '../../../lib/model/settings';

const shop: CheckedShop = {
	settings: { ...defaultSettings, system: 'woocommerce', url: 'https://fern.example', sender: 'Fern <hello@fern.example>', postalAddress: '1 Lane' },
	address: 'https://n8n.fern.example/webhook/abc/messages',
	hasProfileForm: false,
	isDemo: false,
};
const trigger: CheckedNode = { name: 'Order Placed', type: 'shopEventTrigger', parameters: { events: ['order_placed'], schedule: { steps: [{ name: 'Thanks' }, {}] } }, isDisabled: false, credentials: [] };
const mail: CheckedNode = { name: 'Thanks', type: 'sendReminder', parameters: { message: 'letter', subject: 'Thank you' }, isDisabled: false, credentials: ['smtp'] };
const filter: CheckedNode = { name: 'Filter', type: 'segmentFilter', parameters: {}, isDisabled: false, credentials: [] };

const codes = (source?: string): CheckedNode => ({ name: 'Code', type: 'discountCode', parameters: source ? { source } : {}, isDisabled: false, credentials: ['some'] });

function workflow({ nodes = [trigger, filter, mail], wires = { 'Order Placed': [['Filter'], ['Thanks']], Filter: [['Thanks'], ['Filter']] } as Record<string, string[][]>, isPublished = true } = {}): CheckedWorkflow {
	return { nodes, behind: (name) => wires[name] ?? [], isPublished };
}
const says = (...found: Parameters<typeof checkJourney>) => checkJourney(...found).map(({ level, about, says: what }) => `${level}: ${about}: ${what}`);
const withSettings = (settings: Partial<CheckedShop['settings']>): CheckedShop => ({ ...shop, settings: { ...shop.settings, ...settings } });

it('finds nothing in a finished journey, loops in it included', () => {
	expect(says(workflow(), shop)).toEqual([]);
});

it.each<[string, CheckedWorkflow, CheckedShop, string]>([
	['no sender', workflow(), withSettings({ sender: undefined }), 'problem: Shop settings: No sender is set for "Thanks".'],
	['no postal address', workflow(), withSettings({ postalAddress: ' ' }), 'problem: Shop settings: There is no postal address, which marketing mail must have in most countries.'],
	['no public address', workflow(), { ...shop, address: null }, 'problem: Message Webhook Trigger: It is not published: messages have no unsubscribe page, and nothing is known of opens and clicks.'],
	['an address without https', workflow(), { ...shop, address: 'http://10.0.0.7/webhook/messages' }, 'problem: Message Webhook Trigger: Its address http://10.0.0.7/webhook/messages is no https address that customers can reach.'],
	['no shop', workflow(), withSettings({ system: undefined }), 'problem: Order Placed: No shop is connected, so nothing can start this journey.'],
	['an event the shop cannot supply', workflow({ nodes: [{ ...trigger, parameters: { ...trigger.parameters, events: ['order_held'] } }, filter, mail] }), shop, 'problem: Order Placed: The connected shop never tells of "Order Held for Goods".'],
	['a step that leads nowhere', workflow({ wires: { 'Order Placed': [['Filter'], []], Filter: [['Thanks']] } }), shop, 'problem: Order Placed, step 2: Nothing is connected to it.'],
	['a step without a message', workflow({ wires: { 'Order Placed': [['Filter'], ['Thanks']] } }), shop, 'advice: Order Placed, step 1 (Thanks): It has no message: no Send Reminder comes behind it.'],
	['a step whose message is switched off', workflow({ nodes: [trigger, filter, { ...mail, isDisabled: true }] }), shop, 'problem: Workflow: Nothing is sent: there is no Send Reminder.'],
	['no credential', workflow({ nodes: [trigger, filter, { ...mail, credentials: [] }] }), shop, 'problem: Thanks: No credential is chosen, so it cannot send.'],
	['no subject', workflow({ nodes: [trigger, filter, { ...mail, parameters: { message: 'letter' } }] }), shop, 'problem: Thanks: The message has no subject.'],
	['a code that is not there', workflow({ nodes: [trigger, filter, { ...mail, parameters: { message: 'cartReminder', tone: 'lastCode' } }] }), shop, 'advice: Thanks: It is made for a discount code, but there is none.'],
	['a code of its own words that is not there', workflow({ nodes: [trigger, filter, { ...mail, parameters: { ...mail.parameters, letterText: 'Use {{discount.code}}' } }] }), shop, 'advice: Thanks: It is made for a discount code, but there is none.'],
	['a list of codes that is empty', workflow({ nodes: [trigger, filter, mail, codes()] }), { ...shop, codesLeft: { main: 0 } }, 'problem: Code: The list "main" has no code left, so messages with a code wait.'],
	['codes of another shop', workflow({ nodes: [trigger, filter, mail, codes('shopify')] }), shop, 'problem: Code: It makes codes in another shop system than the one that is connected, whose orders never use them.'],
	['codes without a credential', workflow({ nodes: [trigger, filter, mail, { ...codes('woocommerce'), credentials: [] }] }), shop, 'problem: Code: No credential is chosen, so no code can be made in the shop.'],
	['a campaign without its key', workflow({ nodes: [mail] }), shop, 'problem: Thanks: Items that come from no journey trigger need a campaign key.'],
	['sending paused', workflow(), withSettings({ sendingMode: 'paused' }), 'advice: Shop settings: Sending is paused: enrolments wait.'],
	['not published', workflow({ isPublished: false }), shop, 'advice: Workflow: It is not published, so nobody enters it.'],
])('tells of %s, and how to mend it', (_what, checked, at, expected) => {
	expect(says(checked, at)).toContain(expected);
	for (const { toDo } of checkJourney(checked, at)) expect(toDo).not.toBe('');
});

it('names problems before advice', () => {
	const levels = checkJourney(workflow({ isPublished: false }), withSettings({ sender: '', sendingMode: 'paused' })).map(({ level }) => level);
	expect(levels).toEqual(['problem', 'advice', 'advice']);
});

it('asks a transactional journey for no postal address and no unsubscribe page', () => {
	const transactional = { ...trigger, parameters: { ...trigger.parameters, kind: 'transactional' } };
	expect(says(workflow({ nodes: [transactional, filter, mail] }), { ...withSettings({ postalAddress: '' }), address: null })).toEqual([]);
});

it('takes a code from a Discount Code node that comes before the message, by its first output only', () => {
	const promise = { ...mail, parameters: { message: 'builtIn', builtInMessage: 'we-miss-you-code' } };
	const wired = (outputs: string[][]) => workflow({ nodes: [trigger, filter, codes('woocommerce'), promise], wires: { 'Order Placed': [['Code'], ['Code']], Code: outputs, Filter: [['Thanks']] } });
	expect(says(wired([['Filter'], []]), shop)).toEqual([]);
	expect(says(wired([[], ['Filter']]), shop)).toEqual(['advice: Thanks: It is made for a discount code, but there is none.']);
	expect(listsOf(workflow({ nodes: [codes(), { ...codes(), isDisabled: true, parameters: { list: 'off' } }, { ...codes(), parameters: { list: ' vip ' } }, codes('shopify')] }))).toEqual(['main', 'vip']);
});

describe('the profile form', () => {
	const asking = (parameters: Record<string, unknown>) => workflow({ nodes: [trigger, filter, { ...mail, parameters }] });
	const builtIn = { message: 'builtIn', builtInMessage: 'complete-profile' };
	const letter = (letterText: string) => ({ message: 'letter', subject: 'Your birthday?', letterText });
	const none = 'problem: Thanks: It leads to a profile form, but the published Message Webhook Trigger has none, so there is nothing to fill in.';

	it.each<[string, Record<string, unknown>]>([
		['the built-in message', builtIn],
		['own words', letter('Tell us: {{links.profile}}')],
		['own words of a variant', { ...letter('Hello'), variants: { list: [{ name: 'A', text: '{{ links.profile }}' }] } }],
		['an SMS', { channel: 'sms', smsText: 'Your birthday? {{{links.profile}}}' }],
	])('is missed where %s leads to it, until one is published', (_what, parameters) => {
		expect(says(asking(parameters), shop)).toEqual([none]);
		expect(says(asking(parameters), { ...shop, hasProfileForm: true })).toEqual([]);
	});

	it('is missed while the Message Webhook Trigger that had it is off', () => {
		const transactional = { ...trigger, parameters: { ...trigger.parameters, kind: 'transactional' } };
		const checked = workflow({ nodes: [transactional, filter, { ...mail, parameters: builtIn }] });
		expect(says(checked, { ...shop, address: null, hasProfileForm: true })).toEqual(['problem: Thanks: It leads to a profile form, but Message Webhook Trigger is not published, so there is nothing to fill in.']);
	});

	it.each<[string, Record<string, unknown>]>([
		['another built-in message', { message: 'builtIn', builtInMessage: 'birthday' }],
		['words that ask first whether there is one', letter('Hello{{#if links.profile}}: {{links.profile}}{{/if}}')],
		['an SMS that stood on the built-in message before', { ...builtIn, channel: 'sms', smsText: 'Hello' }],
	])('is not missed for %s', (_what, parameters) => {
		expect(says(asking(parameters), shop)).toEqual([]);
	});
});
