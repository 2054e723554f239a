import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';

const folder = join(__dirname, 'commands');

/** The commands in `commands/`, without the number of keys in their files' names. */
export type ScriptName = 'commit' | 'claim' | 'settle' | 'walk' | 'readLog' | 'readTimeline' | 'eraseTimeline' | 'trimLog' | 'sweepOnce';

type Argument = string | number;

/** A connection on which every script is a method of its own, called with its keys and then its arguments. */
export type ScriptedRedis = Redis & { [name in `sj_${ScriptName}`]: (...args: Argument[]) => Promise<unknown> };

interface Script {
	name: string;
	lua: string;
	/** Undefined: the number of keys varies and is given with each call. */
	numberOfKeys: number | undefined;
}

let scripts: Script[] | undefined;

/** `claim-2.lua` is the command `claim` with two keys; `N` stands for a number that varies. */
function loadScripts(): Script[] {
	scripts ??= readdirSync(folder)
		.filter((file) => file.endsWith('.lua'))
		.map((file) => {
			const [, name, keys] = /^(\w+)-(\d+|N)\.lua$/.exec(file) ?? [];
			return { name, lua: readFileSync(join(folder, file), 'utf8'), numberOfKeys: keys === 'N' ? undefined : Number(keys) };
		});
	return scripts;
}

/** Gives a connection our commands. ioredis sends a script's text once, then only its digest. */
export function defineScripts(redis: Redis): ScriptedRedis {
	for (const { name, lua, numberOfKeys } of loadScripts()) redis.defineCommand(`sj_${name}`, { lua, numberOfKeys });
	return redis as ScriptedRedis;
}
