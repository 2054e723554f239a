/**
 * Whether an address may go into a message: absolute https, or http on this machine (a demo shop). Keeps
 * `javascript:` and relative links out of what customers click.
 */
export function isLinkAddress(value: string): boolean {
	if (value.length > 2048 || !URL.canParse(value)) return false;
	const { protocol, hostname } = new URL(value);
	return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}
