import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../e2e/browser';
import { allMessages, languages, renderBuiltIn, sampleDiscount } from '../unit/messages/built-in-samples';
import { compiledDesignsDir } from '../unit/messages/compiled-designs';

/**
 * Pictures of every built-in message in every language, to look at: `MAIL_PICTURES=/a/folder npx jest --selectProjects pictures`.
 * Each is taken at the width of a phone and of a desktop, and sheets of them side by side.
 */
const folder = path.resolve(process.env.MAIL_PICTURES ?? 'mail-pictures');
const widths = [375, 1280];
/** Mails on one sheet. */
const perSheet = 8;
/** Only messages of these chapters, where not all are to be looked at: `MAIL_CHAPTERS=08,09`. */
const chosen = process.env.MAIL_CHAPTERS?.split(',');
const messages = allMessages.filter(([, { chapter }]) => !chosen || chosen.includes(chapter));

const photo = (hue: number) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300"><rect width="300" height="300" fill="hsl(${hue} 30% 82%)"/><circle cx="150" cy="160" r="80" fill="hsl(${hue} 35% 55%)"/></svg>`;

let designsDir: string;
let browser: Browser;
beforeAll(async () => {
	designsDir = await compiledDesignsDir();
	browser = await launchBrowser();
	mkdirSync(folder, { recursive: true });
}, 120_000);
afterAll(() => browser?.close());

async function pageOf(width: number, isDark = false): Promise<Page> {
	const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: isDark ? 'dark' : 'light' });
	await page.route('**/*', (route) => route.fulfill({ contentType: 'image/svg+xml', body: photo(route.request().url().length * 47) }));
	return page;
}

/** Takes the picture, and says by how much the mail is wider than the screen. */
async function take(page: Page, html: string, file: string): Promise<number> {
	await page.setContent(html, { waitUntil: 'load' });
	await page.screenshot({ path: file, fullPage: true });
	return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

describe.each(languages)('%s', (language) => {
	test.each(widths)('no mail is wider than a screen of %i pixels', async (width) => {
		const page = await pageOf(width);
		const tooWide: Record<string, number> = {};
		for (const [id] of messages) {
			const { html } = renderBuiltIn(id, language, designsDir, id.includes('help') ? {} : { discount: sampleDiscount(language, 'percentage') });
			const excess = await take(page, html, path.join(folder, `${language}-${width}-${id}.png`));
			if (excess > 0) tooWide[id] = excess;
		}
		expect(tooWide).toEqual({});
		await page.close();
		if (width === 375) await sheets(language);
	}, 600_000);

	test('in the dark', async () => {
		const page = await pageOf(375, true);
		for (const id of ['survey', 'review-request', 'cart-last-code', 'we-miss-you', 'next-tier'] as const) {
			const { html } = renderBuiltIn(id, language, designsDir, { discount: sampleDiscount(language, 'percentage') });
			expect(await take(page, html, path.join(folder, `${language}-dark-${id}.png`))).toBeLessThanOrEqual(0);
		}
		await page.close();
	}, 600_000);
});

/** Phone pictures side by side. */
async function sheets(language: string): Promise<void> {
	const page = await browser.newPage({ viewport: { width: perSheet * 260, height: 400 } });
	for (let start = 0; start < messages.length; start += perSheet) {
		const pictures = messages.slice(start, start + perSheet).map(([id]) => {
			const data = readFileSync(path.join(folder, `${language}-375-${id}.png`)).toString('base64');
			return `<figure style="margin:0 4px;width:252px"><figcaption style="font:11px sans-serif">${id}</figcaption><img style="width:252px" src="data:image/png;base64,${data}"></figure>`;
		});
		await page.setContent(`<body style="margin:0;display:flex;align-items:flex-start;background:#fff">${pictures.join('')}</body>`, { waitUntil: 'load' });
		writeFileSync(path.join(folder, `sheet-${language}-${start / perSheet + 1}.png`), await page.screenshot({ fullPage: true }));
	}
	await page.close();
}
