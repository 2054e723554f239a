import { phrase } from '../words';
import { type PageLook, plainPage } from './layout';
import type { PageWords } from './words';

/** A link that cannot be served, said to the reader. */
export function problemPage(look: PageLook, problem: keyof PageWords['problems']): string {
	const { title, text } = look.words.problems[problem];
	return plainPage(look, { title, text: phrase(text, { shop: look.shopName }) });
}
