import { type IDataObject, UserError } from 'n8n-workflow';
import type { OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import { channelFor, type SmtpCredential } from '../../../lib/messages/channels/smtp';
import type { Installation } from '../../../lib/n8n/installation';
import type { MessageProvider } from './provider';

export const smtp: MessageProvider = {
	id: 'smtp',
	name: 'SMTP',
	description: 'Any mail server',
	channel: 'email',
	credential: 'smtp',
	fields: [],
	async open(context, installation) {
		const credential = await context.getCredentials<SmtpCredential & IDataObject>('smtp');
		refuseRealMailInDemo(installation, credential.host);
		const { connections } = context.getNodeParameter('options', 0, {}) as { connections?: number };
		return channelFor(credential, { connections }) as SendChannel<OutgoingMessage>;
	},
};

/** Journey time that runs faster than real time must not reach real people. */
function refuseRealMailInDemo({ clock }: Installation, host: string): void {
	if (clock.speed === 1 || /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)) return;
	throw new UserError(`SHOP_JOURNEYS_CLOCK_SPEED is ${clock.speed}, so mail may only go to a server on this machine, not to ${host}`);
}
