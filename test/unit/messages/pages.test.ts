import { answeredPage, answerPage, donePage, errorPage, isAnswerReason, pageHeaders, unsubscribePage } from '../../../lib/messages/pages';

const page = { shopName: 'Tom & <b>Jerry</b>', locale: 'en', token: 'abc.def' };

test('the unsubscribe page asks first and posts back to its own link', () => {
	const html = unsubscribePage(page);
	expect(html).toContain('<form method="post" action="?t=abc.def">');
	expect(html).toContain('Unsubscribe from Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;?');
});

test('the question page has one button per reason, and each of them is accepted', () => {
	const reasons = [...answerPage(page).matchAll(/name="reason" value="(\w+)"/g)].map(([, value]) => value);
	expect(reasons).toContain('price');
	expect(reasons.every(isAnswerReason)).toBe(true);
	expect(isAnswerReason('constructor')).toBe(false);
});

test('no page runs a script, loads anything or can be framed', () => {
	for (const html of [unsubscribePage(page), answerPage(page), donePage(page), answeredPage(page), errorPage('No <script>')]) {
		expect(html).not.toMatch(/<script|<img|<link|\son\w+=|javascript:/i);
		expect(html).not.toContain('<b>');
	}
	expect(pageHeaders['Content-Security-Policy']).toMatch(/^sandbox allow-forms; default-src 'none'/);
	expect(pageHeaders['Content-Security-Policy']).toContain("frame-ancestors 'none'");
});
