/*
 * Placing an order. An attempt keeps one idempotency key until its order is on the screen, over
 * retries, reloads and tabs: one cart becomes one order, and the buyer sees which.
 */

import * as api from './api.js';
import { KEYS, TIMES } from './config.js';
import { wait } from './dom.js';
import * as session from './session.js';
import { toRupees } from './words.js';

const TRIES = 5;

function kept(userId) {
	try {
		const attempt = JSON.parse(localStorage.getItem(KEYS.attempt));
		return attempt?.userId === userId && Date.now() - attempt.at < TIMES.attempt ? attempt
			: null;
	} catch {
		return null;
	}
}

const keep = (attempt) => localStorage.setItem(KEYS.attempt, JSON.stringify(attempt));
const forget = () => localStorage.removeItem(KEYS.attempt);

/*
 * The same cart at the same total is the same attempt. Its lines are known by their own ids: those
 * of a cart that became an order are gone, and one filled the same way is another cart.
 */
function attemptFor(userId, { lines, total }) {
	const content = JSON.stringify([total,
		lines.map((line) => [line._id, line.quantity, line.price])]);
	const before = kept(userId);
	if (before?.content === content) return before;
	const attempt = { key: crypto.randomUUID(), userId, content, total, at: Date.now() };
	keep(attempt);
	return attempt;
}

function pauseAfter(error) {
	if (error.code === 'request_in_progress') return 1000;
	// An hour's orders are used up: that is for the buyer to wait out.
	if (error.code === 'too_many_orders') return 0;
	return error.status === 429 ? error.retryAfter * 1000 : 0;
}

async function send(attempt, onPause) {
	const body = { user_id: attempt.userId, expected_total: toRupees(attempt.total) };
	for (let tries = 1; ; tries++) {
		try {
			const answer = await api.createOrder(body, attempt.key);
			keep({ ...attempt, orderId: answer.order_id });
			return answer;
		} catch (error) {
			const pause = pauseAfter(error);
			if (!pause || tries === TRIES) throw error;
			onPause?.(error);
			await wait(pause);
		}
	}
}

/**
 * Places the order for a cart.
 * @param {string} userId
 * @param {{lines: Object[], total: number}} cart total in paise
 * @param {(error: Error) => void} onPause called when the shop asks to wait
 * @returns {Promise<{order_id: string, total: number}>}
 */
export async function place(userId, cart, onPause) {
	const attempt = attemptFor(userId, cart);
	try {
		return await send(attempt, onPause);
	} catch (error) {
		// The shop keeps no refusal: another try is another attempt. Logged out is no refusal.
		if (!error.unsure && error.status !== 401 && error.status !== 429) forget();
		throw error;
	}
}

/** Ends the attempt that an order came from: the order is on the screen. @param {string} orderId */
export function shown(orderId) {
	if (kept(session.current()?.userId)?.orderId === orderId) forget();
}

/**
 * Finds the order that an emptied cart became and that was not shown; asks with the old key where
 * its answer was lost. An empty cart can't become another order.
 * @param {string} userId
 * @returns {Promise<{order_id: string}|null>}
 */
export async function recover(userId) {
	const attempt = kept(userId);
	if (!attempt) return null;
	if (attempt.orderId) return { order_id: attempt.orderId };
	try {
		return await send(attempt);
	} catch (error) {
		if (!error.unsure && error.status !== 401 && error.status !== 429) forget();
		return null;
	}
}
