import { answerRoute } from './answer.route';
import { clickRoute } from './click.route';
import { confirmRoute } from './confirm.route';
import { formsRoute } from './forms.route';
import { openRoute } from './open.route';
import { preferencesRoute } from './preferences.route';
import { providersRoute } from './providers.route';
import { rateRoute } from './rate.route';
import type { Route } from './route';
import { surveyRoute } from './survey.route';
import { unsubscribeRoute } from './unsubscribe.route';
import { viewRoute } from './view.route';

const all = [openRoute, clickRoute, unsubscribeRoute, preferencesRoute, confirmRoute, answerRoute, rateRoute, surveyRoute, viewRoute, formsRoute, providersRoute];

/** What the address serves, by query parameter. */
export const routes: ReadonlyMap<string, Route> = new Map(all.map((route) => [route.parameter, route]));
