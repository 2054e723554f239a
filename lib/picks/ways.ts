/**
 * What the marketer asks for (`PickShow`), and by which way a product came to be picked (`PickWay`): the reason that stands on each
 * pick (`ItemPick.reason`).
 */
export const pickWays = [
	'accessory',
	'bought_together',
	'viewed_together',
	'viewed_then_bought',
	'same_category',
	'favourite_category',
	'bestseller',
	'new',
	'back_in_stock',
	'reduced',
	'upgrade',
	'next_size',
	'in_stock',
] as const;

export type PickWay = (typeof pickWays)[number];

export const pickShows = ['goesWith', 'similar', 'afterViewing', 'forCustomer', 'bestsellers', 'newProducts', 'backInStock', 'reduced', 'upgrade', 'nextSize'] as const;

export type PickShow = (typeof pickShows)[number];
