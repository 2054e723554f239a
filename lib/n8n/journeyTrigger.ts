import type { IDataObject, INodeExecutionData, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { checkSupply, type DefinitionSettings, type JourneyParameters } from './definition';
import { rethrow } from './errors';
import { getInstallation } from './installation';
import { JourneyRunner } from './journeyRunner';
import { cancelLater, nowOrLater } from './nowOrLater';
import { sampleItem } from './sample';

/** What `trigger()` of every journey trigger does; they differ in how their parameters are read. */
export async function runJourneyTrigger(context: ITriggerFunctions, readParameters: (context: ITriggerFunctions, settings: DefinitionSettings) => JourneyParameters): Promise<ITriggerResponse> {
	try {
		const shopId = context.getNodeParameter('shop') as string;

		if (context.getMode() === 'manual') {
			const installation = await getInstallation();
			const parameters = readParameters(context, await installation.shop(shopId).settings());
			const manualTriggerFunction = async () => {
				const { item, output } = await sampleItem(installation, installation.shop(shopId), parameters);
				const outputs: INodeExecutionData[][] = Array.from({ length: output + 1 }, () => []);
				outputs[output].push({ json: item as unknown as IDataObject });
				context.emit(outputs);
			};
			return { manualTriggerFunction };
		}

		const batchSize = context.getNodeParameter('batchSize') as number;
		let runner: JourneyRunner | null = null;
		let isClosed = false;
		await nowOrLater(context, async () => {
			const installation = await getInstallation();
			void installation.tellWarnings((warning) => context.logger.warn(`Shop Journeys: ${warning}`));
			const shop = installation.shop(shopId);
			const settings = await shop.settings();
			const parameters = readParameters(context, settings);
			// n8n never again tries a trigger that failed at a restart, and the shop may only just be changing.
			if (context.getActivationMode() !== 'init') checkSupply(parameters, settings.system);
			const starting = new JourneyRunner(context, installation, shop, batchSize);
			await starting.start(parameters);
			runner = starting;
			if (isClosed) runner.close();
		});
		return {
			closeFunction: async () => {
				isClosed = true;
				cancelLater(context);
				runner?.close();
			},
		};
	} catch (error) {
		rethrow(context.getNode(), error);
	}
}
