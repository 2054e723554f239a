import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import type { Installation } from '../../../lib/n8n/installation';

/** The values of the field "Channel". A webhook stands for one of the others. */
export type ChannelChoice = 'email' | 'sms' | 'whatsapp' | 'push' | 'webhook';

/** One way to send over a channel: an entry of "Send Through". */
export interface MessageProvider {
	/** Value of the field "Send Through" of its channel. */
	id: string;
	name: string;
	description?: string;
	channel: ChannelChoice;
	/** n8n's credential type (or ours where n8n has none); absent: it needs none. */
	credential?: string;
	/** Which of the node's `methods.credentialTest` tries the credential; absent: it tests itself. */
	testedBy?: string;
	/** Credential types that may be chosen and need not be. */
	optionalCredentials?: string[];
	/** What it asks besides the credential; shown with this provider only. */
	fields: INodeProperties[];
	/**
	 * The way out, for one run of the node. In a demo, whose time runs faster, it must refuse whatever would reach real people.
	 * @throws n8n's UserError that says what to correct
	 */
	open(context: IExecuteFunctions, installation: Installation): Promise<SendChannel<OutgoingMessage>>;
}
