import type { TaskHandler } from '../tasks/tasks';
import { eraseTask } from './erasure';
import { mergeTask } from './merge';
import { restocksTask } from './restock';

/** What the recorder leaves to be done in batches, by the type of task. */
export const recordTaskHandlers: Record<string, TaskHandler> = {
	merge: mergeTask,
	erase: eraseTask,
	restocks: restocksTask,
};
