import Handlebars from 'handlebars';
import { messageOf, ShopJourneysError } from '../model/errors';
import { builtInBlocks, type RenderData, templateFunctions } from './template-functions';

/**
 * Compiles what operators write. Handlebars is narrowed so that a template can only read what the render passes in,
 * and so that a customer's data can never become markup, whatever the template says:
 *
 * - `{{{x}}}` and `{{&x}}` escape like `{{x}}`: what a customer or a shop supplied is never trusted as HTML;
 * - what starts an `href` or `src` must be a http(s), mailto or tel address, else it becomes `#`;
 * - no prototypes, no computed names (`lookup`), no partials, no decorators, no functions but our own.
 */

export type CompiledTemplate = (context: object, data: RenderData) => string;

export interface TemplateOptions {
	/** As the operator sees it, e.g. "Subject". Named in errors. */
	field: string;
	/** `html` escapes. `text` does not: for subjects and plain text. */
	mode: 'html' | 'text';
	/** Keeps the line of a block that stands alone on it, which Handlebars would remove. */
	keepLines?: boolean;
	/** Our own designs: partials by name. */
	partials?: Record<string, string>;
}

/** Characters. A mail over 102 kB is cut off by Gmail, so a larger template cannot be a good one. */
export const maxTemplateLength = 200_000;
/** Characters of one rendered part: the loop of a template over a long cart must not eat the memory. */
const maxOutputLength = 1_000_000;
const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__']);

const environment = Handlebars.create();
environment.unregisterHelper('lookup');
environment.unregisterHelper('log');
for (const [name, implementation] of Object.entries(templateFunctions)) environment.registerHelper(name, implementation as Handlebars.HelperDelegate);

const knownHelpers: Record<string, boolean> = { lookup: false, log: false };
for (const name of Object.keys(templateFunctions)) knownHelpers[name] = true;
const functionNames = new Set([...builtInBlocks, ...Object.keys(templateFunctions)].filter((name) => name !== 'safeUrl'));

const recentlyCompiled = new Map<string, CompiledTemplate>();

/**
 * @throws TEMPLATE_INVALID naming the field, the line and the column: for syntax, unknown functions, forbidden names
 * and size. Rendering throws it too.
 */
export function compileTemplate(source: string, options: TemplateOptions): CompiledTemplate {
	const key = `${options.mode}|${options.keepLines ?? false}|${options.field}|${source}`;
	let compiled = options.partials ? undefined : recentlyCompiled.get(key);
	if (!compiled) {
		compiled = compile(source, options);
		if (!options.partials) {
			if (recentlyCompiled.size >= 100) recentlyCompiled.clear();
			recentlyCompiled.set(key, compiled);
		}
	}
	return compiled;
}

function compile(source: string, { field, mode, keepLines, partials }: TemplateOptions): CompiledTemplate {
	if (source.length > maxTemplateLength) {
		throw new ShopJourneysError('TEMPLATE_INVALID', `${field}: the template has ${source.length} characters, ${maxTemplateLength} are allowed`);
	}
	if (!source.includes('{{')) return () => source;
	let program: hbs.AST.Program;
	try {
		program = Handlebars.parse(source, { ignoreStandalone: keepLines });
	} catch (error) {
		throw syntaxError(error, source, field);
	}
	if (!partials) new Narrowing(field, mode).program(program, '');
	const compileOptions = { knownHelpers: knownHelpers as never, knownHelpersOnly: true, noEscape: mode === 'text', ignoreStandalone: keepLines };
	const template = environment.compile(program, compileOptions);
	const runtime = {
		allowProtoPropertiesByDefault: false,
		allowProtoMethodsByDefault: false,
		partials: partials && Object.fromEntries(Object.entries(partials).map(([name, text]) => [name, environment.compile(text, compileOptions)])),
	};
	return (context, data) => {
		let output: string;
		try {
			output = template(context, { ...runtime, data });
		} catch (error) {
			throw new ShopJourneysError('TEMPLATE_INVALID', `${field}: ${firstLine(error)}`, { cause: error });
		}
		if (output.length > maxOutputLength) throw new ShopJourneysError('TEMPLATE_INVALID', `${field}: the result is longer than ${maxOutputLength} characters`);
		return output;
	};
}

/** Walks a template before it is compiled, refuses what it may not do and closes what HTML leaves open. */
class Narrowing {
	constructor(
		private readonly field: string,
		private readonly mode: 'html' | 'text',
	) {}

	/** @param before the literal text that stands before, as far as it matters; @returns the same for what follows. */
	program(program: hbs.AST.Program | undefined, before: string): string {
		let tail = before;
		for (const statement of program?.body ?? []) tail = this.statement(statement, tail);
		return tail;
	}

	private statement(statement: hbs.AST.Statement, tail: string): string {
		switch (statement.type) {
			case 'ContentStatement':
				return (tail + (statement as hbs.AST.ContentStatement).value).slice(-64);
			case 'CommentStatement':
				return tail;
			case 'MustacheStatement':
				this.mustache(statement as hbs.AST.MustacheStatement, tail);
				return `${tail}x`.slice(-64);
			case 'BlockStatement': {
				const block = statement as hbs.AST.BlockStatement;
				this.call(block, true);
				const after = this.program(block.program, tail);
				const afterElse = this.program(block.inverse, tail);
				// Where one branch may leave the address still to come, what follows is treated as its start.
				return startsAddress(afterElse) ? afterElse : after;
			}
			default:
				throw this.refused(statement, 'partials and decorators ({{> ...}}, {{* ...}}) are not available here');
		}
	}

