import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildScript } from '../../../lib/tracking/browser/build-script';

test('the script is one classic script of less than 5 kB gzipped, as the build makes it', async () => {
	const script = await buildScript(readFileSync(resolve(__dirname, '../../../lib/tracking/browser/tracking.ts'), 'utf8'));
	expect(gzipSync(script).length).toBeLessThan(5_000);
	expect(script).not.toMatch(/^\s*(import|export)\b/m);
	// Compiles as a script, outside strict mode and of any module.
	expect(() => new Function(script)).not.toThrow();
});
