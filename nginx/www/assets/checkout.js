/*
 * Placing an order. An attempt keeps one idempotency key until the shop has answered, over retries,
 * reloads and tabs: one cart becomes one order.
 */

import * as api from './api.js';
import { KEYS, TIMES } from './config.js';
import { wait } from './dom.js';
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

const forget = () => localStorage.removeItem(KEYS.attempt);

/* The same cart at the same total is the same attempt. */
function attemptFor(userId, { lines, total }) {
	const content = JSON.stringify([total,
		lines.map((line) => [line.product_id, line.quantity, line.price])]);
	const before = kept(userId);
	if (before?.content === content) return before;
	const attempt = { key: crypto.randomUUID(), userId, content, total, at: Date.now() };
	localStorage.setItem(KEYS.attempt, JSON.stringify(attempt));
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
			forget();
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

/**
 * Asks with the old key which order a cart became whose answer was lost: an empty cart can't become
 * another one.
 * @param {string} userId
 * @returns {Promise<{order_id: string, total: number}|null>}
 */
export async function recover(userId) {
	const attempt = kept(userId);
	if (!attempt) return null;
	try {
		return await send(attempt);
	} catch (error) {
		if (!error.unsure && error.status !== 401 && error.status !== 429) forget();
		return null;
	}
}
