/* What the shop is called and promises, and how patient its page is. */

export const BRAND = 'Tokri';
export const DELIVERY_MINUTES = 10;

/** From here down a product's stock is worth a word. */
export const LOW_STOCK = 5;
/** The most of one product that the shop takes in a cart. */
export const MAX_QUANTITY = 99;
/** The code that the shop takes at sign-up while it is the fixed one. */
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
	/** A stream that has brought nothing by now may be held back on its way. */
	quiet: 5_000,
	silence: 40_000,
	/** How old a cart's stocks may be, and a little more. */
	snapshot: 1_500,
	attempt: 15 * 60_000,
};

export const PAGE_SIZE = 24;
export const SHELF_SIZE = 10;
export const ORDERS_SIZE = 10;

/** A picture for a category's tile; others show that of nothing in particular. */
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
