import { join } from 'node:path';
import { messageOf } from '../../model/errors';
import { builtScript, Thread, type ThreadScript } from '../../threads/thread';
import type { EmailChannel, EmailMessage } from './channel';
import { createSmtpChannel, Idleness, sharedChannels, smtpSettings, type SmtpCredential } from './smtp';

/** What `createSmtpChannel` does, in a thread: building and sending a mail is a third of all the work there is with it. */
export function threadChannels(script: ThreadScript): typeof createSmtpChannel {
	const thread = new Thread({ script, name: 'shop-journeys-smtp', lost: (what) => new Error(what) });
	return (credential, options = {}, onIdle) => {
		const { connections, idleMs } = smtpSettings(options);
		const idleness = new Idleness(idleMs, () => onIdle?.());
		return {
			connections,
			async send(message) {
				idleness.begin();
				try {
					return (await thread.call('send', [plain(credential), options, withoutPage(message)])) as Awaited<ReturnType<EmailChannel['send']>>;
				} catch (error) {
					return { status: 'unknown', response: `What sends the mails ${messageOf(error)}` };
				} finally {
					idleness.end();
				}
			},
			close: async () => idleness.cancel(),
		};
	};
}

const script = builtScript(join(__dirname, 'smtpThread.js'));

/** The channel of a credential, one per process. */
export const channelFor = sharedChannels(script ? threadChannels(script) : createSmtpChannel);

/** n8n hands out credentials with fields that are not SMTP's. */
function plain({ user, password, host, port, secure, disableStartTls, hostName }: SmtpCredential): SmtpCredential {
	return { user, password, host, port, secure, disableStartTls, hostName };
}

/** As much again as the mail itself, and only the store wants it. */
function withoutPage({ webViewHtml: _page, ...message }: EmailMessage): EmailMessage {
	return message;
}
