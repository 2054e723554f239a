import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isShopJourneysError, type ShopJourneysError } from '../../../lib/model/errors';
import type { NormaliseContext } from '../../../lib/shops/adapter';

/** Journey time is the wall clock moved by one second: a time that was not mapped shows. */
export const shiftMs = 1000;

export const context: NormaliseContext = {
	toJourneyMs: (wallMs) => wallMs + shiftMs,
	currency: 'EUR',
	shopUrl: 'https://shop.example',
};

/** The journey time of a wall-clock time written out. */
export function at(iso: string): number {
	return Date.parse(iso) + shiftMs;
}

export function fixture(name: string): Buffer {
	return readFileSync(path.join(__dirname, '../../fixtures/shops', name));
}

/** What `run` throws, which has to be an error of ours. */
export function refusal(run: () => unknown): ShopJourneysError {
	try {
		run();
	} catch (error) {
		if (isShopJourneysError(error)) return error;
		throw error;
	}
	throw new Error('Nothing was refused');
}
