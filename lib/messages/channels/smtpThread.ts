/** The thread that talks SMTP: mails are built, encoded and sent here, beside n8n's event loop. */
import { serve } from '../../threads/serve';
import type { EmailMessage } from './channel';
import { createSmtpChannel, sharedChannels, type SmtpCredential, type SmtpOptions } from './smtp';

const channelFor = sharedChannels(createSmtpChannel);

serve(
	(_name, [credential, options, message]) => channelFor(credential as SmtpCredential, options as SmtpOptions).send(message as EmailMessage),
	// Its connections end with it.
	async () => undefined,
);
