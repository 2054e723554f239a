/** As much of GraphQL as a server that tests run needs: what is selected, with which arguments. */

export interface Field {
	/** What the answer calls it. */
	alias: string;
	name: string;
	args: Record<string, unknown>;
	selection?: Field[];
}

/** The fields of the one operation of a document. @throws when it is none */
export function parseOperation(text: string, variables: Record<string, unknown>): { kind: 'query' | 'mutation'; fields: Field[] } {
	const tokens = text.match(/\.{3}|[{}():,!=[\]]|"(?:[^"\\]|\\.)*"|\$?-?\w+/g) ?? [];
	let place = 0;
	const next = () => tokens[place++];
	const expect = (token: string) => {
		const found = next();
		if (found !== token) throw new Error(`syntax error, unexpected ${found ?? 'end of file'}, expecting ${token}`);
	};

	const value = (): unknown => {
		const token = next();
		if (token.startsWith('$')) {
			if (!Object.hasOwn(variables, token.slice(1))) throw new Error(`Variable ${token} is used but not given`);
			return variables[token.slice(1)];
		}
		if (token.startsWith('"')) return JSON.parse(token) as unknown;
		if (/^-?\d+$/.test(token)) return Number(token);
		return token === 'null' ? null : token;
	};
	const args = (): Record<string, unknown> => {
		const found: Record<string, unknown> = {};
		while (tokens[place] !== ')') {
			const name = next();
			expect(':');
			found[name] = value();
			if (tokens[place] === ',') place++;
		}
		expect(')');
		return found;
	};
	const selection = (): Field[] => {
		const fields: Field[] = [];
		expect('{');
		while (tokens[place] !== '}') {
			const first = next();
			if (first === '...') {
				expect('on');
				const type = `...${next()}`;
				fields.push({ alias: type, name: type, args: {}, selection: selection() });
				continue;
			}
			if (first === undefined || !/^\w+$/.test(first)) throw new Error(`syntax error, unexpected ${first ?? 'end of file'}`);
			const isAlias = tokens[place] === ':';
			if (isAlias) place++;
			const name = isAlias ? next() : first;
			const given = tokens[place] === '(' ? (place++, args()) : {};
			fields.push({ alias: first, name, args: given, ...(tokens[place] === '{' && { selection: selection() }) });
		}
		expect('}');
		return fields;
	};

	const kind = tokens[place] === 'mutation' ? 'mutation' : 'query';
	while (tokens[place] !== '{' && place < tokens.length) place++;
	return { kind, fields: selection() };
}
