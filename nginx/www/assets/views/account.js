/* What is one's own: past orders with the way to order the same again, and the account. */

import * as api from '../api.js';
import * as cart from '../cart.js';
import { ORDERS_SIZE } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { statusPill, thumbs } from '../parts/order.js';
import { emptyState, listPages, load, skeleton, toast } from '../parts/ui.js';
import { go, href } from '../router.js';
import * as session from '../session.js';
import { date, isEnded, moment, orderNumber, plural, price, sentence } from '../words.js';

/* ---- orders ---- */

const listed = new Intl.ListFormat('en');

/* What couldn't be had, in words; names are known once the order's details are. */
function report(refused, all) {
	if (!refused.length) return `${plural(all, 'item')} in your cart again.`;
	const names = listed.format(refused.map(({ item }) => item.name ?? 'a product'));
	return refused.length === all ? `None of it can be had now: ${names}.`
		: `In your cart, without ${names}: can’t be had now.`;
}

async function addAgain(items) {
	const user = session.current().userId;
	const refused = [];
	await cart.flush();
	for (const item of items) {
		try {
			await api.cartAdd({ user_id: user, product_id: item.product_id,
				quantity: item.quantity });
		} catch (error) {
			if (error.status === 401 || error.unsure || error.status === 429) throw error;
			refused.push({ item, error });
		}
	}
	return refused;
}

async function orderAgain(order, button) {
	button.disabled = true;
	try {
		const refused = await addAgain(order.items);
		toast(report(refused, order.items.length));
		if (refused.length < order.items.length) go('/cart');
	} catch (error) {
		if (error.status !== 401) toast(sentence(error));
	}
	button.disabled = false;
	await cart.refresh();
	cart.tellOtherTabs();
}

/*
 * The list has no statuses and no names: each order's own answer brings them when it comes into
 * view.
 */
function drawDetails(row, order, parts, signal) {
	const watcher = new IntersectionObserver(async ([{ isIntersecting }]) => {
		if (!isIntersecting) return;
		watcher.disconnect();
		const details = await api.order(order._id, signal).catch(() => null);
		if (!details || signal.aborted) return fill(parts.status);
		order.items = details.items;
		fill(parts.status, statusPill(details.status));
		fill(parts.names, listed.format(details.items.map((item) => item.name)));
		if (isEnded(details.status)) return;
		parts.link.firstChild.textContent = 'Track';
		parts.link.setAttribute('aria-label', `Track order ${orderNumber(order._id)}`);
	}, { rootMargin: '200px' });
	watcher.observe(row);
	signal.addEventListener('abort', () => watcher.disconnect(), { once: true });
}

function orderRow(order, signal) {
	const number = orderNumber(order._id);
	const parts = {
		status: h('div.order-status', h('span.bone.bone-pill')),
		names: h('p.order-names', plural(order.items.length, 'product')),
		link: h('a.button.quiet',
			{ href: href(`/order/${order._id}`), 'aria-label': `Details of order ${number}` },
			'Details', icon('right')),
	};
	const again = h('button.button',
		{ type: 'button', 'aria-label': `Order again: ${number}`,
		onclick: () => orderAgain(order, again) }, icon('refresh'), 'Order again');
	const row = h('li.panel.order', { data: { order: order._id } },
		h('div.order-head',
			h('div', h('h2', number),
			h('p.muted.small',
			h('time', { datetime: order.created_at }, moment(order.created_at)))), parts.status),
		h('div.order-body', thumbs(order, signal),
			h('div.order-text', parts.names, h('strong', price(order.total)))),
		h('div.order-actions', parts.link, again));
	drawDetails(row, order, parts, signal);
	return row;
}

function empty() {
	return emptyState({ image: 'receipt', title: 'No orders yet',
		text: 'Your first one is ten minutes away.' },
		h('a.button', { href: href('/') }, 'Browse'));
}

export function orders(screen) {
	const slot = h('div.orders-slot');
	screen.show('Your orders', h('h1', 'Your orders'), slot);
	listPages(slot, screen,
		(after) => api.orders(session.current().userId, { limit: ORDERS_SIZE, after }, screen.signal),
		{ bones: () => skeleton('line', 3, 'panel'), nothing: empty, list: 'ul.orders',
			item: (order) => orderRow(order, screen.signal), what: 'order',
			more: 'Show older orders' });
}

/* ---- account ---- */

const ROLES = { courier: 'Courier', admin: 'Administrator' };

function leave() {
	session.end('left');
	toast('You are logged out.');
	go('/');
}

function menuRow(path, name, text) {
	return h('li', h('a', { href: href(path) }, icon(name), h('span', text), icon('right')));
}

function person(profile) {
	const initial = [...profile.name.trim()][0]?.toUpperCase() ?? '?';
	const role = ROLES[session.current()?.role];
	return h('div.panel.person', h('span.avatar', { 'aria-hidden': 'true' }, initial),
		h('div', h('h2', { data: { profile: 'name' } }, profile.name),
			h('p', { data: { profile: 'email' } }, profile.email),
			h('p.muted.small',
				`${role ? `${role} · ` : ''}With us since ${date(profile.created_at)}`),
			h('p.muted.small', 'Account ID ', h('span', { data: { profile: 'id' } }, profile.id))));
}

export function account(screen) {
	const slot = h('div.person-slot');
	screen.show('Account', h('div.narrow', h('h1', 'Your account'), slot,
		h('ul.panel.menu', { role: 'list' }, menuRow('/orders', 'receipt', 'Your orders'),
			menuRow('/cart', 'basket', 'Your cart'),
			session.isStaff() && menuRow('/staff', 'box', 'Staff page')),
		h('button.button.quiet.wide', { type: 'button', onclick: leave }, icon('logout'),
			'Log out')));
	load(slot, screen, () => api.profile(screen.signal), {
		bones: () => skeleton('line', 1, 'panel'),
		done: (profile) => fill(slot, person(profile)),
	});
}
