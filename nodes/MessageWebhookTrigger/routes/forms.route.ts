import { FormLimits } from '../../../lib/forms/limits';
import { answerForm, formParameters } from '../../../lib/forms/receive';
import type { Route } from './route';

const limits = new FormLimits();

/** The forms of the node, as pages and for forms.js: a GET shows one, a POST takes it. */
export const formsRoute: Route = {
	parameter: formParameters.form,
	async handle({ installation, shopId, method, query, body, headers, ip }) {
		const { store, record, settings } = installation.shop(shopId);
		const { linkSecret, clock } = installation;
		const { item, ...reply } = await answerForm(
			{ method, query, body, headers, ip },
			{ id: shopId, store, record, settings: await settings(), linkSecret, limits, machineNowMs: clock.machineNowMs(), journeyNowMs: clock.journeyNowMs() },
		);
		return { ...reply, ...(item && { events: [item] }) };
	},
};
