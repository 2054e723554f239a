import type { INodeCredentialDescription, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { mailgun } from './mailgun';
import { postmark } from './postmark';
import type { ChannelChoice, MessageProvider } from './provider';
import { resend } from './resend';
import { sendgrid } from './sendgrid';
import { ses } from './ses';
import { smtp } from './smtp';
import { twilioSms, twilioWhatsapp } from './twilio';
import { webhook } from './webhook';
import { webPush } from './webPush';
import { whatsappCloud } from './whatsappCloud';

/** Every way to send, in the order in which the field lists them. The first of a channel is its default. */
export const providers: MessageProvider[] = [smtp, ses, mailgun, postmark, resend, sendgrid, twilioSms, twilioWhatsapp, whatsappCloud, webPush, webhook];

const channelNames: Record<ChannelChoice, string> = { email: 'E-Mail', sms: 'SMS', whatsapp: 'WhatsApp', push: 'Web Push', webhook: 'Webhook' };

const channelOption = (value: ChannelChoice): INodePropertyOptions => ({ name: channelNames[value], value });
const ofChannel = (channel: ChannelChoice) => providers.filter((provider) => provider.channel === channel);
const channels = (Object.keys(channelNames) as ChannelChoice[]).filter((channel) => ofChannel(channel).length > 0);

/** The field "Send Through" of a channel is named after it: n8n shows one list per channel. */
export const providerFieldOf = (channel: ChannelChoice) => `${channel}Provider`;

function providerField(channel: ChannelChoice): INodeProperties {
	const choices = ofChannel(channel);
	const options = choices.map(({ id, name, description }): INodePropertyOptions => ({ name, value: id, ...(description && { description }) }));
	return { displayName: 'Send Through', name: providerFieldOf(channel), type: 'options', noDataExpression: true, options, default: choices[0].id, displayOptions: { show: { channel: [channel] } } };
}

/** "Channel", and for channels with several providers "Send Through". */
export const channelFields: INodeProperties[] = [
	{
		displayName: 'Channel',
		name: 'channel',
		type: 'options',
		noDataExpression: true,
		options: channels.map((channel) => channelOption(channel)),
		default: 'email',
	},
	...channels.filter((channel) => ofChannel(channel).length > 1).map(providerField),
	...providers.flatMap((provider) => provider.fields.map((field) => ({ ...field, displayOptions: { ...field.displayOptions, show: { ...field.displayOptions?.show, ...shownWith(provider) } } }))),
];

/**
 * Each credential type once: n8n takes the first entry of a type, whatever else the node shows. By what they are hidden for, not
 * by what they are shown for: n8n's editor takes a field that all credentials are shown by for the choice of a login, hides
 * it, and sets it to whatever credential it finds.
 */
export const credentials: INodeCredentialDescription[] = [...Map.groupBy(providers.flatMap(credentialsOf), ({ name }) => name)].map(([name, uses]) => ({
	name,
	required: uses.every(({ isRequired }) => isRequired),
	...(uses[0].provider.testedBy && { testedBy: uses[0].provider.testedBy }),
	displayOptions: { hide: hiddenBut(uses.map(({ provider }) => provider)) },
}));

function credentialsOf(provider: MessageProvider): Array<{ name: string; isRequired: boolean; provider: MessageProvider }> {
	const required = provider.credential === undefined ? [] : [{ name: provider.credential, isRequired: true, provider }];
	return [...required, ...(provider.optionalCredentials ?? []).map((name) => ({ name, isRequired: false, provider }))];
}

/** What hides a field for all providers but these. */
function hiddenBut(shown: MessageProvider[]): Record<string, string[]> {
	const theirs = channels.filter((channel) => shown.some((provider) => provider.channel === channel));
	const others = theirs.map((channel) => [providerFieldOf(channel), ofChannel(channel).filter((provider) => !shown.includes(provider)).map(({ id }) => id)] as const);
	return { channel: channels.filter((channel) => !theirs.includes(channel)), ...Object.fromEntries(others.filter(([, ids]) => ids.length > 0)) };
}

function shownWith({ id, channel }: MessageProvider): Record<string, string[]> {
	return { channel: [channel], ...(ofChannel(channel).length > 1 && { [providerFieldOf(channel)]: [id] }) };
}

/** The provider that the node's parameters name. */
export function providerOf(parameter: (name: string, fallback: string) => string): MessageProvider {
	const channel = parameter('channel', 'email') as ChannelChoice;
	const choices = ofChannel(channel);
	if (choices.length === 1) return choices[0];
	const id = parameter(providerFieldOf(channel), choices[0].id);
	return choices.find((provider) => provider.id === id) ?? choices[0];
}
