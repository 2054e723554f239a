/** Run on n8n's Node.js: `node fill-codes.js <installed package> <list> <how many>` fills a list of discount codes up in the store that the environment names. */
const path = require('node:path');

async function main([packageDir, list, wanted]) {
	/** @param {string} file */
	const lib = (file) => require(path.join(packageDir, 'dist', 'lib', file));
	const { openInstallation } = lib('n8n/installation.js');
	const { codesLeft, loadCodes } = lib('discounts/listSource.js');
	const { drawCode } = lib('discounts/code.js');
	const installation = await openInstallation(process.env, () => Date.now());
	try {
		const { store } = installation.shop('main');
		const missing = Number(wanted) - (await codesLeft(store, list));
		const codes = Array.from({ length: Math.max(missing, 0) }, () => drawCode('TEA-########'));
		console.log(`${(await loadCodes(store, list, codes)).added} codes loaded into the list "${list}"`);
	} finally {
		await installation.hub.close();
	}
}

void main(process.argv.slice(2)).catch((error) => {
	console.error(error);
	process.exitCode = 1;
});
