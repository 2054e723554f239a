import { type IDataObject, type INode, type JsonObject, NodeApiError, NodeOperationError } from 'n8n-workflow';
import { isShopJourneysError, ShopJourneysError } from '../model/errors';

/** Our errors as n8n shows them: what happened as the message, how to mend it as the description. Others pass through. */
function toNodeError(node: INode, error: unknown, itemIndex?: number): Error {
	if (error instanceof NodeOperationError || error instanceof NodeApiError) return error;
	if (isShopJourneysError(error)) return new NodeOperationError(node, error.message, { description: error.hint, itemIndex });
	if (error instanceof Error) return new NodeOperationError(node, error, { itemIndex });
	return new NodeApiError(node, { message: String(error) } as JsonObject, { itemIndex });
}

/** Throws any error as n8n's own. */
export function rethrow(node: INode, error: unknown, itemIndex?: number): never {
	throw toNodeError(node, error, itemIndex);
}

/** What lib refuses says which item it was. */
export async function ofItem<R>(itemIndex: number, work: () => Promise<R>): Promise<R> {
	try {
		return await work();
	} catch (error) {
		if (!isShopJourneysError(error, 'PARAMETER_INVALID')) throw error;
		throw new ShopJourneysError(error.code, `Item ${itemIndex}: ${error.message}`, { hint: error.hint, cause: error });
	}
}

/** What a webhook answers for an error: never a stack, never a secret. */
export function httpAnswer(error: unknown): { status: number; body: IDataObject } {
	if (isShopJourneysError(error)) return { status: error.httpStatus, body: { ok: false, code: error.code, message: error.message, hint: error.hint } };
	return { status: 500, body: { ok: false, code: 'INTERNAL', message: 'Shop Journeys could not process this delivery' } };
}
