import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** Where pictures go: `MAIL_PICTURES=/a/folder`. */
export const folder = path.resolve(process.env.MAIL_PICTURES ?? 'mail-pictures');
mkdirSync(folder, { recursive: true });

/** Of a phone and of a desktop, in pixels. */
export const widths = [375, 1280];
/** Pixels: a sheet, a column of it, and how much of a desktop's width is shown on it. */
const sheet = { columns: 4, columnWidth: 390, height: 940, middle: 660 };

const photo = (hue: number) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300"><rect width="300" height="300" fill="hsl(${hue} 30% 82%)"/><circle cx="150" cy="160" r="80" fill="hsl(${hue} 35% 55%)"/></svg>`;

/** A page for which every picture of a shop is a drawing. */
export async function pageOf(browser: Browser, width: number, isDark = false): Promise<Page> {
	const page = await browser.newPage({ viewport: { width, height: 320 }, colorScheme: isDark ? 'dark' : 'light' });
	await page.route('**/*', (route) => route.fulfill({ contentType: 'image/svg+xml', body: photo(route.request().url().length * 47) }));
	return page;
}

/**
 * Takes the picture, and says what is wrong with the layout: by how many pixels it is wider than the screen, what is not in its middle,
 * and texts that are cut off.
 * @param name of the file, without its ending
 * @param middle selects what stands in the middle
 */
export async function take(page: Page, html: string, name: string, middle: string): Promise<string[]> {
	await page.setContent(html, { waitUntil: 'load' });
	await page.screenshot({ path: fileOf(name), fullPage: true });
	return page.evaluate<string[]>(`(() => {
		const { scrollWidth, clientWidth } = document.documentElement;
		const placed = [...document.querySelectorAll(${JSON.stringify(middle)})].map((part) => part.getBoundingClientRect());
		const cut = [...document.querySelectorAll('p, span, a, td, div, label, button')].filter((box) => !box.closest('[aria-hidden=true]') && getComputedStyle(box).overflow === 'visible' && box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1);
		return [
			...(placed.length === 0 ? ['nothing in the middle'] : []),
			...(scrollWidth > clientWidth ? ['wider by ' + (scrollWidth - clientWidth)] : []),
			...placed.filter(({ left, right }) => Math.abs(left + right - clientWidth) > 1).map(({ left, right }) => 'not in the middle: ' + left + ' to ' + right),
			...cut.map((box) => 'cut off: ' + box.textContent.trim().slice(0, 60)),
		];
	})()`);
}

function fileOf(name: string): string {
	return path.join(folder, `${name}.png`);
}

/** The height of a PNG in pixels, from its header. */
function heightOf(picture: Buffer): number {
	return picture.readUInt32BE(20);
}

/** Pictures of one width in columns, in their order, on as many sheets as it takes: of a phone whole, of a desktop the middle. */
export async function sheetsOf(browser: Browser, name: string, width: number, pictures: Array<{ title: string; name: string }>): Promise<void> {
	const { columns, columnWidth, height, middle } = sheet;
	const shown = Math.min(width, middle);
	const scale = (columnWidth - 10) / shown;
	const filled: Array<{ html: string; height: number }> = [];
	for (const { title, name: file } of pictures) {
		const picture = readFileSync(fileOf(file));
		const html = `<figure style="margin:0 5px 12px;overflow:hidden"><figcaption style="font:12px sans-serif">${title}</figcaption><img style="display:block;width:${width * scale}px;margin-left:${((shown - width) / 2) * scale}px" src="data:image/png;base64,${picture.toString('base64')}"></figure>`;
		const tall = heightOf(picture) * scale + 28;
		const last = filled.at(-1);
		if (last && last.height + tall <= height) Object.assign(last, { html: last.html + html, height: last.height + tall });
		else filled.push({ html, height: tall });
	}
	const page = await browser.newPage({ viewport: { width: columns * columnWidth, height: 400 } });
	for (let start = 0; start < filled.length; start += columns) {
		const body = filled.slice(start, start + columns).map((column) => `<div style="width:${columnWidth}px">${column.html}</div>`);
		await page.setContent(`<body style="margin:0;display:flex;align-items:flex-start;background:#fff">${body.join('')}</body>`, { waitUntil: 'load' });
		await page.screenshot({ path: fileOf(`sheet-${name}-${start / columns + 1}`), fullPage: true });
	}
	await page.close();
}
