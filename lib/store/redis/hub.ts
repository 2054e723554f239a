import { ShopJourneysError } from '../../model/errors';
import type { StoreHub } from '../store';

export class RedisHub {
	static open(_url: string): StoreHub {
		throw new ShopJourneysError('CONFIG_INVALID', 'The Redis driver is not there yet.');
	}
}
