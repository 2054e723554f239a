import { mailgunEvents } from './mailgun';
import { metaEvents } from './meta';
import { postmarkEvents } from './postmark';
import type { EventProvider } from './provider';
import { resendEvents } from './resend';
import { sendgridEvents } from './sendgrid';
import { sesEvents } from './ses';
import { twilioEvents } from './twilio';

/** By the name in the address. */
export const eventProviders: ReadonlyMap<string, EventProvider> = new Map([sendgridEvents, mailgunEvents, postmarkEvents, resendEvents, sesEvents, twilioEvents, metaEvents].map((provider) => [provider.id, provider]));
