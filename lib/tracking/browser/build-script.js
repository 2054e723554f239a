/** TypeScript in, a script that browsers load out: used by the build and by the tests, never at run time. */
const { minify, transform } = require('@swc/core');

/** @param {string} source the text of tracking.ts or worker.ts. @returns {Promise<string>} */
async function buildScript(source) {
	const { code } = await transform(source, { configFile: false, swcrc: false, jsc: { target: 'es2017', parser: { syntax: 'typescript' } } });
	// Its only import is of types; the wrapper keeps its names out of the shop's pages, and lets them be shortened.
	const wrapped = `(() => {\n${code.replace(/export\s*\{\s*\};?/g, '')}\n})();`;
	return (await minify(wrapped, { compress: { passes: 3, ecma: 2017 }, mangle: true, ecma: 2017 })).code;
}

module.exports = { buildScript };
