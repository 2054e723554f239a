import type { INodeProperties } from 'n8n-workflow';

/** Options of every channel. */
export const optionFields: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Campaign Key',
			name: 'campaignKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. summer-sale-2026',
			description: 'Needed for items that come from no journey trigger: nobody gets the same campaign twice, however often the workflow runs',
		},
		{
			displayName: 'Connections',
			name: 'connections',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 50 },
			default: 5,
			description: 'How many messages are handed to the provider at once',
		},
		{
			displayName: 'Experiment Name',
			name: 'experiment',
			type: 'string',
			default: '',
			placeholder: 'e.g. first-reminder-2026',
			description: 'With variants: nodes with the same name give a customer the same variant. Empty: this node has an experiment of its own.',
		},
		{
			displayName: 'If a Delivery Is Uncertain',
			name: 'uncertain',
			type: 'options',
			options: [
				{ name: 'Do Not Send Again', value: 'never_twice', description: 'Nobody gets a message twice; a crash may lose one' },
				{ name: 'Send Again', value: 'never_lost', description: 'No message is lost; after a crash one may arrive twice' },
			],
			default: 'never_twice',
			description: 'What to do when n8n crashed, or the connection broke, just when a message was handed over',
		},
		{
			displayName: 'Kind Outside a Journey',
			name: 'kind',
			type: 'options',
			options: [
				{ name: 'Marketing', value: 'marketing' },
				{ name: 'Transactional', value: 'transactional' },
			],
			default: 'marketing',
			description: 'For items that come from no journey trigger. Marketing needs consent.',
		},
		{
			displayName: 'Link to Web View',
			name: 'webView',
			type: 'boolean',
			default: true,
			description: 'Whether the head of the mail has a link to the same mail as a page in the browser. Off unless added here. Needs Message Webhook Trigger.',
		},
		{ displayName: 'Reply To', name: 'replyTo', type: 'string', default: '', placeholder: 'e.g. anna@shop.example.com', description: 'Instead of the one in the shop settings' },
		{ displayName: 'Sender', name: 'sender', type: 'string', default: '', placeholder: 'e.g. Anna’s Tea House <hello@shop.example.com>', description: 'Instead of the one in the shop settings' },
		{ displayName: 'Shop ID', name: 'shop', type: 'string', default: 'main', description: 'For items that come from no journey trigger: which shop sends, where one n8n serves several' },
		{
			displayName: 'Topic',
			name: 'topic',
			type: 'string',
			default: '',
			placeholder: 'e.g. new-arrivals',
			description: 'ID of one of the topics in the shop settings. Marketing then reaches only customers who chose it on the preference page, or who chose nothing there yet.',
		},
		{
			displayName: 'Track Opens and Clicks',
			name: 'track',
			type: 'boolean',
			default: true,
			description: 'Whether it is counted who opens the message and what is clicked in it. Unless added here: with marketing yes, with messages about a purchase no. Needs Message Webhook Trigger.',
		},
	],
};
