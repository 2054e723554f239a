import type { TaskHandler } from '../tasks/tasks';
import { firstLook } from './definitions';
import { restockTask } from './restock';
import { firstLookTask, sweep, sweepTask } from './segmentTasks';

/** What journeys leave to be done in batches, by the type of task. */
export const journeyTaskHandlers: Record<string, TaskHandler> = {
	restock: restockTask,
	[firstLook]: firstLookTask,
	[sweep]: sweepTask,
};
