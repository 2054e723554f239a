import { dayMs } from '../../lib/model/clock';
import { startTwilio, type TwilioServer } from '../mocks/message-apis/twilio';
import { atTheSameTime, chapter, connectTo, Customers, journeyIdOf, linksOf, reader, untilAllSucceeded } from './chapters';
import { Installation, uniqueAddress, until } from './installation';

/** A day of journey time is four seconds: three weeks pass in 84. */
const speed = 21_600;
const limitMs = 150_000;
const agreed = { status: 'subscribed', basis: 'opt_in' };

describe('the shipped journeys that give a code by mail and by SMS, in a real n8n', () => {
	const connect = { family: connectTo('family'), party: connectTo('party'), best: connectTo('best') };
	// A day that a busy machine loses is no day of the customer's.
	const childBirthday = chapter('08-personal/child-birthday.json', 'family', { maxAgeDays: 3 });
	const birthday = chapter('08-personal/birthday.json', 'party');
	const vip = chapter('09-loyalty/vip-reward.json', 'best');
	const greeting = chapter('01-welcome/new-customer.json', 'best');
	let n8n: Installation;
	let twilio: TwilioServer;
	let family: Customers;
	let party: Customers;
	let best: Customers;

	beforeAll(async () => {
		twilio = await startTwilio();
		for (const { parameters } of [...childBirthday.nodes, ...birthday.nodes]) if (parameters.channel === 'sms') parameters.apiAddress = twilio.url;
		const workflows = [...Object.values(connect), ...Object.keys(connect).map(linksOf), childBirthday, birthday, vip, greeting];
		n8n = await (await Installation.create({ workflows, speed })).start();
		expect(n8n.failed).toEqual([]);
		[family, party, best] = await Promise.all(Object.values(connect).map((workflow) => Customers.of(n8n, workflow)));
	}, 480_000);
	afterAll(async () => {
		await n8n?.close();
		await twilio?.close();
	}, 30_000);

	const mail = async (shop: Customers, email: string, number: number) => (await shop.untilMails(email, number, limitMs))[number - 1];
	const codeIn = (text: string | undefined, shop: string) => new RegExp(`${shop.toUpperCase()}-1\\d{3}`).exec(text ?? '')?.[0];
	const dayIn = (shop: Customers, days: number) => new Date(shop.nowMs() + days * dayMs).toISOString().slice(0, 10);
	/** The same day in the year of birth. */
	const bornOn = (day: string) => `2019${day.slice(4)}`;
	const phoneNumber = () => `+43664${Math.floor(1e6 + Math.random() * 9e6)}`;
	const textsTo = (phone: string) => twilio.messages.filter(({ To: to }) => to === phone);
	/** Days from the start of the birthday to each message. */
	const daysFrom = async (shop: Customers, email: string, day: string) => (await shop.times(email, 'message_sent')).map((sentMs) => (sentMs - Date.parse(day)) / dayMs);

	/** Told twice, as shops do. */
	async function known(shop: Customers, email: string, facts: Record<string, unknown>): Promise<void> {
		const told = { type: 'customer_updated', customer: { email, firstName: 'Mia', emailConsent: agreed, ...facts } };
		await shop.tell(told);
		await shop.tell(told);
	}

	const ideas = 'Mia, a birthday in the family';
	const onTheDay = 'Mia, a birthday in the family today';

	atTheSameTime(
		{
			'Birthday of a child: a code a week before; unopened it comes again on the day; opened it comes by SMS, where that is allowed, or by mail; a used code ends it': async () => {
				const [silent, opens, texted, unasked, uses] = ['silent', 'opens', 'texted', 'unasked', 'uses'].map(uniqueAddress);
				const [phone, unaskedPhone] = [phoneNumber(), phoneNumber()];
				const day = dayIn(family, 9);
				const children = [{ name: 'Ida', birthday: bornOn(day) }];
				for (const email of [silent, opens, uses]) await known(family, email, { children });
				await known(family, texted, { children, phone, smsConsent: agreed });
				await known(family, unasked, { children, phone: unaskedPhone });
				const everybody = [silent, opens, texted, unasked, uses];
				const first = await Promise.all(everybody.map((email) => mail(family, email, 1)));
				for (const { subject, text } of first) expect([subject, text?.includes('Ida')]).toEqual([ideas, false]);
				const codes = first.map(({ text }) => codeIn(text, 'family'));
				expect(new Set(codes).size).toBe(5);
				await Promise.all(first.slice(1).map((one) => reader.opens(one)));
				await family.order('order_placed', uses, { discountCodes: [codes[4]] });

				await Promise.all([silent, opens, texted, unasked].map((email) => family.untilEnded(email, 'completed', limitMs)));
				expect(family.subjects(silent)).toEqual([ideas, onTheDay]);
				for (const email of [opens, unasked]) expect(family.subjects(email)).toEqual([ideas, ideas]);
				for (const email of [texted, uses]) expect(family.subjects(email)).toEqual([ideas]);
				expect([silent, opens, unasked].map((email) => codeIn(family.mails(email)[1].text, 'family'))).toEqual([codes[0], codes[1], codes[3]]);
				expect(textsTo(phone).map(({ Body: body }) => body)).toEqual([expect.stringMatching(new RegExp(`^Mia, the birthday is near: your code ${codes[2]} at Anna’s Tea House \\(10.?%\\) is good until `))]);
				expect(textsTo(unaskedPhone)).toEqual([]);
				expect(await family.endings(uses)).toContain('code_used');
				for (const [email, second] of [[silent, 0], [opens, -2], [texted, -2]] as const) {
					const [before, after] = await daysFrom(family, email, day);
					expect(before).toBeLessThan(-6);
					expect(after).toBeGreaterThanOrEqual(second + 10 / 24);
					expect(after).toBeLessThan(second + 1.5);
				}
			},

			'Birthday of a child: a second child, nine days later, has mails and a code of its own': async () => {
				const email = uniqueAddress('two');
				const children = [8, 17].map((days) => ({ birthday: bornOn(dayIn(family, days)) }));
				await known(family, email, { children });
				await mail(family, email, 4);
				await until('both to be over', async () => (await family.endings(email, journeyIdOf(childBirthday))).length === 2, limitMs);
				expect(family.subjects(email)).toEqual([ideas, onTheDay, ideas, onTheDay]);
				const codes = family.mails(email).map(({ text }) => codeIn(text, 'family'));
				expect(codes).toEqual([codes[0], codes[0], codes[2], codes[2]]);
				expect(codes[2]).not.toBe(codes[0]);
				expect(await family.endings(email)).toEqual(['completed', 'completed']);
			},

			'Birthday: who opened the greeting and agreed to SMS gets the code by SMS, once, and no mail': async () => {
				const email = uniqueAddress('texted');
				const phone = phoneNumber();
				await known(party, email, { birthday: bornOn(dayIn(party, 9)), phone, smsConsent: agreed });
				const greeted = await mail(party, email, 1);
				await reader.opens(greeted);
				await party.untilEnded(email, 'completed', limitMs);
				expect(textsTo(phone).map(({ Body: body }) => body)).toEqual([expect.stringMatching(new RegExp(`^Mia, your birthday code ${codeIn(greeted.text, 'party')} at Anna’s Tea House \\(10.?%\\) waits for you until `))]);
				expect(textsTo(phone)[0].From).toBe('+15005550006');
				expect(party.subjects(email)).toEqual(['Mia, a present for your birthday']);
			},

			'VIP Reward: a present for who spent much or ordered often and reads the mails, once, and the tag remembers it': async () => {
				const [spends, orders, asleep, leaves, small] = ['spends', 'orders', 'asleep', 'leaves', 'small'].map(uniqueAddress);
				const everybody = [spends, orders, asleep, leaves, small];
				for (const email of everybody) await best.tell({ type: 'customer_created', customer: { email, firstName: 'Zoe', emailConsent: agreed } });
				const greeted = await Promise.all(everybody.map((email) => mail(best, email, 1)));
				for (const [index, email] of everybody.entries()) if (email !== asleep) await reader.opens(greeted[index]);
				const large = { total: '600.00' };
				for (const email of [spends, asleep]) await best.order('order_placed', email, large);
				for (let order = 1; order <= 10; order++) await best.order('order_placed', orders);
				await best.order('order_placed', small);
				await best.order('order_placed', leaves, large);
				await best.consent(leaves, { consent: 'unsubscribed' });

				const presents = await Promise.all([spends, orders].map((email) => mail(best, email, 2)));
				for (const { subject, text } of presents) {
					expect(subject).toBe('Zoe, a thank-you for your trust');
					expect(codeIn(text, 'best')).toBeDefined();
				}
				expect(codeIn(presents[0].text, 'best')).not.toBe(codeIn(presents[1].text, 'best'));
				for (const email of [spends, orders]) {
					await until('the tag', async () => (await best.customer(email))!.ownTags?.includes('VIP'), limitMs);
					await until('the end', async () => (await best.endings(email, journeyIdOf(vip))).length > 0, limitMs);
				}
				// What they go on to spend brings no second one.
				for (const email of [spends, orders]) await best.order('order_placed', email, large);
				const [, sentMs] = await best.times(spends, 'message_sent');
				await until('three days to pass', () => best.nowMs() - sentMs > 3 * dayMs, limitMs);
				for (const email of [spends, orders]) {
					expect(best.mails(email)).toHaveLength(2);
					expect(await best.endings(email, journeyIdOf(vip))).toEqual(['completed']);
				}
				expect(await best.endings(leaves, journeyIdOf(vip))).toEqual(['unsubscribed']);
				for (const email of [asleep, leaves, small]) {
					expect(best.mails(email)).toHaveLength(1);
					expect((await best.customer(email))!.ownTags ?? []).toEqual([]);
				}
			},
		},
		limitMs,
	);

	test('every execution has succeeded', () => untilAllSucceeded(n8n), 30_000);
});
