import { ShopJourneysError } from '../../model/errors';
import type { HistoryKind } from '../api';

/** What a column can hold, by what the rows are about. */
export interface CsvField {
	name: string;
	label: string;
	/** Headers by which it is known without being told, written as `plainHeader` does; the surest first. */
	headers: string[];
}

const customerIdentity: CsvField[] = [
	{ name: 'customerId', label: 'Customer ID', headers: ['customerid', 'customeruserid', 'customernumber', 'userid'] },
	{ name: 'email', label: 'E-Mail', headers: ['email', 'customeremail', 'emailaddress', 'billingemail', 'emailbilling', 'contactemail'] },
	{ name: 'phone', label: 'Phone', headers: ['phone', 'customerphone', 'billingphone', 'phonebilling', 'defaultaddressphone', 'phonenumber', 'mobile'] },
	{ name: 'firstName', label: 'First Name', headers: ['firstname', 'billingfirstname', 'firstnamebilling', 'customerfirstname'] },
	{ name: 'lastName', label: 'Last Name', headers: ['lastname', 'billinglastname', 'lastnamebilling', 'customerlastname', 'surname'] },
	{ name: 'fullName', label: 'Full Name', headers: ['fullname', 'customername', 'billingname', 'customerfullname', 'customer'] },
	{ name: 'country', label: 'Country', headers: ['countrycode', 'billingcountry', 'countrycodebilling', 'defaultaddresscountrycode', 'country', 'countryregion'] },
	{ name: 'city', label: 'City', headers: ['city', 'billingcity', 'citybilling', 'defaultaddresscity'] },
	{ name: 'postcode', label: 'Postcode', headers: ['postcode', 'postalcode', 'zip', 'billingzip', 'billingpostcode', 'postcodebilling', 'defaultaddresszip'] },
	{ name: 'acceptsMarketing', label: 'Accepts E-Mail Marketing', headers: ['acceptsemailmarketing', 'acceptsmarketing', 'emailmarketingconsent', 'newsletter', 'subscribed'] },
];

/** Headers of Shopify's and WooCommerce's exports, of its Advanced Order Export, and of plain lists as accounting writes them. */
export const csvFields: Record<HistoryKind, CsvField[]> = {
	customers: [
		...customerIdentity.map((field) => (field.name === 'customerId' ? { ...field, headers: [...field.headers, 'id'] } : field.name === 'fullName' ? { ...field, headers: [...field.headers, 'name'] } : field)),
		{ name: 'acceptsSms', label: 'Accepts SMS Marketing', headers: ['acceptssmsmarketing', 'smsmarketingconsent'] },
		{ name: 'tags', label: 'Tags', headers: ['tags', 'customertags'] },
		{ name: 'locale', label: 'Language', headers: ['locale', 'language'] },
		{ name: 'birthday', label: 'Birthday', headers: ['birthday', 'dateofbirth', 'birthdate', 'dob'] },
		{ name: 'changedAt', label: 'Changed At', headers: ['updatedat', 'changedat', 'datemodified', 'createdat', 'signup', 'dateregistered', 'registered', 'datecreated'] },
	],
	orders: [
		{ name: 'orderId', label: 'Order ID', headers: ['orderid', 'id'] },
		{ name: 'orderNumber', label: 'Order Number', headers: ['ordernumber', 'order', 'orderno', 'invoiceno', 'invoicenumber', 'invoice', 'name'] },
		{ name: 'placedAt', label: 'Placed At', headers: ['createdat', 'orderdate', 'placedat', 'invoicedate', 'datecreated', 'date'] },
		...customerIdentity,
		{ name: 'productId', label: 'Product ID', headers: ['productid', 'itemproductid', 'stockcode', 'itemid'] },
		{ name: 'sku', label: 'SKU', headers: ['lineitemsku', 'sku', 'productsku', 'itemsku'] },
		{ name: 'title', label: 'Product Title', headers: ['lineitemname', 'itemname', 'productname', 'producttitle', 'title', 'description', 'product'] },
		{ name: 'category', label: 'Category', headers: ['category', 'productcategory', 'producttype'] },
		{ name: 'quantity', label: 'Quantity', headers: ['lineitemquantity', 'quantity', 'quantityrefund', 'qty', 'itemquantity'] },
		{ name: 'unitPrice', label: 'Unit Price', headers: ['lineitemprice', 'unitprice', 'itemcost', 'itemprice', 'price'] },
		{ name: 'fullPrice', label: 'Full Price', headers: ['lineitemcompareatprice', 'compareatprice', 'fullprice', 'regularprice'] },
		{ name: 'currency', label: 'Currency', headers: ['currency', 'ordercurrency'] },
		{ name: 'total', label: 'Order Total', headers: ['total', 'ordertotal', 'ordertotalamount', 'totalprice'] },
		{ name: 'refunded', label: 'Refunded Amount', headers: ['refundedamount', 'orderrefundamount', 'refunded'] },
		{ name: 'status', label: 'Order Status', headers: ['orderstatus', 'status'] },
		{ name: 'paymentStatus', label: 'Payment Status', headers: ['financialstatus', 'paymentstatus'] },
		{ name: 'fulfilmentStatus', label: 'Fulfilment Status', headers: ['fulfillmentstatus', 'fulfilmentstatus', 'shippingstatus'] },
		{ name: 'paidAt', label: 'Paid At', headers: ['paidat', 'paiddate', 'datepaid'] },
		{ name: 'fulfilledAt', label: 'Fulfilled At', headers: ['fulfilledat', 'datecompleted', 'completeddate', 'shippedat'] },
		{ name: 'cancelledAt', label: 'Cancelled At', headers: ['cancelledat', 'canceledat'] },
		{ name: 'discountCode', label: 'Discount Code', headers: ['discountcode', 'couponcode', 'coupons'] },
	],
	products: [
		{ name: 'productId', label: 'Product ID', headers: ['productid', 'id', 'handle', 'stockcode'] },
		{ name: 'parent', label: 'Parent (of a Variant)', headers: ['parent', 'parentid'] },
		{ name: 'title', label: 'Title', headers: ['title', 'name', 'productname', 'description'] },
		{ name: 'category', label: 'Category', headers: ['type', 'category', 'categories', 'productcategory', 'producttype'] },
		{ name: 'vendor', label: 'Vendor', headers: ['vendor', 'brand', 'brands'] },
		{ name: 'tags', label: 'Tags', headers: ['tags'] },
		{ name: 'sku', label: 'SKU', headers: ['variantsku', 'sku'] },
		{ name: 'variantTitle', label: 'Variant Title', headers: ['varianttitle', 'option1value', 'attribute1values'] },
		{ name: 'price', label: 'Price', headers: ['variantprice', 'saleprice', 'regularprice', 'price', 'unitprice'] },
		{ name: 'stock', label: 'Stock', headers: ['variantinventoryqty', 'stock', 'stockquantity', 'inventory'] },
		{ name: 'imageUrl', label: 'Image URL', headers: ['imagesrc', 'variantimage', 'images', 'imageurl', 'image'] },
		{ name: 'url', label: 'URL', headers: ['url', 'permalink', 'productlink', 'link'] },
		{ name: 'currency', label: 'Currency', headers: ['currency'] },
	],
};

