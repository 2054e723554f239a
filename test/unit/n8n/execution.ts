import type { IExecuteFunctions, INode, INodeExecutionData, INodeProperties, INodeTypeDescription } from 'n8n-workflow';

export interface Execution {
	items?: Array<INodeExecutionData['json']>;
	/** What is filled in; a function gives it per item, as an expression does. */
	parameters: Record<string, unknown>;
	continueOnFail?: boolean;
	/** By type. */
	credentials?: Record<string, object>;
	/** What of the workflow around the node n8n would hold. */
	workflow?: object;
	/** Takes the banners over the output. */
	hints?: string[];
}

/**
 * As much of n8n's execution context as our actions use: parameters with the defaults of the fields that are shown, items,
 * and files. What is not among the fields is refused, as n8n does.
 */
export function fakeExecution({ properties, name }: INodeTypeDescription, { items = [{}], parameters, continueOnFail = false, credentials = {}, workflow, hints = [] }: Execution): IExecuteFunctions {
	const node = { id: 'node-1', name, type: name, typeVersion: 1, position: [0, 0], parameters } as unknown as INode;
	const valueOf = (field: string, itemIndex: number): unknown => {
		const given = parameters[field];
		if (given !== undefined) return typeof given === 'function' ? given(itemIndex) : given;
		return properties.filter((property) => property.name === field).find((property) => isShown(property, (other) => valueOf(other, itemIndex)))?.default;
	};
	const context = {
		getInputData: () => items.map((json) => ({ json })),
		getNode: () => node,
		continueOnFail: () => continueOnFail,
		getWorkflow: () => ({ id: 'workflow-1', name: 'My Journey', active: true }),
		async getCredentials(type: string) {
			if (!credentials[type]) throw new Error(`Node does not have any credentials set for "${type}"`);
			return credentials[type];
		},
		addExecutionHints: (...added: Array<{ message: string }>) => hints.push(...added.map(({ message }) => message)),
		workflow,
		getNodeParameter(field: string, itemIndex: number, fallback?: unknown) {
			if (!properties.some((property) => property.name === field)) throw new Error(`The node has no field "${field}"`);
			const value = valueOf(field, itemIndex) ?? fallback;
			if (value === undefined) throw new Error(`The field "${field}" is not shown for these parameters`);
			return value;
		},
		helpers: {
			prepareBinaryData: async (data: Buffer, fileName: string, mimeType: string) => ({ data: data.toString('base64'), fileName, mimeType }),
		},
	};
	return context as unknown as IExecuteFunctions;
}

function isShown({ displayOptions }: INodeProperties, valueOf: (field: string) => unknown): boolean {
	const { show = {}, hide = {} } = displayOptions ?? {};
	const matches = ([field, values]: [string, unknown]) => (values as unknown[]).includes(valueOf(field));
	return Object.entries(show).every(matches) && !Object.entries(hide).some(matches);
}
