/** A text as it is compared: without regard to case and to blanks around it. */
export const plain = (text: unknown): string => String(text).trim().toLowerCase();

/** A word as part of an index's name: longer ones share an index, which only makes listing read more than it needs. */
export function indexWord(text: unknown): string {
	return plain(text).slice(0, 100).replaceAll('\0', ' ').toWellFormed();
}
