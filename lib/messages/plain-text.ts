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
/** What is worth reading as an address. `{{`: the HTML may be a template still. */
const readableLink = /^(https?:|mailto:|tel:|\{\{)/i;
const startsMarkup = /[a-z/!?]/i;
const endOrQuote = /[>"']/g;
const tagName = /^\/?([a-z][\w:-]*)/i;

/** Linear in the length of `html`. Links become "words (address)", pictures their alternative text. */
export function textFromHtml(html: string): string {
	const writer = new TextWriter();
	let from = 0;
	while (from < html.length) {
		const open = html.indexOf('<', from);
		if (open < 0) break;
		const isMarkup = startsMarkup.test(html[open + 1] ?? '');
		writer.words(html.slice(from, isMarkup ? open : open + 1));
		from = isMarkup ? endOfMarkup(html, open) : open + 1;
		if (isMarkup) writer.tag(html.slice(open + 1, from - 1));
	}
	writer.words(html.slice(from));
	return tidy(writer.text);
}

/** Collapses blanks, and more than one empty line. */
export function tidy(text: string): string {
	return text
		.replace(/[ \t\u00a0]+/g, ' ')
		.replace(/ ?\n[ \n]*/g, (gap) => (gap.indexOf('\n') === gap.lastIndexOf('\n') ? '\n' : '\n\n'))
		.trim();
}

/** The offset after the tag or comment that starts at `open`; a `>` inside quotes does not end a tag. */
function endOfMarkup(html: string, open: number): number {
	if (html.startsWith('<!--', open)) {
		const end = html.indexOf('-->', open + 4);
		return end < 0 ? html.length : end + 3;
	}
	endOrQuote.lastIndex = open;
	for (let match = endOrQuote.exec(html); match; match = endOrQuote.exec(html)) {
		if (match[0] === '>') return match.index + 1;
		const end = html.indexOf(match[0], match.index + 1);
		if (end < 0) break;
		endOrQuote.lastIndex = end + 1;
	}
	return html.length;
}

class TextWriter {
	text = '';
	/** The element whose content is left out, e.g. a style sheet or a hidden preheader, and how many of it are open. */
	private hiddenName = '';
	private hiddenDepth = 0;
	private href = '';
	private linkWords = '';

	words(source: string): void {
		if (this.hiddenDepth > 0 || source === '') return;
		// Most of what stands between the tags of a mail is indentation.
		const words = source.length < 40 && source.trim() === '' ? ' ' : visible(source);
		this.text += words;
		if (this.href) this.linkWords += words;
	}

	tag(source: string): void {
		const name = tagName.exec(source)?.[1].toLowerCase();
		if (!name) return;
		const closing = source.startsWith('/');
		if (this.hiddenDepth > 0) {
			if (name === this.hiddenName) this.hiddenDepth += closing ? -1 : 1;
		} else if (!closing && (ignoredElements.has(name) || isHidden(name, source))) {
			this.hiddenName = name;
			this.hiddenDepth = 1;
		} else if (name === 'a') this.link(source, closing);
		else if (name === 'img') this.text += attribute(source, 'alt');
		else if (blockElements.has(name)) this.text += '\n\n';
		else if (!closing) this.text += name === 'li' ? '\n- ' : name === 'td' || name === 'th' ? ' ' : lineElements.has(name) ? '\n' : '';
	}

	private link(source: string, closing: boolean): void {
		if (closing && this.href) {
			const address = this.href.replace(/^(mailto:|tel:)/i, '');
			if (!this.linkWords.includes(address)) this.text += ` (${address})`;
		}
		const href = closing ? '' : attribute(source, 'href');
		this.href = readableLink.test(href) ? href : '';
		this.linkWords = '';
	}
}

function isHidden(name: string, source: string): boolean {
	return (name === 'div' || name === 'span') && /display\s*:\s*none/i.test(source);
}

function visible(source: string): string {
	return decodeEntities(source).replace(/[\s\u034f\u2007\ufeff]+/g, ' ');
}

const attributePatterns = {
	alt: /\salt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i,
	href: /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i,
};

function attribute(source: string, name: keyof typeof attributePatterns): string {
	const match = attributePatterns[name].exec(source);
	return match ? visible(match[1] ?? match[2] ?? match[3]).trim() : '';
}

/** What HTML's character references in `source` stand for. */
export function decodeEntities(source: string): string {
	if (!source.includes('&')) return source;
	return source.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
		if (name) return Object.hasOwn(namedEntities, name) ? namedEntities[name] : whole;
		const point = decimal ? Number(decimal) : parseInt(hex as string, 16);
		return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : '';
	});
}
