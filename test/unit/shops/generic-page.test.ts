import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileFunction } from 'node:vm';
import { genericAdapter } from '../../../lib/shops/generic';
import { context } from './context';

const page = readFileSync(path.join(__dirname, '../../../docs/generic-shop.md'), 'utf8');

function sample(language: string): string {
	const [, text] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
	if (!text) throw new Error(`The page has no sample in ${language}`);
	return text;
}

describe('docs/generic-shop.md', () => {
	it('shows a delivery that is taken', () => {
		const { events } = genericAdapter.normalise({ headers: {}, rawBody: Buffer.from(sample('json')), receivedAtMs: 0 }, context);
		expect(events[0]).toMatchObject({ type: 'checkout_updated', cart: { totalMinor: 2875 } });
	});

	it.each(['a raw secret', `whsec_${Buffer.from('sixteen bytes...').toString('base64')}`])('shows code in Node that signs as we check, with %s', async (secret) => {
		type Request = { headers: Record<string, string>; body: string };
		const sent: Request[] = [];
		const fetchOnce = (_: string, request: Request) => sent.push(request);
		const deliver = compileFunction(`${sample('js')}\nreturn deliver;`, ['require', 'fetch'])(require, fetchOnce) as (url: string, secret: string, event: unknown) => Promise<unknown>;
		await deliver('https://n8n.example/webhook/shop', secret, JSON.parse(sample('json')));
		const [{ headers, body }] = sent;
		const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
		const delivery = { headers: lower, rawBody: Buffer.from(body), receivedAtMs: Number(lower['x-shop-journeys-timestamp']) * 1000 };
		expect(() => genericAdapter.verify(delivery, secret)).not.toThrow();
	});
});
