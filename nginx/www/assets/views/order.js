/* An order that was placed, and on its way: where it is, live, step by step. */

import * as api from '../api.js';
import * as checkout from '../checkout.js';
import { KEYS } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { follow } from '../live.js';
import { itemsPanel, orderGone, promisedAt } from '../parts/order.js';
import { announce, confirmDialog, load, skeleton, toast } from '../parts/ui.js';
import { go, href } from '../router.js';
import { isEnded, moment, orderNumber, sentence, statusFacts, STEPS, time } from '../words.js';

/* ---- placed ---- */

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

function gone(screen) {
	screen.show('Order', orderGone());
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

/* ---- on its way ---- */

const CONNECTION = { live: 'Live', reconnecting: 'Reconnecting…', ended: '',
	connecting: 'Connecting…', replaced: 'Live updates are open elsewhere' };

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
	try {
		await api.cancelOrder(state.order._id);
		toast('Your order is cancelled.');
	} catch (error) {
		toast(error.status === 409 ? 'It is packed already, so it can’t be cancelled any more.'
			: sentence(error));
	}
	state.cancelling = false;
	await again().catch(() => {});
	state.draw();
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

/* ---- what arrives ---- */

/* A step that came by itself; false where one in between was missed and its time isn't known. */
function takeStep(order, { status, last_updated: at }) {
	if (order.status === status) return true;
	const missed = STEPS.includes(status)
		&& STEPS.indexOf(status) !== STEPS.indexOf(order.status) + 1;
	order.status = status;
	order.history = [...order.history.filter((entry) => entry.status !== status), { status, at }];
	announce(statusFacts(status).title);
	return !missed;
}

function forgetActive(order) {
	if (!isEnded(order.status)) return;
	const kept = JSON.parse(localStorage.getItem(KEYS.active) ?? 'null');
	if (kept?.orderId === order._id) localStorage.removeItem(KEYS.active);
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
		// What looks the same stays: a button that was replaced can't be given the focus back.
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
		onOrder: (fresh) => { state.order = fresh; state.draw(); },
		onState: (connection) => fill(pill, connectionPill(connection)),
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
