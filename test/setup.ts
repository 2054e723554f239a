import { RecentDocuments } from '../lib/store/recent';

/** A limit for what hangs, not a measure of speed: the machine may be busy with other things. */
jest.setTimeout(60_000);

/** What is remembered of the store is shared by all who read it: whoever changes it in place fails here. */
function freeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(freeze);
	return value;
}
const { remember } = RecentDocuments.prototype;
RecentDocuments.prototype.remember = function (documents) {
	for (const { value } of documents) freeze(value);
	remember.call(this, documents);
};
