import type { TaskHandler } from '../tasks/tasks';
import { restockTask } from './restock';

/** What journeys leave to be done in batches, by the type of task. */
export const journeyTaskHandlers: Record<string, TaskHandler> = {
	restock: restockTask,
};
