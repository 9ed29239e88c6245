/* Actions on the page and expectations of it. Each waits until it is possible. */

import assert from 'node:assert/strict';
import { eventually } from './shop.mjs';

/** Opens a screen by its path, and waits until it is shown. */
export async function open(page, path, screen) {
	if (page.url() === 'about:blank') await page.goto(`/#${path}`);
	else await page.evaluate((hash) => { location.hash = hash; }, path);
	await at(page, screen);
}

/** Waits for a screen by its name. */
export async function at(page, screen) {
	await page.locator(`[data-screen=${screen}]`).waitFor();
	await page.locator(`[data-screen=${screen}] h1`).first().waitFor();
}

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const link = (page, name) => page.getByRole('link', { name, exact: true });
export const heading = (page, name) => page.getByRole('heading', { level: 1, name });
export const quantityOf = (page, product) => page.locator(`[data-product="${product._id}"]`).first();
export const lineOf = (page, product) => page.locator(`[data-line="${product._id}"]`);
export const placeButton = (page) => page.locator('[data-action=place-order]');

/** Presses ADD, + or − of a product: add, increase, decrease. */
export const press = (page, product, action) =>
	quantityOf(page, product).locator(`[data-action=${action}]`).click();

/** Waits until the page shows a quantity of a product; 0: ADD. */
export async function shows(page, product, quantity) {
	const box = quantityOf(page, product);
	await box.locator(quantity ? `[data-quantity="${quantity}"]` : '[data-action=add]').waitFor();
}

/** Waits until the cart in the shop has these lines: [[product, quantity], …] */
export function cartIs(client, ...lines) {
	const wanted = Object.fromEntries(lines.map(([product, quantity]) => [product._id, quantity]));
	return eventually(async () => assert.deepEqual(await client.cart(), wanted));
}

/** Waits until the header's link to the cart has all texts: '3 items', '₹185', … */
export const cartLinkShows = (page, ...words) =>
	page.getByRole('navigation', { name: 'Account and cart' }).getByRole('link', {
		name: new RegExp(`^Cart, ${words.map((word) => `(?=.*${word}(,|$))`).join('')}`) }).waitFor();

/** Waits for a message at the bottom of the page. */
export const toast = (page, text) => page.locator('.toast').filter({ hasText: text }).waitFor();

/** Waits for the alert of a form or of the checkout. */
export const alert = (page, text) =>
	page.getByRole('alert').filter({ hasText: text }).waitFor();

export async function fillIn(page, fields) {
	for (const [label, text] of Object.entries(fields)) {
		await page.getByRole('textbox', { name: label, exact: true }).fill(text);
	}
}

/** Logs in on the login screen. */
export async function logIn(page, { email, password }) {
	await at(page, 'login');
	await fillIn(page, { Email: email, Password: password });
	await button(page, 'Log in').click();
}

/** Presses Place order, and returns the order's id from the confirmation. */
export async function placeOrder(page) {
	await placeButton(page).click();
	return confirmed(page);
}

/** The order's id, once the confirmation is shown. */
export async function confirmed(page) {
	await heading(page, 'Order placed').waitFor();
	return page.locator('[data-order]').getAttribute('data-order');
}

/** Records the calls with a method and a path prefix. */
export function recordCalls(page, method, path) {
	const calls = [];
	page.on('request', (request) => {
		const { pathname } = new URL(request.url());
		if (request.method() === method && pathname.startsWith(path)) calls.push(request);
	});
	return calls;
}

export const keysOf = (calls) => calls.map((request) => request.headers()['idempotency-key']);

/** Opens the page on the cart with products in it. */
export async function openCart(page, client, ...products) {
	for (const product of products) await client.add(product);
	await open(page, '/cart', 'cart');
	for (const product of products) await lineOf(page, product).waitFor();
}
