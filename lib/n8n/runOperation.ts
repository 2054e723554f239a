import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { rethrow } from './errors';
import { getInstallation, type Installation } from './installation';
import { messageOf } from '../model/errors';

/** The installation, for a node that is about to work. @throws n8n's own errors: what is wrong with the configuration, and how to mend it */
export async function installationFor(context: IExecuteFunctions): Promise<Installation> {
	try {
		return await getInstallation();
	} catch (error) {
		rethrow(context.getNode(), error);
	}
}

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
		return [[{ json: { error: messageOf(error) }, pairedItem: { item: 0 } }]];
	}
}

/**
 * Does the work of a node with two outputs. Where it fails and the node goes on after a failure, all items come out on the second, with the error.
 * @throws n8n's own errors, unless the node goes on after a failure
 */
export async function runSplit(context: IExecuteFunctions, work: () => Promise<INodeExecutionData[][]>): Promise<INodeExecutionData[][]> {
	try {
		return await work();
	} catch (error) {
		if (!context.continueOnFail()) rethrow(context.getNode(), error);
		return [[], context.getInputData().map((_item, itemIndex) => ({ json: { error: messageOf(error) }, pairedItem: { item: itemIndex } }))];
	}
}
