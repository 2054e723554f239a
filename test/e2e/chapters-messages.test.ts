import { dayMs, hourMs } from '../../lib/model/clock';
import { type CustomerRecord, keys } from '../../lib/model/records';
import { atTheSameTime, chapter, connectTo, Customers, journeyIdOf, linksOf, reader, untilAllSucceeded } from './chapters';
import { Installation, staffAddress, uniqueAddress, until, type Workflow } from './installation';

/** A day of journey time is 2.4 seconds: five weeks pass in 84. */
const speed = 36_000;
const limitMs = 150_000;
const reviewPage = 'https://reviews.example/tea';
const tea = { productId: 'tea-1', title: 'Green Tea', quantity: 2, unitPrice: '12.50', url: 'https://tea.example/p/green-tea' };
const pot = { productId: 'pot-1', title: 'Blue Teapot', quantity: 1, unitPrice: '48.00', url: 'https://tea.example/p/blue-teapot' };
const spoon = { productId: 'spoon-1', title: 'Spoon', quantity: 1, unitPrice: '3.00' };

/** What stands behind a shop's chat or mailbox: tells that somebody turned to the shop. */
const contactDesk: Workflow = {
	id: 'e2eContactDesk',
	name: 'Contact Desk',
	nodes: [
		{ id: 'e2e-desk-hook', name: 'Chat Closed', type: 'n8n-nodes-base.webhook', typeVersion: 2, position: [0, 0], webhookId: 'e2e-desk', parameters: { path: 'e2e-desk', httpMethod: 'POST', responseMode: 'lastNode', options: {} } },
		{ id: 'e2e-desk-record', name: 'Record', type: 'n8n-nodes-shop-journeys.customer', typeVersion: 1, position: [200, 0], parameters: { operation: 'recordEvent', customerBy: 'email', customerValue: '={{ $json.body.email }}', eventType: 'contacted', contactWay: 'chat', topic: 'delivery', shop: 'care' } },
	],
	connections: { 'Chat Closed': { main: [[{ node: 'Record', type: 'main', index: 0 }]] } },
	settings: { executionOrder: 'v1' },
};

