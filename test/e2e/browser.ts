import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

const { testOwner } = require('../../scripts/lib/user-folder');

const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

/** Chromium from CHROMIUM_PATH or PATH. */
export function findChromium(): string | undefined {
	const folders = (process.env.PATH ?? '').split(path.delimiter);
	const candidates = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => path.join(folder, name)));
	return [process.env.CHROMIUM_PATH, ...candidates].find((file) => file && existsSync(file));
}

/** A real Chromium, as a process of root may start it, that calls nobody outside. */
export function launchBrowser(): Promise<Browser> {
	return chromium.launch({ executablePath: findChromium(), args });
}

/** n8n's editor in a real browser, signed in as the owner. */
export class Editor {
	/** What went wrong on the pages: uncaught errors and toasts that say so. */
	readonly errors: string[] = [];

	private constructor(
		private readonly browser: Browser,
		readonly page: Page,
		private readonly url: string,
		readonly screenshots: string,
	) {
		page.on('pageerror', (error) => this.errors.push(error.message));
	}

	static async open(url: string): Promise<Editor> {
		const browser = await launchBrowser();
		const page = await browser.newPage({ viewport: { width: 1500, height: 1300 } });
		await page.goto(`${url}/signin`);
		await page.getByRole('textbox', { name: /email/i }).fill(testOwner.email);
		await page.locator('input[type=password]').fill(testOwner.password);
		await page.getByRole('button', { name: /sign in/i }).click();
		await page.waitForURL(({ pathname }) => !pathname.includes('signin'));
		return new Editor(browser, page, url, process.env.EDITOR_SCREENSHOTS ?? mkdtempSync(path.join(tmpdir(), 'shop-journeys-editor-')));
	}

	/** Loading the editor takes seconds: a workflow that is open already only has its panel closed. */
	async openWorkflow(id: string): Promise<void> {
		if (new URL(this.page.url()).pathname !== `/workflow/${id}`) await this.page.goto(`${this.url}/workflow/${id}`);
		else if (await this.panel.isVisible()) await this.panel.getByTestId('ndv-close-button').click();
		await this.page.getByTestId('canvas-node').first().waitFor();
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** Opens the panel of a node and gives the labels of its fields, from top to bottom. */
	async openPanel(workflowId: string, name: string): Promise<string[]> {
		await this.openWorkflow(workflowId);
		await this.node(name).dblclick();
		await this.panel.waitFor();
		const labels = this.panel.getByTestId('node-parameters').getByTestId('input-label').filter({ visible: true });
		await labels.first().waitFor();
		return (await labels.allInnerTexts()).map((text) => text.split('\n')[0].trim()).filter((text) => text !== '');
	}

	get panel(): Locator {
		return this.page.getByTestId('ndv');
	}

	/** Runs the node whose panel is open. */
	async executeStep(): Promise<void> {
		await this.panel.getByTestId('node-execute-button').first().click();
	}

	async picture(name: string): Promise<void> {
		await this.page.screenshot({ path: path.join(this.screenshots, `${name}.png`) });
	}

	async close(): Promise<void> {
		await this.browser.close();
	}
}
