/*
 * The shelves: home with a shelf of each category, a category, what a search finds, and one
 * product.
 */

import * as api from '../api.js';
import * as catalogue from '../catalogue.js';
import { DELIVERY_MINUTES, SHELF_SIZE } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { card, categoryPath, hint, productPages, stepper, withCategories } from '../parts/products.js';
import { clearSearch } from '../parts/shell.js';
import { announce, emptyState, load, picture, skeleton } from '../parts/ui.js';
import { back, href } from '../router.js';
import * as session from '../session.js';
import * as storage from '../storage.js';
import { isEnded, orderNumber, plural, price, statusFacts } from '../words.js';

/* ---- home ---- */

const HERO_PICTURES = ['1f34e', '1f95b', '1f35e'];
const NEAR = '100px';

function hero() {
	const images = HERO_PICTURES.map((code) =>
		picture(`/pictures/${code}.webp`, 112, { eager: true }));
	return h('section.hero', { 'aria-labelledby': 'hero-title' },
		h('div.hero-text',
			h('p.hero-tag', icon('tag'), 'No delivery fee, ever'),
			h('h1', { id: 'hero-title' }, 'Groceries before the chai boils over'),
			h('p.hero-more',
				`Fresh fruit, warm bread, cold milk: at your door in ${DELIVERY_MINUTES} minutes.`)),
		h('div.hero-pictures', { 'aria-hidden': 'true' }, images));
}

/* The order that was placed last, while it is active. */
async function drawActive(slot, signal) {
	const kept = storage.read('active');
	if (!kept || kept.userId !== session.current()?.userId) return;
	const order = await api.order(kept.orderId, signal);
	if (isEnded(order.status)) return storage.write('active', null);
	const facts = statusFacts(order.status);
	fill(slot, h('a.active-order', { href: href(`/order/${order._id}`) },
		h('span.active-icon', icon(facts.icon)),
		h('span.active-text', h('strong', facts.title),
			h('span', `Order ${orderNumber(order._id)}`)),
		h('span.active-go', 'Track', icon('right'))));
}

const cards = (products, { signal }) => h('ul.shelf', { role: 'list' },
	products.map((product) => card(product, signal)));

function drawShelf(slot, screen, category) {
	load(slot, screen, () => catalogue.page({ category, limit: SHELF_SIZE }, screen.signal),
		{ bones: () => skeleton('card', 5, 'shelf'), level: 'h3',
			done: (page) => fill(slot, cards(page.items, screen)) });
}

function shelf(screen, category, index) {
	const slot = h('div.shelf-slot');
	const id = `shelf-${index}`;
	const watcher = new IntersectionObserver(([{ isIntersecting }]) => {
		if (!isIntersecting) return;
		watcher.disconnect();
		drawShelf(slot, screen, category);
	}, { rootMargin: NEAR });
	screen.signal.addEventListener('abort', () => watcher.disconnect(), { once: true });
	watcher.observe(slot);
	return h('section.shelf-section', { 'aria-labelledby': id },
		h('div.shelf-head', h('h2', { id }, category),
			h('a.see-all',
				{ href: href(categoryPath(category)), 'aria-label': `See all ${category}` },
				'See all', icon('right'))),
		slot);
}

export function home(screen) {
	const active = h('div.active-slot');
	const slot = h('div.home-slot');
	screen.show('', slot);
	if (session.current()) drawActive(active, screen.signal).catch(() => {});
	load(slot, screen, () => catalogue.categories(screen.signal), {
		bones: () => skeleton('card', 10, 'grid home-bones'),
		level: 'h1',
		done: (names) => {
			const shelves = names.map((name, index) => shelf(screen, name, index));
			const nothing = emptyState({ image: 'leaf', title: 'The shelves are empty',
				text: 'The shop is being filled. Look in again in a moment.' });
			screen.show('',
				withCategories(null, screen.signal, hero(), active,
					names.length ? shelves : nothing));
		},
	});
}

/* ---- categories and search ---- */

