import type { IConnections, IExecuteFunctions, INodes } from 'n8n-workflow';
import type { CheckedWorkflow } from './checkJourney';

/** What n8n keeps behind a node's context. Not part of its published types, so each field is taken only if it is there. */
interface HiddenWorkflow {
	workflow?: { nodes?: INodes; connectionsBySourceNode?: IConnections };
}

/**
 * The workflow around a node as plain data. n8n offers a node the names of its neighbours but not which output leads where;
 * that is read from the workflow that its context holds.
 * @returns null where n8n does not let it be seen
 */
export function workflowAround(context: IExecuteFunctions): CheckedWorkflow | null {
	const { workflow } = context as unknown as HiddenWorkflow;
	if (!workflow?.nodes || !workflow.connectionsBySourceNode) return null;
	const { nodes, connectionsBySourceNode } = workflow;
	return {
		nodes: Object.values(nodes).map(({ name, type, parameters, disabled, credentials }) => ({
			name,
			type: type.slice(type.lastIndexOf('.') + 1),
			parameters,
			isDisabled: disabled === true,
			credentials: Object.keys(credentials ?? {}),
		})),
		behind: (name) => (connectionsBySourceNode[name]?.main ?? []).map((targets) => (targets ?? []).map(({ node }) => node)),
		isPublished: context.getWorkflow().active,
	};
}
