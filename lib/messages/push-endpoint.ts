const longest = 1000;
/** Names that lead into one's own network. */
const ownNetwork = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa)$/;

/**
 * Whether it may be where a browser's push service takes messages. The address is a browser's word, and we call it: so it must
 * be https on its usual port at a public name. No push service is reached by a bare IP address.
 * @param allowsLoopback in a demo: also http(s) on this machine, any port.
 */
export function isPushEndpoint(endpoint: string, allowsLoopback = false): boolean {
	if (endpoint.length > longest || !URL.canParse(endpoint)) return false;
	const { protocol, hostname, port, username, password } = new URL(endpoint);
	if (username || password) return false;
	if (allowsLoopback && isLoopbackHost(hostname)) return protocol === 'http:' || protocol === 'https:';
	return protocol === 'https:' && port === '' && /\.[a-z][a-z0-9-]*[a-z0-9]$/.test(hostname) && !ownNetwork.test(hostname);
}

/** Whether a host name, as `URL` gives it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