export function category(screen) {
	const [name] = screen.params;
	const slot = h('div.products-slot');
	const nothing = () => emptyState(
		{ image: 'leaf', title: 'Nothing here yet',
			text: `There is nothing in ${name} at the moment.` },
		h('a.button', { href: href('/') }, 'See what there is'));
	screen.show(name, withCategories(name, screen.signal, h('div.list-head', h('h1', name)), slot));
	productPages(slot, screen,
		(after) => catalogue.page({ category: name, after }, screen.signal), { nothing });
}

function nothingFound(words) {
	return emptyState({ image: 'search', title: `Nothing found for “${words}”`,
		text: 'Try another word, or a shorter one.' },
	h('button.button', { type: 'button', onclick: clearSearch }, 'Clear search'));
}

/* A search ends with the screen, or with the next search. */
function searchFor(words, slot, title, signal) {
	const arrived = ({ items, after }) => {
		const found = after ? `${items.length}+ products` : plural(items.length, 'product');
		fill(title, `“${words}” `, items.length > 0 && h('small', found));
		announce(items.length ? `${found} for ${words}` : `Nothing found for ${words}`);
	};
	productPages(slot, { signal }, (after) => catalogue.page({ q: words, after }, signal),
		{ nothing: () => nothingFound(words), arrived });
}

export function search(screen) {
	const slot = h('div.products-slot');
	const title = h('h1', 'Search');
	let last = new AbortController();
	const update = ({ q = '' }) => {
		last.abort();
		last = new AbortController();
		searchFor(q.trim(), slot, title, AbortSignal.any([screen.signal, last.signal]));
	};
	screen.show('Search', withCategories('', screen.signal, h('div.list-head', title), slot));
	update(screen.query);
	return { update };
}

/* ---- a product ---- */

function facts(product, signal) {
	return h('div.product-facts',
		h('a.product-category', { href: href(categoryPath(product.category)) }, product.category),
		h('h1', product.name), h('p.unit', product.unit),
		h('p.product-price', price(product.price), h('small', 'all taxes included')),
		h('div.product-buy', stepper(product, signal), hint(product, signal)),
		h('ul.product-promises', { role: 'list' },
			h('li', icon('bolt'), `At your door in ${DELIVERY_MINUTES} minutes`),
			h('li', icon('tag'), 'No delivery fee')),
		h('h2', 'About it'), h('p.description', product.description));
}

function similar(product, screen) {
	const slot = h('div.shelf-slot');
	const section = h('section.shelf-section', { 'aria-labelledby': 'similar' },
		h('div.shelf-head', h('h2', { id: 'similar' }, `More in ${product.category}`),
			h('a.see-all',
				{ href: href(categoryPath(product.category)),
				'aria-label': `See all ${product.category}` }, 'See all', icon('right'))), slot);
	const query = { category: product.category, limit: SHELF_SIZE };
	load(slot, screen, () => catalogue.page(query, screen.signal), {
		bones: () => skeleton('card', 5, 'shelf'),
		level: 'h3',
		done: ({ items }) => {
			const others = items.filter((other) => other._id !== product._id);
			section.hidden = !others.length;
			fill(slot, cards(others, screen));
		},
	});
	return section;
}

function gone() {
	return emptyState({ image: 'leaf', title: 'This product is gone',
		text: 'The shop no longer has it.', level: 'h1' },
		h('a.button', { href: href('/') }, 'See what there is'));
}

export function product(screen) {
	const [id] = screen.params;
	const slot = h('div.product-slot');
	screen.show('Product', slot);
	load(slot, screen, () => catalogue.product(id, screen.signal), {
		bones: () => skeleton('text', 1, 'product-bones'),
		level: 'h1',
		failed: (error) => error.status === 404 && (screen.show('Gone', gone()), true),
		done: (found) => screen.show(found.name,
			h('button.back', { type: 'button', onclick: () => back() }, icon('left'), 'Back'),
			h('article',
				{ class: found.available && found.stock !== 0 ? 'product' : 'product is-gone' },
				h('div.product-picture', picture(found.image_url, 256, { eager: true })),
					facts(found, screen.signal)),
			similar(found, screen)),
	});
}
