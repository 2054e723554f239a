import type { ICredentialDataDecryptedObject, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { createResendChannel } from '../../../lib/messages/channels/resend';
import { mailApiProvider } from './mailApi';

const usualAddress = 'https://api.resend.com';

export const resend = mailApiProvider({
	id: 'resend',
	name: 'Resend',
	credential: 'shopJourneysResendApi',
	testedBy: 'resendKey',
	secretFields: ['apiKey'],
	addressOf: () => usualAddress,
	addressPlaceholder: 'e.g. https://resend-proxy.example.com',
	channel: createResendChannel,
});

/** Whether Resend knows the key. One that may only send, which is all that is needed, is refused the list of domains under a name of its own. */
export async function testResend({ helpers }: ICredentialTestFunctions, data: ICredentialDataDecryptedObject | undefined): Promise<INodeCredentialTestResult> {
	let answer: { statusCode?: number; body?: { name?: unknown } | string };
	try {
		const headers = { Authorization: `Bearer ${String(data?.apiKey ?? '')}` };
		answer = (await helpers.request({ method: 'GET', uri: `${usualAddress}/domains`, headers, json: true, simple: false, resolveWithFullResponse: true })) as typeof answer;
	} catch {
		// Without the error, which may hold the request.
		return { status: 'Error', message: 'Resend could not be reached' };
	}
	const name = typeof answer.body === 'object' ? answer.body?.name : undefined;
	if (answer.statusCode === 200) return { status: 'OK', message: 'Resend knows this key' };
	if (name === 'restricted_api_key') return { status: 'OK', message: 'Resend knows this key; it may send, which is all it needs' };
	return { status: 'Error', message: `Resend does not take this key (status ${answer.statusCode ?? 'unknown'})` };
}
