import { type IExecuteFunctions, type INodeProperties, UserError } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';
import { isLoopback, refuseRealPeopleInDemo } from './demo';

/** Where a provider's API is, if not at its usual address. */
export function apiAddressField(provider: string, placeholder: string): INodeProperties {
	return {
		displayName: 'API Address',
		name: 'apiAddress',
		type: 'string',
		noDataExpression: true,
		default: '',
		placeholder,
		description: `Where the API of ${provider} is, if not at its usual address. The key of the credential is sent there.`,
	};
}

/** @throws UserError when it is none, or would reach real people from a demo */
export function readApiAddress(context: IExecuteFunctions, installation: Installation, usual: string): string {
	const own = (context.getNodeParameter('apiAddress', 0, '') as string).trim();
	const address = own || usual;
	refuseRealPeopleInDemo(installation, checkedAddress(address, own !== '').hostname);
	return address.replace(/\/+$/, '');
}

/** https, or a server on this machine where the operator named one: a key never goes over the network in clear. */
function checkedAddress(address: string, isOwn: boolean): URL {
	const url = URL.canParse(address) ? new URL(address) : undefined;
	const isSafe = url?.protocol === 'https:' || (isOwn && url?.protocol === 'http:' && isLoopback(url.hostname));
	if (!url || !isSafe || url.username || url.search || url.hash) throw new UserError(`"API Address" has to begin with https:// and be an address like https://api.example.com, not "${address.replace(/\/\/[^/]*@/, '//')}"`);
	return url;
}

const defaultConnections = 5;

/** How many calls are under way at once. */
export function connectionsOf(context: IExecuteFunctions): number {
	const { connections } = context.getNodeParameter('options', 0, {}) as { connections?: number };
	return connections ?? defaultConnections;
}
