import { entryWords } from '../../../nodes/Customer/words';

const words = (type: string, data: Record<string, string | number>) => entryWords({ type, data }, new Map(), 'en');

it('a timeline says what happened to points, what for, and what was there then', () => {
	expect(words('points_earned', { points: 70, balance: 120, reference: 'order:7', orderId: '7' })).toBe('Points Earned: 70, order 7; 120 available then.');
	expect(words('points_clawed_back', { points: -20, balance: 0, shortfall: 50, reference: 'order:7/earn/100', orderId: '7' })).toBe('Points Clawed Back: -20, order 7, 50 more are owed; 0 available then.');
	expect(words('points_adjusted', { points: 5, balance: 5, reference: 'sorry' })).toBe('Points Adjusted by Hand: 5, for sorry; 5 available then.');
	expect(words('points_expired', { points: -5, balance: 0 })).toBe('Points Expired: -5; 0 available then.');
	expect(words('tier_reached', { points: 0, balance: 120, tier: 'Gold' })).toBe('Tier Reached: Gold.');
});
