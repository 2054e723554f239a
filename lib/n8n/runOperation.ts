import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { rethrow } from './errors';
import type { Installation } from './installation';

/** One operation of a node that works on all its items at once. */
export interface WholeOperation {
	execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[]>;
}

/** Runs the operation that the node's "Operation" names. @throws n8n's own errors, unless the node goes on after a failure */
export async function runOperation(context: IExecuteFunctions, installation: Installation, operations: Record<string, WholeOperation>): Promise<INodeExecutionData[][]> {
	try {
		return [await operations[context.getNodeParameter('operation', 0) as string].execute(context, installation)];
	} catch (error) {
		if (!context.continueOnFail()) rethrow(context.getNode(), error);
		return [[{ json: { error: error instanceof Error ? error.message : String(error) }, pairedItem: { item: 0 } }]];
	}
}
