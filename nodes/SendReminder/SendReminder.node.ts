import { type ICredentialsDecrypted, type ICredentialTestFunctions, type IExecuteFunctions, type INodeCredentialDescription, type INodeCredentialTestResult, type INodeExecutionData, type INodeProperties, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { getInstallation, type Installation } from '../../lib/n8n/installation';
import { runSplit } from '../../lib/n8n/runOperation';
import { contentCheckCredentials, contentCheckField } from './contentCheck';
import { emailFields } from './emailFields';
import * as checkJourney from './operations/checkJourney.operation';
import * as preview from './operations/preview.operation';
import { send } from './operations/send.operation';
import * as sendTest from './operations/sendTest.operation';
import { optionFields } from './optionFields';
import { channelFields, credentials } from './providers';
import { testResend } from './providers/resend';
import { testVapid } from './providers/webPush';
import { textFields } from './textFields';
import { variantFields } from './variants';

interface Operation {
	description: INodeProperties[];
	/** Gives what comes out on Sent and on Not Sent. */
	execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]>;
}
const operations: Record<string, Operation> = {
	send: { description: [], execute: async (context) => await send(context, context.getInputData()) },
	sendTest,
	preview,
	checkJourney,
};

const without = <T extends INodeProperties | INodeCredentialDescription>(part: T, ...hidden: string[]): T => ({ ...part, displayOptions: { ...part.displayOptions, hide: { ...part.displayOptions?.hide, operation: hidden } } });

/** One message per item, behind all guard rails. What cannot leave comes out on Not Sent with its reason. */
export class SendReminder implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Send Reminder',
		name: 'sendReminder',
		icon: { light: 'file:send.svg', dark: 'file:send.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ { checkJourney: "check journey", preview: "preview", sendTest: "test" }[$parameter["operation"]] ?? { push: "web push", sms: "SMS", webhook: "webhook", whatsapp: "WhatsApp" }[$parameter["channel"]] ?? ("E-mail: " + ($parameter["message"] === "custom" ? "my own template" : $parameter["message"] === "letter" ? $parameter["subject"] : $parameter["message"] === "builtIn" ? $parameter["builtInMessage"].replaceAll("-", " ") : { reminder: "friendly reminder", benefits: "good points", noHurry: "no hurry", lowStock: "low stock, only if true", lastCode: "last, with a code", reward: "reward", similar: "similar products", story: "story" }[$parameter["tone"]])) }}',
		description: 'Sends one message per customer, with consent, never twice and never after the purchase; tests, previews and checks a journey',
		defaults: { name: 'Send Reminder' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Sent', 'Not Sent'],
		// A preview shows the words, which no provider is needed for.
		credentials: [...credentials.map((credential) => without(credential, 'checkJourney', 'preview')), ...contentCheckCredentials],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Check Journey', value: 'checkJourney', action: 'Check a journey', description: 'Lists what is unfinished in this workflow: no sender, a step without a message, an event the shop cannot tell' },
					{ name: 'Preview', value: 'preview', action: 'Preview a message', description: 'Shows the message as it would arrive; sends nothing' },
					{ name: 'Send', value: 'send', action: 'Send a message', description: 'One message per item, behind all guard rails' },
					{ name: 'Send Test', value: 'sendTest', action: 'Send a test', description: 'To your own address, marked in the subject and counted nowhere' },
				],
				default: 'send',
			},
			...[...channelFields, ...emailFields, ...textFields, ...variantFields, contentCheckField, optionFields].map((field) => without(field, 'checkJourney')),
			...Object.values(operations).flatMap(({ description }) => description),
		],
	};

	methods = {
		credentialTest: {
			async resendKey(this: ICredentialTestFunctions, { data }: ICredentialsDecrypted): Promise<INodeCredentialTestResult> {
				return await testResend(this, data);
			},
			async vapidKeys(this: ICredentialTestFunctions, { data }: ICredentialsDecrypted): Promise<INodeCredentialTestResult> {
				return testVapid(data);
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runSplit(this, async () => await operations[this.getNodeParameter('operation', 0, 'send') as string].execute(this, await getInstallation()));
	}
}
