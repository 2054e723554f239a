/** What the shop sells and how, in the shape in which Vendure's `populate` takes it. There is one teapot left. */

const initialData = {
	defaultLanguage: 'en',
	defaultZone: 'Europe',
	countries: [{ name: 'Austria', code: 'AT', zone: 'Europe' }],
	taxRates: [{ name: 'Standard Tax', percentage: 20 }],
	shippingMethods: [{ name: 'Parcel', price: 500 }],
	paymentMethods: [{ name: 'Card', handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'true' }] } }],
	collections: [],
};

const products = [
	'name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets',
	'Green Tea,green-tea,Steamed,,kind:tea,size,50 g,GREEN-50,10.00,standard,100,true,,',
	',,,,,,100 g,GREEN-100,18.00,standard,100,true,,',
	'Teapot,teapot,Clay,,kind:ware,,,POT,40.00,standard,1,true,,',
	'',
].join('\n');

module.exports = { initialData, products };
