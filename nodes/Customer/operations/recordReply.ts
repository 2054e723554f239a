import type { IDataObject } from 'n8n-workflow';
import { findReplied, isAutomatic, readMail, type ReceivedMail } from '../../../lib/messages/replies';
import { ShopJourneysError } from '../../../lib/model/errors';
import { type CustomerRecord, keys } from '../../../lib/model/records';
import { livingCustomer, referencesOf } from '../../../lib/n8n/customerOfItem';
import { findCustomer } from '../../../lib/record/identity';
import { type Output, type Run, tell, textOf, withCustomer } from '../run';

/**
 * Records that a customer replied, from an item of n8n's Email Trigger (IMAP), or of anything that names the customer. What no
 * person wrote (an out-of-office note, a bounce) is no reply: it gives no item, so that nobody is alerted by it.
 * @throws PARAMETER_INVALID for somebody who is not known: a mailbox gets mail from all sorts of people
 */
export async function recordReply(run: Run): Promise<Output> {
	const mail = readMail(run.json);
	if (isAutomatic(mail)) return [];
	const customer = await writerOf(run, mail);
	const inReplyTo = textOf(run, 'inReplyTo');
	const booked = await findReplied(run.shop.store, customer, inReplyTo ? [inReplyTo] : mail.refersTo);
	const words = textOf(run, 'contactText') || mail.text || mail.subject;
	const message = { channel: 'email' as const, ...booked, ...(words && { detail: words.replace(/\s+/g, ' ').slice(0, 500) }) };
	const ownId = textOf(run, 'eventId');
	const recorded = await tell(run, { type: 'message_replied', customerId: customer.id, message }, ownId ? `id:${ownId}` : mail.messageId && `reply:${mail.messageId}`);
	return await withCustomer(run, customer.id, { recorded, reply: { ...booked, text: words } as IDataObject });
}

async function writerOf(run: Run, { from }: ReceivedMail): Promise<CustomerRecord> {
	if (referencesOf(run).length > 0 || from === undefined) return await livingCustomer(run);
	const customer = await findCustomer(run.shop.store, keys.alias('email', from));
	if (customer && customer.erasedAtMs === undefined) return customer;
	throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: the mail is from nobody who is known`, { hint: 'Let such items pass: choose "Continue (using error output)" under "On Error" in the settings of the node.' });
}
