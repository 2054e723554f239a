/** From a fresh clone to a packed tarball; each part is done only when its input has changed. */
const fs = require('node:fs');
const path = require('node:path');
const { checkoutDir, cacheDir, logFileFor, packageName } = require('./paths');
const { hashText, hashTree } = require('./hash');
const { LaunchError } = require('./launch-error');
const { withLock } = require('./lock');
const { npmEnvironment, runCommand } = require('./run-command');
const { ensureNode, withNodeOnPath } = require('./runtime');

const compiled = ['nodes', 'credentials', 'lib', 'gulpfile.js', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'];
const packed = ['dist', 'workflows-templates', 'package.json', 'index.js', 'README.md', 'LICENSE', 'CHANGELOG.md'];
const tarballsKept = 8;

const noLog = () => {};
/** Two commands in one checkout must not build over each other. */
const checkoutLock = () => path.join(cacheDir(), 'locks', `checkout-${hashText(checkoutDir)}.lock`);

/**
 * Whether `node_modules` is what the lock file asks for. npm leaves a list of what it installed, whoever called it.
 * @param {string} dir
 */
function dependenciesMatchLock(dir) {
	const installedFile = path.join(dir, 'node_modules', '.package-lock.json');
	if (!fs.existsSync(installedFile)) return false;
	const wanted = JSON.parse(fs.readFileSync(path.join(dir, 'package-lock.json'), 'utf8')).packages;
	const installed = JSON.parse(fs.readFileSync(installedFile, 'utf8')).packages;
	return Object.entries(wanted).every(([name, entry]) => {
		if (name === '' || entry.link) return true;
		// Optional ones are for other machines as often as not.
		if (!installed[name]) return Boolean(entry.optional || entry.devOptional || entry.peer);
		return installed[name].version === entry.version;
	});
}

/** @param {{ log?: (line: string) => void }} [options] */
async function ensureDependencies({ log = noLog } = {}) {
	if (dependenciesMatchLock(checkoutDir)) return;
	await withLock(
		checkoutLock(),
		async () => {
			if (dependenciesMatchLock(checkoutDir)) return;
			const logFile = logFileFor('dependencies');
			fs.rmSync(logFile, { force: true });
			log('npm ci');
			await runCommand('npm', ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--engine-strict=false'], {
				cwd: checkoutDir,
				env: npmEnvironment(),
				logFile,
				what: 'npm ci',
			});
		},
		log,
	);
}

/**
 * Compiles into `dist` when a source has changed since the last time.
 * @param {{ log?: (line: string) => void }} [options]
 */
async function ensureBuild({ log = noLog } = {}) {
	await ensureDependencies({ log });
	const stampFile = path.join(checkoutDir, 'node_modules', '.cache', 'shop-journeys', 'built-from');
	const isCurrent = (key) => fs.existsSync(path.join(checkoutDir, 'dist')) && fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === key;
	if (isCurrent(hashTree(checkoutDir, compiled))) return;
	const node = await ensureNode({ log });
	await withLock(
		checkoutLock(),
		async () => {
			const key = hashTree(checkoutDir, compiled);
			if (isCurrent(key)) return;
			const logFile = logFileFor('build');
			fs.rmSync(logFile, { force: true });
			fs.rmSync(stampFile, { force: true });
			log('gulp build');
			await runCommand(node, [path.join(checkoutDir, 'node_modules', 'gulp', 'bin', 'gulp.js'), 'build'], {
				cwd: checkoutDir,
				env: withNodeOnPath(node),
				logFile,
				what: 'gulp build',
			});
			fs.mkdirSync(path.dirname(stampFile), { recursive: true });
			fs.writeFileSync(stampFile, key);
		},
		log,
	);
}

/** @param {string} folder */
function forgetOldest(folder) {
	const entries = fs
		.readdirSync(folder)
		.map((name) => ({ name, usedMs: fs.statSync(path.join(folder, name)).mtimeMs }))
		.sort((a, b) => b.usedMs - a.usedMs);
	for (const { name } of entries.slice(tarballsKept)) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}

/**
 * Builds and packs.
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string>} the tarball
 */
async function ensurePackage({ log = noLog } = {}) {
	await ensureBuild({ log });
	const { name, version } = JSON.parse(fs.readFileSync(path.join(checkoutDir, 'package.json'), 'utf8'));
	if (name !== packageName) throw new LaunchError(`package.json names ${name}, the launcher expects ${packageName}`);
	const folder = path.join(cacheDir(), 'packages', hashTree(checkoutDir, packed));
	const tarball = path.join(folder, `${name}-${version}.tgz`);
	if (fs.existsSync(tarball)) {
		fs.utimesSync(folder, new Date(), new Date());
		return tarball;
	}
	await withLock(
		checkoutLock(),
		async () => {
			if (fs.existsSync(tarball)) return;
			const logFile = logFileFor('pack');
			const packing = `${folder}.packing-${process.pid}`;
			fs.rmSync(logFile, { force: true });
			fs.mkdirSync(packing, { recursive: true });
			log('npm pack');
			await runCommand('npm', ['pack', '--ignore-scripts', `--pack-destination=${packing}`], { cwd: checkoutDir, env: npmEnvironment(), logFile, what: 'npm pack' });
			fs.rmSync(folder, { recursive: true, force: true });
			fs.renameSync(packing, folder);
			forgetOldest(path.dirname(folder));
		},
		log,
	);
	return tarball;
}

module.exports = { ensureDependencies, ensureBuild, ensurePackage, dependenciesMatchLock };
