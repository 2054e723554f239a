import { existsSync } from 'node:fs';
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
	/** What went wrong on the pages: uncaught errors, and what the console calls one. */
	readonly errors: string[] = [];

	private constructor(
		private readonly browser: Browser,
		readonly page: Page,
		private readonly url: string,
		/** Where pictures are kept, if they are. */
		private readonly screenshots: string | undefined,
	) {
		page.on('pageerror', (error) => this.errors.push(error.message));
		// What n8n asks of its maker cannot be reached from here.
		page.on('console', (message) => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && this.errors.push(message.text()));
	}

	static async open(url: string): Promise<Editor> {
		const browser = await launchBrowser();
		const page = await browser.newPage({ viewport: { width: 1500, height: 1300 } });
		await page.goto(`${url}/signin`);
		await page.getByRole('textbox', { name: /email/i }).fill(testOwner.email);
		await page.locator('input[type=password]').fill(testOwner.password);
		await page.getByRole('button', { name: /sign in/i }).click();
		await page.waitForURL(({ pathname }) => !pathname.includes('signin'));
		return new Editor(browser, page, url, process.env.EDITOR_SCREENSHOTS || undefined);
	}

	/** Loading the editor takes seconds: a workflow that is open already only has its panel closed. */
	async openWorkflow(id: string): Promise<void> {
		const { pathname } = new URL(this.page.url());
		// With a panel open the address goes on with the node's id.
		if (!`${pathname}/`.startsWith(`/workflow/${id}/`)) await this.page.goto(`${this.url}/workflow/${id}`);
		else if (await this.panel.isVisible()) await this.panel.getByTestId('ndv-close-button').click();
		await this.page.getByTestId('canvas-node').first().waitFor();
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** Opens the panel of a node. */
	async openPanel(workflowId: string, name: string): Promise<void> {
		await this.openWorkflow(workflowId);
		await this.node(name).dblclick();
		await this.panel.waitFor();
	}

	/** The labels (see `labels`), once they are these or have had their time: n8n draws what is nested after the rest. */
	async settledLabels(wanted: string[]): Promise<string[]> {
		for (let tries = 0; tries < 100; tries++) {
			if ((await this.labels()).join() === wanted.join()) break;
			await this.page.waitForTimeout(100);
		}
		return await this.labels();
	}

	/** The labels of the fields that the open panel shows, from top to bottom. */
	async labels(): Promise<string[]> {
		const labels = this.panel.getByTestId('node-parameters').getByTestId('input-label').filter({ visible: true });
		await labels.first().waitFor();
		return (await labels.allInnerTexts()).map((text) => text.split('\n')[0].trim()).filter((text) => text !== '');
	}

	get panel(): Locator {
		return this.page.getByTestId('ndv');
	}

	/** Opens the list of a parameter in the open panel and gives what can be chosen there. */
	private async openList(parameter: string): Promise<Locator> {
		const options = this.page.locator('.el-select-dropdown__item').filter({ visible: true });
		for (let tries = 1; ; tries++) {
			await this.panel.getByTestId(`parameter-input-${parameter}`).first().click();
			// A click while n8n draws the fields anew meets a list that is gone a moment later.
			const isOpen = await options.first().waitFor({ timeout: 5_000 }).then(() => true, () => false);
			if (isOpen) return options;
			if (tries === 4) throw new Error(`The list of ${parameter} does not open`);
		}
	}

	async choose(parameter: string, option: string): Promise<void> {
		const options = await this.openList(parameter);
		await options.getByText(option, { exact: true }).first().click();
		await options.first().waitFor({ state: 'hidden' });
	}

	/** What a parameter of the open panel lets choose from; the list is closed again. */
	async choicesOf(parameter: string): Promise<string[]> {
		const options = await this.openList(parameter);
		const names = (await options.allInnerTexts()).map((text) => text.split('\n')[0].trim());
		await this.panel.getByTestId(`parameter-input-${parameter}`).first().click();
		await options.first().waitFor({ state: 'hidden' });
		return names;
	}

	/** Presses Publish, in the head of the workflow and in the dialog that asks for the version's name. */
	async publish(): Promise<void> {
		await this.page.getByRole('button', { name: 'Publish' }).first().click();
		await this.page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
	}

	/** Runs the node whose panel is open. */
	async executeStep(): Promise<void> {
		await this.panel.getByTestId('node-execute-button').first().click();
	}

	async picture(name: string): Promise<void> {
		if (this.screenshots) await this.page.screenshot({ path: path.join(this.screenshots, `${name}.png`) });
	}

	async close(): Promise<void> {
		await this.browser.close();
	}
}
