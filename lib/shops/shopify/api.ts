import type { ShopApi } from '../api';
import { discounts } from './discounts';
import { history, products } from './history';
import { register, unregister } from './registration';

/** Shopify's Admin API (GraphQL): the older REST one is closed to new apps. */
export const shopifyApi: ShopApi = { register, unregister, history, products, discounts };
