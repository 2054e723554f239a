import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compileDesign } from '../../../lib/messages/designs/compile-design';

const sources = resolve(__dirname, '../../../lib/messages/designs');
let compiled: Promise<string> | undefined;

/** The mail designs compiled as the build does, into a temporary folder for `createRenderer({ designsDir })`. */
export function compiledDesignsDir(): Promise<string> {
	compiled ??= compileInto(mkdtempSync(join(tmpdir(), 'designs-')));
	return compiled;
}

async function compileInto(folder: string): Promise<string> {
	mkdirSync(join(folder, 'parts'), { recursive: true });
	cpSync(sources, folder, { recursive: true, filter: (path) => !path.endsWith('.mjml') && !path.endsWith('.js') });
	for (const name of readdirSync(sources).filter((file) => file.endsWith('.mjml'))) {
		const path = join(sources, name);
		writeFileSync(join(folder, name.replace(/\.mjml$/, '.html.hbs')), await compileDesign(readFileSync(path, 'utf8'), path));
	}
	return folder;
}
