/** The text of our mail as an operator of the stock Send Email node would write it: the same HTML with expressions in it. */
const path = require('node:path');
const { links } = require('./message-links');

/** What stands for a value in a mail rendered once, and the expression that takes its place. */
const marks = [
	['Markname', '{{ $json.customer.firstName }}'],
	['Marktea', '{{ $json.cart.items[0].title }}'],
	['Markpot', '{{ $json.cart.items[1].title }}'],
	['€11.11', '€{{ ($json.cart.items[0].unitPriceMinor / 100).toFixed(2) }}'],
	['€33.33', '€{{ ($json.cart.items[1].unitPriceMinor / 100).toFixed(2) }}'],
	['€44.44', '€{{ ($json.cart.totalMinor / 100).toFixed(2) }}'],
	['https://mark.example/cart', '{{ $json.cart.url }}'],
];

/**
 * @param {string} packageDir
 * @param {object} settings
 * @param {object} item any item of the journey
 */
function stockMail(packageDir, settings, item) {
	const { createRenderer } = require(path.join(packageDir, 'dist/lib/messages/render.js'));
	const renderer = createRenderer({ content: { kind: 'builtIn', tone: 'reminder' } });
	const [tea, pot] = item.cart.items;
	const marked = {
		...item,
		customer: { ...item.customer, firstName: 'Markname' },
		cart: { ...item.cart, totalMinor: 4444, url: 'https://mark.example/cart', items: [{ ...tea, title: 'Marktea', unitPriceMinor: 1111 }, { ...pot, title: 'Markpot', unitPriceMinor: 3333 }] },
	};
	const { subject, html, text } = renderer.render(marked, { settings, links });
	const asExpression = (written) => `=${marks.reduce((result, [mark, expression]) => result.replaceAll(mark, expression), written)}`;
	return { to: '={{ $json.customer.email }}', subject: asExpression(subject), html: asExpression(html), text: asExpression(text) };
}

module.exports = { stockMail };
