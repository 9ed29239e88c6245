/* For staff: active deliveries, refreshed every few seconds; stock, for admins. */

import * as api from '../api.js';
import * as catalogue from '../catalogue.js';
import { PAGE_SIZE, TIMES } from '../config.js';
import { fill, h, wait } from '../dom.js';
import { announce, emptyState, itemsPanel, listPages, load, picture, skeleton, statusPill,
	toast } from '../parts/ui.js';
import { href } from '../router.js';
import * as session from '../session.js';
import { ago, isEnded, nextOf, orderNumber, plural, sentence, statusFacts, time } from '../words.js';

/* ---- what the staff's screens share ---- */

const TABS = [
	{ path: '/staff', text: 'Deliveries', roles: ['courier', 'admin'] },
	{ path: '/staff/stock', text: 'Stock', roles: ['admin'] },
];

/* A screen for staff, by its tab's path; whether the user may see it. */
function staffScreen(screen, path, title, ...content) {
	const mine = TABS.filter((tab) => tab.roles.includes(session.current()?.role));
	if (!mine.some((tab) => tab.path === path)) {
		screen.show(title,
			emptyState({ image: 'box', title: 'For staff only',
			text: 'This page needs another account.', level: 'h1' },
			h('a.button', { href: href('/') }, 'To the shop')));
		return false;
	}
	screen.show(title, h('h1', title),
		h('nav.tabs', { 'aria-label': 'Staff' },
			mine.map((tab) =>
			h('a', { href: href(tab.path), 'aria-current': tab.path === path && 'page' },
			tab.text))),
		content);
	return true;
}

/* ---- deliveries ---- */

const LIMIT = 100;
const FILTERS = ['', 'PLACED', 'PACKED', 'OUT_FOR_DELIVERY'];

async function move(state, delivery) {
	const { order_id: id, status } = delivery;
	const next = nextOf(status);
	state.moved.set(id, next);
	state.draw();
	let failed;
	await api.moveOrder(id, next).catch((error) => { failed = error; });
	if (failed?.status === 401) return;
	await state.refresh();
	state.moved.delete(id);
	state.draw();
	// An answer that was lost may have been a success.
	const isThere = state.deliveries.find((each) => each.order_id === id)?.status === status;
	const overtaken = failed?.code?.startsWith('invalid_transition');
	const say = (text, how) => how(`Order ${orderNumber(id)}: ${text}`);
	if (!failed || (failed.unsure && !isThere)) say(statusFacts(next).label, announce);
	else say(overtaken ? 'somebody else has moved it already.' : sentence(failed), toast);
}

async function toggleItems(state, id, button, box) {
	const opened = button.getAttribute('aria-expanded') !== 'true';
	button.setAttribute('aria-expanded', String(opened));
	box.hidden = !opened;
	if (!opened || box.firstChild) return;
	try {
		fill(box, itemsPanel(await api.order(id, state.signal)).querySelector('ul'));
	} catch (error) {
		if (!state.signal.aborted) fill(box, h('p.hint', sentence(error)));
	}
}

/* A row keeps its element while its order is listed: focus and open lists stay. */
function makeRow(state, id) {
	const number = orderNumber(id);
	const status = h('div.order-status');
	const about = h('p.muted.small');
	const press = h('button.button', { type: 'button', data: { action: 'next' } });
	const box = h('div.row-items', { hidden: true, id: `items-${id}` });
	const details = h('button.button.quiet', {
		type: 'button', 'aria-expanded': 'false', 'aria-controls': box.id,
			'aria-label': `Items of order ${number}`,
		onclick: () => toggleItems(state, id, details, box),
	}, 'Items');
	const element = h('li.panel.delivery', { data: { order: id } },
		h('div.order-head', h('div', h('h2', number), about), status),
		h('div.order-actions', details, press), box);
	const update = (delivery) => {
		const next = nextOf(delivery.status);
		const busy = state.moved.has(id);
		element.delivery = delivery;
		element.dataset.status = delivery.status;
		if (status.firstChild?.dataset.status !== delivery.status) fill(status,
			statusPill(delivery.status));
		about.textContent = ago(delivery.last_updated);
		press.hidden = !next;
		press.setAttribute('aria-disabled', String(busy));
		press.textContent = next ? statusFacts(next).doing : '';
		press.setAttribute('aria-label', next ? `${statusFacts(next).doing}: order ${number}` : '');
	};
	press.addEventListener('click', () => state.moved.has(id) || move(state, element.delivery));
	return { element, update };
}

