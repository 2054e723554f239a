/**
 * What the compiler does not do: clean, copy (icons, codex files, Lua, SQL, words) and compile the
 * mail designs from MJML to Handlebars.
 */
const { execFileSync } = require('node:child_process');
const { rmSync } = require('node:fs');
const path = require('node:path');
const { Transform } = require('node:stream');
const { dest, parallel, series, src } = require('gulp');

const outDir = path.join(__dirname, 'dist');

async function clean() {
	rmSync(outDir, { recursive: true, force: true });
}

async function compile() {
	const tsc = require.resolve('typescript/bin/tsc');
	execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: __dirname, stdio: 'inherit' });
}

const copied = ['{nodes,credentials}/**/*.{svg,png}', 'nodes/**/*.node.json', 'lib/**/*.{lua,sql}', 'lib/messages/**/*.{json,hbs}'];

function copy() {
	return src(copied, { base: '.', encoding: false }).pipe(dest(outDir));
}

/** MJML in, Handlebars out: the placeholders inside the design survive, because MJML leaves `{{ }}` alone. */
function designs() {
	const mjml = require('mjml');
	const compileDesign = new Transform({
		objectMode: true,
		async transform(file, _encoding, done) {
			try {
				const { html, errors } = await mjml(file.contents.toString(), {
					filePath: file.path,
					validationLevel: 'strict',
					keepComments: false,
				});
				if (errors.length) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
				file.contents = Buffer.from(html);
				file.path = file.path.replace(/\.mjml$/, '.html.hbs');
				done(null, file);
			} catch (error) {
				done(error);
			}
		},
	});
	return src('lib/messages/designs/*.mjml', { base: '.', allowEmpty: true }).pipe(compileDesign).pipe(dest(outDir));
}

exports.clean = clean;
exports.designs = designs;
exports.build = series(clean, compile, parallel(copy, designs));
exports.default = exports.build;
