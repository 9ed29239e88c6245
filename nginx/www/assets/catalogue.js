/* Lists of products by page, cached for a moment for going back, and every product seen. */

import * as api from './api.js';
import { PAGE_SIZE } from './config.js';

const FRESH = 30_000;
const CEILING = 60;
const lists = new Map();
const seen = new Map();

function remember(products) {
	for (const product of products) seen.set(product._id, product);
}

function kept(key) {
	const entry = lists.get(key);
	return entry && Date.now() - entry.at < FRESH ? entry.value : null;
}

function keep(key, value) {
	if (lists.size >= CEILING) lists.delete(lists.keys().next().value);
	lists.set(key, { at: Date.now(), value });
	return value;
}

/** The categories, in the shop's order. @returns {Promise<string[]>} */
export async function categories(signal) {
	return kept('categories') ?? keep('categories', await api.categories(signal));
}

/**
 * A page of products.
 * @param {{q?: string, category?: string, limit?: number, after?: string}} query
 * @returns {Promise<{items: Object[], after: string|null}>}
 */
export async function page(query, signal) {
	const key = JSON.stringify(query);
	const known = kept(key);
	if (known) return known;
	const found = await api.products({ limit: PAGE_SIZE, ...query }, signal);
	remember(found.items);
	return keep(key, found);
}

/** A product as it was last read, if it was. @param {string} productId */
export const peek = (productId) => seen.get(productId);

/** A product as it is now. @param {string} productId */
export async function product(productId, signal) {
	const found = await api.product(productId, signal);
	remember([found]);
	return found;
}

/** Updates a stock that changed. @param {string} productId @param {number} stock */
export function setStock(productId, stock) {
	if (seen.has(productId)) seen.set(productId, { ...seen.get(productId), stock });
	forget();
}

/** Clears the lists: stocks and prices have changed. */
export const forget = () => lists.clear();
