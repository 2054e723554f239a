/**
 * Runs on the runtime's Node (it reads n8n's database, which Node 20 cannot) and ends when every published workflow
 * has been activated by the n8n that has just started. n8n activates them in the background, after it says it is ready,
 * and notes in its tables how far it is.
 *
 * Usage: node wait-for-workflows.js <database.sqlite> <start of n8n, epoch ms> <limit, ms>
 * Prints `{ active, failed: [{ workflowId, nodeId, error }], waiting: [workflowId] }`.
 */
const { DatabaseSync } = require('node:sqlite');
const { setTimeout: sleep } = require('node:timers/promises');

const pollMs = 50;

const [, , file, startedMs, limitMs] = process.argv;

/** n8n writes UTC without saying so. @param {string} text */
const parseTime = (text) => Date.parse(`${text.replace(' ', 'T')}Z`);

/** @param {DatabaseSync} db @param {number} sinceMs */
function readState(db, sinceMs) {
	const published = db.prepare('SELECT id, activeVersionId AS version FROM workflow_entity WHERE activeVersionId IS NOT NULL').all();
	const statuses = db.prepare('SELECT workflowId, nodeId, versionId, status, errorMessage, triggerKind, updatedAt FROM workflow_publication_trigger_status').all();
	const outbox = db.prepare('SELECT workflowId, status, createdAt FROM workflow_publication_outbox').all();
	const waiting = published.filter(({ id, version }) => {
		const nodes = statuses.filter((row) => row.workflowId === id && row.versionId === version);
		if (nodes.length === 0) return true;
		const records = outbox.filter((row) => row.workflowId === id);
		if (records.some(({ status }) => status === 'pending' || status === 'in_progress')) return true;
		// Webhooks outlive a restart in the database. Triggers with a timer live in memory and are set up anew.
		if (nodes.every(({ triggerKind }) => triggerKind === 'persisted')) return false;
		const latest = Math.max(0, ...nodes.map(({ updatedAt }) => parseTime(updatedAt)), ...records.map(({ createdAt }) => parseTime(createdAt)));
		return latest < sinceMs - 1000;
	});
	const failed = statuses
		.filter(({ status, workflowId, versionId }) => status === 'failed' && published.some(({ id, version }) => id === workflowId && version === versionId))
		.map(({ workflowId, nodeId, errorMessage }) => ({ workflowId, nodeId, error: errorMessage }));
	return { active: published.length - waiting.length, failed, waiting: waiting.map(({ id }) => id) };
}

async function main() {
	const giveUpAt = Date.now() + Number(limitMs);
	const db = new DatabaseSync(file, { readOnly: true, timeout: 2000 });
	let state = readState(db, Number(startedMs));
	while (state.waiting.length > 0 && Date.now() < giveUpAt) {
		await sleep(pollMs);
		state = readState(db, Number(startedMs));
	}
	db.close();
	console.log(JSON.stringify(state));
}

main().catch((error) => {
	console.error(error);
	process.exitCode = 1;
});
