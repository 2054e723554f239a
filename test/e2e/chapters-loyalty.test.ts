import { randomUUID } from 'node:crypto';
import { dayMs } from '../../lib/model/clock';
import { keys } from '../../lib/model/records';
import { atTheSameTime, chapter, connectTo, Customers, journeyIdOf, linksOf, reader, untilAllSucceeded } from './chapters';
import { Installation, uniqueAddress, until } from './installation';

/** A day of journey time is 2.4 seconds: five weeks pass in 84. */
const speed = 36_000;
const limitMs = 140_000;

/** What the shops' programme is: a point for each euro, good for 33 days, and Silver from 100. */
const loyalty = { earnFromOrders: true, rate: 1, expiresAfterDays: 33, tierBy: 'points', tierPeriod: 'ever', tiers: { tiers: [{ label: 'Silver', from: 100 }] } };
const places = { places: [{ name: 'Tea House Vienna', city: 'Vienna', postcode: '1010', country: 'AT', coordinates: '48.2082, 16.3738' }] };

describe('the shipped journeys of chapters 08 and 09, in a real n8n', () => {
	const connect = { party: connectTo('party', { locations: places }), points: connectTo('points', { loyalty }), monthly: connectTo('monthly', { loyalty }), again: connectTo('again') };
	const birthday = chapter('08-personal/birthday.json', 'party');
	const profile = chapter('08-personal/complete-profile.json', 'party');
	const expiring = chapter('09-loyalty/points-expiring.json', 'points');
	const nextTier = chapter('09-loyalty/next-tier.json', 'points');
	const actions = chapter('09-loyalty/points-for-actions.json', 'points');
	const review = chapter('06-thank-you/review-request.json', 'points');
	const summary = chapter('09-loyalty/points-summary.json', 'monthly');
	const once = chapter('09-loyalty/one-time-buyer.json', 'again');
	let n8n: Installation;
	let party: Customers;
	let points: Customers;
	let monthly: Customers;
	let again: Customers;

	beforeAll(async () => {
		// Several triggers of a workflow are of the same shop, and so is what lists customers.
		for (const { nodes } of [actions, review, summary]) for (const { parameters } of nodes) if (parameters.shop === 'main') parameters.shop = nodes === summary.nodes ? 'monthly' : 'points';
		for (const node of summary.nodes) if (node.type.endsWith('sendReminder')) node.parameters.options = { ...(node.parameters.options as object), shop: 'monthly' };
		const workflows = [...Object.values(connect), ...['party', 'points'].map(linksOf), birthday, profile, expiring, nextTier, actions, review, summary, once];
		n8n = await (await Installation.create({ workflows, speed })).start();
		expect(n8n.failed).toEqual([]);
		[party, points, monthly, again] = await Promise.all(Object.values(connect).map((workflow) => Customers.of(n8n, workflow)));
		await points.store.commit({ writes: [{ key: keys.productRules, version: 0, value: { rules: [{ product: 'tea-1', goods: 'soft' }], updatedAtMs: 0 } as never }] });
	}, 480_000);
	afterAll(() => n8n?.close(), 30_000);

	const mail = async (shop: Customers, email: string, number: number) => (await shop.untilMails(email, number, limitMs))[number - 1];
	const pointsOf = async (shop: Customers, email: string) => (await shop.customer(email))?.points?.available;
	const codeIn = ({ text = '' }: { text?: string }, shop: string) => new RegExp(`${shop.toUpperCase()}-1\\d{3}`).exec(text)?.[0];

	/** Somebody whose birthday is in so many days. */
	async function bornOn(email: string, days: number): Promise<void> {
		const day = new Date(party.nowMs() + days * dayMs).toISOString().slice(5, 10);
		await party.tell({ type: 'customer_updated', customer: { email, firstName: 'Mia', birthday: `--${day}`, emailConsent: { status: 'subscribed', basis: 'opt_in' } } });
	}

	type Paid = { id: string; total: string } & Record<string, unknown>;

	/** An order that is placed and paid. */
	async function buys(shop: Customers, email: string, total: string): Promise<Paid> {
		const now = new Date().toISOString();
		const order = { id: randomUUID(), total, items: [{ productId: 'p1', title: 'Green Tea', quantity: 1, unitPrice: total }], placedAt: now };
		await shop.order('order_placed', email, order);
		const paid = { ...order, paidAt: now };
		await shop.order('order_paid', email, paid);
		return paid;
	}

	const refunds = (shop: Customers, email: string, order: Paid, refunded: string) =>
		shop.tell({ type: 'order_refunded', customer: { email }, order: { ...order, currency: 'EUR', updatedAt: new Date().toISOString(), refunded } });

	atTheSameTime(
		{
			'Birthday: a code a week before; opened and unused is told two days before, not opened on the day, and a used code ends it': async () => {
				const [silent, opens, uses] = ['silent', 'opens', 'uses'].map(uniqueAddress);
				for (const email of [silent, opens, uses]) await bornOn(email, 9);
				const greetings = await Promise.all([silent, opens, uses].map((email) => mail(party, email, 1)));
				for (const { subject } of greetings) expect(subject).toBe('Mia, a present for your birthday');
				const codes = greetings.map((greeting) => codeIn(greeting, 'party'));
				expect(new Set(codes).size).toBe(3);
				await Promise.all([reader.opens(greetings[1]), reader.opens(greetings[2])]);
				await party.order('order_placed', uses, { discountCodes: [codes[2]!.toLowerCase()] });

				await Promise.all([silent, opens].map((email) => party.untilEnded(email, 'completed', limitMs)));
				expect(party.subjects(silent)).toEqual(['Mia, a present for your birthday', 'Happy birthday, Mia']);
				expect(party.subjects(opens)).toEqual(['Mia, a present for your birthday', 'Mia, your birthday present is still here']);
				expect(party.subjects(uses)).toEqual(['Mia, a present for your birthday']);
				expect(codeIn(party.mails(silent)[1], 'party')).toBe(codes[0]);
				expect(codeIn(party.mails(opens)[1], 'party')).toBe(codes[1]);
				expect(await party.endings(uses)).toContain('code_used');
				const gapDays = async (email: string) => {
					const [first, second] = await party.times(email, 'message_sent');
					return (second - first) / dayMs;
				};
				expect(await gapDays(opens)).toBeGreaterThan(4);
				expect(await gapDays(opens)).toBeLessThan(6.5);
				expect(await gapDays(silent)).toBeGreaterThan(6);
			},

			'Complete Profile asks for the birthday first, with the reason, and what is answered is known at once': async () => {
				const email = uniqueAddress('unknown');
				await party.consent(email, { firstName: 'Mia' });
				const asked = await mail(party, email, 1);
				expect(asked.subject).toBe('Mia, when is your birthday?');
				const [link] = /http:\/\/[^\s"<>]*\/messages\?f=profile[^\s"<>]*/.exec(asked.text!)!;
				const page = await reader.looksAt(link);
				expect(page.match(/name="q\d"/g)).toEqual(['name="q0"']);
				const token = /name="token" value="([^"]+)"/.exec(page)![1];
				const action = /action="([^"]+)"/.exec(page)![1].replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
				await new Promise((resolve) => setTimeout(resolve, 2_000));
				await reader.submits(new URL(action, link).href, { token, q0: '1990-04-23' });
				expect(await party.customer(email)).toMatchObject({ birthday: '1990-04-23' });
			},

			'Shop Near You invites who lives in the city of one of the places, and nobody else': async () => {
				const [near, far] = ['near', 'far'].map(uniqueAddress);
				const journey = chapter('08-personal/shop-near-you.json', 'party');
				await n8n.publish(journey);
				expect(n8n.failed).toEqual([]);
				for (const [email, city] of [[far, 'Linz'], [near, 'Vienna']]) await party.tell({ type: 'customer_updated', customer: { email, city, country: 'AT', birthday: '1990-04-23', phone: `+43664${Math.floor(1e6 + Math.random() * 9e6)}`, emailConsent: { status: 'subscribed', basis: 'opt_in' } } });
				const invitation = await mail(party, near, 1);
				expect(invitation.subject).toBe('Come and see us');
				expect(invitation.text).toContain('We are not far from you: Tea House Vienna.');
				expect(await party.times(far, 'journey_entered')).toEqual([]);
			},

			'Points: earned when an order is paid, taken back in proportion when it is refunded': async () => {
				const email = uniqueAddress('returns');
				await points.consent(email);
				const id = randomUUID();
				const order = { id, total: '50.00', items: [{ productId: 'p1', title: 'Green Tea', quantity: 2, unitPrice: '25.00' }], placedAt: new Date().toISOString() };
				await points.order('order_placed', email, order);
				expect(await pointsOf(points, email)).toBeUndefined();
				const paid = { ...order, paidAt: new Date().toISOString() };
				await points.order('order_paid', email, paid);
				expect(await pointsOf(points, email)).toBe(50);
				await points.order('order_paid', email, paid);
				expect(await pointsOf(points, email)).toBe(50);
				await refunds(points, email, paid, '20.00');
				expect(await pointsOf(points, email)).toBe(30);
				expect(await points.times(email, 'points_earned')).toHaveLength(1);
				expect(await points.times(email, 'points_clawed_back')).toHaveLength(1);
			},

			'Points Expiring warns 30 and 7 days before, and not once they are gone': async () => {
				const [keeps, sendsBack] = ['keeps', 'sends-back'].map(uniqueAddress);
				for (const email of [keeps, sendsBack]) await points.consent(email, { firstName: 'Ben' });
				await buys(points, keeps, '40.00');
				const order = await buys(points, sendsBack, '40.00');
				const { expiresAtMs } = (await points.customer(keeps))!.points!;
				await mail(points, sendsBack, 1);
				await refunds(points, sendsBack, order, '40.00');
				expect(await pointsOf(points, sendsBack)).toBe(0);
				expect(await points.endings(sendsBack, journeyIdOf(expiring))).toHaveLength(1);
				await mail(points, keeps, 2);
				for (const subject of points.subjects(keeps)) expect(subject?.replaceAll('\u00a0', ' ')).toMatch(/^Ben, 40 points will expire on /);
				for (const [index, sentMs] of (await points.times(keeps, 'message_sent')).entries()) {
					const days = [30, 7][index];
					expect((expiresAtMs! - sentMs) / dayMs).toBeLessThanOrEqual(days + 1);
					expect((expiresAtMs! - sentMs) / dayMs).toBeGreaterThan(days - 2.5);
				}
				expect(points.mails(sendsBack)).toHaveLength(1);
			},

			'Next Tier tells once how near it is, and the tag remembers it': async () => {
				const email = uniqueAddress('near');
				await points.consent(email, { firstName: 'Ben' });
				await buys(points, email, '90.00');
				const near = await mail(points, email, 1);
				expect(near.subject?.replaceAll('\u00a0', ' ')).toBe('Ben, 10 points more and you reach Silver');
				await until('the tag that remembers it', async () => (await points.customer(email))!.ownTags?.some((tag) => /^told of Silver \d{4}$/.test(tag)), limitMs);
				// Nearer still, and told already; then there.
				await buys(points, email, '4.00');
				await buys(points, email, '20.00');
				expect((await points.customer(email))!.points).toMatchObject({ available: 114 });
				expect(await points.times(email, 'tier_reached')).toHaveLength(1);
				expect(points.subjects(email).filter((subject) => subject?.includes('Silver'))).toHaveLength(1);
			},

			'Points for Actions: a complete profile, something shared, and a rating, each once': async () => {
				const email = uniqueAddress('active');
				await points.consent(email, { firstName: 'Zoe' });
				const shares = () => points.tell({ type: 'custom', customer: { email }, name: 'shared' });
				await shares();
				expect((await mail(points, email, 1)).subject?.replaceAll('\u00a0', ' ')).toBe('Zoe, 10 points for you');
				await shares();
				await points.tell({ type: 'customer_updated', customer: { email, birthday: '1990-04-23', phone: `+43664${Math.floor(1e6 + Math.random() * 9e6)}` } });
				await until('the points for the profile', async () => (await pointsOf(points, email)) === 60, limitMs);
				await points.order('order_delivered', email, { id: `o-${email}`, items: [{ productId: 'tea-1', title: 'Green Tea', quantity: 1, unitPrice: '9.00' }], total: '9.00', deliveredAt: new Date().toISOString() });
				const asked = await until('the request for a review', () => points.mails(email).find(({ subject }) => subject === 'Zoe, how do you like it?'), limitMs);
				for (const stars of ['5', '4']) await reader.submits(reader.link(asked, 'rate', stars), { v: stars });
				await until('the points for the rating', async () => (await pointsOf(points, email)) === 80, limitMs);
				expect(await points.times(email, 'points_earned')).toHaveLength(3);
			},

			'Points Summary goes to everybody with points, once a month however often it runs': async () => {
				const [rich, poor] = ['rich', 'poor'].map(uniqueAddress);
				for (const email of [poor, rich]) await monthly.consent(email, { firstName: 'Mia' });
				await buys(monthly, rich, '25.00');
				const owner = await n8n.owner();
				for (let month = 1; month <= 2; month++) {
					const execution = await owner.run(summary.id, 'On the 1st at 10:00');
					await until('the run to end', () => n8n.executions().some(({ id, status }) => Number(id) === execution && status === 'success'), limitMs);
				}
				expect(monthly.subjects(rich).map((subject) => subject?.replaceAll('\u00a0', ' '))).toEqual(['Mia, you have 25 points']);
				expect(monthly.mails(poor)).toEqual([]);
			},

			'One-Time Buyer: picks 60 days after the only order, a code on day 75 in one of two variants; a second order ends it': async () => {
				const [only, returns, missed] = ['only', 'returns', 'missed'].map(uniqueAddress);
				for (const email of [only, returns, missed]) {
					await again.consent(email, { firstName: 'Ben' });
					if (email === missed) await again.tell({ type: 'customer_updated', customer: { email, tags: ['we miss you'] } });
					const at = again.inDays(-59);
					await again.order('order_placed', email, { placedAt: at, updatedAt: at });
				}
				await mail(again, returns, 1);
				await again.order('order_placed', returns);
				await again.untilEnded(only, 'completed', limitMs);
				const [first, second] = again.subjects(only);
				expect(first).toBe('Ben, are you happy with your order?');
				expect(['Ben, something for your second order', 'Anna’s Tea House: 10 %']).toContain(second?.replaceAll('\u00a0', ' ').replace('10%', '10 %'));
				expect(codeIn(again.mails(only)[1], 'again')).toBeDefined();
				const [, secondMs] = await again.times(only, 'message_sent');
				expect((secondMs - (await again.times(only, 'message_sent'))[0]) / dayMs).toBeGreaterThanOrEqual(14.5);
				expect(again.subjects(returns)).toEqual(['Ben, are you happy with your order?']);
				expect(await again.endings(returns, journeyIdOf(once))).toEqual(['bought']);
				expect(await again.times(missed, 'journey_entered')).toEqual([]);
			},
		},
		limitMs,
	);

	test('every execution has succeeded', () => untilAllSucceeded(n8n), 30_000);
});
