import { type BuiltInId, type BuiltInMessage, catalogue } from '../../../lib/messages/catalogue';
import { createRenderer, type MessageItem, type RenderedMessage } from '../../../lib/messages/render';
import type { ItemLine, ItemProduct, JourneyItem } from '../../../lib/model/item';
import type { ShopSettings } from '../../../lib/model/settings';
import { sampleItem, sampleSettings } from './samples';

export const languages = ['en', 'zh-Hant', 'zh-Hans', 'ru', 'th'] as const;
export type Language = (typeof languages)[number];

export const allMessages = Object.entries(catalogue) as Array<[BuiltInId, BuiltInMessage]>;

/** What shops and customers of each language are like. */
const worlds: Record<Language, { locale: string; currency: string; name: string; goods: [string, string, string, string]; variant: string; category: string; page: string; unit: number }> = {
	en: { locale: 'en-GB', currency: 'EUR', name: 'Mia', goods: ['Linen Throw', 'Stoneware Mug, Speckled', 'Beeswax Candle', 'Wool Blanket with a Herringbone Pattern'], variant: 'Moss Green / 130 × 170 cm', category: 'Throws', page: 'Prices and delivery', unit: 100 },
	'zh-Hant': { locale: 'zh-TW', currency: 'TWD', name: '美玲', goods: ['亞麻蓋毯', '斑點陶瓷馬克杯', '天然蜂蠟蠟燭', '人字紋羊毛毯（加大雙人）'], variant: '苔綠色／130 × 170 公分', category: '蓋毯', page: '價格與配送', unit: 3_000 },
	'zh-Hans': { locale: 'zh-CN', currency: 'CNY', name: '晓雯', goods: ['亚麻盖毯', '斑点陶瓷马克杯', '天然蜂蜡蜡烛', '人字纹羊毛毯（加大双人）'], variant: '苔绿色／130 × 170 厘米', category: '盖毯', page: '价格与配送', unit: 700 },
	ru: { locale: 'ru-RU', currency: 'RUB', name: 'Екатерина', goods: ['Льняной плед', 'Кружка керамическая, в крапинку', 'Свеча из пчелиного воска', 'Шерстяное одеяло с узором «ёлочка»'], variant: 'Цвет мха / 130 × 170 см', category: 'Пледы', page: 'Цены и доставка', unit: 9_000 },
	th: { locale: 'th-TH', currency: 'THB', name: 'สมศรี', goods: ['ผ้าคลุมลินิน', 'แก้วเซรามิกลายจุด', 'เทียนขี้ผึ้งธรรมชาติ', 'ผ้าห่มขนสัตว์ลายก้างปลาขนาดใหญ่พิเศษ'], variant: 'สีเขียวมอส / 130 × 170 ซม.', category: 'ผ้าคลุม', page: 'ราคาและการจัดส่ง', unit: 3_500 },
};

export interface SampleOptions {
	/** With all that a shop may tell, or with the least. */
	isFull?: boolean;
	discountCode?: string;
	/** Of the return. */
	status?: string;
	stock?: number;
}

/** An item as a journey gives it to this message, for a customer of that language. */
export function sampleFor({ kind }: BuiltInMessage, language: Language, { isFull = true, status = 'refunded', stock = 2 }: SampleOptions = {}): JourneyItem {
	const { locale, currency, name, goods, variant, category, page, unit } = worlds[language];
	const base = sampleItem({ journey: { kind }, customer: { firstName: isFull ? name : undefined, lastName: undefined, locale } });
	const pictures = ['throw', 'mug', 'candle', 'blanket'];
	const product = (index: number): ItemProduct => ({ id: `p${index}`, title: goods[index], url: `https://fern.example/p/${index}`, ...(index !== 2 && { imageUrl: `https://cdn.fern.example/${pictures[index]}.jpg` }), category, priceMinor: (20 + index * 13) * unit, currency, stock: 9 });
	const line = (index: number): ItemLine => ({ productId: `p${index}`, title: goods[index], ...(index === 0 && { variantTitle: variant, stock }), quantity: index === 1 ? 2 : 1, unitPriceMinor: (20 + index * 13) * unit, ...(index !== 2 && { imageUrl: `https://cdn.fern.example/${pictures[index]}.jpg` }), url: `https://fern.example/p/${index}` });
	const items = [line(0), line(1), line(2)];
	const totalMinor = items.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0);
	const placedAt = '2026-03-01T10:00:00.000Z';
	return {
		...base,
		cart: { ...base.cart!, currency, totalMinor, items: isFull ? items : items.slice(2) },
		order: {
			id: '77', currency, totalMinor, placedAt, paid: false, awaitsPayment: true, items: isFull ? items : items.slice(2),
			...(isFull && { number: '#1007', paymentDueAt: '2026-03-08T10:00:00.000Z', waitsFor: [goods[0], goods[1]], url: 'https://fern.example/orders/77' }),
		},
		...(isFull ? { product: { ...product(0), stock }, view: { path: '/p/0', title: page }, picks: [product(1), product(2), product(3), product(0)] } : { product: { id: 'p0' } }),
		return: { id: 'r1', status, needsBankDetails: true, ...(isFull && { formUrl: 'https://fern.example/form?r=1' }) },
	};
}

export function settingsFor(language: Language, changes: Partial<ShopSettings> = {}): ShopSettings {
	const { locale, currency } = worlds[language];
	return sampleSettings({ locale, currency, reviewUrl: 'https://reviews.example/fern', ...changes });
}

const address = 'https://journeys.fern.example/webhook/messages';
export const sampleLinks = {
	unsubscribePageUrl: `${address}?t=abc.def`,
	answerPageUrl: `${address}?a=abc.def`,
	preferencesUrl: `${address}?s=abc.def`,
	confirmUrl: `${address}?d=abc.def`,
	rateUrl: `${address}?r=abc.def`,
	surveyUrl: `${address}?n=abc.def`,
	profileUrl: `${address}?f=profile&k=abc.def`,
};

/** A built-in message as a customer of that language gets it. */
export function renderBuiltIn(message: BuiltInId, language: Language, designsDir: string, options: SampleOptions & { item?: MessageItem; settings?: ShopSettings } = {}): RenderedMessage {
	const { discountCode = '', isFull = true } = options;
	const renderer = createRenderer({ content: { kind: 'builtIn', message, overrides: { discountCode } }, designsDir });
	const settings = options.settings ?? settingsFor(language, isFull ? {} : { reviewUrl: undefined });
	return renderer.render(options.item ?? sampleFor(catalogue[message], language, options), { settings, links: sampleLinks });
}
