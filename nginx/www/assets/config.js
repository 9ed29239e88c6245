/* The shop's name and slogan, and the timeouts of its page. */

export const BRAND = 'Tokri';
export const DELIVERY_MINUTES = 10;

/** Stocks up to this number are shown. */
export const LOW_STOCK = 5;
/** The maximum quantity of a cart line. */
export const MAX_QUANTITY = 99;
/** The one-time code of a shop with the fixed one. */
export const FIXED_OTP = '1234';

/** Milliseconds. */
export const TIMES = {
	request: 10_000,
	order: 20_000,
	skeleton: 150,
	search: 220,
	cartPause: 450,
	toast: 6_000,
	poll: 4_000,
	staff: 2_000,
	/** A stream without data after this time may be delayed by a proxy. */
	quiet: 5_000,
	silence: 40_000,
	/** The maximum age of a cart's stocks, with a margin. */
	snapshot: 1_500,
	attempt: 15 * 60_000,
};

export const PAGE_SIZE = 24;
export const SHELF_SIZE = 10;
export const ORDERS_SIZE = 10;

/** The pictures of categories; others have a general one. */
export const CATEGORY_PICTURES = {
	Fruits: '1f34e',
	Vegetables: '1f345',
	Dairy: '1f95b',
	Bakery: '1f35e',
	'Meat & Eggs': '1f95a',
	Staples: '1f33e',
	'Masala & Oil': '1f336-fe0f',
	'Breakfast & Instant': '1f36f',
	'Snacks & Sweets': '1f36b',
	Beverages: '1f9c3',
	'Ice Cream & Frozen': '1f366',
	'Personal Care': '1f9f4',
	Household: '1f9fb',
};
