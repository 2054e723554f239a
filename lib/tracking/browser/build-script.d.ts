/** @returns the minified script. @throws what the compiler finds wrong with it. */
export function buildScript(source: string): Promise<string>;
