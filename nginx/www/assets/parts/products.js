/* Products: the stepper, cards, their lists, and the categories around them. */

import * as cart from '../cart.js';
import * as catalogue from '../catalogue.js';
import { LOW_STOCK, MAX_QUANTITY } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { go, here, href } from '../router.js';
import * as session from '../session.js';
import { price } from '../words.js';
import { announce, categoryPicture, listPages, picture, skeleton, toast } from './ui.js';

/* ---- ADD, and what it turns into: − n + ---- */

/**
 * "Only 3 left", or an empty text.
 * @param {{available: boolean, stock?: number}} product
 * @param {number} [quantity] in the cart
 */
export function stockHint(product, quantity = 0) {
	if (product.available === false) return 'Not available now';
	if (product.stock === 0) return 'Out of stock';
	const scarce = product.stock <= LOW_STOCK || quantity >= product.stock;
	return scarce ? `Only ${product.stock} left` : '';
}

/* Guests log in first; the product is in the cart when they return. */
function askToLogIn(product) {
	cart.wishFor(product);
	toast('Log in and it goes straight into your cart.');
	go(`/login?next=${encodeURIComponent(here())}`);
}

/** Removes a product from the cart, with Undo. @param {Object} product */
export function removeWithUndo(product) {
	const before = cart.quantityOf(product.product_id ?? product._id);
	cart.setQuantity(product, 0);
	const undo = { label: 'Undo', run: () => cart.setQuantity(product, before) };
	toast(`${product.name} removed from your cart`, cart.ceilingOf(product) ? undo : null);
}

function tooMany(product) {
	const ceiling = cart.ceilingOf(product);
	toast(ceiling === MAX_QUANTITY ? `${MAX_QUANTITY} of one thing is the most we bring.`
		: `Only ${ceiling} left of ${product.name}.`);
}

function change(product, step) {
	if (!session.current()) return askToLogIn(product);
	const quantity = cart.quantityOf(product.product_id ?? product._id) + step;
	if (quantity === 0) return removeWithUndo(product);
	if (step > 0 && quantity > cart.ceilingOf(product)) return tooMany(product);
	cart.setQuantity(product, quantity);
	announce(`${product.name}: ${quantity} in your cart`);
}

function button(kind, label, product, step, full) {
	return h('button.step', {
		type: 'button', 'aria-label': `${label} ${product.name}`, 'aria-disabled': full && 'true',
		data: { action: kind }, onclick: () => change(product, step),
	}, icon(kind === 'increase' ? 'plus' : 'minus'));
}

function drawStepper(box, product, quantity) {
	const full = quantity >= cart.ceilingOf(product);
	fill(box, h('div.stepper', { role: 'group', 'aria-label': `Quantity of ${product.name}` },
		button('decrease', quantity === 1 ? 'Remove' : 'Decrease quantity of', product, -1),
		h('span.stepper-count', { data: { quantity } }, quantity),
		button('increase', 'Increase quantity of', product, 1, full)));
}

function drawAdd(box, product) {
	if (cart.ceilingOf(product) === 0) {
		const words = product.available === false ? 'Not available' : 'Out of stock';
		return fill(box, h('span.sold-out', words));
	}
	fill(box, h('button.add', {
		type: 'button', 'aria-label': `Add ${product.name} to cart`, data: { action: 'add' },
		onclick: () => change(product, 1),
	}, 'ADD'));
}

/* Keeps the focus on ADD, or on the button of the stepper that was pressed. */
function focusAgain(box, pressed) {
	if (!pressed) return;
	const wanted = { add: 'increase', increase: 'increase', decrease: 'decrease' }[pressed];
	(box.querySelector(`[data-action=${wanted}]`) ?? box.querySelector('button'))?.focus();
}

/**
 * The control of one product's quantity.
 * @param {Object} product of the catalogue, or a line of the cart
 */
export function stepper(product, signal) {
	const productId = product.product_id ?? product._id;
	const box = h('div.quantity', { data: { product: productId } });
	let shown = -1;
	const draw = () => {
		const quantity = cart.quantityOf(productId);
		if (quantity === shown) return;
		const pressed = box.contains(document.activeElement)
			&& document.activeElement.dataset.action;
		shown = quantity;
		if (quantity > 0) drawStepper(box, product, quantity);
		else drawAdd(box, product);
		focusAgain(box, pressed);
	};
	draw();
	cart.onChange(draw, signal);
	return box;
}

/* ---- cards ---- */

/** A hint for a small stock; an unavailable product shows a text in place of ADD. */
export function hint(product, signal) {
	const element = h('p.hint');
	const draw = () => {
		const quantity = cart.quantityOf(product._id);
		const text = quantity || cart.ceilingOf(product) ? stockHint(product, quantity) : '';
		element.hidden = !text;
		element.textContent = text;
	};
	draw();
	cart.onChange(draw, signal);
	return element;
}

/**
 * A product's card.
 * @param {Object} product
 * @param {string} [level] of the name's heading
 */
export function card(product, signal, level = 'h3') {
	const gone = cart.ceilingOf(product) === 0;
	return h('li', { class: gone ? 'card is-gone' : 'card', data: { card: product._id } },
		h('div.card-picture', picture(product.image_url, 128), stepper(product, signal)),
		h('p.price', price(product.price)),
		h(level, { class: 'card-name' },
			h('a', { href: href(`/product/${product._id}`) }, product.name)),
		h('p.unit', product.unit), hint(product, signal));
}

/**
 * Shows a list of products from its first page on.
 * @param {(after?: string) => Promise<{items: Object[], after: string|null}>} fetchPage
 * @param {{nothing: () => Node, arrived?: (page: Object) => void}} how as of listPages
 */
export function productPages(slot, screen, fetchPage, how) {
	listPages(slot, screen, fetchPage, { bones: () => skeleton('card', 12, 'grid'),
		list: 'ul.grid', item: (product) => card(product, screen.signal, 'h2'),
		what: 'product', auto: true, ...how });
}

/* ---- categories: a rail on wide screens, chips on a phone ---- */

/** The path of a category. @param {string} category */
export const categoryPath = (category) => `/category/${encodeURIComponent(category)}`;

function entry(path, name, image, isCurrent) {
	return h('li',
		h('a.category',
		{ href: href(path), 'aria-current': isCurrent && 'page', data: { category: name } },
		image, h('span', name)));
}

/**
 * A screen's content beside the categories, which are omitted if they can't be loaded.
 * @param {string|null} current the category that is shown; null: all
 */
export function withCategories(current, signal, ...content) {
	const all = entry('/', 'All', h('span.picture', icon('leaf')), current === null);
	const list = h('ul.categories', { role: 'list' }, all);
	const draw = (names) => {
		list.append(...names.map((name) =>
			entry(categoryPath(name), name, categoryPicture(name), name === current)));
		const chip = list.querySelector('[aria-current]')?.parentElement;
		if (chip) list.scrollLeft = chip.offsetLeft - (list.clientWidth - chip.offsetWidth) / 2;
	};
	catalogue.categories(signal).then(draw, () => {});
	return h('div.with-rail', h('nav.categories-nav', { 'aria-label': 'Categories' }, list),
		h('div.beside-rail', content));
}
