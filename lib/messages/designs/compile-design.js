/**
 * MJML in, Handlebars out: used by the build and by the tests, never at run time. MJML leaves `{{ }}` in text and
 * most attributes alone, but checks colours and sides; those are written as stand-ins and replaced here.
 */
const mjml = require('mjml');

/** Colours that occur nowhere else, and the values they stand for. */
const standIns = {
	'#c0ffe1': '{{theme.colour}}',
	'#c0ffe2': '{{theme.onColour}}',
	'#c0ffe3': '{{theme.edge}}',
};

/** @param {string} source MJML. @param {string} filePath where it is: includes are relative to it. @returns {Promise<string>} */
async function compileDesign(source, filePath) {
	const { html, errors } = await mjml(source, {
		filePath,
		ignoreIncludes: false,
		validationLevel: 'strict',
		keepComments: false,
		// Else MJML has the reader's mail program call a font server for names it knows, such as Roboto.
		fonts: {},
	});
	if (errors.length) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
	let design = html;
	for (const [standIn, value] of Object.entries(standIns)) design = design.replaceAll(standIn, value);
	return (
		design
			// Text runs the reader's way; what is centred on purpose stays. `@root`, because some of it stands in a loop.
			.replaceAll('direction:ltr', 'direction:{{@root.dir}}')
			.replaceAll('text-align:left', 'text-align:{{@root.start}}')
			.replaceAll('align="left"', 'align="{{@root.start}}"')
			.replaceAll('text-align:right', 'text-align:{{@root.end}}')
			.replaceAll('align="right"', 'align="{{@root.end}}"')
			// Indentation would be half of the bytes sent. Line breaks stay: RFC 5322 wants lines under 998 characters.
			.replace(/[ \t]*\n\s*/g, '\n')
			.trim()
	);
}

module.exports = { compileDesign };
