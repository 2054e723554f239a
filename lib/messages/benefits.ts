import { formatMoney } from '../model/money';
import type { ItemDiscount, JourneyItem } from '../model/item';
import { singleLine } from './safe-text';
import { formatDate, type RenderData } from './template-functions';
import { phrase, type Words } from './words';

/** What mails know of a customer's points and of their discount code: formatted for the reader. */

/** All text is empty where it is not known, or zero. */
export interface ContextPoints {
	/** "1,250": may be spent now, and earned but not to be spent yet. */
	available: string;
	pending: string;
	/** What expires next, and the last day on which it can be used. */
	expiring: string;
	expiresAt: string;
	/** Labels. */
	tier: string;
	nextTier: string;
	/** What is missing to the next tier: "350 points", or "€35.00" where tiers are reached by spending. */
	toNextTier: string;
	/** The bare numbers, to compare and to choose plurals by. `earned`: by the event that the journey is about, or by a Loyalty Points node before. */
	count: { available: number; pending: number; expiring: number; earned: number; /** 0 to 100. */ onTheWay: number };
}

export interface ContextDiscount {
	/** '' where there is none. */
	code: string;
	/** "10%", "€5.00", "free shipping", "a gift with your order". */
	value: string;
	/** In a sentence: "10% off". */
	offer: string;
	/** The last day on which it can be used; with the hour where it ends before the day does. */
	expiresAt: string;
	/** From which value of an order on it applies. */
	minimum: string;
	/** It can be used today and no longer. */
	endsToday: boolean;
}

/** A day is over when its last hour is: a code that ends then is good for the whole day. */
const dayEndsFromHour = 23;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The day and the hour there. */
function clockAt(atMs: number, timezone: string): { day: string; hour: number } {
	let clock = clocks.get(timezone);
	if (!clock) {
		const shape: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23' };
		try {
			clock = new Intl.DateTimeFormat('en-CA', { ...shape, timeZone: timezone });
		} catch {
			clock = new Intl.DateTimeFormat('en-CA', { ...shape, timeZone: 'UTC' });
		}
		if (clocks.size > 500) clocks.clear();
		clocks.set(timezone, clock);
	}
	const [day, hour] = clock.format(atMs).split(', ');
	return { day, hour: Number(hour) };
}

const lastDays = new Map<string, string>();

/** The last day on which something can be used that ends at this moment: what ends at midnight is over the day before. No line breaks within. Many end at the same time. */
function lastDay(iso: string, data: RenderData): string {
	const key = `${iso}|${data.locale}|${data.timezone}`;
	let text = lastDays.get(key);
	if (text === undefined) {
		const atMs = Date.parse(iso) - 1;
		const style = Number.isFinite(atMs) && clockAt(atMs, data.timezone).hour < dayEndsFromHour ? 'moment' : 'long';
		text = formatDate(atMs, style, data).replaceAll(' ', '\u00a0');
		if (lastDays.size > 1000) lastDays.clear();
		lastDays.set(key, text);
	}
	return text;
}

function isLastDay(iso: string, nowMs: number, { timezone }: RenderData): boolean {
	const atMs = Date.parse(iso) - 1;
	return Number.isFinite(atMs) && clockAt(atMs, timezone).day === clockAt(nowMs, timezone).day;
}

const numberFormats = new Map<string, Intl.NumberFormat>();

function formatNumber(value: number, locale: string, style: 'decimal' | 'percent' = 'decimal'): string {
	const key = `${locale}|${style}`;
	let format = numberFormats.get(key);
	if (!format) {
		format = new Intl.NumberFormat(locale, { style, maximumFractionDigits: style === 'percent' ? 2 : 0 });
		if (numberFormats.size > 500) numberFormats.clear();
		numberFormats.set(key, format);
	}
	return format.format(value);
}

/** "1,250 points". */
export function pointsWithNoun(count: number, words: Words, locale: string): string {
	return phrase(words.design.points, { points: formatNumber(count, locale), count }, words.locale).replaceAll(' ', '\u00a0');
}

export function contextPoints({ customer, event, points }: Partial<JourneyItem>, words: Words, data: RenderData): ContextPoints {
	const { locale } = data;
	const { available, pending = 0, expiring = 0, expiresAt, tier, nextTier, toNextTier = 0, toNextTierCurrency: currency, nextTierPercent = 0 } = customer?.points ?? {};
	const shown = (count: number) => (count > 0 ? formatNumber(count, locale) : '');
	const earned = Number((event?.type === 'points_earned' ? event.data?.points : points?.earned) ?? 0);
	return {
		available: available === undefined ? '' : formatNumber(available, locale),
		pending: shown(pending),
		expiring: shown(expiring),
		expiresAt: expiring > 0 && expiresAt ? lastDay(expiresAt, data) : '',
		tier: singleLine(tier, 60),
		nextTier: toNextTier > 0 ? singleLine(nextTier, 60) : '',
		toNextTier: toNextTier <= 0 ? '' : currency ? formatMoney({ amountMinor: toNextTier, currency }, locale) : pointsWithNoun(toNextTier, words, locale),
		count: { available: available ?? 0, pending, expiring, earned: earned > 0 ? earned : 0, onTheWay: toNextTier > 0 ? Math.min(99, Math.max(0, Math.floor(nextTierPercent))) : 0 },
	};
}

export const noDiscount: ContextDiscount = { code: '', value: '', offer: '', expiresAt: '', minimum: '', endsToday: false };

/** @param nowMs journey time: without it nothing is said to end today */
export function contextDiscount(discount: ItemDiscount | undefined, words: Words, data: RenderData, nowMs?: number): ContextDiscount {
	const code = singleLine(discount?.code, 60);
	if (!discount || !code) return noDiscount;
	const { currency, minimumMinor, expiresAt } = discount;
	const value = valueOf(discount, words, data.locale);
	return {
		code,
		value,
		offer: offerOf(discount, value, words),
		expiresAt: expiresAt ? lastDay(expiresAt, data) : '',
		minimum: minimumMinor ? formatMoney({ amountMinor: minimumMinor, currency }, data.locale) : '',
		endsToday: expiresAt !== undefined && nowMs !== undefined && isLastDay(expiresAt, nowMs, data),
	};
}

function valueOf({ kind, percent = 0, amountMinor = 0, currency }: ItemDiscount, { design }: Words, locale: string): string {
	switch (kind) {
		case 'percentage':
			return percent > 0 ? formatNumber(percent / 100, locale, 'percent') : '';
		case 'amount':
			return amountMinor > 0 ? formatMoney({ amountMinor, currency }, locale) : '';
		case 'free_shipping':
			return phrase(design.discountShipping);
		case 'gift':
			return phrase(design.discountGift);
		default:
			return '';
	}
}

function offerOf({ kind }: ItemDiscount, value: string, { design }: Words): string {
	if (value === '') return '';
	if (kind === 'percentage') return phrase(design.discountPercentage, { value });
	return kind === 'amount' ? phrase(design.discountAmount, { value }) : value;
}
