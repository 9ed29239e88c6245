/*
 * Placing an order: one cart becomes one order, and the buyer sees which. An attempt has one
 * idempotency key. It is kept over retries, reloads and tabs until its order is on the screen, the
 * shop refuses it, or it is too old.
 */

import * as api from './api.js';
import { KEYS, TIMES } from './config.js';
import { wait } from './dom.js';
import { toRupees } from './words.js';

const TRIES = 5;

/* ---- the attempt, as the browser keeps it ---- */

/**
 * The user's attempt, if one is open.
 * @param {string|undefined} userId
 * @returns {{key: string, userId: string, content: string, ids: string[], total: number,
 *     at: number, orderId?: string}|null} orderId once the shop has answered; total in paise
 */
export function openAttempt(userId) {
	try {
		const attempt = JSON.parse(localStorage.getItem(KEYS.attempt));
		return attempt.userId === userId && attempt.ids && Date.now() - attempt.at < TIMES.attempt
			? attempt : null;
	} catch {
		return null;
	}
}

const store = (attempt) => localStorage.setItem(KEYS.attempt, JSON.stringify(attempt));

/* Keeps what became of an attempt, or nothing; another one that took its place stays. */
function settle(attempt, changed) {
	if (openAttempt(attempt.userId)?.key !== attempt.key) return;
	if (changed) store(changed);
	else localStorage.removeItem(KEYS.attempt);
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
	const attempt = { key: crypto.randomUUID(), userId, content,
		ids: lines.map((line) => line._id), total, at: Date.now() };
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
	if (!attempt || lines.some((line) => attempt.ids.includes(line._id))) return null;
	settle(attempt);
	return attempt;
}

/** Ends the attempt that an order came from. @param {string} userId @param {string} orderId */
export function endWithOrder(userId, orderId) {
	const attempt = openAttempt(userId);
	if (attempt?.orderId === orderId) settle(attempt);
}

/* ---- asking the shop ---- */

/* Another call of the same attempt is under way. */
const pauseInProgress = (error) => (error.code === 'request_in_progress' ? 1000 : 0);

function pauseAfter(error) {
	// An hour's orders are used up: that is for the buyer to wait out.
	if (error.status !== 429 || error.code === 'too_many_orders') return pauseInProgress(error);
	return error.retryAfter * 1000;
}

/* The shop keeps no refusal: another try is another attempt. Logged out is no refusal. */
const isRefusal = (error) => !error.unsure && error.status !== 401 && error.status !== 429;

async function send(attempt, pauseOf, onPause) {
	const body = { user_id: attempt.userId, expected_total: toRupees(attempt.total) };
	for (let tries = 1; ; tries++) {
		try {
			return await api.createOrder(body, attempt.key);
		} catch (error) {
			const pause = pauseOf(error);
			if (!pause || tries === TRIES) throw error;
			onPause?.(error);
			await wait(pause);
		}
	}
}

async function ask(attempt, pauseOf, onPause) {
	const { order_id: orderId } = await send(attempt, pauseOf, onPause).catch((error) => {
		if (isRefusal(error)) settle(attempt);
		throw error;
	});
	settle(attempt, { ...attempt, orderId });
	return orderId;
}

/**
 * Places the order for a cart.
 * @param {string} userId
 * @param {{lines: Object[], total: number}} cart total in paise
 * @param {(error: Error) => void} onPause called when the shop asks to wait
 * @returns {Promise<string>} the order's id
 */
export const place = (userId, cart, onPause) => ask(attemptFor(userId, cart), pauseAfter, onPause);

/**
 * Finds the order that an attempt became whose cart is empty now. It is not repeated after a 429:
 * a cart that is filled meanwhile would be ordered.
 * @returns {Promise<string|null>} the order's id; null where there is none
 */
export async function recover(attempt) {
	try {
		return attempt.orderId ?? await ask(attempt, pauseInProgress);
	} catch (error) {
		if (isRefusal(error)) return null;
		throw error;
	}
}
