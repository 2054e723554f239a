import { randomUUID } from 'node:crypto';
import { type ClockOrigin, createClock, dayMs } from '../../lib/model/clock';
import type { CustomerRecord, EnrolmentRecord } from '../../lib/model/records';
import { type LinkKind, linkParameters } from '../../lib/messages/links';
import type { Json, LogEntry, Store } from '../../lib/store/store';
import { filledIn, type Installation, template, until, webhookUrl, type Workflow } from './installation';
import { Shop } from './shop';
import { userAgent } from './tracking-page';

/** The Shop Webhook Trigger of one more shop in the same n8n. */
export function connectTo(shop: string, change: Record<string, unknown> = {}): Workflow {
	const connect = { ...filledIn(template('00-connect/connect-demo-shop.json'), { shop: { shop, ...change } }), id: `e2eConnect_${shop}`, name: `Connect ${shop}` };
	for (const node of connect.nodes) if (node.webhookId) node.webhookId = `e2e-${shop}`;
	return connect;
}

/** What serves the links in the messages of one more shop. */
export function linksOf(shop: string): Workflow {
	const links = filledIn(template('00-connect/message-tracking.json'));
	for (const node of links.nodes) {
		if (node.webhookId) Object.assign(node, { webhookId: `e2e-links-${shop}`, parameters: { ...node.parameters, shop } });
	}
	return { ...links, id: `e2eLinks_${shop}` };
}

/** A shipped journey in one of the shops, with nothing changed but what the test says. */
export function chapter(file: string, shop: string, trigger: Record<string, unknown> = {}): Workflow {
	const journey = filledIn(template(file), { trigger: { shop, ...trigger } });
	return { ...journey, id: `${journey.id}_${shop}` };
}

/** How the store names the journey of one of a workflow's triggers. */
export function journeyIdOf({ id, nodes }: Workflow, trigger?: string): string {
	const found = nodes.find(({ name, type }) => (trigger ? name === trigger : /(cartAbandoned|shopEvent|segment)Trigger$/.test(type)))!;
	return `${id}.${found.id}`;
}

interface Told {
	/** Where the customer stands with marketing; nothing is said of it without. */
	consent?: 'subscribed' | 'unsubscribed';
	firstName?: string;
	timezone?: string;
	locale?: string;
}

/** A shop with its customers in a running n8n, as it tells of them and as the store knows them. */
export class Customers {
	private constructor(
		private readonly n8n: Installation,
		readonly store: Store,
		private readonly shop: Shop,
		private readonly origin: ClockOrigin,
	) {}