/** Of each line one has to be there: without them the rows say nothing. */
const required: Record<HistoryKind, string[][]> = {
	customers: [['email', 'customerId', 'phone']],
	orders: [['orderNumber', 'orderId'], ['placedAt'], ['quantity'], ['unitPrice'], ['productId', 'sku', 'title']],
	products: [['productId', 'sku']],
};

/** A column's header and the field that the operator says it holds; '' for "none". */
export interface ColumnMapping {
	column: string;
	field: string;
}

/** "Email (Billing)" is `emailbilling`. */
export function plainHeader(header: string): string {
	return header.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

/**
 * Which column holds which field, by position: as mapped, the others as their headers let guess.
 * @throws PARAMETER_INVALID naming the column that is not there, or the field that no column holds
 */
export function columnsOf(kind: HistoryKind, headers: string[], mapping: readonly ColumnMapping[] = []): Map<string, number> {
	const found = new Map<string, number>();
	const taken = new Set<number>();
	for (const { column, field } of mapping) {
		const position = headers.findIndex((header) => plainHeader(header) === plainHeader(column));
		if (position < 0) throw new ShopJourneysError('PARAMETER_INVALID', `The CSV has no column "${column}" (it has: ${headers.slice(0, 40).join(', ')})`, { hint: 'Correct it under "Columns".' });
		taken.add(position);
		if (field) found.set(field, position);
	}
	const plain = headers.map(plainHeader);
	for (const { name, headers: known } of csvFields[kind]) {
		if (found.has(name)) continue;
		const position = known.map((header) => plain.findIndex((candidate, at) => candidate === header && !taken.has(at))).find((at) => at >= 0);
		if (position === undefined) continue;
		found.set(name, position);
		taken.add(position);
	}
	const labels = new Map(csvFields[kind].map(({ name, label }) => [name, label]));
	for (const choice of required[kind]) {
		if (choice.some((name) => found.has(name))) continue;
		const names = choice.map((name) => `"${labels.get(name)}"`).join(' or ');
		throw new ShopJourneysError('PARAMETER_INVALID', `No column of the CSV holds ${names} (it has: ${headers.slice(0, 40).join(', ')})`, { hint: 'Say under "Columns" which one it is.' });
	}
	return found;
}
