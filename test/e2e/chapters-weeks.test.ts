import { randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import { dayMs } from '../../lib/model/clock';
import { atTheSameTime, chapter, connectTo, Customers, orderOf, untilAllSucceeded } from './chapters';
import { Installation, uniqueAddress, until } from './installation';

/** A day of journey time is two seconds: four weeks pass in one minute. */
const speed = 43_200;
const limitMs = 150_000;
const daysBetween = (fromMs: number, toMs: number) => (toMs - fromMs) / dayMs;

describe('the shipped journeys of chapters 02, 04 and 10 that take days and weeks, in a real n8n', () => {
	const connect = { news: connectTo('news'), away: connectTo('away'), season: connectTo('season'), stock: connectTo('stock'), orders: connectTo('orders') };
	const subscribed = chapter('02-sales-cycle/subscribed-not-bought.json', 'news');
	const restock = chapter('04-behaviour/back-in-stock.json', 'stock');
	const payment = chapter('10-purchase-status/awaiting-payment.json', 'orders');
	const incomplete = chapter('10-purchase-status/return-incomplete.json', 'orders');
	let n8n: Installation;
	let news: Customers;
	let away: Customers;
	let season: Customers;
	let stock: Customers;
	let orders: Customers;

	beforeAll(async () => {
		n8n = await (await Installation.create({ workflows: [...Object.values(connect), subscribed, restock, payment, incomplete], speed })).start();
		expect(n8n.failed).toEqual([]);
		[news, away, season, stock, orders] = await Promise.all(Object.values(connect).map((workflow) => Customers.of(n8n, workflow)));
	}, 240_000);
	afterAll(() => n8n?.close(), 30_000);

	atTheSameTime(
		{
			'Subscribed, Not Bought writes after 14 and 28 days, in the customer’s morning, and the first order ends it': async () => {
				const [faithful, told, buyer, quick, known, ticked] = ['faithful', 'told', 'buyer', 'quick', 'known', 'ticked'].map(uniqueAddress);
				await news.order('order_placed', known);
				// Subscribed by a tick at the checkout: has bought with the same event.
				await news.tell({ ...orderOf('order_placed', ticked), customer: { email: ticked, emailConsent: { status: 'subscribed', basis: 'opt_in' } } });
				await news.consent(faithful, { firstName: 'Mia', timezone: 'Asia/Tokyo' });
				for (const email of [buyer, quick, known, told]) await news.consent(email);
				const [{ dueAtMs }] = await news.enrolments(faithful);
				expect(DateTime.fromMillis(dueAtMs, { zone: 'Asia/Tokyo' }).hour).toBeGreaterThanOrEqual(10);
				// The same subscription, told again by other deliveries.
				await news.consent(told);
				await news.tell({ type: 'customer_updated', customer: { email: told, emailConsent: { status: 'subscribed', basis: 'opt_in', at: new Date().toISOString() } } });
				await news.order('order_placed', quick);

				await news.untilMails(buyer, 1, limitMs);
				await news.order('order_placed', buyer);
				await Promise.all([faithful, told].map((email) => news.untilEnded(email, 'completed', limitMs)));
				expect(news.subjects(faithful)).toEqual(['Mia, something for your first order', 'Mia, a code for your first order']);
				expect(news.subjects(told)).toEqual(['Something for your first order', 'A code for your first order']);
				expect(await news.times(told, 'journey_entered')).toHaveLength(1);
				const codes = news.mails(told).map(({ text }) => /NEWS-1\d{3}/.exec(text!)![0]);
				expect(codes[1]).toBe(codes[0]);
				expect(news.mails(faithful)[0].text).not.toContain(codes[0]);
				expect(news.subjects(buyer)).toEqual(['Something for your first order']);
				expect(await news.endings(buyer)).toEqual(['bought']);
				expect(await news.endings(quick)).toEqual(['bought']);
				for (const email of [known, ticked]) expect([email, await news.times(email, 'subscribed'), await news.times(email, 'journey_entered')]).toEqual([email, [expect.any(Number)], []]);
				for (const email of [quick, known, ticked]) expect(news.mails(email)).toEqual([]);

				const [enteredMs] = await news.times(faithful, 'journey_entered');
				const sent = await news.times(faithful, 'message_sent');
				for (const [index, days] of [14, 28].entries()) {
					expect(daysBetween(enteredMs, sent[index])).toBeGreaterThanOrEqual(days);
					expect(daysBetween(enteredMs, sent[index])).toBeLessThan(days + 3);
				}
			},

			'We Miss You begins 180 days after the last order by time alone, not for who was away longer already, and an order ends it': async () => {
				const [before, misses, returns, early] = ['before', 'misses', 'returns', 'early'].map(uniqueAddress);
				const orderedDaysAgo = async (email: string, days: number) => {
					await away.consent(email, { firstName: 'Ben' });
					const at = away.inDays(-days);
					await away.order('order_placed', email, { placedAt: at, updatedAt: at });
					return away.nowMs() - days * dayMs;
				};
				await orderedDaysAgo(before, 200);
				for (const email of [returns, early]) await orderedDaysAgo(email, 175);
				const orderedMs = await orderedDaysAgo(misses, 175);
				await n8n.publish(chapter('02-sales-cycle/we-miss-you.json', 'away'));
				expect(n8n.failed).toEqual([]);
				await away.order('order_placed', early);

				await away.untilMails(returns, 1, limitMs);
				await away.order('order_placed', returns);
				await until('the tag', async () => (await away.customer(misses))!.ownTags?.includes('we miss you'), limitMs);
				await away.untilEnded(misses, 'completed', limitMs);
				await until('the tag to be taken off', async () => ((await away.customer(misses))!.ownTags ?? []).length === 0, limitMs);
				expect(away.subjects(misses)).toEqual(['Ben, it has been a while', 'Ben, something for your next order']);
				for (const said of ['The code below is for your next order', /AWAY-1\d{3}/]) expect(away.mails(misses)[1].text).toMatch(said);
				expect(away.subjects(returns)).toEqual(['Ben, it has been a while']);
				expect(await away.endings(returns)).toEqual(['bought']);
				for (const email of [before, early]) {
					expect(await away.times(email, 'journey_entered')).toEqual([]);
					expect(away.mails(email)).toEqual([]);
				}
				const [first, second] = await away.times(misses, 'message_sent');
				// The clock ran on while the shop told of the order.
				expect(daysBetween(orderedMs, first)).toBeGreaterThan(179);
				expect(daysBetween(first, second)).toBeGreaterThanOrEqual(13.5);
			},

			'Same Season Again writes three weeks before the anniversary to who bought then, and not to who bought since': async () => {
				const [loyal, since, other] = ['loyal', 'since', 'other'].map(uniqueAddress);
				// The order's anniversary is in 26 days, so the mail is due in five.
				const anniversaryMs = season.nowMs() + 26 * dayMs;
				const orderedMs = DateTime.fromMillis(anniversaryMs, { zone: 'utc' }).minus({ years: 1 }).toMillis();
				const at = season.inDays((orderedMs - season.nowMs()) / dayMs);
				const other40 = season.inDays((orderedMs - season.nowMs()) / dayMs - 40);
				for (const email of [loyal, since, other]) await season.consent(email);
				for (const email of [loyal, since]) await season.order('order_placed', email, { placedAt: at, updatedAt: at });
				await season.order('order_placed', other, { placedAt: other40, updatedAt: other40 });
				const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10);
				const bought = { field: 'orders.last', dateOperator: 'between', day: dayOf(orderedMs - 3 * dayMs), dayTo: dayOf(orderedMs + 3 * dayMs) };
				await n8n.publish(chapter('02-sales-cycle/seasonal.json', 'season', { conditions: { groups: [{ match: 'all', conditions: { fact: [bought] } }] } }));
				expect(n8n.failed).toEqual([]);
				await until('those who are in already to have entered', async () => (await Promise.all([loyal, since].map((email) => season.times(email, 'journey_entered')))).every(({ length }) => length === 1), limitMs);
				await season.order('order_placed', since);

				await season.untilEnded(loyal, 'completed', limitMs);
				expect(season.subjects(loyal)).toEqual(['The season is coming round again']);
				const [sentMs] = await season.times(loyal, 'message_sent');
				const anniversary = DateTime.fromMillis(anniversaryMs, { zone: 'utc' }).startOf('day');
				expect(sentMs).toBeGreaterThanOrEqual(anniversary.minus({ days: 21 }).set({ hour: 10 }).toMillis());
				expect(daysBetween(sentMs, anniversary.toMillis())).toBeGreaterThan(17);
				expect(await season.endings(since)).toEqual(['bought']);
				expect(await season.times(other, 'journey_entered')).toEqual([]);
				for (const email of [since, other]) expect(season.mails(email)).toEqual([]);
			},

			'Back in Stock says after 21 days that it is still out, and nothing to who bought it or was told': async () => {
				const [waits, buys, told] = ['waits', 'buys', 'told'].map(uniqueAddress);
				const stocked = (id: string, pieces: number) => stock.tell({ type: 'product_updated', product: { id, title: `Product ${id}`, currency: 'EUR', variants: [{ id: `${id}a`, price: '18.00', stock: pieces }] } });
				for (const id of ['rare', 'soon']) await stocked(id, 0);
				for (const email of [waits, buys, told]) {
					await stock.consent(email);
					await stock.tell({ type: 'restock_requested', customer: { email }, product: { id: email === told ? 'soon' : 'rare' } });
				}
				await stock.order('order_placed', buys, { items: [{ productId: 'rare', title: 'Product rare', quantity: 1, unitPrice: '18.00' }] });
				await stocked('soon', 4);
				await stock.untilMails(waits, 1, limitMs);
				expect(stock.subjects(waits)).toEqual(['Still waiting for Product rare?']);
				expect(stock.mails(waits)[0].text).toContain('What you asked for is still out of stock: Product rare.');
				const [askedMs] = await stock.times(waits, 'restock_requested');
				expect(daysBetween(askedMs, (await stock.times(waits, 'message_sent'))[0])).toBeGreaterThanOrEqual(21);
				expect(stock.mails(buys)).toEqual([]);
				expect(stock.subjects(told)).toEqual(['Back in stock: Product soon']);
				expect(await stock.endings(told)).toContain('restocked');
			},

			'Awaiting Payment reminds after 1, 3 and 7 days, to the unsubscribed too, until it is paid or cancelled': async () => {
				const [late, pays, cancels, paid] = ['late', 'pays', 'cancels', 'paid'].map(uniqueAddress);
				await orders.consent(late, { consent: 'unsubscribed' });
				const open = { awaitsPayment: true, number: '#4001', total: '87.50', statusUrl: 'https://tea.example/orders/4001' };
				const [payingOrder, cancelledOrder] = [randomUUID(), randomUUID()];
				await orders.order('order_placed', late, open);
				await orders.order('order_placed', pays, { ...open, id: payingOrder });
				await orders.order('order_placed', cancels, { ...open, id: cancelledOrder });
				await orders.order('order_placed', paid, { number: '#4002', paidAt: new Date().toISOString() });
				await orders.order('order_updated', cancels, { ...open, id: cancelledOrder, cancelledAt: new Date().toISOString() });
				await orders.untilMails(pays, 1, limitMs);
				await orders.order('order_paid', pays, { ...open, id: payingOrder, awaitsPayment: false });

				await orders.untilEnded(late, 'completed', limitMs);
				expect(orders.subjects(late)).toEqual(['Your order #4001: how to pay', 'Your order #4001 is not paid yet', 'Do you still want your order #4001?']);
				for (const { text, headers } of orders.mails(late)) {
					expect(text).toContain('€87.50');
					expect(text).toContain('Green Tea');
					expect(text).toContain('https://tea.example/orders/4001');
					expect(headers.map(({ key }) => key)).not.toContain('list-unsubscribe');
				}
				const [orderedMs] = await orders.times(late, 'order_placed');
				for (const [index, sentMs] of (await orders.times(late, 'message_sent')).entries()) expect(daysBetween(orderedMs, sentMs)).toBeGreaterThanOrEqual([1, 3, 7][index]);
				expect(orders.subjects(pays)).toEqual(['Your order #4001: how to pay']);
				expect(await orders.endings(pays)).toEqual(['paid']);
				expect(await orders.endings(cancels)).toEqual(['cancelled']);
				for (const email of [cancels, paid]) expect(orders.mails(email)).toEqual([]);
				expect(await orders.times(paid, 'journey_entered')).toEqual([]);
			},

			'Awaiting Payment writes two days before an invoice is due, and not once it is paid': async () => {
				const [invoiced, paysInTime] = ['invoiced', 'pays-in-time'].map(uniqueAddress);
				const due = orders.nowMs() + 6 * dayMs;
				const invoice = { awaitsPayment: true, number: '#5001', total: '120.00', paymentDueAt: orders.inDays(6) };
				const order = randomUUID();
				await orders.order('order_placed', invoiced, invoice);
				await orders.order('order_placed', paysInTime, { ...invoice, id: order });
				await orders.order('order_paid', paysInTime, { ...invoice, id: order, awaitsPayment: false });
				const isAboutDate = ({ subject }: { subject?: string }) => subject?.includes('is due on') === true;
				const mail = await until('the mail about the due date', () => orders.mails(invoiced).find(isAboutDate), limitMs);
				const day = DateTime.fromMillis(due, { zone: 'utc' }).setLocale('en').toLocaleString(DateTime.DATE_FULL);
				expect(mail.subject).toBe(`Your invoice for order #5001 is due on ${day}`);
				expect(mail.text?.replaceAll('\u00a0', ' ')).toContain(`€120.00 for your order #5001 is due on ${day}.`);
				expect(orders.mails(paysInTime)).toEqual([]);
			},

			'Return Incomplete asks at once and after three days, and stops when the bank details are there': async () => {
				const [silent, answers] = ['silent', 'answers'].map(uniqueAddress);
				const returned = (email: string, needsBankDetails: boolean) =>
					orders.tell({ type: 'return_updated', customer: { email }, return: { id: `r-${email}`, status: 'received', needsBankDetails, formUrl: `https://tea.example/form?r=${email}`, updatedAt: new Date().toISOString() } });
				for (const email of [silent, answers]) await returned(email, true);
				await orders.untilMails(answers, 1, limitMs);
				await returned(answers, false);
				await orders.untilEnded(silent, 'completed', limitMs);
				expect(orders.subjects(silent)).toEqual(['Your return has arrived: where may we send the money?', 'We would like to pay you back']);
				for (const [index, said] of ['Please use our form for it.', 'The form takes a minute.'].entries()) for (const part of [said, `https://tea.example/form?r=${silent}`]) expect(orders.mails(silent)[index].text).toContain(part);
				expect(orders.subjects(answers)).toEqual(['Your return has arrived: where may we send the money?']);
				expect(await orders.endings(answers)).toEqual(['return_settled']);
			},
		},
		limitMs,
	);

	test('every execution has succeeded', () => untilAllSucceeded(n8n), 30_000);
});
