/**
 * What the demo adds to its copy of the templates: the credentials it made, and the settings of the demo shop. The
 * templates themselves hold neither.
 */
const fs = require('node:fs');
const path = require('node:path');
const { checkoutDir } = require('./paths');
const { LaunchError } = require('./launch-error');

const shopWebhookType = 'n8n-nodes-shop-journeys.shopWebhookTrigger';
const messageWebhookType = 'n8n-nodes-shop-journeys.messageWebhookTrigger';
const sendReminderType = 'n8n-nodes-shop-journeys.sendReminder';

const demoTemplates = [
	'00-connect/connect-demo-shop.json',
	'00-connect/message-tracking.json',
	'03-cart-reminder/abandoned-cart.json',
	'03-cart-reminder/abandoned-checkout.json',
];

const shopCredential = { id: 'sjDemoShopSecret', name: 'Demo shop' };
const smtpCredential = { id: 'sjDemoMailboxSmtp', name: 'Demo mailbox' };

/**
 * @typedef {{ id: string, name: string, type: string, webhookId?: string, parameters: Record<string, unknown>, credentials?: Record<string, { id: string, name: string }> }} Node
 * @typedef {{ id: string, name: string, nodes: Node[], connections: object }} Workflow
 */

/** @param {string[]} [files] below workflows-templates @returns {Workflow[]} */
function readTemplates(files = demoTemplates, folder = path.join(checkoutDir, 'workflows-templates')) {
	return files.map((file) => {
		const full = path.join(folder, file);
		if (!fs.existsSync(full)) throw new LaunchError(`The template workflows-templates/${file} is missing from this checkout.`);
		return JSON.parse(fs.readFileSync(full, 'utf8'));
	});
}

/** Parameters of the Shop Webhook Trigger, by the names of its fields. @param {{ shopUrl: string }} demo */
function demoShopParameters({ shopUrl }) {
	return {
		system: 'generic',
		shopName: 'Fern & Field',
		shopUrl,
		sender: 'Fern & Field <hello@fern-and-field.example>',
		postalAddress: 'Fern & Field Ltd\n12 Meadow Lane\nDublin D02 XY45',
		currency: 'EUR',
		locale: 'en-IE',
		timezone: 'Europe/Dublin',
		sendingMode: 'live',
		// The demo's visitor may try what happens without a tick in the box.
		consentPolicy: { softOptIn: true },
		// Who tries a second cart at once wants to see its mail, too.
		rest: { email: 0, sms: 0, push: 0 },
		moreSettings: { colour: '#1f6f54', replyTo: 'Anna <anna@fern-and-field.example>' },
	};
}

/** @param {Workflow} workflow @param {{ shopUrl: string }} demo @returns {Workflow} */
function wireForDemo(workflow, demo) {
	const nodes = workflow.nodes.map((node) => {
		if (node.type === shopWebhookType) {
			return { ...node, parameters: { ...node.parameters, ...demoShopParameters(demo) }, credentials: { ...node.credentials, shopJourneysShopApi: shopCredential } };
		}
		if (node.type === sendReminderType) return { ...node, credentials: { ...node.credentials, smtp: smtpCredential } };
		return node;
	});
	return { ...workflow, nodes };
}

/** @param {{ signingSecret: string, smtpPort: number }} demo @returns {import('./user-folder').Credential[]} */
function demoCredentials({ signingSecret, smtpPort }) {
	return [
		{ ...shopCredential, type: 'shopJourneysShopApi', data: { signingSecret } },
		{ ...smtpCredential, type: 'smtp', data: { host: '127.0.0.1', port: smtpPort, user: '', password: '', secure: false, disableStartTls: true } },
	];
}

/** The path that n8n gives to a node's webhook. @param {Workflow} workflow @param {Node} node @param {string} ownPath as in the node's description */
function webhookPath(workflow, node, ownPath) {
	return node.webhookId ? `${node.webhookId}/${ownPath}` : `${workflow.id}/${encodeURIComponent(node.name.toLowerCase())}/${ownPath}`;
}

/**
 * Production addresses of the demo's webhooks.
 * @param {Workflow[]} workflows
 * @param {string} n8nUrl
 * @returns {{ shop: string, messages: string }}
 */
function webhookUrls(workflows, n8nUrl) {
	const find = (type, ownPath) => {
		for (const workflow of workflows) {
			const node = workflow.nodes.find((candidate) => candidate.type === type);
			if (node) return `${n8nUrl}/webhook/${webhookPath(workflow, node, ownPath)}`;
		}
		throw new LaunchError(`No template of the demo has a node of the type ${type}.`);
	};
	return { shop: find(shopWebhookType, 'shop'), messages: find(messageWebhookType, 'messages') };
}

module.exports = { readTemplates, wireForDemo, demoCredentials, webhookUrls, demoTemplates };
