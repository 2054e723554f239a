/** Readable colours from the one colour that the operator chooses. Contrast as WCAG 2.2 defines it (§ 1.4.3). */

export interface Theme {
	/** `#rrggbb`. */
	colour: string;
	/** Text on `colour`. */
	onColour: string;
	/** Edge of a button, so that a white button on the white card can still be seen. */
	edge: string;
}

const fallbackColour = '#1f6f54';
/** Of white and full black one always reaches 4.5 : 1. */
const darkText = '#000000';
const lightText = '#ffffff';
const faintEdge = '#c8ccd0';
const themes = new Map<string, Theme>();

/** @param colour CSS `#rgb` or `#rrggbb`; anything else gives the default colour. */
export function themeFor(colour: string | undefined): Theme {
	const key = colour ?? '';
	let theme = themes.get(key);
	if (!theme) {
		const hex = hexColour(key) ?? fallbackColour;
		// White is what readers expect of a coloured button: it stays as long as it is readable (4.5 : 1).
		const onWhite = contrast(hex, lightText);
		theme = {
			colour: hex,
			onColour: onWhite >= 4.5 || onWhite >= contrast(hex, darkText) ? lightText : darkText,
			edge: onWhite < 1.4 ? faintEdge : hex,
		};
		if (themes.size > 100) themes.clear();
		themes.set(key, theme);
	}
	return theme;
}

function hexColour(value: string): string | undefined {
	const match = /^#([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(value.trim());
	if (!match) return undefined;
	const digits = match[1].toLowerCase();
	return digits.length === 6 ? `#${digits}` : `#${digits.replace(/./g, '$&$&')}`;
}

/** Contrast of two `#rrggbb` colours, 1 to 21. */
export function contrast(one: string, other: string): number {
	const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a);
	return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
	const [red, green, blue] = [1, 3, 5].map((at) => {
		const share = parseInt(hex.slice(at, at + 2), 16) / 255;
		return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
