/*
 * The cart of the user: the lines as the shop returned them, and changes on top. A change shows at
 * once, is sent with others after a pause, and is undone where the shop refuses it.
 */

import * as api from './api.js';
import { MAX_QUANTITY, TIMES } from './config.js';
import { emitter } from './dom.js';
import * as session from './session.js';
import * as storage from './storage.js';
import { toPaise } from './words.js';

/* ---- sending one change ---- */

/* Repeats a call after a 429, and after a lost answer where that is safe. */
const patiently = (call, harmless) => api.repeated(call, (error, tries) =>
	(error.status === 429 || (harmless && error.unsure && tries < 3))
	&& 1000 * (error.retryAfter || tries / 2));

/**
 * Adds to the cart, once for each key.
 * @param {string} userId
 * @param {string} productId
 * @param {number} quantity
 * @param {string} key
 */
export const add = (userId, productId, quantity, key) => patiently(() =>
	api.cartAdd({ user_id: userId, product_id: productId, quantity }, key), true);

/* Another tab may have removed the line already. */
async function removed(call) {
	try {
		await call();
	} catch (error) {
		if (error.code !== 'item_not_found') throw error;
	}
}

/* Changes a line of the shop's cart to a quantity. */
async function sendWish(userId, line, productId, { quantity, key }) {
	const more = quantity - (line?.quantity ?? 0);
	if (more > 0) {
		await add(userId, productId, more, key);
	} else if (quantity === 0) {
		if (line) await removed(() => patiently(() => api.cartRemove(line._id), true));
	} else {
		for (let step = more; step < 0; step++) await patiently(() => api.cartDecrease(line._id));
	}
}

/* ---- the cart ---- */

const changes = emitter();
const refusals = emitter();

const state = {
	/** Lines as GET /cart gives them. */
	lines: [],
	/** product id → {quantity, product, key}: requested changes without an answer yet. */
	wanted: new Map(),
	loaded: false,
	error: null,
};
let timer = 0;
let sending = null;
let reading = 0;
let lastRead = Promise.resolve(false);

/** Reports every change. @param {() => void} listener @param {AbortSignal} [signal] */
export const onChange = (listener, signal) => changes.on(listener, signal);

/**
 * Reports each change that was reverted.
 * @param {(refusal: {product: Object, error: Error}) => void} listener
 */
export const onRefusal = (listener) => refusals.on(listener);

const lineOf = (productId) => state.lines.find((line) => line.product_id === productId);

/** The displayed quantity of a product. @param {string} productId */
export function quantityOf(productId) {
	return state.wanted.get(productId)?.quantity ?? lineOf(productId)?.quantity ?? 0;
}

/**
 * The maximum quantity of a product in a cart.
 * @param {{available: boolean, stock?: number}} product
 */
export function ceilingOf(product) {
	return product.available === false ? 0 : Math.min(product.stock ?? MAX_QUANTITY, MAX_QUANTITY);
}

/** Whether a line can't be ordered. @param {Object} line */
export const isShort = (line) => line.quantity > ceilingOf(line);

function shownLines() {
	const known = new Set(state.lines.map((line) => line.product_id));
	const fresh = [...state.wanted].filter(([id]) => !known.has(id)).map(([id, { product }]) =>
		({ ...product, product_id: id }));
	return [...state.lines, ...fresh]
		.map((line) => ({ ...line, quantity: quantityOf(line.product_id) }))
		.filter((line) => line.quantity > 0);
}

/**
 * The cart as shown.
 * @returns {{lines: Object[], count: number, total: number, loaded: boolean, error: Error|null}}
 *     total in paise, of the available lines
 */
export function view() {
	const lines = shownLines();
	const counted = lines.filter((line) => ceilingOf(line) > 0);
	return {
		lines,
		count: counted.reduce((sum, line) => sum + line.quantity, 0),
		total: counted.reduce((sum, line) => sum + toPaise(line.price) * line.quantity, 0),
		loaded: state.loaded,
		error: state.error,
	};
}

/** Whether the shop's cart is known to be empty, without pending changes. */
export const isEmpty = () =>
	state.loaded && !state.error && !state.lines.length && !state.wanted.size;

/**
 * Sets a quantity, shown at once.
 * @param {Object} product or a line of the cart
 * @param {number} quantity 0 removes it
 * @param {string} [key] of a press that may have been sent before
 */
