/*
 * Placing an order: one cart becomes one order, and the buyer sees which. An attempt has one
 * idempotency key. It is kept over retries, reloads and tabs until its order is on the screen, the
 * shop refuses it, or it is too old.
 */

import * as api from './api.js';
import { TIMES } from './config.js';
import * as session from './session.js';
import * as storage from './storage.js';
import { toRupees } from './words.js';

/* ---- the attempt, as the browser stores it ---- */

const slotOf = (userId) => `attempt.${userId}`;

/**
 * The user's attempt, if one is open: {key, userId, content, total, at}, orderId once the shop has
 * answered; total in paise.
 * @param {string} [userId]
 * @returns {Object|null}
 */
export function openAttempt(userId) {
	const attempt = storage.read(slotOf(userId));
	return Date.now() - attempt?.at < TIMES.attempt ? attempt : null;
}

const store = (attempt) => storage.write(slotOf(attempt.userId), attempt);

/* Another tab may have begun another attempt, which stays. */
const isStored = (attempt) => openAttempt(attempt.userId)?.key === attempt.key;

function end(attempt) {
	if (isStored(attempt)) storage.write(slotOf(attempt.userId), null);
}

/*
 * The same cart at the same total is the same attempt. An order deletes its cart's lines: the same
 * products added again are lines with new ids, and another attempt.
 */
function attemptFor(userId, { lines, total }) {
	const content = JSON.stringify([total,
		lines.map((line) => [line._id, line.quantity, line.price])]);
	const before = openAttempt(userId);
	if (before?.content === content) return before;
	const attempt = { key: api.newKey(), userId, content, total, at: Date.now() };
	store(attempt);
	return attempt;
}

/**
 * Ends the open attempt where none of its lines is in the cart any more: it may have become an
 * order that the buyer was not shown.
 * @param {string} userId
 * @param {{lines: Object[]}} cart
 * @returns {{total: number}|null} the attempt that was ended
 */
export function endVanished(userId, { lines }) {
	const attempt = openAttempt(userId);
	if (!attempt || lines.some(({ _id }) => attempt.content.includes(_id))) return null;
	end(attempt);
	return attempt;
}

/** Ends the user's attempt that became an order. @param {string} orderId */
export function endWithOrder(orderId) {
	const attempt = openAttempt(session.current()?.userId);
	if (attempt?.orderId === orderId) end(attempt);
}

/* ---- calls ---- */

/* Another call of the attempt is still in progress. */
const pauseInProgress = (error) => (error.code === 'request_in_progress' ? 1000 : 0);

/* The orders of an hour are used up: the page does not wait that long. */
const pauseAfter = (error) => (error.status === 429 && error.code !== 'too_many_orders'
	? error.retryAfter * 1000 : pauseInProgress(error));

/* Refused by the shop and not by a proxy: nothing was or will be ordered with the key. */
const isRefusal = (error) => !error.unsure && ![401, 403, 408, 421, 429].includes(error.status);

async function order(attempt, pauseOf, onPause) {
	const body = { user_id: attempt.userId, expected_total: toRupees(attempt.total) };
	const request = () => api.createOrder(body, attempt.key);
	const pause = (error) => {
		const ms = pauseOf(error);
		if (ms) onPause?.(error);
		return ms;
	};
	const { order_id: orderId } = await api.repeated(request, pause).catch((error) => {
		if (isRefusal(error)) end(attempt);
		throw error;
	});
	if (isStored(attempt)) store({ ...attempt, orderId });
	return orderId;
}

/**
 * Places the order for a cart.
 * @param {string} userId
 * @param {{lines: Object[], total: number}} cart total in paise
 * @param {(error: Error) => void} onPause called when the shop asks to wait
 * @returns {Promise<string>} the order's id
 */
export const place = (userId, cart, onPause) =>
	order(attemptFor(userId, cart), pauseAfter, onPause);

/**
 * Finds the order that an attempt became; its cart must be empty. The call is not repeated after a
 * 429: a cart that is filled meanwhile would be ordered.
 * @returns {Promise<string|null>} the order's id; null if there is none
 */
export async function recover(attempt) {
	try {
		return attempt.orderId ?? await order(attempt, pauseInProgress);
	} catch (error) {
		if (isRefusal(error)) return null;
		throw error;
	}
}
