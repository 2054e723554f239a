import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const helper = path.join(__dirname, '../../../scripts/lib/temporary-folder.js');
const made = (then: string) => {
	const script = `const folder = require(${JSON.stringify(helper)}).temporaryFolder('shop-journeys-gone-'); require('node:fs').writeFileSync(folder + '/a', ''); console.log(folder + ' ' + require('node:fs').existsSync(folder + '/a')); ${then}`;
	const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
	return stdout.trim().split(' ');
};

it.each([['ends', ''], ['is ended', 'process.exit(3)'], ['fails', 'throw new Error("no")']])('a temporary folder goes when its process %s', (_how, then) => {
	const [folder, wasThere] = made(then);
	expect([folder, wasThere]).toEqual([expect.stringContaining('shop-journeys-gone-'), 'true']);
	expect(existsSync(folder)).toBe(false);
});

it('what tests leave lies in the folder of their run', () => {
	expect(path.basename(process.env.TMPDIR!)).toMatch(/^shop-journeys-tests-/);
});