	static async of(n8n: Installation, connect: Workflow): Promise<Customers> {
		const [{ value }] = await n8n.store('_installation').read<{ clock: ClockOrigin }>(['installation:this']);
		const { shop } = connect.nodes.find(({ type }) => type.endsWith('shopWebhookTrigger'))!.parameters;
		return new Customers(n8n, n8n.store(shop as string), new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger')), value!.clock);
	}

	/** Sends one event, or several in one delivery. What the shop says happens now, unless it says when. */
	async tell(...events: Array<Record<string, unknown>>): Promise<void> {
		const occurredAt = new Date().toISOString();
		const { status, body } = await this.shop.send(events.length === 1 ? { occurredAt, ...events[0] } : { events: events.map((event) => ({ occurredAt, ...event })) });
		expect([status, body]).toEqual([200, expect.objectContaining({ ok: true })]);
	}

	async consent(email: string, { consent = 'subscribed', ...facts }: Told = {}): Promise<void> {
		await this.tell({ type: 'consent_changed', customer: { email, ...facts, emailConsent: { status: consent, basis: 'opt_in', at: new Date().toISOString() } } });
	}

	/** An order of a customer, with what the test says of it. */
	async order(type: 'order_placed' | 'order_updated' | 'order_paid' | 'order_held' | 'order_delivered', email: string, order: Record<string, unknown> = {}): Promise<void> {
		await this.tell(orderOf(type, email, order));
	}

	private async idOf(email: string): Promise<string | undefined> {
		const [{ value }] = await this.store.read<{ id: string }>([`alias:email:${email}`]);
		return value?.id;
	}

	/** What the customer's timeline holds, oldest first. */
	async timeline(email: string): Promise<LogEntry[]> {
		const id = await this.idOf(email);
		return id === undefined ? [] : (await this.store.readTimeline(`customer:${id}`, { limit: 200 })).reverse();
	}

	/** The customer as the store knows them. */
	async customer(email: string): Promise<CustomerRecord | null> {
		const id = await this.idOf(email);
		return id === undefined ? null : (await this.store.read<CustomerRecord>([`customer:${id}`]))[0].value;
	}

	/** The customer's enrolments under way. */
	async enrolments(email: string): Promise<EnrolmentRecord[]> {
		const [customer] = await this.store.read<CustomerRecord>([`customer:${await this.idOf(email)}`]);
		const ids = Object.keys(customer.value?.open ?? {});
		return (await this.store.read<EnrolmentRecord>(ids.map((id) => `enrolment:${id}`))).flatMap(({ value }) => value ?? []);
	}

	/** Journey times of the entries of one type in the customer's timeline. */
	async times(email: string, type: string): Promise<number[]> {
		return (await this.timeline(email)).filter((entry) => entry.type === type).map(({ atMs }) => atMs);
	}

	/** Why journeys of the customer ended, oldest first. */
	async endings(email: string, journeyId?: string): Promise<Json[]> {
		const ended = (await this.timeline(email)).filter(({ type, data }) => type === 'journey_ended' && (!journeyId || dataOf(data).journey === journeyId));
		return ended.map(({ data }) => dataOf(data).reason);
	}

	async untilEnded(email: string, reason: string, limitMs?: number): Promise<void> {
		await until(`${email} to be through: ${reason}`, async () => (await this.endings(email)).includes(reason), limitMs);
	}

	/** The mails to a customer once there are so many, and booked as sent. */
	async untilMails(email: string, count: number, limitMs?: number) {
		await until(`${count} mails to ${email}`, async () => this.mails(email).length >= count && (await this.times(email, 'message_sent')).length >= count, limitMs);
		return this.mails(email);
	}

	mails(email: string) {
		return this.n8n.mailsTo(email).map(({ parsed }) => parsed);
	}

	subjects(email: string): Array<string | undefined> {
		return this.mails(email).map(({ subject }) => subject);
	}

	/** Journey time. */
	nowMs(): number {
		return createClock(this.origin, () => Date.now()).journeyNowMs();
	}

	/** What the shop's own clock shows so many days of journey time from now; below zero is before now. */
	inDays(days: number): string {
		const sinceOriginMs = this.nowMs() + days * dayMs - this.origin.journeyMs;
		// Before its origin journey time runs as the wall clock does.
		return new Date(this.origin.machineMs + (sinceOriginMs > 0 ? sinceOriginMs / this.origin.speed : sinceOriginMs)).toISOString();
	}
}

const dataOf = (data: Json) => data as Record<string, Json>;

const tea = { productId: 'p1', title: 'Green Tea', quantity: 2, unitPrice: '12.50' };

export function orderOf(type: string, email: string, order: Record<string, unknown> = {}): Record<string, unknown> {
	const now = new Date().toISOString();
	// One time for both: at these speeds a millisecond between them is most of a minute.
	return { type, occurredAt: now, customer: { email }, order: { id: randomUUID(), items: [tea], currency: 'EUR', total: '25.00', placedAt: now, updatedAt: now, ...order } };
}

/** What journeys emitted went through their workflows, Ended included, without an error. */
export async function untilAllSucceeded(n8n: Installation): Promise<void> {
	const running = ['new', 'running'];
	// Looked at once: the next step may begin at any moment.
	const ended = await until('all executions to end', () => {
		const executions = n8n.executions();
		return executions.every(({ status }) => !running.includes(status)) ? executions : null;
	});
	expect(ended.length).toBeGreaterThan(0);
	expect(ended.filter(({ status }) => status !== 'success')).toEqual([]);
}

/** Tests that tell their stories at the same time, because each waits for days to pass: all begin with the first. */
export function atTheSameTime(stories: Record<string, () => Promise<void>>, limitMs: number): void {
	let told: Map<string, Promise<void>> | undefined;
	test.each(Object.keys(stories))(
		'%s',
		async (title) => {
			told ??= new Map(
				Object.entries(stories).map(([name, tell]) => {
					const story = tell();
					// Reported by the test of its own, which may not have begun yet.
					story.catch(() => {});
					return [name, story];
				}),
			);
			await told.get(title);
		},
		limitMs,
	);
}

type Mail = ReturnType<Customers['mails']>[number];

/** What a person does with a mail, by the links that are in it. */
export const reader = {
	/** The links of a kind, with what follows their tokens. */
	links({ html }: Mail, kind: LinkKind, value = ''): string[] {
		// The link for machines is none that a person sees.
		const decoded = String(html).replace(/<a [^>]*aria-hidden="true"><\/a>/, '').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
		return decoded.match(new RegExp(`http://[^"\\s<>]*/messages\\?${linkParameters[kind]}=[\\w.-]+${value && `&v=${value}(?!\\d)`}`, 'g')) ?? [];
	},

	/** The first link of a kind. */
	link(mail: Mail, kind: LinkKind, value = ''): string {
		const [link] = reader.links(mail, kind, value);
		if (!link) throw new Error(`The mail has no link of the kind "${kind}" ${value}`);
		return link;
	},

	async opens(mail: Mail): Promise<void> {
		const response = await fetch(reader.link(mail, 'open'), { headers: { 'user-agent': userAgent } });
		expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/gif']);
	},

	/** Follows the first link that leads to this page. */
	async clicks(mail: Mail, page: string): Promise<void> {
		const targetOf = (link: string) => Buffer.from(new URL(link).searchParams.get(linkParameters.click)!.split('.')[0], 'base64url').toString();
		const link = reader.links(mail, 'click').find((one) => targetOf(one).includes(page));
		if (!link) throw new Error(`No link of the mail leads to ${page}`);
		const response = await fetch(link, { headers: { 'user-agent': userAgent }, redirect: 'manual' });
		expect(response.status).toBe(302);
		expect(response.headers.get('location')).toContain(page);
	},

	/** Opens a page of ours: what it shows. */
	async looksAt(link: string): Promise<string> {
		const response = await fetch(link, { headers: { 'user-agent': userAgent } });
		expect(response.status).toBe(200);
		return await response.text();
	},

	/** Presses the button of a page of ours. */
	async submits(link: string, fields: Record<string, string> = {}): Promise<string> {
		const response = await fetch(link, { method: 'POST', body: new URLSearchParams(fields), headers: { 'user-agent': userAgent } });
		expect(response.status).toBe(200);
		return await response.text();
	},
};
