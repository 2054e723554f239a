const { readTemplates, wireForDemo, demoCredentials, webhookUrls } = require('../../../scripts/lib/demo-wiring');

interface Node {
	id: string;
	name: string;
	type: string;
	webhookId?: string;
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string; name: string }>;
}
interface Workflow {
	id: string;
	name: string;
	nodes: Node[];
	connections: object;
}

const shopUrl = 'http://127.0.0.1:8080';
const templates = readTemplates() as Workflow[];
const wired = templates.map((workflow) => wireForDemo(workflow, { shopUrl }) as Workflow);
const credentials = demoCredentials({ signingSecret: 'whsec_c2VjcmV0', smtpPort: 1025 }) as Array<{ id: string; name: string; type: string; data: Record<string, unknown> }>;
const nodesOf = (workflows: Workflow[], type: string) => workflows.flatMap(({ nodes }) => nodes).filter((node) => node.type === `n8n-nodes-shop-journeys.${type}`);

describe('what the demo adds to the templates', () => {
	it('finds each of them, with an id of its own', () => {
		expect(templates).toHaveLength(4);
		expect(new Set(templates.map(({ id }) => id)).size).toBe(4);
	});

	it('gives the nodes credentials that it imports too, of the type asked for', () => {
		const used = wired.flatMap(({ nodes }) => nodes).flatMap((node) => Object.entries(node.credentials ?? {}));
		expect(used.length).toBeGreaterThan(2);
		for (const [type, { id, name }] of used) expect(credentials).toContainEqual(expect.objectContaining({ id, name, type }));
	});

	it('leaves no node without the credential it needs', () => {
		for (const node of nodesOf(wired, 'shopWebhookTrigger')) expect(Object.keys(node.credentials ?? {})).toEqual(['shopJourneysShopApi']);
		for (const node of nodesOf(wired, 'sendReminder')) expect(Object.keys(node.credentials ?? {})).toEqual(['smtp']);
	});

	it('sets only parameters that the template has', () => {
		const [before] = nodesOf(templates, 'shopWebhookTrigger');
		const [after] = nodesOf(wired, 'shopWebhookTrigger');
		expect(Object.keys(after.parameters).sort()).toEqual(Object.keys(before.parameters).sort());
		expect(after.parameters).toMatchObject({ shop: 'main', shopUrl, currency: 'EUR' });
	});

	it('leaves the templates as they are, and everything else about them', () => {
		expect(templates).toEqual(readTemplates());
		expect(nodesOf(templates, 'sendReminder').every(({ credentials: own }) => own === undefined)).toBe(true);
		expect(wired.map(({ connections }) => connections)).toEqual(templates.map(({ connections }) => connections));
	});

	it('sends mail to the mailbox on this machine, without encryption and sign-in', () => {
		expect(credentials.find(({ type }) => type === 'smtp')?.data).toEqual({ host: '127.0.0.1', port: 1025, user: '', password: '', secure: false, disableStartTls: true });
	});

	it('knows the production addresses', () => {
		const [trigger] = nodesOf(templates, 'shopWebhookTrigger');
		const urls = webhookUrls(templates, 'http://127.0.0.1:5678');
		expect(urls.shop).toBe(`http://127.0.0.1:5678/webhook/${trigger.webhookId}/shop`);
		expect(urls.messages).toMatch(/^http:\/\/127\.0\.0\.1:5678\/webhook\/[^/]+\/messages$/);
	});

	it('falls back to the path n8n makes for a node without a webhook id', () => {
		const workflow = { id: 'wf', name: 'W', connections: {}, nodes: ['shopWebhookTrigger', 'messageWebhookTrigger'].map((type) => ({ id: type, name: 'My Node', type: `n8n-nodes-shop-journeys.${type}`, parameters: {} })) };
		expect(webhookUrls([workflow], 'http://h').shop).toBe('http://h/webhook/wf/my%20node/shop');
	});
});
