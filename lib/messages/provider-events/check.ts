import { isShopJourneysError } from '../../model/errors';
import type { ProviderSecrets } from './provider';
import { sendgridKey } from './sendgrid';

/** Shorter passwords can be guessed. */
const minLength = 16;

/** What is wrong with the fields of the credential, as far as can be told without a delivery. Empty fields are for providers that are not in use. */
export function secretProblems(secrets: ProviderSecrets): string[] {
	const { sendgridPublicKey, postmarkUser, postmarkPassword, resendSigningSecret, sesTopicArns, metaAppSecret, metaVerifyToken } = secrets;
	const problems: string[] = [];
	if (sendgridPublicKey?.trim()) problems.push(...keyProblems(sendgridPublicKey));
	if (!postmarkUser !== !postmarkPassword) problems.push('Postmark needs both a user and a password.');
	if (postmarkPassword && postmarkPassword.length < minLength) problems.push(`Postmark: take a password of at least ${minLength} random characters.`);
	if (resendSigningSecret?.trim() && !/^whsec_[\w+/=-]{16,}$/.test(resendSigningSecret.trim())) problems.push('Resend: the signing secret begins with "whsec_".');
	const topics = (sesTopicArns ?? '').split(/[\s,]+/).filter(Boolean);
	for (const topic of topics) if (!/^arn:aws[\w-]*:sns:[\w-]+:\d+:[\w.-]+$/.test(topic)) problems.push(`Amazon SES: "${topic}" is no ARN of an SNS topic, like arn:aws:sns:eu-west-1:123456789012:ses-events.`);
	if (metaVerifyToken && !metaAppSecret) problems.push('Meta needs the app secret too.');
	if (Object.values(secrets).every((secret) => !secret)) problems.push('No field is filled in, so deliveries of every provider are refused.');
	return problems;
}

function keyProblems(key: string): string[] {
	try {
		sendgridKey(key);
		return [];
	} catch (error) {
		return [isShopJourneysError(error) ? `${error.message}.` : 'The SendGrid public key is none.'];
	}
}
