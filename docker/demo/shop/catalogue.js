/** What the demo shop sells. Prices are decimal text, as they go over the wire. */
const currency = 'EUR';

const products = [
	{ id: 'mug', title: 'Stoneware Mug', note: 'Holds a proper morning', price: '18.00' },
	{ id: 'teapot', title: 'Glass Teapot', note: 'For four cups, or one long chapter', price: '42.00' },
	{ id: 'board', title: 'Beech Chopping Board', note: 'Oiled by hand', price: '29.50' },
	{ id: 'apron', title: 'Linen Apron', note: 'Two pockets, no fuss', price: '36.00' },
	{ id: 'candle', title: 'Beeswax Candle', note: 'Forty quiet hours', price: '14.90' },
	{ id: 'blanket', title: 'Wool Blanket', note: 'Woven in Donegal', price: '89.00' },
];

const productsById = new Map(products.map((product) => [product.id, product]));

/** Cents, so that sums are exact. @param {string} price */
function toMinor(price) {
	const [whole, fraction = ''] = price.split('.');
	return Number(whole) * 100 + Number(fraction.padEnd(2, '0').slice(0, 2));
}

/** @param {number} minor */
function toPrice(minor) {
	return `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
}

module.exports = { currency, products, productsById, toMinor, toPrice };
