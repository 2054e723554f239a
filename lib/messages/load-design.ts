import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ShopJourneysError } from '../model/errors';
import { compileTemplate, type CompiledTemplate } from './templates';

export interface Design {
	html: CompiledTemplate;
	text: CompiledTemplate;
}

/** Of the plain text; those of the HTML are put in by the build. */
const textParts = ['footer', 'question'];
const loaded = new Map<string, Design>();

/**
 * A mail design, compiled once per process. The build turns `designs/<name>.mjml` into `<name>.html.hbs`; MJML
 * itself is no part of what runs.
 * @throws CONFIG_INVALID when the design was not built.
 */
export function loadDesign(name: string, designsDir: string = builtDesignsDir(name)): Design {
	const key = `${designsDir}|${name}`;
	let design = loaded.get(key);
	if (!design) {
		design = {
			html: compileTemplate(read(designsDir, `${name}.html.hbs`), { field: `Design ${name}`, mode: 'html', partials: {} }),
			text: compileTemplate(read(designsDir, `${name}.text.hbs`), {
				field: `Design ${name} (text)`,
				mode: 'text',
				partials: Object.fromEntries(textParts.map((part) => [part, read(designsDir, `parts/${part}.text.hbs`)])),
			}),
		};
		loaded.set(key, design);
	}
	return design;
}

/** Beside this file in the package; when run from the TypeScript sources, in the checkout's `dist`. */
function builtDesignsDir(name: string): string {
	const beside = join(__dirname, 'designs');
	if (existsSync(join(beside, `${name}.html.hbs`))) return beside;
	return resolve(__dirname, '../../dist/lib/messages/designs');
}

function read(folder: string, file: string): string {
	try {
		return readFileSync(join(folder, file), 'utf8');
	} catch (cause) {
		throw new ShopJourneysError('CONFIG_INVALID', `The mail design ${file} was not found: run "npm run build" first`, { cause });
	}
}
