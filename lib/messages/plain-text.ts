/** A readable plain text of an operator's HTML, for the text part of a mail that came without one. */

const namedEntities: Record<string, string> = {
	amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', copy: '©', reg: '®', trade: '™', euro: '€', pound: '£', yen: '¥',
	cent: '¢', hellip: '…', ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', laquo: '«', raquo: '»',
	bull: '•', middot: '·', times: '×', deg: '°', larr: '←', rarr: '→', shy: '', zwnj: '', zwj: '\u200d', ensp: ' ', emsp: ' ', thinsp: ' ',
};

const ignoredElements = new Set(['head', 'style', 'script', 'title', 'template', 'noscript', 'svg', 'select', 'textarea']);
const blockElements = new Set([
	'p', 'div', 'section', 'article', 'header', 'footer', 'main', 'ul', 'ol', 'blockquote', 'table', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'form', 'figure', 'center',
]);
const lineElements = new Set(['br', 'tr', 'hr', 'dt', 'dd', 'option']);
/** A tag or a comment; the parts cannot overlap, so that matching stays linear. */
const markup = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-zA-Z][\w:-]*)((?:"[^"]*"|'[^']*'|[^'"<>])*)>|<[!?][^>]*>/g;

/** Linear in the length of `html`. Links become "words (address)", pictures their alternative text. */
export function textFromHtml(html: string): string {
	let text = '';
	let ignoring: string | undefined;
	let hidden = 0;
	let href = '';
	let linkStart = 0;
	let from = 0;
	for (const match of html.matchAll(markup)) {
		const [whole, slash, rawName, attributes = ''] = match;
		if (!ignoring && !hidden) text += visible(html.slice(from, match.index));
		from = match.index + whole.length;
		if (!rawName) continue;
		const name = rawName.toLowerCase();
		const closing = slash === '/';
		if (ignoring) {
			if (closing && name === ignoring) ignoring = undefined;
			continue;
		}
		if (hidden) {
			// A hidden preheader: count its own kind of element until it closes.
			if (name === 'div' || name === 'span') hidden += closing ? -1 : 1;
			continue;
		}
		if (!closing && (name === 'div' || name === 'span') && /display\s*:\s*none/i.test(attributes)) hidden = 1;
		else if (ignoredElements.has(name) && !closing) ignoring = name;
		else if (name === 'a' && !closing) {
			href = attribute(attributes, 'href');
			linkStart = text.length;
		} else if (name === 'a') {
			const words = text.slice(linkStart).trim();
			if (/^(https?:|mailto:|tel:)/i.test(href) && !words.includes(href.replace(/^(mailto:|tel:)/i, ''))) text += ` (${href.replace(/^(mailto:|tel:)/i, '')})`;
			href = '';
		} else if (name === 'img') text += visible(attribute(attributes, 'alt'), true);
		else if (name === 'li') text += closing ? '' : '\n- ';
		else if (name === 'td' || name === 'th') text += closing ? '' : ' ';
		else if (blockElements.has(name)) text += '\n\n';
		else if (lineElements.has(name) && !closing) text += '\n';
	}
	if (!ignoring && !hidden) text += visible(html.slice(from));
	return text
		.replace(/[ \t\u00a0]+/g, ' ')
		.replace(/ ?\n ?/g, '\n')
		.replace(/\n{3,}/g, '\n\n')
		.trim();
}

function visible(source: string, decoded = false): string {
	return (decoded ? source : decodeEntities(source)).replace(/[\s\u034f\u2007\ufeff]+/g, ' ');
}

function attribute(source: string, name: string): string {
	const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(source);
	return match ? decodeEntities(match[1] ?? match[2] ?? match[3]).trim() : '';
}

function decodeEntities(source: string): string {
	if (!source.includes('&')) return source;
	return source.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
		if (name) return Object.hasOwn(namedEntities, name) ? namedEntities[name] : whole;
		const point = decimal ? Number(decimal) : parseInt(hex as string, 16);
		return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : '';
	});
}
