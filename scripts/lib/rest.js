/**
 * n8n's REST API as the editor uses it. Publishing through it takes a tenth of a second for each workflow; the command
 * line starts n8n anew for every one, ten seconds each.
 */
const { LaunchError } = require('./launch-error');

/**
 * Signs in and gives a function that calls the API.
 * @param {string} url of a running n8n
 * @param {{ email: string, password: string }} owner
 * @returns {Promise<(method: string, path: string, body?: unknown) => Promise<any>>}
 */
async function signIn(url, { email, password }) {
	const response = await fetch(`${url}/rest/login`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ emailOrLdapLoginId: email, password }),
	});
	const cookie = response.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
	if (!response.ok || !cookie) throw new LaunchError(`n8n refused the sign-in of ${email}: ${response.status}`);
	return async (method, path, body) => {
		const answer = await fetch(`${url}/rest${path}`, {
			method,
			headers: { cookie, 'content-type': 'application/json' },
			...(body !== undefined && { body: JSON.stringify(body) }),
		});
		const text = await answer.text();
		if (!answer.ok) throw new LaunchError(`n8n refused ${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
		return JSON.parse(text).data;
	};
}

/**
 * Publishes workflows that are imported already, in the order given.
 * @param {string} url of a running n8n
 * @param {{ email: string, password: string }} owner
 * @param {string[]} ids
 */
async function publishWorkflows(url, owner, ids) {
	const call = await signIn(url, owner);
	for (const id of ids) {
		const { versionId } = await call('GET', `/workflows/${id}`);
		await call('POST', `/workflows/${id}/activate`, { versionId });
	}
}

module.exports = { signIn, publishWorkflows };
