/** A size as titles name it, by its word and a whole number: "Nappies Size 3", "Größe 26", "размер 92". */
const sizeInTitle = /((?<![\p{L}\p{N}])(?:size|größe|groesse|gr\.|taille|talla|размер|尺码|尺碼|ไซส์|ไซซ์)\s*:?\s*)(\d{1,3})(?![\p{N}.,])/iu;

/** Titles are compared without regard to case and spaces. */
export const plainTitle = (title: string) => title.toLowerCase().replace(/\s+/g, ' ').trim();

/** What the same product would be called one size up; undefined where the title names no size. */
export function titleOfNextSize(title: string): string | undefined {
	return sizeInTitle.test(title) ? plainTitle(title.replace(sizeInTitle, (_, word: string, size: string) => word + (Number(size) + 1))) : undefined;
}
