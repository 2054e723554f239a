/** The workflows that are measured, and what an operator fills in. */
const fs = require('node:fs');
const path = require('node:path');
const { checkoutDir, packageName } = require('../../../scripts/lib/paths');

const signingSecret = 'bench-signing-secret-0123456789';

const credentials = {
	shop: { id: 'benchShop', name: 'Shop', type: 'shopJourneysShopApi', data: { signingSecret } },
	header: { id: 'benchHeader', name: 'Header', type: 'httpHeaderAuth', data: { name: 'x-secret', value: 'bench' } },
	/** @param {number} port */
	smtp: (port) => ({ id: 'benchSmtp', name: 'Mail', type: 'smtp', data: { user: '', password: '', host: '127.0.0.1', port, secure: false, disableStartTls: true, hostName: '' } }),
};

/** A shipped template. @param {string} file */
function template(file) {
	return JSON.parse(fs.readFileSync(path.join(checkoutDir, 'workflows-templates', file), 'utf8'));
}

/** @param {{ nodes: Array<{ type: string }> }} workflow @param {string} type */
const nodesOf = (workflow, type) => workflow.nodes.filter((node) => node.type === `${packageName}.${type}`);

/** The shop that sends signed events. */
function connectedShop() {
	const workflow = template('00-connect/connect-demo-shop.json');
	const [trigger] = nodesOf(workflow, 'shopWebhookTrigger');
	Object.assign(trigger.parameters, {
		shopName: 'Anna’s Tea House',
		shopUrl: 'https://tea.example',
		sender: 'Anna’s Tea House <hello@tea.example>',
		postalAddress: '12 High Street\n1010 Vienna',
		currency: 'EUR',
	});
	trigger.credentials = { shopJourneysShopApi: { id: credentials.shop.id, name: credentials.shop.name } };
	return { workflow, path: `/webhook/${trigger.webhookId}/shop` };
}

/** The abandoned-cart journey. @param {Record<string, unknown>} [trigger] parameters to change */
function abandonedCart(trigger = {}) {
	const workflow = template('03-cart-reminder/abandoned-cart.json');
	Object.assign(nodesOf(workflow, 'cartAbandonedTrigger')[0].parameters, trigger);
	for (const node of nodesOf(workflow, 'sendReminder')) node.credentials = { smtp: { id: 'benchSmtp', name: 'Mail' } };
	return workflow;
}

/** The links in messages. */
function messageLinks() {
	const workflow = template('00-connect/message-tracking.json');
	const [trigger] = nodesOf(workflow, 'messageWebhookTrigger');
	return { workflow, path: `/webhook/${trigger.webhookId}/messages` };
}

/**
 * A chain of nodes, each connected to the next.
 * @param {string} id
 * @param {Array<Record<string, unknown> & { name: string }>} nodes
 */
function chain(id, nodes) {
	return {
		id,
		name: id,
		nodes: nodes.map((node, index) => ({ id: `${id}-${index}`, position: [index * 220, 0], ...node })),
		connections: Object.fromEntries(nodes.slice(1).map((node, index) => [nodes[index].name, { main: [[{ node: node.name, type: 'main', index: 0 }]] }])),
		settings: { executionOrder: 'v1' },
		active: false,
		pinData: {},
		tags: [],
	};
}

/** @param {string} webhookPath */
const webhookNode = (webhookPath) => ({ name: 'Webhook', type: 'n8n-nodes-base.webhook', typeVersion: 2.1, webhookId: 'benchWebhook', parameters: { httpMethod: 'POST', path: webhookPath, options: {} } });

/** n8n's own Webhook node, which answers at once, and a node that does nothing. */
function stockWebhook() {
	return { workflow: chain('benchStockWebhook', [webhookNode('bench'), { name: 'No Operation', type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} }]), path: '/webhook/bench' };
}

function emptyTrigger() {
	const webhookId = 'benchEmptyTrigger';
	const node = { name: 'Empty Trigger', type: 'n8n-nodes-bench-empty.emptyTrigger', typeVersion: 2, webhookId, parameters: {}, credentials: { httpHeaderAuth: { id: credentials.header.id, name: credentials.header.name } } };
	return { workflow: chain('benchEmptyTrigger', [node]), path: `/webhook/${webhookId}/empty` };
}

/**
 * n8n's own Send Email node, one mail for each item that comes in.
 * @param {{ to: string, subject: string, html: string, text: string }} message with n8n expressions
 */
function stockSendEmail({ to, subject, html, text }) {
	const workflow = chain('benchStockSendEmail', [
		webhookNode('bench-mail'),
		{ name: 'Split Out', type: 'n8n-nodes-base.splitOut', typeVersion: 1, parameters: { fieldToSplitOut: 'body.items', options: {} } },
		{
			name: 'Send Email',
			type: 'n8n-nodes-base.emailSend',
			typeVersion: 2.1,
			parameters: { fromEmail: 'Anna’s Tea House <hello@tea.example>', toEmail: to, subject, emailFormat: 'both', text, html, options: { appendAttribution: false } },
			credentials: { smtp: { id: 'benchSmtp', name: 'Mail' } },
		},
	]);
	return { workflow, path: '/webhook/bench-mail' };
}

/** @param {string} name @param {Record<string, unknown>} filter the node between the items and the report */
function decisionWorkflow(name, filter) {
	const webhook = { ...webhookNode(`bench-${name}`), webhookId: `bench-${name}` };
	webhook.parameters = { ...webhook.parameters, responseMode: 'lastNode' };
	const workflow = chain(`benchDecide-${name}`, [webhook, { name: 'Items', type: 'n8n-nodes-bench-decisions.benchItems', typeVersion: 1, parameters: {} }, { name: 'Filter', ...filter }, { name: 'Report', type: 'n8n-nodes-bench-decisions.benchReport', typeVersion: 1, parameters: {} }]);
	// A hundred thousand items are no part of what is measured, and would fill the disk.
	Object.assign(workflow.settings, { saveDataSuccessExecution: 'none' });
	return { workflow, path: `/webhook/bench-${name}` };
}

/** n8n's own Filter node with three conditions on what a journey's items carry. */
function stockFilter() {
	const condition = (id, leftValue, rightValue, operator) => ({ id, leftValue, rightValue, operator });
	return decisionWorkflow('stock-filter', {
		type: 'n8n-nodes-base.filter',
		typeVersion: 2.2,
		parameters: {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				conditions: [
					condition('1', '={{ $json.customer.country }}', 'AT', { type: 'string', operation: 'equals' }),
					condition('2', '={{ $json.customer.orders.count }}', 2, { type: 'number', operation: 'gte' }),
					condition('3', '={{ $json.customer.consent.email }}', 'subscribed', { type: 'string', operation: 'equals' }),
				],
				combinator: 'and',
			},
			options: {},
		},
	});
}

/** Segment Filter with the same three conditions. @param {string} name @param {boolean} useItems */
function segmentFilter(name, useItems) {
	const fact = [
		{ field: 'country', textOperator: 'is', text: 'AT' },
		{ field: 'orders.count', numberOperator: 'at_least', number: 2 },
		{ field: 'consent.email', choiceOperator: 'one_of', consentStatus: ['subscribed'] },
	];
	return decisionWorkflow(name, { type: `${packageName}.segmentFilter`, typeVersion: 1, parameters: { operation: 'filter', conditions: { groups: [{ match: 'all', conditions: { fact } }] }, useItems } });
}

module.exports = { segmentFilter, stockFilter, credentials, signingSecret, connectedShop, messageLinks, abandonedCart, stockWebhook, emptyTrigger, stockSendEmail };
