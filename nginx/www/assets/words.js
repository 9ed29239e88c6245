/* Texts: money and times, the steps of an order, errors. Money is added up in paise. */

import { MAX_QUANTITY } from './config.js';

/* ---- money and times ---- */

const whole = new Intl.NumberFormat('en-IN',
	{ style: 'currency', currency: 'INR', maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat('en-IN', { style: 'currency', currency: 'INR' });
const clock = new Intl.DateTimeFormat('en-IN', { hour: 'numeric', minute: '2-digit' });
const dates = new Intl.DateTimeFormat('en-IN', { day: 'numeric', month: 'short', year: 'numeric' });

const DAY = 86_400_000;

/** @param {number} rupees @returns {number} */
export const toPaise = (rupees) => Math.round(rupees * 100);

/** @param {number} paise @returns {number} */
export const toRupees = (paise) => paise / 100;

/** ₹1,23,456, with paise only where there are any. @param {number} paise */
export function money(paise) {
	return paise % 100 === 0 ? whole.format(paise / 100) : exact.format(paise / 100);
}

/** A price as the shop's calls give it. @param {number} rupees */
export const price = (rupees) => money(toPaise(rupees));

/** "3 items", "1 item". @param {number} count @param {string} noun */
export const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A time of day where the reader is. @param {string|number|Date} at */
export const time = (at) => clock.format(new Date(at));

function daysAgo(at) {
	return Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / DAY);
}

/** A date where the reader is. @param {string} at */
export const date = (at) => dates.format(new Date(at));

/** "Today", "Yesterday" or a date, where the reader is. @param {string} at */
export function day(at) {
	return ['Today', 'Yesterday'][daysAgo(at)] ?? date(at);
}

/** "Today, 4:05 pm". @param {string} at */
export const moment = (at) => `${day(at)}, ${time(at)}`;

/** "just now", "3 min ago", then a moment. @param {string} at */
export function ago(at) {
	const minutes = Math.floor((Date.now() - Date.parse(at)) / 60_000);
	if (minutes < 1) return 'just now';
	return minutes < 60 ? `${minutes} min ago` : moment(at);
}

/** An order's number as people read it out. @param {string} id */
export const orderNumber = (id) => `#${id.slice(-6).toUpperCase()}`;

/* ---- the steps of an order ---- */

/** The way of an order, in its order. */
export const STEPS = ['PLACED', 'PACKED', 'OUT_FOR_DELIVERY', 'DELIVERED'];

/** label: the step; title and text: what the buyer reads; doing: what staff press to get there. */
export const STATUSES = {
	PLACED: { label: 'Order placed', title: 'We’ve got your order',
		text: 'The shop is about to pack it.', icon: 'receipt' },
	PACKED: { label: 'Packed', title: 'Packed and ready', text: 'A courier picks it up now.',
		icon: 'box', doing: 'Mark packed' },
	OUT_FOR_DELIVERY: { label: 'Out for delivery', title: 'On its way to you',
		text: 'Your courier is riding.', icon: 'scooter', doing: 'Send out' },
	DELIVERED: { label: 'Delivered', title: 'Delivered. Enjoy!',
		text: 'Thanks for shopping with us.', icon: 'home', doing: 'Mark delivered' },
	CANCELLED: { label: 'Cancelled', title: 'Order cancelled',
		text: 'Nothing will be brought, nothing is charged.', icon: 'close' },
};

/** Whether an order doesn't move any more. @param {string} status */
export const isEnded = (status) => status === 'DELIVERED' || status === 'CANCELLED';

/** The step after a status, if there is one. @param {string} status */
export const nextOf = (status) => STEPS[STEPS.indexOf(status) + 1 || STEPS.length];

/** The texts of a status; an unknown one is shown by its name. @param {string} status */
export const statusFacts = (status) => STATUSES[status]
	?? { label: status, title: status, text: '', icon: 'clock' };

/* ---- errors ---- */

const BY_CODE = {
	offline: 'The shop can’t be reached. Check your connection.',
	timeout: 'The shop takes too long to answer.',
	invalid_credentials: 'Email or password is wrong.',
	email_already_exists: 'There is an account with this email already.',
	invalid_otp: 'That code is not right.',
	product_not_found: 'This is no longer sold.',
	product_not_available: 'This can’t be had right now.',
	quantity_limit_reached: `${MAX_QUANTITY} of one thing is the most we bring.`,
	cart_is_full: 'Your cart is full: 100 different things is the most.',
	cart_is_empty: 'Your cart is empty.',
	order_too_large: 'Your cart has more items than one order allows. Remove some and order them separately.',
	too_many_orders: 'You’ve reached the limit of orders for one hour. Please try again later.',
	stock_changed: 'The stock was changed by someone else.',
	out_of_stock: 'Some of it has just been sold out.',
	total_changed: 'Prices have changed since you looked.',
	request_in_progress: 'Your order is still being taken.',
	order_not_found: 'There is no such order.',
	order_can_no_longer_be_cancelled: 'It is packed already, so it can’t be cancelled any more.',
	forbidden: 'This is not for your account.',
};

const BY_STATUS = {
	401: 'Please log in again.',
	404: 'There is nothing here.',
	429: 'That was a lot at once. The shop needs a moment.',
	503: 'The shop is busy for a moment.',
};

/** Asks to wait. @param {number} seconds */
export const waitFor = (seconds) =>
	`Please wait ${seconds > 90 ? `${Math.ceil(seconds / 60)} min` : `${seconds} s`} …`;

/** A sentence for an error of a call. @param {Error & {code?: string, status?: number}} error */
export function sentence(error) {
	return BY_CODE[error.code] ?? BY_STATUS[error.status] ?? 'Something went wrong on our side.';
}

const FIELD_LABELS = { name: 'Your name', email: 'Your email address', password: 'A password',
	otp: 'The code' };

const FIELD_TYPES = {
	missing: (label) => `${label} is needed.`,
	value_error: (label, field) => field === 'email' ? 'This is not an email address.'
		: `${label} is not valid.`,
	string_too_short: (label, field) => field === 'password' ? 'At least 8 characters.'
		: `${label} is needed.`,
	string_too_long: (label) => `${label} is too long.`,
};

/**
 * A sentence for one wrong field of a 422.
 * @param {[string, string, string]} wrong field, type and the service's own words
 */
export function fieldSentence([field, type, words]) {
	return FIELD_TYPES[type]?.(FIELD_LABELS[field] ?? field, field) ?? words;
}
