/*
 * Orders: the past ones with a button to order the same again; the confirmation of a new one; the
 * live tracking of one.
 */

import * as api from '../api.js';
import * as cart from '../cart.js';
import * as catalogue from '../catalogue.js';
import * as checkout from '../checkout.js';
import { DELIVERY_MINUTES, ORDERS_SIZE } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { follow } from '../live.js';
import { announce, confirmDialog, emptyState, itemsPanel, listPages, load, picture, skeleton,
	statusPill, toast } from '../parts/ui.js';
import { go, href } from '../router.js';
import * as session from '../session.js';
import * as storage from '../storage.js';
import { isEnded, moment, orderNumber, plural, price, sentence, statusFacts, STEPS,
	time } from '../words.js';

/* ---- past ones ---- */

const listed = new Intl.ListFormat('en');

/* The message about unavailable products; names are known once the order's details are. */
function report(refused, all) {
	if (!refused.length) return `${plural(all, 'item')} in your cart again.`;
	const names = listed.format(refused.map(({ item }) => item.name ?? 'a product'));
	return refused.length === all ? `None of it can be had now: ${names}.`
		: `In your cart, without ${names}: can’t be had now.`;
}

/* Added products are not added again if a later press continues with the others. */
async function addAgain(order) {
	const user = session.current().userId;
	const refused = [];
	await cart.flush();
	order.key ??= api.newKey();
	for (const item of order.items) {
		try {
			await cart.add(user, item.product_id, item.quantity,
				`${order.key}-${item.product_id}`);
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
		const refused = await addAgain(order);
		order.key = null;
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
 * The list has no statuses and no names: the details of each order are read when it becomes
 * visible.
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

/* A picture once its product is known; a missing product has a basket. */
async function drawThumb(box, productId, signal) {
	const known = catalogue.peek(productId)
		?? await catalogue.product(productId, signal).catch(() => null);
	if (!signal.aborted) fill(box, picture(known?.image_url, 48));
}

/* Small pictures of the first few things in an order. */
function thumbs(order, signal, most = 4) {
	const boxes = order.items.slice(0, most).map((item) => {
		const box = h('span.thumb');
		drawThumb(box, item.product_id, signal);
		return box;
	});
	const rest = order.items.length - boxes.length;
	return h('div.thumbs', { 'aria-hidden': 'true' }, boxes,
		rest > 0 && h('span.thumb.thumb-rest', `+${rest}`));
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

/* ---- placed ---- */

/* By when an order is to be there. */
const promisedAt = (order) => time(Date.parse(order.created_at) + DELIVERY_MINUTES * 60_000);

function confirmation(order) {
	return h('div.confirmed.narrow',
		h('span.tick', icon('check')), h('h1', 'Order placed'),
		h('p.muted', 'Order ', h('strong', { data: { order: order._id } }, orderNumber(order._id)),
			` · at your door by ${promisedAt(order)}`),
		h('div.state-actions',
			h('a.button', { href: href(`/order/${order._id}`) }, icon('scooter'), 'Track order'),
			h('a.button.quiet', { href: href('/') }, 'Keep shopping')),
		itemsPanel(order));
}

/* An order that isn't there, or isn't one's own. */
function gone(screen) {
	screen.show('Order', emptyState({ image: 'receipt', title: 'No such order',
		text: 'It may belong to another account.', level: 'h1' },
		h('a.button', { href: href('/orders') }, 'Your orders')));
	checkout.endWithOrder(screen.params[0]);
}

export function confirmed(screen) {
	const [id] = screen.params;
	const slot = h('div.narrow');
	screen.show('Order placed', slot);
	load(slot, screen, () => api.order(id, screen.signal), {
		bones: () => skeleton('text', 2),
		level: 'h1',
		failed: (error) => error.status === 404 && (gone(screen), true),
		done: (order) => {
			if (isEnded(order.status)) return go(`/order/${order._id}`, { replace: true });
			screen.show('Order placed', confirmation(order));
			checkout.endWithOrder(order._id);
		},
	});
}

/* ---- tracking ---- */

const CONNECTION = { connecting: 'Connecting…', live: 'Live', polling: 'Checking for updates',
	reconnecting: 'Reconnecting…', replaced: 'Live updates are open elsewhere', ended: '' };

/* The road: the shop, a scooter where the order is, the door. */
function road(order) {
	const at = order.status === 'CANCELLED' ? 0 : STEPS.indexOf(order.status);
	const element = h('div',
		{ class: `road road-${order.status.toLowerCase()}`, 'aria-hidden': 'true' },
		h('span.road-end', icon('shop')),
			h('span.road-line', h('span.road-done'), h('span.road-rider', icon('scooter'))),
		h('span.road-end', icon('home')));
	element.style.setProperty('--done', String(at / (STEPS.length - 1)));
	return element;
}

function headline(order) {
	const facts = statusFacts(order.status);
	const when = isEnded(order.status) ? '' : ` At your door by ${promisedAt(order)}.`;
	return h('div.track-head', h('h1', facts.title), h('p', facts.text + when));
}

function step(status, order, index) {
	const reached = order.history.find((entry) => entry.status === status);
	const isNow = order.status === status;
	const state = isNow ? 'now' : reached ? 'done' : 'ahead';
	return h('li',
		{ class: `step-${state}`, data: { step: status, state }, 'aria-current': isNow && 'step' },
		h('span.step-mark', icon(reached && !isNow ? 'check' : statusFacts(status).icon)),
		h('div', h('p.step-name', statusFacts(status).label,
			h('span.unseen', isNow ? ', now' : reached ? ', done' : ', still to come')),
		reached && h('p.step-time',
			h('time', { datetime: reached.at }, index ? time(reached.at) : moment(reached.at)))));
}

function timeline(order) {
	const steps = order.status === 'CANCELLED' ? ['PLACED', 'CANCELLED'] : STEPS;
	return h('ol.timeline', { 'aria-label': 'Progress' },
		steps.map((status, index) => step(status, order, index)));
}

/* ---- cancelling ---- */

async function cancel(state, again) {
	const sure = await confirmDialog({ title: 'Cancel this order?',
		text: 'Nothing will be brought.', yes: 'Cancel order', no: 'Keep it' });
	if (!sure) return;
	state.cancelling = true;
	state.draw();
	let failed;
	await api.cancelOrder(state.order._id).catch((error) => { failed = error; });
	state.cancelling = false;
	await again().catch(() => {});
	state.draw();
	// An answer that was lost may have been a success.
	toast(failed && state.order.status !== 'CANCELLED' ? sentence(failed)
		: 'Your order is cancelled.');
}

function actions(state, again) {
	const { order } = state;
	if (order.status === 'PLACED') {
		return h('button.button.danger',
			{ type: 'button', disabled: state.cancelling, data: { action: 'cancel' },
			onclick: () => cancel(state, again) },
			state.cancelling ? 'Cancelling …' : 'Cancel order');
	}
	return isEnded(order.status) && h('a.button', { href: href('/') }, 'Shop again');
}

/* ---- events ---- */

/*
 * Takes a step from an event, unless it is older than the known state; returns false if a step in
 * between was missed, whose time is unknown.
 */
function takeStep(order, { status, last_updated: at }) {
	if (order.status === status || order.history.at(-1)?.at > at) return true;
	const missed = STEPS.includes(status)
		&& STEPS.indexOf(status) !== STEPS.indexOf(order.status) + 1;
	order.status = status;
	order.history = [...order.history.filter((entry) => entry.status !== status), { status, at }];
	announce(statusFacts(status).title);
	return !missed;
}

function forgetActive(order) {
	const mine = storage.read('active')?.orderId === order._id;
	if (mine && isEnded(order.status)) storage.write('active', null);
}

function connectionPill(connection) {
	const text = CONNECTION[connection];
	return h('p', { class: `live live-${connection}`, data: { connection } },
		text && h('span.live-dot'), text);
}

function watch(screen, order) {
	const state = { order, cancelling: false, draw: () => {} };
	const pill = h('div.live-slot', { role: 'status' },
		connectionPill(isEnded(order.status) ? 'ended' : 'connecting'));
	const parts = { head: h('div'), road: road(order), line: h('div'),
		actions: h('div.track-actions') };
	const again = async () => {
		const fresh = await api.order(order._id, screen.signal);
		if (fresh.status !== state.order.status) announce(statusFacts(fresh.status).title);
		state.order = fresh;
		state.draw();
	};
	let drawn = '';
	state.draw = () => {
		// Unchanged elements stay: a replaced button would lose the focus.
		const looks = JSON.stringify([state.order.status, state.order.history, state.cancelling]);
		if (looks === drawn) return;
		drawn = looks;
		const held = [parts.head, parts.actions].find((part) => part.contains(document.activeElement));
		fill(parts.head, headline(state.order));
		const fresh = road(state.order);
		parts.road.className = fresh.className;
		parts.road.style.setProperty('--done', fresh.style.getPropertyValue('--done'));
		fill(parts.line, timeline(state.order));
		fill(parts.actions, actions(state, again));
		const heading = Object.assign(parts.head.querySelector('h1'), { tabIndex: -1 });
		if (held) (held.querySelector('button') ?? heading).focus();
		forgetActive(state.order);
	};
	state.draw();
	screen.show(`Order ${orderNumber(order._id)}`,
		h('div.track-top', h('a.back', { href: href('/orders') }, icon('left'), 'Your orders'),
			pill),
		h('div.columns',
			h('div.panel.track', { data: { order: order._id } }, parts.head, parts.road, parts.line,
			parts.actions),
			h('div.aside', itemsPanel(order),
				h('p.muted.small', 'Order ', h('strong', orderNumber(order._id)),
				` · ${moment(order.created_at)}`))));
	checkout.endWithOrder(order._id);
	if (isEnded(order.status)) return;
	follow(order._id, screen.signal, {
		onStatus: (status) =>
			(takeStep(state.order, status) ? state.draw() : again().catch(state.draw)),
		onState: (connection) => pill.firstChild.dataset.connection === connection
			|| fill(pill, connectionPill(connection)),
	});
}

export function tracking(screen) {
	const [id] = screen.params;
	const slot = h('div');
	screen.show('Your order', slot);
	load(slot, screen, () => api.order(id, screen.signal), {
		bones: () => skeleton('text', 2),
		level: 'h1',
		failed: (error) => [403, 404].includes(error.status) && (gone(screen), true),
		done: (order) => watch(screen, order),
	});
}