	private mustache(mustache: hbs.AST.MustacheStatement, tail: string): void {
		this.call(mustache, false);
		(mustache as { escaped: boolean }).escaped = true;
		if (this.mode !== 'html' || !startsAddress(tail)) return;
		const { path, params, hash, loc } = mustache;
		const value = params.length || hash ? ({ type: 'SubExpression', path, params, hash, loc } as hbs.AST.SubExpression) : path;
		mustache.params = [value as hbs.AST.Expression];
		(mustache as { hash?: hbs.AST.Hash }).hash = undefined;
		mustache.path = { type: 'PathExpression', original: 'safeUrl', parts: ['safeUrl'], data: false, depth: 0, loc } as hbs.AST.PathExpression;
	}

	private call(node: hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression, isBlock: boolean): void {
		const name = (node.path as hbs.AST.PathExpression).original;
		const isCall = node.params.length > 0 || node.hash?.pairs.length > 0 || node.type === 'SubExpression';
		if (isCall && !functionNames.has(String(name))) {
			const known = [...functionNames].sort().join(', ');
			throw this.refused(node, `there is no function called "${String(name)}"`, `Write the name of a value alone, or use one of: ${known}.`);
		}
		if (!isCall && functionNames.has(String(name))) throw this.refused(node, `"${String(name)}" needs a value after it`, isBlock ? `As in {{#${String(name)} cart}}.` : `As in {{${String(name)} cart.total}}.`);
		this.expression(node.path);
		for (const param of node.params) this.expression(param);
		for (const pair of node.hash?.pairs ?? []) this.expression(pair.value);
	}

	private expression(expression: hbs.AST.Node): void {
		if (expression.type === 'SubExpression') this.call(expression as hbs.AST.SubExpression, false);
		if (expression.type !== 'PathExpression') return;
		const bad = (expression as hbs.AST.PathExpression).parts.find((part) => typeof part === 'string' && forbiddenNames.has(part));
		if (bad) throw this.refused(expression, `"${bad}" cannot be read in a template`);
	}

	private refused(node: hbs.AST.Node, what: string, hint?: string): ShopJourneysError {
		return invalid(this.field, node.loc.start.line, node.loc.start.column + 1, what, hint);
	}
}

/** Whether an `href`, `src` or the like has just been opened, so that what comes next is the start of its address. */
function startsAddress(tail: string): boolean {
	return /(?:^|[\s"'/])(?:href|src|action|formaction|background|poster|xlink:href)\s*=\s*["']?\s*$/i.test(tail);
}

function invalid(field: string, line: number, column: number, what: string, hint?: string): ShopJourneysError {
	return new ShopJourneysError('TEMPLATE_INVALID', `${field}, line ${line}, column ${column}: ${what}`, { hint });
}

function firstLine(error: unknown): string {
	return messageOf(error).split('\n')[0].slice(0, 300);
}

/** Handlebars names the line only in the text of its error and the column not at all; this finds the place. */
function syntaxError(error: unknown, source: string, field: string): ShopJourneysError {
	const raw = error as Error & { lineNumber?: number; column?: number };
	if (raw.lineNumber !== undefined && raw.column !== undefined) {
		const what = raw.message.replace(/ - \d+:\d+$/, '').replace(/^(\S+) doesn't match (\S+)$/, 'the block {{#$1}} is closed by {{/$2}}');
		return invalid(field, raw.lineNumber, raw.column + 1, what);
	}
	const [first = '', excerpt = '', pointer = '', expectation = ''] = raw.message.split('\n');
	const reported = Number(/line (\d+)/.exec(first)?.[1] ?? 1);
	const { line, column } = placeOf(source, excerpt, pointer.indexOf('^'), reported);
	const missingEnd = /got 'EOF'/.test(expectation);
	return invalid(field, line, column, missingEnd ? 'a block or a {{ is not closed before the end' : 'this is not written as Handlebars expects it', 'Check that each {{ has its }} and each {{#...}} its {{/...}}.');
}

/** The parser quotes up to 20 characters on each side of the place, line breaks removed. */
function placeOf(source: string, excerpt: string, caret: number, reported: number): { line: number; column: number } {
	const cut = excerpt.startsWith('...') ? 3 : 0;
	const before = excerpt.slice(cut, Math.max(caret, cut));
	const quoted = before + excerpt.slice(caret).replace(/\.\.\.$/, '');
	const offsets: number[] = [];
	for (let at = 0; at < source.length; at++) if (source[at] !== '\n') offsets.push(at);
	const flat = source.replace(/\n/g, '');
	for (let at = flat.indexOf(quoted); at >= 0 && quoted; at = flat.indexOf(quoted, at + 1)) {
		const offset = offsets[at + before.length] ?? source.length;
		const lines = source.slice(0, offset).split('\n');
		if (lines.length >= reported || offset === source.length) return { line: lines.length, column: lines[lines.length - 1].length + 1 };
	}
	return { line: reported, column: 1 };
}
