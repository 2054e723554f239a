import type { SqliteConnection } from './connection';
import { GroupCommit } from './groupCommit';
import { type Answer, type Arguments, type Engine, type Operation, reads, writes } from './operations';

type Perform = (db: SqliteConnection, scope: string, ...rest: unknown[]) => unknown;

/** Works on a file in the thread it was made in. */
export class InThread implements Engine {
	private readonly queue: GroupCommit;

	constructor(private readonly connection: SqliteConnection) {
		this.queue = new GroupCommit(connection);
	}

	get label(): string {
		return this.connection.label;
	}

	call<Name extends Operation>(name: Name, scope: string, ...rest: Arguments<Name>): Promise<Answer<Name>> {
		const isRead = Object.hasOwn(reads, name);
		const perform = (isRead ? reads[name as keyof typeof reads] : writes[name as keyof typeof writes]) as unknown as Perform;
		const work = () => perform(this.connection, scope, ...rest) as Answer<Name>;
		return isRead ? this.queue.read(work) : this.queue.write(work);
	}

	async close(): Promise<void> {
		this.queue.close();
		this.connection.close();
	}
}
