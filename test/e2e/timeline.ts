import type { Store } from '../../lib/store/store';

/** A customer's timeline, newest first. */
export async function readLogged(store: Store, email: string): Promise<Array<{ type: string; data: Record<string, unknown> }>> {
	const [alias] = await store.read<{ id: string }>([`alias:email:${email}`]);
	if (!alias.value) return [];
	return (await store.readTimeline(`customer:${alias.value.id}`, { limit: 200 })) as never;
}
