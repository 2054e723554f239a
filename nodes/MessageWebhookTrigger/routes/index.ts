import { answerRoute } from './answer.route';
import type { Route } from './route';
import { unsubscribeRoute } from './unsubscribe.route';

/** What the address serves, by query parameter. */
export const routes: ReadonlyMap<string, Route> = new Map([unsubscribeRoute, answerRoute].map((route) => [route.parameter, route]));
