import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../../workflows-templates');
export const packageName = 'n8n-nodes-shop-journeys';

export interface TemplateNode {
	id: string;
	name: string;
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
	credentials?: unknown;
	webhookId?: string;
	position: [number, number];
}

export interface Template {
	id: string;
	name: string;
	active: boolean;
	nodes: TemplateNode[];
	connections: Record<string, { main: Array<Array<{ node: string; type: string; index: number }>> }>;
	settings: Record<string, unknown>;
}

/** Every shipped workflow, by its path. */
export const templates = readdirSync(root)
	.filter((chapter) => statSync(path.join(root, chapter)).isDirectory())
	.flatMap((chapter) => readdirSync(path.join(root, chapter)).filter((file) => file.endsWith('.json')).map((file) => `${chapter}/${file}`))
	.map((file) => ({ file, template: JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Template }));

/** What a node is called without the package. */
export const kindOf = ({ type }: TemplateNode) => type.replace(`${packageName}.`, '');

const journeyTriggers = ['cartAbandonedTrigger', 'shopEventTrigger', 'segmentTrigger'];

/** The journey triggers of all templates. */
export const triggers = templates.flatMap(({ file, template }) => template.nodes.filter((node) => journeyTriggers.includes(kindOf(node))).map((node) => ({ file, template, node, name: `${file}: ${node.name}` })));

/** What begins campaigns: workflows that list customers at a time of the calendar. */
const schedules = templates.flatMap(({ file, template }) => template.nodes.filter(({ type }) => type === 'n8n-nodes-base.scheduleTrigger').map((node) => ({ file, template, node: { ...node, parameters: { ...node.parameters, kind: 'marketing' } } })));

/** Every Send Reminder of the templates that a journey trigger or a schedule leads to, with that trigger. */
export const messages = [...triggers, ...schedules].flatMap(({ file, template, node: trigger }) => reachable(template, trigger.name).filter((node) => kindOf(node) === 'sendReminder').map((node) => ({ file, trigger, node, name: `${file}: ${node.name}` })));

function reachable(template: Template, from: string, seen = new Set<string>()): TemplateNode[] {
	const next = (template.connections[from]?.main ?? []).flat().map(({ node }) => node).filter((name) => !seen.has(name));
	for (const name of next) seen.add(name);
	return next.flatMap((name) => [...template.nodes.filter((node) => node.name === name), ...reachable(template, name, seen)]);
}
