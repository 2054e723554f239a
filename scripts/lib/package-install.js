/**
 * Puts the packed package where n8n finds it, by the steps of n8n's own installer (2.40.7, `downloadPackage` in its
 * community-packages service). A plain `npm install <tarball>` would bring a second n8n-workflow along, and then our
 * errors are not `instanceof` n8n's.
 */
const fs = require('node:fs');
const path = require('node:path');
const { cacheDir, logFileFor, packageName } = require('./paths');
const { hashFiles, hashText } = require('./hash');
const { withLock } = require('./lock');
const { npmEnvironment, runCommand } = require('./run-command');

const npmArguments = ['install', '--audit=false', '--fund=false', '--bin-links=false', '--install-strategy=shallow', '--ignore-scripts=true', '--package-lock=false'];
const installedFrom = '.installed-from';

/** @param {Record<string, unknown>} manifest */
function stripManifest(manifest) {
	const { devDependencies: _dev, peerDependencies: _peer, optionalDependencies: _optional, ...kept } = manifest;
	return kept;
}

/** @param {string} from @param {string} to */
function copyFolder(from, to) {
	fs.cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

/**
 * The package as n8n would have installed it, kept in the cache: unpacked once per tarball, its dependencies installed
 * once per set of versions.
 * @param {string} tarball
 * @param {(line: string) => void} log
 */
async function preparePackage(tarball, log) {
	const key = hashFiles([tarball]);
	const prepared = path.join(path.dirname(tarball), `installed-${key}`);
	if (fs.existsSync(prepared)) return { prepared, key };
	const logFile = logFileFor('package-install');
	await withLock(
		path.join(cacheDir(), 'locks', 'package-install.lock'),
		async () => {
			if (fs.existsSync(prepared)) return;
			fs.rmSync(logFile, { force: true });
			const building = `${prepared}.building`;
			fs.rmSync(building, { recursive: true, force: true });
			fs.mkdirSync(building, { recursive: true });
			await runCommand('tar', ['-xzf', tarball, '-C', building, '--strip-components=1'], { logFile, what: 'Unpacking the package' });
			const manifestFile = path.join(building, 'package.json');
			const manifest = stripManifest(JSON.parse(fs.readFileSync(manifestFile, 'utf8')));
			fs.writeFileSync(manifestFile, JSON.stringify(manifest, null, 2));

			const dependencies = path.join(cacheDir(), `package-dependencies-${hashText(JSON.stringify(manifest.dependencies ?? {}))}`);
			if (fs.existsSync(dependencies)) {
				copyFolder(dependencies, path.join(building, 'node_modules'));
			} else {
				log("installing the package's dependencies");
				await runCommand('npm', npmArguments, { cwd: building, env: npmEnvironment(), logFile, what: "Installing the package's dependencies" });
				copyFolder(path.join(building, 'node_modules'), `${dependencies}.building`);
				fs.renameSync(`${dependencies}.building`, dependencies);
			}
			fs.writeFileSync(path.join(building, installedFrom), key);
			fs.renameSync(building, prepared);
		},
		log,
	);
	return { prepared, key };
}

/**
 * n8n's list of what it installed; without the entry the package would be left out when n8n rebuilds the list.
 * @param {string} nodesDir
 * @param {string} version
 */
function writeLedger(nodesDir, version) {
	const file = path.join(nodesDir, 'package.json');
	let ledger = { name: 'installed-nodes', private: true, dependencies: {} };
	try {
		const found = JSON.parse(fs.readFileSync(file, 'utf8'));
		if (found.dependencies) ledger = found;
	} catch {
		// None yet, or not readable: n8n would write it anew as well.
	}
	if (ledger.dependencies[packageName] === version) return;
	ledger.dependencies[packageName] = version;
	fs.writeFileSync(file, JSON.stringify(ledger, null, 2));
}

/**
 * @param {{ tarball: string, userFolder: string, log?: (line: string) => void }} options
 * @returns {Promise<{ installed: boolean, dir: string }>} `installed` is false when the very same tarball was there already
 */
async function installPackage({ tarball, userFolder, log = () => {} }) {
	const { prepared, key } = await preparePackage(tarball, log);
	const nodesDir = path.join(userFolder, '.n8n', 'nodes');
	const dir = path.join(nodesDir, 'node_modules', packageName);
	const marker = path.join(dir, installedFrom);
	if (fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === key) return { installed: false, dir };
	fs.mkdirSync(path.dirname(dir), { recursive: true });
	// n8n loads every folder whose name starts with n8n-nodes-; the copy being made must not look like one.
	const copying = path.join(nodesDir, `.copying-${process.pid}`);
	fs.rmSync(copying, { recursive: true, force: true });
	copyFolder(prepared, copying);
	fs.rmSync(dir, { recursive: true, force: true });
	fs.renameSync(copying, dir);
	const { version } = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));
	writeLedger(nodesDir, version);
	return { installed: true, dir };
}

module.exports = { installPackage, stripManifest, npmArguments };
