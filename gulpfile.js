/**
 * What the compiler does not do: clean, copy (icons, codex files, Lua, SQL, words), compile the
 * mail designs from MJML to Handlebars, and make the script that browsers load.
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

const copied = ['{nodes,credentials}/**/*.{svg,png}', 'nodes/**/*.node.json', 'lib/**/*.{lua,sql}', 'lib/{messages,forms}/**/*.{json,hbs}'];

function copy() {
	return src(copied, { base: '.', encoding: false }).pipe(dest(outDir));
}

/** MJML in, Handlebars out (lib/messages/designs/compile-design.js). Parts are included, not compiled by themselves. */
function designs() {
	const { compileDesign } = require('./lib/messages/designs/compile-design');
	const compiled = new Transform({
		objectMode: true,
		transform(file, _encoding, done) {
			compileDesign(file.contents.toString(), file.path).then(
				(design) => {
					file.contents = Buffer.from(design);
					file.path = file.path.replace(/\.mjml$/, '.html.hbs');
					done(null, file);
				},
				(error) => done(error),
			);
		},
	});
	return src('lib/messages/designs/*.mjml', { base: '.' }).pipe(compiled).pipe(dest(outDir));
}

/** The scripts that browsers load (lib/tracking/browser/build-script.js). */
function browserScript() {
	const { buildScript } = require('./lib/tracking/browser/build-script');
	const compiled = new Transform({
		objectMode: true,
		transform(file, _encoding, done) {
			buildScript(file.contents.toString()).then(
				(script) => {
					file.contents = Buffer.from(script);
					file.path = file.path.replace(/\.ts$/, '.js');
					done(null, file);
				},
				(error) => done(error),
			);
		},
	});
	return src('lib/tracking/browser/{tracking,worker,forms}.ts', { base: '.' }).pipe(compiled).pipe(dest(outDir));
}

exports.clean = clean;
exports.designs = designs;
exports.build = series(clean, compile, parallel(copy, designs, browserScript));
exports.default = exports.build;
