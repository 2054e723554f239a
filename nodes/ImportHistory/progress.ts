import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { everyFewSeconds } from '../../lib/shops/history';
import type { ImportOptions, ImportRecord } from '../../lib/shops/imports';

/** What an import works with inside n8n: progress goes to the log, and Stop in the editor ends it after the page under way. */
export function importOptions(context: IExecuteFunctions, { clock }: Installation, { store, record }: ShopHandle, startOver: boolean): ImportOptions {
	const log = everyFewSeconds(clock.machineNowMs, (text) => context.logger.info(text));
	const cancelled = context.getExecutionCancelSignal?.();
	return {
		store,
		clock,
		record,
		startOver,
		isStopped: () => cancelled?.aborted ?? false,
		onPage: ({ source, kind, counts, total }) => log(() => `${context.getNode().name}: ${counts.found}${total === undefined ? '' : ` of ${total}`} ${kind} from ${source}, ${counts.recorded} of them new`),
	};
}

/** An import as an item shows it. */
export function importItem({ source, kind, state, counts, total, refused, failure, startedAtMs, finishedAtMs, updatedAtMs }: ImportRecord): IDataObject {
	return {
		kind,
		source,
		state,
		...counts,
		...(total !== undefined && { total }),
		...(failure !== undefined && { failure }),
		startedAt: new Date(startedAtMs).toISOString(),
		lastProgressAt: new Date(updatedAtMs).toISOString(),
		finishedAt: finishedAtMs === undefined ? null : new Date(finishedAtMs).toISOString(),
		refusedRows: refused as unknown as IDataObject[],
	};
}