function shown(state) {
	return state.deliveries
		.map((delivery) =>
			(state.moved.has(delivery.order_id)
			? { ...delivery, status: state.moved.get(delivery.order_id) } : delivery))
		.filter((delivery) => !isEnded(delivery.status) || state.moved.has(delivery.order_id))
		.filter((delivery) => !state.filter || delivery.status === state.filter);
}

function drawFilters(state) {
	const count = (status) =>
		state.deliveries.filter((delivery) => !status || delivery.status === status).length;
	const open = (status) => () => {
		state.filter = status;
		state.draw();
	};
	FILTERS.forEach((status, index) => {
		const button = state.filters.children[index]
			?? state.filters.appendChild(h('button.chip',
			{ type: 'button', data: { filter: status || 'ALL' }, onclick: open(status) }));
		button.setAttribute('aria-pressed', String(state.filter === status));
		fill(button, `${status ? statusFacts(status).label : 'All'} `,
			h('span.chip-count', `${count(status)}${state.after ? '+' : ''}`));
	});
}

/* Rows are put in their order without taking out those that stay: that would lose the focus. */
function drawRows(state) {
	const rows = shown(state).map((delivery) => {
		const id = delivery.order_id;
		if (!state.rows.has(id)) state.rows.set(id, makeRow(state, id));
		const row = state.rows.get(id);
		row.update(delivery);
		return row.element;
	});
	const stay = new Set(rows);
	for (const child of [...state.list.children]) if (!stay.has(child)) child.remove();
	rows.forEach((row, index) => state.list.children[index] === row
		|| state.list.insertBefore(row, state.list.children[index] ?? null));
	const known = new Set(state.deliveries.map((delivery) => delivery.order_id));
	for (const id of state.rows.keys()) if (!known.has(id)) state.rows.delete(id);
	state.nothing.hidden = rows.length > 0;
}

function tellNew(state, fresh) {
	if (!state.deliveries) return;
	const before = new Set(state.deliveries.map((delivery) => delivery.order_id));
	const come = fresh.filter((delivery) => !before.has(delivery.order_id)).length;
	if (come) announce(`${plural(come, 'new order')}`);
}

async function readAll(state) {
	const page = await api.deliveries({ limit: LIMIT }, state.signal);
	tellNew(state, page.items);
	Object.assign(state, { deliveries: page.items, after: page.after });
}

async function keepFresh(state) {
	for (;;) {
		await wait(TIMES.staff, state.signal);
		if (document.visibilityState === 'visible') await state.refresh();
	}
}

function drawPulse(state, error) {
	fill(state.pulse,
		h('span',
		{ class: error ? 'live live-reconnecting' : 'live live-live',
		data: { connection: error ? 'reconnecting' : 'live' } },
		h('span.live-dot'), error ? 'Reconnecting…' : `Live · ${time(Date.now())}`));
}

function newState(screen) {
	const state = {
		signal: screen.signal, deliveries: null, after: null, filter: '', moved: new Map(),
			rows: new Map(),
		list: h('ul.orders.deliveries', { role: 'list' }),
		filters: h('div.chips', { role: 'group', 'aria-label': 'Show' }),
		nothing: emptyState({ image: 'check', title: 'All done',
			text: 'New orders show up here by themselves.' }),
		pulse: h('div.pulse'),
		draw() {
			drawFilters(state);
			drawRows(state);
		},
		async refresh() {
			try {
				await readAll(state);
				drawPulse(state, null);
				state.draw();
			} catch (error) {
				if (!state.signal.aborted) drawPulse(state, error);
			}
		},
	};
	return state;
}

