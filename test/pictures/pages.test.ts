import type { Browser } from 'playwright-core';
import { lookOf } from '../../lib/messages/pages';
import { wordsFor } from '../../lib/messages/words';
import { launchBrowser } from '../e2e/browser';
import { Desk } from '../unit/forms/desk';
import { languages, settingsFor } from '../unit/messages/built-in-samples';
import { allPages } from '../unit/messages/page-samples';
import { pageOf, sheetsOf, take, widths } from './taking';

/** Pictures of every page that links in messages lead to, and of the forms, in every language: `MAIL_PICTURES=/a/folder npx jest --selectProjects pictures --testPathPatterns pages`. */
let browser: Browser;
beforeAll(async () => {
	browser = await launchBrowser();
}, 60_000);
afterAll(() => browser?.close());

/** The forms, as they are asked for first, and with what was typed wrongly. */
async function formsIn(locale: string): Promise<Record<string, string>> {
	const desk = await Desk.open();
	desk.settings = { ...desk.settings, name: 'Fern & Field', locale };
	const shown: Record<string, string> = {};
	for (const f of ['all', 'profile', 'contact']) {
		shown[`form ${f}`] = (await desk.get({ f })).body;
		shown[`form ${f}, not right`] = (await desk.fillIn({ f }, { email: 'x', q2: '12', q1: '2990-01-01' })).body;
	}
	return shown;
}

describe.each(languages)('%s', (language) => {
	test.each([...widths.map((width) => [width, 'light']), [375, 'dark']] as Array<[number, string]>)('every page fits a screen of %i pixels, %s', async (width, scheme) => {
		const settings = settingsFor(language);
		const topics = String(wordsFor(language).design.surveyTopics).split(',');
		const offered = topics.slice(0, 3).map((label) => ({ id: label, label }));
		const pages = { ...allPages(lookOf(settings), offered, topics), ...(await formsIn(settings.locale)) };
		const page = await pageOf(browser, width, scheme === 'dark');
		const flaws: Record<string, string[]> = {};
		const pictures = Object.keys(pages).map((title) => ({ title, name: `page-${language}-${scheme}-${width}-${title}` }));
		for (const { title, name } of pictures) {
			const found = await take(page, pages[title], name, 'main');
			if (found.length > 0) flaws[title] = found;
		}
		await page.close();
		await sheetsOf(browser, `page-${language}-${scheme}-${width}`, width, pictures);
		expect(flaws).toEqual({});
	}, 600_000);
});
