/** n8n's first user, made over its REST API as the editor's sign-up page would. */
const { randomBytes } = require('node:crypto');
const { LaunchError } = require('./launch-error');

const demoOwner = { email: 'owner@example.com', firstName: 'Demo', lastName: 'Owner' };

/** n8n asks for eight characters with a digit and a capital. */
function generatePassword() {
	return `Demo-${randomBytes(9).toString('base64url')}-7`;
}

/**
 * @param {string} url of a running n8n
 * @param {{ email: string, password: string, firstName?: string, lastName?: string }} owner
 * @returns {Promise<boolean>} false when the installation has an owner already
 */
async function setUpOwner(url, { email, password, firstName = demoOwner.firstName, lastName = demoOwner.lastName }) {
	const response = await fetch(`${url}/rest/owner/setup`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ email, password, firstName, lastName }),
	});
	const text = await response.text();
	if (response.ok) return true;
	if (response.status === 400 && /already/i.test(text)) return false;
	throw new LaunchError(`n8n refused to make the owner ${email}: ${response.status} ${text.slice(0, 300)}`);
}

module.exports = { setUpOwner, generatePassword, demoOwner };