export function staff(screen) {
	const state = newState(screen);
	const slot = h('div.deliveries-slot');
	if (!staffScreen(screen, '/staff', 'Deliveries', slot)) return;
	load(slot, screen, () => readAll(state), {
		bones: () => skeleton('line', 4, 'panel'),
		done: () => {
			fill(slot, h('div.staff-bar', state.filters, state.pulse), state.list, state.nothing);
			drawPulse(state, null);
			state.draw();
			keepFresh(state).catch(() => {});
		},
	});
}

/* ---- stock ---- */

const MOST = 1_000_000;

/* What is there by now is shown first: a page that is old must not undo what others did. */
function showChanged(product, input, about, left) {
	product.stock = left;
	catalogue.setStock(product._id, left);
	fill(about, `Stock is now ${left}. Save again to set it to ${input.value}.`);
	announce(`${product.name}: stock is now ${left}`);
}

async function save(product, input, button, about) {
	const stock = Number(input.value);
	if (input.value.trim() === '' || !Number.isInteger(stock) || stock < 0 || stock > MOST) {
		input.setAttribute('aria-invalid', 'true');
		fill(about, 'A whole number, 0 or more.');
		input.focus();
		return;
	}
	button.disabled = true;
	try {
		await api.setStock(product._id, stock, product.stock).catch((error) => {
			// Saved already, by a call whose answer was lost.
			if (error.body?.stock !== stock) throw error;
		});
		product.stock = stock;
		catalogue.setStock(product._id, stock);
		announce(`${product.name}: stock is ${stock}`);
		fill(about, 'Saved');
	} catch (error) {
		if (error.code === 'stock_changed') {
			showChanged(product, input, about, error.body.stock);
		} else if (error.status !== 401) {
			toast(`${product.name}: ${sentence(error)}`);
		}
		button.disabled = false;
	}
}

function stockRow(product) {
	const about = h('p.stock-about.small', { id: `stock-about-${product._id}` });
	const input = h('input.input', {
		type: 'number', min: 0, max: MOST, step: 1, inputmode: 'numeric', value: product.stock,
		'aria-label': `Stock of ${product.name}`, 'aria-describedby': about.id,
	});
	const button = h('button.button',
		{ type: 'submit', disabled: true, 'aria-label': `Save stock of ${product.name}` }, 'Save');
	input.addEventListener('input', () => {
		input.removeAttribute('aria-invalid');
		fill(about);
		button.disabled = input.value === String(product.stock);
	});
	const form = h('form.stock-form', { novalidate: true }, input, button);
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		if (!button.disabled) save(product, input, button, about);
	});
	return h('li',
		{ class: product.stock === 0 ? 'line is-out' : 'line', data: { product: product._id } },
		picture(product.image_url, 64),
		h('div.line-text', h('h2.line-name', product.name),
			h('p.unit',
				`${product.unit} · ${product.category}${product.available ? '' : ' · not available'}`), about), form);
}

function find(query, slot, screen) {
	listPages(slot, screen,
		(after) => api.products({ q: query, limit: PAGE_SIZE, after }, screen.signal), {
			bones: () => skeleton('line', 6, 'panel'), list: 'ul.lines.panel', item: stockRow,
			nothing: () => emptyState({ image: 'search', title: `Nothing found for “${query}”` }),
			what: 'product' });
}

export function stock(screen) {
	const slot = h('div.stock-slot');
	let last = new AbortController();
	let timer = 0;
	const look = (query) => {
		last.abort();
		last = new AbortController();
		find(query, slot, { signal: AbortSignal.any([screen.signal, last.signal]) });
	};
	const input = h('input.input',
		{ type: 'search', 'aria-label': 'Find a product', placeholder: 'Find a product …',
		maxlength: 100 });
	input.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(() => screen.signal.aborted || look(input.value.trim()), TIMES.search);
	});
	if (staffScreen(screen, '/staff/stock', 'Stock', h('div.stock-search', input), slot)) look('');
}
