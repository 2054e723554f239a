import { hourMs, secondMs } from '../model/clock';
import { EventLimiter, networkOf } from '../tracking/limits';
import type { FormKind } from './form';

const perHour = (times: number) => times / (hourMs / secondMs);

/** How many forms may come from one network, and for one address or number, of a kind. Counted in each process by itself. */
export class FormLimits {
	private readonly networks = new EventLimiter({ burst: 30, perSecond: perHour(360), mostKeys: 20_000 });
	/** Each may send a mail to the address. */
	private readonly signUps = new EventLimiter({ burst: 3, perSecond: perHour(1), mostKeys: 50_000 });
	private readonly others = new EventLimiter({ burst: 20, perSecond: perHour(10), mostKeys: 50_000 });

	/** Whether one more may come from this IP address. Machine time. */
	takeNetwork(ip: string, nowMs: number): boolean {
		return this.networks.take(networkOf(ip), 1, nowMs);
	}

	/** Whether one more may come for every one of these addresses and numbers. Machine time. */
	takeAddresses(kind: FormKind, addresses: string[], nowMs: number): boolean {
		const limiter = kind === 'sign_up' ? this.signUps : this.others;
		return addresses.every((address) => limiter.take(`${kind} ${address}`, 1, nowMs));
	}
}
