import { type IExecuteFunctions, type INodeProperties, UserError } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';
import { refuseRealPeopleInDemo } from './demo';

/** Where a provider's API is: its own address, unless somebody tries things out with another server. */
export function apiAddressField(name: string, address: string): INodeProperties {
	return {
		displayName: 'API Address',
		name,
		type: 'string',
		noDataExpression: true,
		default: address,
		description: 'Only for trying out with a server that stands in for the provider’s',
	};
}

/** @throws UserError when it is none, or would reach real people from a demo */
export function readApiAddress(context: IExecuteFunctions, installation: Installation, name: string, address: string): string {
	const value = (context.getNodeParameter(name, 0, address) as string).trim() || address;
	const url = URL.canParse(value) ? new URL(value) : null;
	if (!url || !/^https?:$/.test(url.protocol)) throw new UserError(`"API Address" is "${value}", which is no web address`, { description: `Write it with https:// in front, e.g. ${address}.` });
	refuseRealPeopleInDemo(installation, url.hostname);
	return value;
}

const defaultConnections = 5;

/** How many calls are under way at once. */
export function connectionsOf(context: IExecuteFunctions): number {
	const { connections } = context.getNodeParameter('options', 0, {}) as { connections?: number };
	return connections ?? defaultConnections;
}
