/**
 * What a shop knows of its goods and no shop system tells: how long a pack lasts, what goes with it. The most specific rule
 * that names a field gives it: product before tag before category.
 */
export interface ProductRule {
	/** To what it applies: exactly one of the three. Compared without regard to case. */
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

/** All rules of a shop, in one document. */
export interface ProductRulesRecord {
	rules: ProductRule[];
	/** Journey time. */
	updatedAtMs: number;
}
