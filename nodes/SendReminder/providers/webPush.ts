import { type ICredentialDataDecryptedObject, type INodeCredentialTestResult, UserError } from 'n8n-workflow';
import type { OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import { createPushChannel, type PushOptions, type VapidCredential, wrongWith } from '../../../lib/messages/channels/push';
import { channelTools } from '../../../lib/n8n/providerHttp';
import { connectionsOf } from './api';
import type { MessageProvider } from './provider';

export const webPush: MessageProvider = {
	id: 'webPush',
	name: 'Web Push',
	channel: 'push',
	credential: 'shopJourneysVapidApi',
	testedBy: 'vapidKeys',
	fields: [
		{
			displayName: 'Urgency',
			name: 'pushUrgency',
			type: 'options',
			noDataExpression: true,
			options: [
				{ name: 'High', value: 'high', description: 'Wakes a phone even when its battery is low' },
				{ name: 'Low', value: 'low', description: 'May wait until the phone is charging or on Wi-Fi' },
				{ name: 'Normal', value: 'normal' },
				{ name: 'Very Low', value: 'very-low', description: 'May wait until the phone is charging and on Wi-Fi' },
			],
			default: 'normal',
			description: 'How soon a phone that saves power shows it',
		},
	],
	async open(context, installation) {
		const credential = vapidOf(await context.getCredentials('shopJourneysVapidApi'));
		const wrong = wrongWith(credential);
		if (wrong) throw new UserError(wrong, { description: 'docs/web-push.md says how to make the keys.' });
		const { clock, isDemo } = installation;
		// Whom it reaches is not a matter of an address of ours: the channel looks at each browser's.
		const reach = clock.speed !== 1 ? 'loopback' : isDemo ? 'any' : 'public';
		const urgency = context.getNodeParameter('pushUrgency', 0, 'normal') as PushOptions['urgency'];
		return createPushChannel({ credential, urgency, reach, connections: connectionsOf(context) }, channelTools(context)) as SendChannel<OutgoingMessage>;
	},
};

function vapidOf({ publicKey, privateKey, subject }: ICredentialDataDecryptedObject): VapidCredential {
	const text = (value: unknown) => String(value ?? '').trim();
	return { publicKey: text(publicKey), privateKey: text(privateKey), subject: text(subject) };
}

/** Whether keys and subject can work: no push service would say so before the first message. */
export function testVapid(data: ICredentialDataDecryptedObject | undefined): INodeCredentialTestResult {
	const wrong = wrongWith(vapidOf(data ?? {}));
	return wrong ? { status: 'Error', message: wrong } : { status: 'OK', message: 'The two keys belong together' };
}