describe('the shipped journeys of chapters 01, 06 and 07, and clicks in mails, in a real n8n', () => {
	const connect = {
		club: connectTo('club', { consentPolicy: { doubleOptIn: true } }),
		goods: connectTo('goods', { moreSettings: { reviewUrl: reviewPage } }),
		care: connectTo('care'),
	};
	const newsletter = chapter('01-welcome/newsletter.json', 'club');
	const confirm = chapter('01-welcome/confirm-subscription.json', 'club');
	const review = chapter('06-thank-you/review-request.json', 'goods');
	const thanks = chapter('06-thank-you/thank-you.json', 'goods');
	const clicks = chapter('04-behaviour/campaign-click.json', 'goods');
	const survey = chapter('07-survey/after-contact.json', 'care');
	const greeting = chapter('01-welcome/new-customer.json', 'care');
	let n8n: Installation;
	let club: Customers;
	let goods: Customers;
	let care: Customers;

	beforeAll(async () => {
		const links = Object.keys(connect).map(linksOf);
		n8n = await (await Installation.create({ workflows: [...Object.values(connect), ...links, newsletter, confirm, review, thanks, clicks, survey, greeting, contactDesk], speed })).start();
		expect(n8n.failed).toEqual([]);
		[club, goods, care] = await Promise.all(Object.values(connect).map((workflow) => Customers.of(n8n, workflow)));
		const rules = [{ product: 'tea-1', goods: 'soft' }, { product: 'pot-1', goods: 'hard' }];
		await goods.store.commit({ writes: [{ key: keys.productRules, version: 0, value: { rules, updatedAtMs: 0 } as never }] });
	}, 480_000);
	afterAll(() => n8n?.close(), 30_000);

	/** Waits for a mail by its number, the first is 1. */
	const mail = async (shop: Customers, email: string, number: number) => (await shop.untilMails(email, number, limitMs))[number - 1];

	/** Asks for the newsletter and confirms it by the link in the mail. */
	async function subscribe(email: string): Promise<void> {
		await club.consent(email, { firstName: 'Mia' });
		const asked = await mail(club, email, 1);
		expect(asked.subject).toBe('Please confirm your subscription');
		expect(asked.headers.map(({ key }) => key)).not.toContain('list-unsubscribe');
		const link = reader.link(asked, 'confirm');
		await reader.looksAt(link);
		expect((await club.customer(email))!.consent.email).toMatchObject({ status: 'pending' });
		await reader.submits(link);
		expect((await club.customer(email))!.consent.email).toMatchObject({ status: 'subscribed', basis: 'double_opt_in' });
	}

	const delivered = (email: string, item: object, number = '#1') => goods.order('order_delivered', email, { id: `o-${email}`, number, items: [item], deliveredAt: new Date().toISOString() });
	const untilThrough = (shop: Customers, email: string, journey: Workflow, trigger?: string) =>
		until(`${email} to be through ${journey.name}`, async () => (await shop.endings(email, journeyIdOf(journey, trigger))).length > 0, limitMs);

	async function contact(email: string): Promise<void> {
		await care.consent(email, { firstName: 'Ben' });
		const { status } = await fetch(`${n8n.url}/webhook/e2e-desk`, { method: 'POST', body: JSON.stringify({ email }), headers: { 'content-type': 'application/json' } });
		expect(status).toBe(200);
	}

	/** Contact, the survey a day later, and a score given on the page that its button leads to. */
	async function answersSurvey(email: string, score: number): Promise<void> {
		await contact(email);
		const asked = await mail(care, email, 1);
		expect(asked.subject).toBe('Ben, one question');
		const [contactedMs] = await care.times(email, 'contacted');
		expect((await care.times(email, 'message_sent'))[0] - contactedMs).toBeGreaterThanOrEqual(dayMs);
		const link = reader.link(asked, 'survey', String(score));
		await reader.looksAt(link);
		expect((await care.customer(email))!.surveys).toBeUndefined();
		await reader.submits(link, { v: String(score), comment: 'A word' });
		expect((await care.customer(email))!.surveys).toMatchObject([{ score, comment: 'A word' }]);
	}

	const staffMails = (about: string) => n8n.mailsTo(staffAddress).filter(({ parsed }) => parsed.text?.includes(about));

	atTheSameTime(
		{
			'Welcome: confirmed, then three mails; who clicks, opens or does neither gets tags that say so, and a grade on day 35': async () => {
				const [keen, opener, silent] = ['keen', 'opener', 'silent'].map(uniqueAddress);
				const story = async (email: string, read: (number: number) => Promise<void>) => {
					await subscribe(email);
					for (const number of [2, 3, 4]) await read(number);
					await untilThrough(club, email, newsletter);
					return (await club.customer(email))!;
				};
				const opens = async (email: string, number: number) => await reader.opens(await mail(club, email, number));
				const [clicked, opened, neither] = await Promise.all([
					story(keen, async (number) => {
						await opens(keen, number);
						await reader.clicks(club.mails(keen)[number - 1], 'https://tea.example');
					}),
					story(opener, (number) => opens(opener, number)),
					story(silent, async (number) => void (await mail(club, silent, number))),
				]);
				const tags = ({ ownTags = [] }: CustomerRecord) => [...ownTags].sort();
				expect(tags(clicked)).toEqual(['engagement A', 'welcome 1 clicked', 'welcome 2 clicked', 'welcome 3 clicked']);
				expect(tags(opened)).toEqual(['engagement B', 'welcome 1 opened', 'welcome 2 opened', 'welcome 3 opened']);
				expect(tags(neither)).toEqual(['engagement C', 'welcome 1 not opened', 'welcome 2 not opened', 'welcome 3 not opened']);
				expect(club.subjects(silent).slice(1)).toEqual(['Welcome, Mia: here is your code', 'Mia, a short guide to choosing well', 'Why people shop with us']);
				const [subscribedMs] = await club.times(silent, 'subscribed');
				const sent = (await club.times(silent, 'message_sent')).slice(1);
				for (const [index, days] of [0, 3, 7].entries()) expect(sent[index] - subscribedMs).toBeGreaterThanOrEqual(days * dayMs);
			},

			'Welcome: a purchase ends the later mails, and the tags go on': async () => {
				const email = uniqueAddress('buyer');
				await subscribe(email);
				await mail(club, email, 2);
				await club.order('order_placed', email);
				await untilThrough(club, email, newsletter);
				expect(club.subjects(email)).toEqual(['Please confirm your subscription', 'Welcome, Mia: here is your code']);
				expect((await club.customer(email))!.ownTags).toEqual(expect.arrayContaining(['welcome 1 not opened', 'engagement C']));
			},

			'Confirm: who never confirms is asked twice, and gets nothing else': async () => {
				const email = uniqueAddress('unconfirmed');
				await club.consent(email, { firstName: 'Mia' });
				await untilThrough(club, email, confirm);
				expect(club.subjects(email)).toEqual(['Please confirm your subscription', 'Please confirm your subscription']);
				const [first, second] = await club.times(email, 'message_sent');
				expect(second - first).toBeGreaterThanOrEqual(1.9 * dayMs);
				expect(await club.times(email, 'subscribed')).toEqual([]);
				expect(await club.endings(email)).toEqual(['completed']);
			},

			'New customer: an account is greeted at once, where marketing is allowed': async () => {
				const [agreed, not] = ['agreed', 'not-agreed'].map(uniqueAddress);
				for (const email of [not, agreed]) {
					if (email === agreed) await care.consent(email, { firstName: 'Ben' });
					await care.tell({ type: 'customer_created', customer: { email, firstName: 'Ben' } });
				}
				expect((await mail(care, agreed, 1)).subject).toBe('Your account is ready, Ben');
				expect(care.mails(not)).toEqual([]);
			},

			'Review: five stars are thanked with the public review page, and no thank-you follows within 7 days': async () => {
				const email = uniqueAddress('happy');
				await goods.consent(email, { firstName: 'Zoe' });
				await delivered(email, tea);
				const asked = await mail(goods, email, 1);
				expect(asked.subject).toBe('Zoe, how do you like it?');
				const [deliveredMs] = await goods.times(email, 'order_delivered');
				expect((await goods.times(email, 'message_sent'))[0] - deliveredMs).toBeGreaterThanOrEqual(10 * dayMs);
				const link = reader.link(asked, 'rate', '5');
				await reader.looksAt(link);
				expect((await goods.customer(email))!.ratings).toBeUndefined();
				expect(await reader.submits(link, { v: '5' })).toContain(reviewPage);
				expect((await goods.customer(email))!.ratings).toMatchObject([{ stars: 5, orderId: `o-${email}` }]);
				const thanked = await mail(goods, email, 2);
				expect(thanked.subject).toBe('Thank you, Zoe');
				await reader.clicks(thanked, reviewPage);
				expect(await goods.endings(email, journeyIdOf(review, 'Soft goods delivered'))).toEqual(['answered']);
				await untilThrough(goods, email, thanks);
				expect(goods.mails(email)).toHaveLength(2);
			},

			'Review: two stars bring an apology, and the staff is told once': async () => {
				const email = uniqueAddress('unhappy');
				await goods.consent(email, { firstName: 'Zoe' });
				await delivered(email, tea, '#77');
				const asked = await mail(goods, email, 1);
				await reader.submits(reader.link(asked, 'rate', '2'), { v: '2', comment: 'Too bitter' });
				expect((await mail(goods, email, 2)).subject).toBe('We are sorry');
				const [told, ...more] = await until('the staff to be told', () => (staffMails(email).length > 0 ? staffMails(email) : null), limitMs);
				expect(told.parsed.subject).toBe('2 of 5 stars for order #77');
				expect(told.parsed.text).toContain('Too bitter');
				expect(more).toEqual([]);
			},

			'Review: silence is reminded once after 7 days; hard goods are asked after 21, and thanked before; goods without a rule are not asked': async () => {
				const [silent, hard, none] = ['silent', 'hard', 'none'].map(uniqueAddress);
				for (const email of [silent, hard, none]) await goods.consent(email, { firstName: 'Zoe' });
				await delivered(silent, tea);
				await delivered(hard, pot);
				await delivered(none, spoon);
				await untilThrough(goods, silent, review, 'Soft goods delivered');
				expect(goods.subjects(silent)).toEqual(['Zoe, how do you like it?', 'Zoe, one click for your opinion']);
				const [first, second] = await goods.times(silent, 'message_sent');
				expect(second - first).toBeGreaterThan(6.5 * dayMs);
				await untilThrough(goods, hard, review, 'Hard goods delivered');
				expect(goods.subjects(hard)).toEqual(['Thank you, Zoe', 'Zoe, how do you like it?', 'Zoe, one click for your opinion']);
				const [deliveredMs] = await goods.times(hard, 'order_delivered');
				for (const [index, sentMs] of (await goods.times(hard, 'message_sent')).entries()) expect(sentMs - deliveredMs).toBeGreaterThanOrEqual([14, 21, 28][index] * dayMs);
				expect(goods.subjects(none)).toEqual(['Thank you, Zoe']);
			},

			'Clicks: the same product clicked twice in mails is followed up the day after, once is not': async () => {
				const [curious, once] = ['curious', 'once'].map(uniqueAddress);
				for (const email of [curious, once]) {
					await goods.consent(email, { firstName: 'Zoe' });
					await delivered(email, tea);
				}
				const clicked = async (email: string) => await reader.clicks(await mail(goods, email, 1), '/p/green-tea');
				await clicked(once);
				await clicked(curious);
				// Within a second it would be the same click.
				await new Promise((resolve) => setTimeout(resolve, 1_100));
				await clicked(curious);
				const more = await until('the mail about it', () => goods.mails(curious).find(({ subject }) => subject?.startsWith('A closer look')), limitMs);
				const [, secondMs] = await goods.times(curious, 'message_clicked');
				const number = goods.mails(curious).indexOf(more) + 1;
				await goods.untilMails(curious, number);
				const sentMs = (await goods.times(curious, 'message_sent'))[number - 1];
				expect(sentMs - secondMs).toBeGreaterThanOrEqual(dayMs - hourMs);
				expect(goods.subjects(once).filter((subject) => subject?.startsWith('A closer look'))).toEqual([]);
			},

			'Survey: a promoter is thanked, a passive asked what could be better, a detractor gets an apology and the staff is told': async () => {
				const [promoter, passive, detractor] = ['promoter', 'passive', 'detractor'].map(uniqueAddress);
				await Promise.all([answersSurvey(promoter, 10), answersSurvey(passive, 8), answersSurvey(detractor, 3)]);
				expect((await mail(care, promoter, 2)).subject).toBe('Thank you, Ben');
				expect((await mail(care, passive, 2)).subject).toBe('Thank you, Ben: what could be better?');
				expect((await mail(care, detractor, 2)).subject).toBe('We are sorry');
				const [told] = await until('the staff to be told', () => (staffMails(detractor).length > 0 ? staffMails(detractor) : null), limitMs);
				expect([told.parsed.subject, told.parsed.text]).toEqual(['Survey: 3 of 10', expect.stringContaining('A word')]);
				for (const email of [promoter, passive]) expect(staffMails(email)).toEqual([]);
			},

			'Survey: no answer, and nothing more comes': async () => {
				const email = uniqueAddress('speechless');
				await contact(email);
				await untilThrough(care, email, survey, 'Contact');
				expect(care.subjects(email)).toEqual(['Ben, one question']);
				expect(await care.endings(email)).toEqual(['completed']);
			},
		},
		limitMs,
	);

	test('every execution has succeeded', () => untilAllSucceeded(n8n), 30_000);
});
