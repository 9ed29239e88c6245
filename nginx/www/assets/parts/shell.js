/* The frame of the screens: the head with its search, the cart bar, the offline banner. */

import * as cart from '../cart.js';
import { BRAND, DELIVERY_MINUTES, TIMES } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { go, here, href } from '../router.js';
import * as session from '../session.js';
import { money, plural } from '../words.js';
import { announce } from './ui.js';

let search = null;
let place = null;

/* ---- search, which starts after a pause in typing ---- */

function typed(text) {
	const words = text.trim();
	const searching = here().startsWith('/search');
	if (words) go(`/search?q=${encodeURIComponent(words)}`,
		{ replace: searching, keepFocus: true });
	else if (searching) go('/', { replace: true, keepFocus: true });
}

function searchBox() {
	let timer = 0;
	const input = h('input', {
		type: 'search', name: 'q', id: 'search', class: 'search-input',
			placeholder: 'Search “milk”, “atta”, “soap” …',
		'aria-label': 'Search products', autocomplete: 'off', enterkeyhint: 'search',
			maxlength: 100,
	});
	const now = () => {
		clearTimeout(timer);
		typed(input.value);
	};
	input.addEventListener('input', () => {
		clearTimeout(timer);
		clear.hidden = !input.value;
		timer = setTimeout(now, TIMES.search);
	});
	const empty = () => {
		input.value = '';
		clear.hidden = true;
		now();
		input.focus();
	};
	input.addEventListener('keydown', (event) => event.key === 'Escape' && input.value && empty());
	const clear = h('button.icon-button',
		{ type: 'button', 'aria-label': 'Clear search', hidden: true, onclick: empty },
		icon('close'));
	const form = h('form', { role: 'search', class: 'search' }, icon('search'), input, clear);
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		now();
	});
	return { form, input, clear, settle: () => clearTimeout(timer) };
}

/** Clears the search and shows all products. */
export function clearSearch() {
	search.clear.click();
}

/* ---- head ---- */

function brand() {
	return h('a.brand', { href: href('/'), 'aria-label': `${BRAND}, home` },
		h('img', { src: '/assets/icon.svg', alt: '', width: 36, height: 36 }),
			h('span.brand-name', BRAND));
}

function promise() {
	return h('p.promise', icon('bolt'),
		h('span', 'Delivery in ', h('strong', `${DELIVERY_MINUTES} min`)));
}

function accountLinks() {
	const person = session.current();
	const link = (path, name, text) => h('a.head-link', { href: href(path), data: { link: text } },
		icon(name), h('span', text));
	if (!person) return [link('/login', 'user', 'Log in')];
	return [session.isStaff() && link('/staff', 'box', 'Staff'),
		link('/orders', 'receipt', 'Orders'), link('/account', 'user', 'Account')];
}

function cartLink() {
	const { count, total } = cart.view();
	const about = count ? `Cart, ${plural(count, 'item')}, ${money(total)}` : 'Cart, empty';
	return h('a.head-cart', { href: href('/cart') }, h('span.unseen', about), icon('basket'),
		h('span.head-cart-text', { 'aria-hidden': 'true' }, count ? money(total) : 'Cart'),
		count > 0 && h('span.badge', { 'aria-hidden': 'true' }, count));
}

/* Redraws only what has changed, because redrawing removes the focus. */
function drawOnce(element, facts, draw) {
	const now = JSON.stringify(facts);
	if (element.dataset.drawn === now) return;
	element.dataset.drawn = now;
	draw();
}

function drawHead(links) {
	const { count, total } = cart.view();
	drawOnce(links, [session.current()?.role, count, total],
		() => fill(links, accountLinks(), cartLink()));
}

/* ---- cart bar ---- */

function drawBar(bar) {
	const { count, total } = cart.view();
	const shown = count > 0 && Boolean(place?.route.shop);
	bar.hidden = !shown;
	document.body.classList.toggle('has-bar', shown);
	if (!shown) return;
	drawOnce(bar, [count, total], () => fill(bar, h('a.bar', { href: href('/cart') },
		h('span.bar-icon', icon('basket')),
		h('span.bar-sum', h('span', plural(count, 'item')), h('span.unseen', ' · '),
			h('strong', money(total))),
		h('span.bar-go', 'View cart', icon('right')))));
}

/* ---- offline ---- */

function watchLine(banner) {
	const draw = () => {
		const away = !navigator.onLine;
		banner.hidden = !away;
		fill(banner,
			away && [icon('offline'), 'You are offline. What you see may be old.']);
		announce(away ? 'You are offline.' : 'You are back online.');
	};
	addEventListener('online', draw);
	addEventListener('offline', draw);
	if (!navigator.onLine) draw();
}

/** Shows the head, the cart bar and the offline banner. */
export function start() {
	search = searchBox();
	const links = h('nav.head-links', { 'aria-label': 'Account and cart' });
	fill(document.getElementById('head'),
		h('div.head-row', brand(), promise(), search.form, links));
	const bar = document.getElementById('cart-bar');
	const draw = () => {
		drawHead(links);
		drawBar(bar);
	};
	draw();
	cart.onChange(draw);
	session.onChange(draw);
	watchLine(document.getElementById('offline'));
}

/**
 * Updates the frame for a new screen.
 * @param {{route: {shop?: boolean}, query: Object}} target
 */
export function arrive(target) {
	place = target;
	document.body.classList.toggle('in-shop', Boolean(target.route.shop));
	const words = target.route.name === 'search' ? target.query.q ?? '' : '';
	search.settle();
	if (!target.keepFocus) search.input.value = words;
	search.clear.hidden = !search.input.value;
	drawBar(document.getElementById('cart-bar'));
}
