import type { IDataObject, INodeProperties } from 'n8n-workflow';

/** Which shop a node works for. One shop is the common case, so the default fits. */
export const shopField: INodeProperties = {
	displayName: 'Shop ID',
	name: 'shop',
	type: 'string',
	default: 'main',
	required: true,
	noDataExpression: true,
	description: 'Which shop this is, where one n8n serves several: the same in all workflows of a shop. With one shop, leave it as it is.',
};

/** The shop that an item belongs to: that of its journey, else the one the node names. */
export function shopIdOf(json: IDataObject, parameter: string): string {
	const { shop } = (json.journey ?? {}) as { shop?: unknown };
	return typeof shop === 'string' && shop ? shop : parameter.trim() || 'main';
}
