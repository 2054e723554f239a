import { z } from 'zod/v4';

/**
 * What a shop knows of its goods and no shop system tells: how long a pack lasts, what goes with it. The most specific rule
 * that names a field gives it: product before tag before category.
 */
export interface ProductRule {
	/** To what it applies: exactly one of the three. Compared without regard to case. A product is named by its id or its SKU. */
	product?: string;
	tag?: string;
	category?: string;
	/** Days that one unit lasts. */
	daysPerUnit?: number;
	/** Units in one pack; 1 when absent. */
	unitsPerPack?: number;
	goods?: 'soft' | 'hard';
	/** Days after which it is usually replaced. */
	replacementDays?: number;
	/** Product ids. */
	accessories?: string[];
	upgrade?: string;
	nextSize?: string;
	/** The season it belongs to, e.g. `christmas`. */
	season?: string;
	deliveryDays?: number;
}

export type ProductRuleField = Exclude<keyof ProductRule, 'product' | 'tag' | 'category'>;
export type ProductRuleTarget = 'product' | 'tag' | 'category';
/** What the rules say of one product. */
export type AppliedRule = Pick<ProductRule, ProductRuleField>;

/** All rules of a shop, in one document. */
export interface ProductRulesRecord {
	rules: ProductRule[];
	/** Journey time. */
	updatedAtMs: number;
}

/** What a product is looked up by. */
export interface Goods {
	productId: string;
	sku?: string;
	tags?: readonly string[];
	category?: string;
}

export const ruleTargets = ['product', 'tag', 'category'] as const satisfies readonly ProductRuleTarget[];
export const ruleFields = ['daysPerUnit', 'unitsPerPack', 'goods', 'replacementDays', 'accessories', 'upgrade', 'nextSize', 'season', 'deliveryDays'] as const satisfies readonly ProductRuleField[];

/** Rules by what they apply to. */
type RuleIndex = Map<string, Array<{ rule: ProductRule; position: number }>>;

/** Of the rules seen last: looking a product up again costs a few map accesses, however many rules there are. */
const indexOf = new WeakMap<readonly ProductRule[], RuleIndex>();

const targetKey = (target: ProductRuleTarget, name: string) => `${target}:${name.trim().toLowerCase()}`;

/** What a rule applies to. */
export function ruleTarget(rule: ProductRule): { target: ProductRuleTarget; name: string } {
	const target = ruleTargets.find((candidate) => rule[candidate] !== undefined) ?? 'product';
	return { target, name: rule[target] ?? '' };
}

function indexed(rules: readonly ProductRule[]): RuleIndex {
	let index = indexOf.get(rules);
	if (!index) {
		index = new Map();
		for (const [position, rule] of rules.entries()) {
			const { target, name } = ruleTarget(rule);
			const key = targetKey(target, name);
			const entries = index.get(key);
			if (entries) entries.push({ rule, position });
			else index.set(key, [{ rule, position }]);
		}
		indexOf.set(rules, index);
	}
	return index;
}

/** The rules that apply to a product, most specific first: its SKU, its id, its tags in the order of the rules, its category. */
function rulesFor(rules: readonly ProductRule[], { productId, sku, tags, category }: Goods): ProductRule[] {
	const index = indexed(rules);
	const of = (target: ProductRuleTarget, name: string | undefined) => (name ? (index.get(targetKey(target, name)) ?? []) : []);
	const byTag = [...new Set((tags ?? []).flatMap((tag) => of('tag', tag)))].sort((a, b) => a.position - b.position);
	return [...new Set([...of('product', sku), ...of('product', productId), ...byTag, ...of('category', category)].map(({ rule }) => rule))];
}

/** One field of what applies to a product, and the rule that it comes from. */
export interface ExplainedField {
	field: ProductRuleField;
	value: NonNullable<ProductRule[ProductRuleField]>;
	target: ProductRuleTarget;
	name: string;
}

/** What the rules say of a product, field by field, and which rule says it. */
export function explainRule(rules: readonly ProductRule[], goods: Goods): ExplainedField[] {
	const applying = rulesFor(rules, goods);
	return ruleFields.flatMap((field) => {
		const rule = applying.find((candidate) => candidate[field] !== undefined);
		return rule ? [{ field, value: rule[field]!, ...ruleTarget(rule) }] : [];
	});
}

/** What the rules say of a product. A field that no rule names is absent: a journey that needs it skips the product. */
export function ruleFor(rules: readonly ProductRule[], goods: Goods): AppliedRule {
	return Object.fromEntries(explainRule(rules, goods).map(({ field, value }) => [field, value])) as AppliedRule;
}

/** How a number of days or units may be written. Cells of a table are text as often as numbers. */
function numberCell(what: string, { from, to, whole }: { from: number; to: number; whole: boolean }) {
	const error = `has to be ${whole ? 'a whole number' : 'a number'} of ${what} from ${from} to ${to}`;
	const decimal = z.union([z.number(), z.string().regex(/^\s*\d+([.,]\d+)?\s*$/, error).transform((text) => Number(text.trim().replace(',', '.')))], { error });
	const range = z.number().min(from, error).max(to, error);
	return decimal.pipe(whole ? range.int(error) : range).optional();
}

