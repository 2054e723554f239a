import { ShopJourneysError } from '../../../lib/model/errors';
import type { HttpResponse, ShopApiContext } from '../../../lib/shops/api';
import { type Patience, requestWithPatience } from '../../../lib/shops/http';

const startMs = Date.parse('2025-03-01T10:00:00Z');
const token = 'key of the tests, unknown to any shop';

/** A shop that answers as written, one answer per request, the last one for ever; time passes only by sleeping. */
function shop(...answers: Array<Partial<HttpResponse> | Error>) {
	const slept: number[] = [];
	let requests = 0;
	const context: ShopApiContext = {
		credential: { accessToken: token, url: 'https://shop.example' },
		nowMs: () => startMs + slept.reduce((sum, ms) => sum + ms, 0),
		sleep: async (ms) => void slept.push(ms),
		http: async () => {
			const answer = answers[Math.min(requests++, answers.length - 1)];
			if (answer instanceof Error) throw answer;
			return { status: 200, headers: {}, body: {}, ...answer };
		},
	};
	const ask = (patience: Partial<Patience> = {}) => requestWithPatience(context, { method: 'GET', url: 'https://shop.example/api' }, { what: 'the list of customers', ...patience });
	return { ask, slept, requests: () => requests };
}

async function refused(asking: Promise<unknown>): Promise<ShopJourneysError> {
	const error: unknown = await asking.then(() => undefined, (reason: unknown) => reason);
	expect(error).toBeInstanceOf(ShopJourneysError);
	return error as ShopJourneysError;
}

const silence = new ShopJourneysError('SHOP_UNREACHABLE', `connect ECONNREFUSED https://shop.example?key=${encodeURIComponent(token)}`);

describe('asking a shop', () => {
	it.each([
		['seconds', '7', 7000],
		['parts of a second', '2.5', 2500],
		['a date', 'Sat, 01 Mar 2025 10:00:12 GMT', 12_000],
		['a date that has passed', 'Sat, 01 Mar 2025 09:00:00 GMT', 0],
	])('waits after a 429 as long as it says in %s', async (_, retryAfter, ms) => {
		const { ask, slept } = shop({ status: 429, headers: { 'retry-after': retryAfter } }, { body: 'here' });
		expect((await ask()).body).toBe('here');
		expect(slept).toEqual([ms]);
	});

	it('waits in growing pauses when it is not told how long, is failed or hears nothing', async () => {
		const { ask, slept, requests } = shop({ status: 429 }, { status: 503 }, silence, { status: 429, headers: { 'retry-after': 'soon' } }, {});
		await ask();
		expect(slept).toEqual([1000, 2000, 4000, 8000]);
		expect(requests()).toBe(5);
	});

	it.each<[string, Partial<HttpResponse> | Error, string]>([
		['a busy shop', { status: 429 }, 'takes no more requests for now'],
		['a failing shop', { status: 500, body: { message: 'Out of memory' } }, 'status 500): "Out of memory"'],
		['a silent shop', silence, 'ECONNREFUSED'],
	])('gives %s up after so many attempts', async (_, answer, message) => {
		const { ask, requests } = shop(answer);
		const error = await refused(ask({ attempts: 3 }));
		expect(error.code).toBe('SHOP_UNREACHABLE');
		expect(error.message).toContain(message);
		expect(error.message).toContain('the list of customers');
		expect(requests()).toBe(3);
	});

	it('does not wait longer than it may, in one pause or in all', async () => {
		const long = shop({ status: 429, headers: { 'retry-after': '3600' } });
		expect((await refused(long.ask())).message).toContain('3600 s');
		expect(long.slept).toEqual([]);
		const many = shop({ status: 503 });
		await refused(many.ask({ attempts: 100, waitAtMostMs: 20_000 }));
		expect(many.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(20_000);
	});

	it('does not do twice what may be done once, unless the shop said that it was not done', async () => {
		for (const unclear of [{ status: 502 }, silence]) {
			const { ask, requests } = shop(unclear, {});
			expect((await refused(ask({ isOnce: true }))).code).toBe('SHOP_UNREACHABLE');
			expect(requests()).toBe(1);
		}
		const { ask, requests } = shop({ status: 429 }, {});
		await ask({ isOnce: true });
		expect(requests()).toBe(2);
	});

	it.each([
		[401, 'does not know the key'],
		[403, 'is not allowed this'],
		[404, 'refused the list of customers (status 404)'],
		[422, 'refused the list of customers (status 422)'],
		[301, 'elsewhere'],
	])('takes %i for a refusal, at once', async (status, message) => {
		const { ask, requests } = shop({ status });
		const error = await refused(ask());
		expect(error.code).toBe('SHOP_REFUSED');
		expect(error.message).toContain(message);
		expect(requests()).toBe(1);
	});

	it('hands over a status that the caller deals with', async () => {
		expect((await shop({ status: 404 }).ask({ accept: [404] })).status).toBe(404);
	});

	it('says what to grant where the caller knows it', async () => {
		expect((await refused(shop({ status: 403 }).ask({ refusedHint: 'Grant read_customers.' }))).hint).toBe('Grant read_customers.');
	});

	it('never repeats a credential, whatever the answer repeats of it', async () => {
		for (const answer of [{ status: 403, body: { message: `Bad key ${token}` } }, { status: 500, body: `failed: ${token}` }, silence]) {
			const error = await refused(shop(answer).ask({ attempts: 1 }));
			expect(`${error.message} ${error.hint} ${String(error.cause)}`).not.toContain(token);
			expect(error.message).toContain('***');
		}
	});

	it('does not quote a page of HTML', async () => {
		expect((await refused(shop({ status: 404, body: '<!doctype html><p>gone' }).ask())).message).not.toContain('html');
	});
});
