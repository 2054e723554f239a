import { UserError } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

export function isLoopback(host: string): boolean {
	return loopback.test(host);
}

/**
 * Journey time that runs faster than real time must not reach real people.
 * @param host without a port
 * @throws UserError when it would
 */
export function refuseRealPeopleInDemo({ clock }: Installation, host: string): void {
	if (clock.speed === 1 || isLoopback(host)) return;
	throw new UserError(`SHOP_JOURNEYS_CLOCK_SPEED is ${clock.speed}, so messages may only go to a server on this machine, not to ${host}`);
}
