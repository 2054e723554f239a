import type { IHookFunctions, ITriggerFunctions } from 'n8n-workflow';
import { secondMs } from '../model/clock';
import { isShopJourneysError, messageOf, withHint } from '../model/errors';
import { rethrow } from './errors';

type Context = IHookFunctions | ITriggerFunctions;

const retryMs = 5 * secondMs;
/** What still waits for the store, by node. */
const waiting = new Map<string, NodeJS.Timeout>();

/**
 * Does what switching a trigger on needs from the store. n8n never again tries a trigger that failed while n8n was
 * starting: it would stay off, restarts and all, until a person publishes it anew. So at a restart a store that is
 * not there yet is waited for; a person who publishes is told at once.
 */
export async function nowOrLater(context: Context, work: () => Promise<void>): Promise<void> {
	cancelLater(context);
	try {
		await work();
	} catch (error) {
		if (!mayWait(context, error)) rethrow(context.getNode(), error);
		context.logger.error(`${context.getNode().name}: ${describe(error)} It is tried again every ${retryMs / secondMs} seconds.`);
		tryLater(nodeKey(context), work);
	}
}

/** Switched off: forgets what still waits. */
export function cancelLater(context: Context): void {
	const key = nodeKey(context);
	clearTimeout(waiting.get(key));
	waiting.delete(key);
}

function tryLater(key: string, work: () => Promise<void>): void {
	const timer = setTimeout(() => {
		work().then(
			() => waiting.get(key) === timer && waiting.delete(key),
			() => waiting.get(key) === timer && tryLater(key, work),
		);
	}, retryMs).unref();
	waiting.set(key, timer);
}

function nodeKey(context: Context): string {
	// A test in the editor has an address of its own, and leaves what the published trigger waits for alone.
	const address = 'getNodeWebhookUrl' in context ? context.getNodeWebhookUrl('default') : '';
	return `${context.getWorkflow().id}/${context.getNode().id}/${address}`;
}

function mayWait(context: Context, error: unknown): boolean {
	const isRestart = ['init', 'leadershipChange'].includes(context.getActivationMode());
	return isRestart && isShopJourneysError(error, 'STORE_UNAVAILABLE', 'STORE_BUSY', 'CONFIG_INVALID');
}

function describe(error: unknown): string {
	if (isShopJourneysError(error)) return withHint(error);
	return messageOf(error);
}
