import { Customer } from '../../../nodes/Customer/Customer.node';
import { DiscountCode } from '../../../nodes/DiscountCode/DiscountCode.node';
import { ImportHistory } from '../../../nodes/ImportHistory/ImportHistory.node';
import { LoyaltyPoints } from '../../../nodes/LoyaltyPoints/LoyaltyPoints.node';
import { ProductPicks } from '../../../nodes/ProductPicks/ProductPicks.node';
import { ProductRules } from '../../../nodes/ProductRules/ProductRules.node';
import { SegmentFilter } from '../../../nodes/SegmentFilter/SegmentFilter.node';
import { fakeExecution } from './execution';

const before = { ...process.env };
beforeEach(() => {
	process.env.EXECUTIONS_MODE = 'queue';
	delete process.env.SHOP_JOURNEYS_REDIS_URL;
});
afterEach(() => {
	process.env = { ...before };
});

it.each([new Customer(), new DiscountCode(), new ImportHistory(), new LoyaltyPoints(), new ProductPicks(), new ProductRules(), new SegmentFilter()])(
	'$description.displayName says in the editor what is wrong with the configuration, and what to set',
	async (node) => {
		const context = fakeExecution(node.description, { parameters: {} });
		await expect(node.execute.call(context)).rejects.toMatchObject({ name: 'NodeOperationError', description: expect.stringContaining('SHOP_JOURNEYS_REDIS_URL') as string });
	},
);
