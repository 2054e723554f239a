/** @returns Handlebars. @throws what MJML finds wrong with the design. */
export function compileDesign(source: string, filePath: string): Promise<string>;
