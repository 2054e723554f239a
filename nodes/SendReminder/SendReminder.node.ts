import { type IExecuteFunctions, type INodeExecutionData, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { rethrow } from '../../lib/n8n/errors';
import { emailFields } from './emailFields';
import { send } from './operations/send.operation';
import { optionFields } from './optionFields';
import { channelFields, credentials } from './providers';

/** One message per item, behind all guard rails. What cannot leave comes out on Not Sent with its reason. */
export class SendReminder implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Send Reminder',
		name: 'sendReminder',
		icon: { light: 'file:send.svg', dark: 'file:send.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ "E-mail: " + ($parameter["message"] === "custom" ? "my own template" : $parameter["message"] === "letter" ? $parameter["subject"] : $parameter["message"] === "builtIn" ? $parameter["builtInMessage"].replaceAll("-", " ") : { reminder: "friendly reminder", benefits: "good points", noHurry: "no hurry", lowStock: "low stock, only if true", lastCode: "last, with a code", reward: "reward", similar: "similar products", story: "story" }[$parameter["tone"]]) }}',
		description: 'Sends one e-mail per customer, with consent, never twice and never after the purchase',
		defaults: { name: 'Send Reminder' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Sent', 'Not Sent'],
		credentials,
		properties: [...channelFields, ...emailFields, optionFields],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		try {
			return await send(this, items);
		} catch (error) {
			if (!this.continueOnFail()) rethrow(this.getNode(), error);
			return [[], items.map((_item, itemIndex) => ({ json: { error: error instanceof Error ? error.message : String(error) }, pairedItem: { item: itemIndex } }))];
		}
	}
}
