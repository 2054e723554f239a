import path from 'node:path';
import type { Browser } from 'playwright-core';
import type { BuiltInId } from '../../lib/messages/catalogue';
import { launchBrowser } from '../e2e/browser';
import { allMessages, type Language, languages, renderBuiltIn, sampleDiscount } from '../unit/messages/built-in-samples';
import { compiledDesignsDir } from '../unit/messages/compiled-designs';
import { folder, pageOf, sheetsOf, take, widths } from './taking';

/**
 * Pictures of every built-in message in every language, to look at: `MAIL_PICTURES=/a/folder npx jest --selectProjects pictures`.
 * Each is taken at the width of a phone and of a desktop, with all that a shop can tell (`full`) and with the least (`least`), and sheets of
 * them side by side.
 */
const samples = ['full', 'least'] as const;
type Sample = (typeof samples)[number];
/** Only messages of these chapters, where not all are to be looked at: `MAIL_CHAPTERS=08,09`. */
const chosen = process.env.MAIL_CHAPTERS?.split(',');
const messages = allMessages.filter(([, { chapter }]) => !chosen || chosen.includes(chapter)).map(([id]) => id);
/** Those with parts of their own. */
const inTheDark = ['survey', 'review-request', 'cart-last-code', 'we-miss-you', 'next-tier', 'points-summary'] as const satisfies BuiltInId[];
/** Of the picture in the docs: a mail per language. */
const shownInDocs: Array<[Language, BuiltInId]> = [['en', 'cart-reminder'], ['zh-Hant', 'points-summary'], ['zh-Hans', 'review-request'], ['ru', 'back-in-stock'], ['th', 'birthday']];
const card = '.card > table';

let designsDir: string;
let browser: Browser;
beforeAll(async () => {
	designsDir = await compiledDesignsDir();
	browser = await launchBrowser();
}, 120_000);
afterAll(() => browser?.close());

function rendered(id: BuiltInId, language: Language, sample: Sample): string {
	// A call for help has no code, nor has an answer to one.
	const discount = sample === 'full' && !id.includes('help') ? sampleDiscount(language, 'percentage') : undefined;
	return renderBuiltIn(id, language, designsDir, { isFull: sample === 'full', discount }).html;
}

describe.each(languages)('%s', (language) => {
	describe.each(samples)('%s', (sample) => {
		test.each(widths)('every mail fits a screen of %i pixels, and stands in its middle', async (width) => {
			const page = await pageOf(browser, width);
			const flaws: Record<string, string[]> = {};
			const pictures = messages.map((id) => ({ title: id, name: `${language}-${sample}-${width}-${id}` }));
			for (const { title, name } of pictures) {
				const found = await take(page, rendered(title, language, sample), name, card);
				if (found.length > 0) flaws[title] = found;
			}
			await page.close();
			await sheetsOf(browser, `${language}-${sample}-${width}`, width, pictures);
			expect(flaws).toEqual({});
		}, 600_000);
	});

	test('in the dark', async () => {
		for (const width of widths) {
			const page = await pageOf(browser, width, true);
			const pictures = inTheDark.map((id) => ({ title: id, name: `${language}-dark-${width}-${id}` }));
			for (const { title, name } of pictures) expect(await take(page, rendered(title, language, 'full'), name, card)).toEqual([]);
			await page.close();
			await sheetsOf(browser, `${language}-dark-${width}`, width, pictures);
		}
	}, 600_000);
});

/** `docs/images/mails.png`: `MAIL_PICTURES=docs/images npx jest --selectProjects pictures -t "mails.png"`. */
test('mails.png', async () => {
	const page = await browser.newPage({ viewport: { width: shownInDocs.length * 395 + 20, height: 940 } });
	const phone = await pageOf(browser, 375);
	const figures: string[] = [];
	for (const [language, id] of shownInDocs) {
		await phone.setContent(renderBuiltIn(id, language, designsDir, { discount: id === 'birthday' ? sampleDiscount(language, 'percentage') : undefined }).html, { waitUntil: 'load' });
		const picture = await phone.screenshot({ fullPage: true });
		figures.push(`<div style="width:375px;height:900px;overflow:hidden;border-radius:10px"><img style="display:block" src="data:image/png;base64,${picture.toString('base64')}"></div>`);
	}
	await page.setContent(`<body style="margin:20px;display:flex;gap:20px;background:#e4e6e8">${figures.join('')}</body>`, { waitUntil: 'load' });
	const { length } = await page.screenshot({ path: path.join(folder, 'mails.png') });
	expect(length).toBeLessThan(400_000);
}, 120_000);
