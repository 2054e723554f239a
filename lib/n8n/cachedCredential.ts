import type { ICredentialDataDecryptedObject, IWebhookFunctions } from 'n8n-workflow';
import { secondMs } from '../model/clock';

/** How long what a credential says is trusted: reading it for each delivery would cost a fifth of the throughput. */
const lifeMs = 30 * secondMs;
/** More than there are webhook nodes. One address can be written in many ways, and strangers choose them. */
const most = 1_000;
const cached = new Map<string, { atMs: number; fields: ICredentialDataDecryptedObject }>();

/** The fields of the credential that is chosen on a webhook node, at most half a minute old; none where none is chosen: whoever checks by it refuses. */
export async function cachedCredential(context: IWebhookFunctions, type: string): Promise<ICredentialDataDecryptedObject> {
	// By its address, which n8n knows the node by: to hand out the node, n8n copies all of its settings.
	const { method, path } = context.getRequestObject();
	const key = `${context.getWorkflow().id} ${type} ${method} ${path}`;
	const known = cached.get(key);
	if (known && Date.now() - known.atMs < lifeMs) return known.fields;
	let fields: ICredentialDataDecryptedObject = {};
	try {
		fields = await context.getCredentials(type);
	} catch {
		// Nothing is chosen, which the check by it says in its own words.
	}
	if (cached.size >= most) cached.clear();
	cached.set(key, { atMs: Date.now(), fields });
	return fields;
}
