import type { Workflow } from './installation';

const { testOwner } = require('../../scripts/lib/user-folder');
const { signIn } = require('../../scripts/lib/rest');

export interface Credential {
	id: string;
	name: string;
	type: string;
	data: Record<string, unknown>;
}

/** What the owner does in the editor, over the same REST API that the editor uses. */
export class Owner {
	private constructor(private readonly call: (method: string, path: string, body?: unknown) => Promise<unknown>) {}

	static async signIn(url: string): Promise<Owner> {
		return new Owner(await signIn(url, testOwner));
	}

	/** n8n chooses the id, which is returned. */
	async createCredential({ name, type, data }: Credential): Promise<string> {
		return ((await this.call('POST', '/credentials', { name, type, data })) as { id: string }).id;
	}

	async deleteCredential(id: string): Promise<void> {
		await this.call('DELETE', `/credentials/${id}`);
	}

	async createWorkflow({ id, name, nodes, connections, settings }: Workflow): Promise<void> {
		await this.call('POST', '/workflows', { id, name, nodes, connections, settings });
	}

	/** Saves other nodes as a new draft. */
	async changeWorkflow(id: string, change: (workflow: Workflow) => Partial<Workflow>): Promise<void> {
		const before = await this.workflow(id);
		await this.call('PATCH', `/workflows/${id}`, { versionId: before.versionId, ...change(before) });
	}

	async publish(id: string): Promise<void> {
		const { versionId } = await this.workflow(id);
		await this.call('POST', `/workflows/${id}/activate`, { versionId });
	}

	async unpublish(id: string): Promise<void> {
		await this.call('POST', `/workflows/${id}/deactivate`, {});
	}

	/** Presses Execute in the editor: runs the draft from a trigger. Returns the execution's id. */
	async run(id: string, triggerNode: string): Promise<number> {
		const { executionId } = (await this.call('POST', `/workflows/${id}/run`, { triggerToStartFrom: { name: triggerNode } })) as { executionId: string };
		return Number(executionId);
	}

	/** What left a node in an execution, by output. */
	async outputsOf(executionId: number, node: string): Promise<Array<Array<Record<string, unknown>>>> {
		const execution = (await this.call('GET', `/executions/${executionId}`)) as { data: string };
		const data = unflatten(execution.data) as { resultData: { runData: Record<string, Array<{ data?: { main: Array<Array<{ json: Record<string, unknown> }> | null> } }>> } };
		return (data.resultData.runData[node]?.[0]?.data?.main ?? []).map((items) => (items ?? []).map(({ json }) => json));
	}

	private workflow(id: string): Promise<Workflow & { versionId: string }> {
		return this.call('GET', `/workflows/${id}`) as Promise<Workflow & { versionId: string }>;
	}
}

/** n8n stores executions with `flatted`: a list in which each text inside an object or list is the position of its value. */
function unflatten(text: string): unknown {
	const flat = JSON.parse(text) as unknown[];
	const found = new Map<number, unknown>();
	const at = (position: number): unknown => {
		const value = flat[position];
		if (typeof value !== 'object' || value === null) return value;
		if (found.has(position)) return found.get(position);
		const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
		found.set(position, copy);
		for (const [key, part] of Object.entries(value)) (copy as Record<string, unknown>)[key] = typeof part === 'string' ? at(Number(part)) : part;
		return copy;
	};
	return at(0);
}