const name = z.union([z.string(), z.number().transform(String)], { error: 'has to be text' }).pipe(z.string().trim().min(1).max(200, 'is longer than 200 characters'));
const names = z
	.union([z.array(name), name.transform((text) => text.split(/[,;\n]+/).map((part) => part.trim()).filter(Boolean))], { error: 'has to be product ids, separated by commas' })
	.pipe(z.array(z.string()).min(1).max(50, 'names more than 50 products'));

const ruleSchema = z.object({
	product: name.optional(),
	tag: name.optional(),
	category: name.optional(),
	// A drop lasts an hour, a sofa ten years.
	daysPerUnit: numberCell('days', { from: 0.01, to: 3650, whole: false }),
	unitsPerPack: numberCell('units', { from: 1, to: 100_000, whole: false }),
	goods: z.string().trim().toLowerCase().pipe(z.enum(['soft', 'hard'], 'has to be soft or hard')).optional(),
	replacementDays: numberCell('days', { from: 1, to: 36_500, whole: true }),
	accessories: names.optional(),
	upgrade: name.optional(),
	nextSize: name.optional(),
	season: name.optional(),
	deliveryDays: numberCell('days', { from: 0, to: 365, whole: true }),
});

/** Columns that a table may have besides: n8n's own, and the operator's remarks. */
const besides = ['id', 'createdat', 'updatedat', 'note', 'notes'];
/** `Days per unit`, `days_per_unit` and `daysPerUnit` are one column. */
const plain = (column: string) => column.toLowerCase().replace(/[^a-z0-9]/g, '');
const columns = new Map<string, ProductRuleTarget | ProductRuleField>([...ruleTargets, ...ruleFields].map((column) => [plain(column), column]));

export interface RowProblem {
	/** 0-based position among the rows. */
	row: number;
	/** The column, as the row has it. */
	column?: string;
	message: string;
}

/**
 * Reads rules as a table has them: one row each, cells as text or numbers, empty cells for what a rule does not say.
 * Nothing is guessed: a row with a column that is not known, or that names none or two of product, tag and category, is a problem.
 */
export function parseProductRules(rows: ReadonlyArray<Record<string, unknown>>): { rules: Array<{ row: number; rule: ProductRule }>; problems: RowProblem[] } {
	const rules: Array<{ row: number; rule: ProductRule }> = [];
	const problems: RowProblem[] = [];
	const seen = new Map<string, number>();
	for (const [row, cells] of rows.entries()) {
		const found = parseRow(cells);
		const { target, name: named } = found.rule ? ruleTarget(found.rule) : { target: 'product' as const, name: '' };
		const before = found.rule && seen.get(targetKey(target, named));
		if (before !== undefined) found.problems.push({ column: target, message: `names the ${target} "${named}" again, as row ${before + 1} does: put both into one row` });
		problems.push(...found.problems.map((problem) => ({ row, ...problem })));
		if (!found.rule || found.problems.length > 0) continue;
		seen.set(targetKey(target, named), row);
		rules.push({ row, rule: found.rule });
	}
	return { rules, problems };
}

function parseRow(cells: Record<string, unknown>): { rule?: ProductRule; problems: Array<Omit<RowProblem, 'row'>> } {
	const problems: Array<Omit<RowProblem, 'row'>> = [];
	const known: Record<string, unknown> = {};
	const columnOf: Record<string, string> = {};
	for (const [column, cell] of Object.entries(cells)) {
		if (cell === null || cell === undefined || (typeof cell === 'string' && cell.trim() === '') || besides.includes(plain(column))) continue;
		const field = columns.get(plain(column));
		if (!field) problems.push({ column, message: `is no column of product rules: they are ${[...ruleTargets, ...ruleFields].join(', ')}, and note for your own remarks` });
		else {
			known[field] = cell;
			columnOf[field] = column;
		}
	}
	const targets = ruleTargets.filter((target) => known[target] !== undefined);
	if (targets.length !== 1) {
		problems.push({ message: targets.length === 0 ? 'names neither a product nor a tag nor a category' : `names ${targets.join(' and ')}: one row is for one of them` });
	}
	if (!ruleFields.some((field) => known[field] !== undefined)) problems.push({ message: 'says nothing: fill in at least one column besides what it applies to' });
	const parsed = ruleSchema.safeParse(known);
	if (!parsed.success) {
		const wrong = new Map(parsed.error.issues.map((issue) => [String(issue.path[0]), issue.message]));
		for (const [field, message] of wrong) problems.push({ column: columnOf[field] ?? field, message: `${message}, but is "${String(known[field]).slice(0, 40)}"` });
	}
	return { ...(parsed.success && targets.length === 1 && { rule: parsed.data }), problems };
}

/** `before` with other rules put in: what is named in both is replaced. */
export function mergeRules(before: readonly ProductRule[], added: readonly ProductRule[]): ProductRule[] {
	const keyOf = (rule: ProductRule) => {
		const { target, name: named } = ruleTarget(rule);
		return targetKey(target, named);
	};
	const merged = new Map([...before, ...added].map((rule) => [keyOf(rule), rule]));
	return [...merged.values()];
}
