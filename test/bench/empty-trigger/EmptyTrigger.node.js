/** Reads its credential and answers: what no webhook node with a secret can do without. */
class EmptyTrigger {
	description = {
		displayName: 'Empty Trigger',
		name: 'emptyTrigger',
		group: ['trigger'],
		// From version 2 on n8n evaluates no expression for each call; ours begins there for the same reason.
		version: 2,
		description: 'Reads its credential and answers',
		defaults: { name: 'Empty Trigger' },
		inputs: [],
		outputs: ['main'],
		credentials: [{ name: 'httpHeaderAuth', required: true }],
		webhooks: [
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'empty' },
			{ name: 'setup', httpMethod: 'GET', responseMode: 'onReceived', path: 'empty' },
		],
		properties: [],
	};

	webhookMethods = Object.fromEntries(['default', 'setup'].map((name) => [name, { checkExists: async () => false, create: async () => true, delete: async () => true }]));

	async webhook() {
		const { value } = await this.getCredentials('httpHeaderAuth');
		this.getResponseObject().status(200).json({ ok: value !== '' });
		return { noWebhookResponse: true };
	}
}

module.exports = { EmptyTrigger };
