import { textFromHtml } from '../../../lib/messages/plain-text';

test('keeps the order, the links and the words of pictures', () => {
	const html = `<!doctype html><html><head><title>No</title><style>p { color: red }</style></head><body>
		<div style="display:none">preview &#847;&#8199;</div><h1>Hello   Mia</h1><p>Two <b>bold</b>
		words &amp; more</p><ul><li>One</li><li>Two</li></ul><img src="x.png" alt="A mug"><!-- no --><p><a href="https://a.example/c?x=1&amp;y=2">Back to <i>my</i> cart</a></p></body></html>`;
	expect(textFromHtml(html)).toBe('Hello Mia\n\nTwo bold words & more\n\n- One\n- Two\n\nA mug\n\nBack to my cart (https://a.example/c?x=1&y=2)');
});

test('a link whose words are its address is not doubled', () => {
	expect(textFromHtml('<a href="https://a.example">https://a.example</a> <a href="mailto:a@b.example">a@b.example</a> <a href="#top">Top</a>')).toBe('https://a.example a@b.example Top');
});

test('cells stand beside each other, rows below each other', () => {
	expect(textFromHtml('<table><tr><td>Mug</td><td>€18</td></tr><tr><td>Throw</td><td>€69</td></tr></table>')).toBe('Mug €18\nThrow €69');
});

test('a price below a smaller price is text, not a tag', () => {
	expect(textFromHtml('<p>5 < 6 and 7 > 6</p>')).toBe('5 < 6 and 7 > 6');
});

test('entities become characters once', () => {
	expect(textFromHtml('&lt;b&gt; &amp;lt; &#x1F9FA; &#128512; &unknown; &#0; &#xD800;')).toBe('<b> &lt; 🧺 😀 &unknown;');
});

test.each(['<', '<a', '<!--', '<style>', '<a href="', '<div style="display:none">'])('does not stumble over the unfinished "%s"', (rest) => {
	expect(textFromHtml(`Hello ${rest}`)).toMatch(/^Hello/);
});

test('takes time in proportion to the length', () => {
	for (const hostile of ['<a ', '<!--', '<div style="', '&#', '<a href=\'']) {
		const startedAt = performance.now();
		textFromHtml(hostile.repeat(20_000));
		expect(performance.now() - startedAt).toBeLessThan(1500);
	}
});