export function setQuantity(product, quantity, key = api.newKey()) {
	const productId = product.product_id ?? product._id;
	const settled = lineOf(productId)?.quantity ?? 0;
	if (quantity === settled && !sending) state.wanted.delete(productId);
	else state.wanted.set(productId, { quantity, product, key });
	changes.emit();
	clearTimeout(timer);
	timer = setTimeout(flush, TIMES.cartPause);
}

/** Sends pending changes now; returns when none is left. */
export async function flush() {
	clearTimeout(timer);
	sending ??= drain().finally(() => { sending = null; });
	return sending;
}

async function drain() {
	let sent = false;
	while (state.wanted.size && session.current()) {
		const round = [...state.wanted];
		if (!state.loaded || state.error) await read();
		await Promise.all(round.map(([id, want]) => settleOne(id, want)));
		await read();
		for (const [id, want] of round) if (state.wanted.get(id) === want) state.wanted.delete(id);
		sent = true;
		changes.emit();
	}
	if (sent) tellOtherTabs();
}

/* Reverts a change that is refused and was not made. A newer one is sent in the next round. */
async function settleOne(productId, want) {
	try {
		if (state.error) throw state.error;
		await sendWish(session.current().userId, lineOf(productId), productId, want);
	} catch (error) {
		if (error.status === 401) return;
		if (error.unsure && await read() && lineOf(productId)?.quantity === want.quantity) return;
		if (state.wanted.get(productId) !== want) return;
		state.wanted.delete(productId);
		changes.emit();
		refusals.emit({ product: want.product, error });
	}
}

/* Whether the cart could be read. An outdated answer is ignored for the later one. */
function read() {
	lastRead = readNow(++reading);
	return lastRead;
}

async function readNow(turn) {
	const user = session.current()?.userId;
	if (!user) return false;
	try {
		const lines = await api.cart(user);
		if (turn !== reading) return lastRead;
		Object.assign(state, { lines, loaded: true, error: null });
		return true;
	} catch (error) {
		if (turn !== reading) return lastRead;
		state.error = error;
		return false;
	}
}

/** Reads the cart again, then sends kept wishes. @returns {Promise<boolean>} whether it could read */
export async function refresh() {
	const done = await read();
	changes.emit();
	if (done) await resume();
	return done;
}

/** Makes the other tabs read the cart again. */
export const tellOtherTabs = () => storage.write('cart', Math.random());

/* ---- the user changes ---- */

const keepWishes = (wishes, userId) => storage.write('wishes', { userId, wishes });

/** Keeps a guest's wish until after the login. @param {Object} product */
export const wishFor = (product) => keepWishes([{ product, more: 1, key: api.newKey() }], null);

let owner = session.current()?.userId ?? null;

/* Changes that were not sent when the session ended are sent after the same user's next login. */
function forget(reason) {
	const left = [...state.wanted].map(([id, want]) =>
		({ ...want, more: want.quantity - (lineOf(id)?.quantity ?? 0) }));
	if (reason === 'expired' && left.length) keepWishes(left, owner);
	clearTimeout(timer);
	reading++;
	lastRead = Promise.resolve(false);
	state.wanted.clear();
	Object.assign(state, { lines: [], loaded: false, error: null });
}

let resuming = null;

/* Wishes are kept until the shop has answered. An addition has a key, and is sent again as it was; of a
   removal, which has none, what was to be left is known. */
async function resume() {
	const user = session.current()?.userId;
	const kept = storage.read('wishes');
	if (!kept?.wishes || resuming === user) return;
	resuming = user;
	if ([null, user].includes(kept.userId)) {
		keepWishes(kept.wishes, user);
		for (const { product, quantity, more, key } of kept.wishes) {
			const now = quantityOf(product.product_id ?? product._id);
			setQuantity(product, Math.min(more < 0 ? quantity : MAX_QUANTITY, now + Math.max(more, 0)), key);
		}
		await flush();
	}
	resuming = null;
	if (session.current()?.userId === user) storage.write('wishes', null);
}

/** Reads the cart, and reads it again whenever it may have changed elsewhere. */
export function start() {
	const look = () => session.current() && refresh();
	session.onChange((reason) => {
		if (reason !== 'begun' || owner !== session.current()?.userId) forget(reason);
		owner = session.current()?.userId ?? owner;
		changes.emit();
		look();
	});
	storage.onChange('cart', look);
	addEventListener('online', look);
	document.addEventListener('visibilitychange', () => {
		if (document.visibilityState === 'hidden') flush();
		else look();
	});
	look();
}
