/* The cart: its lines, the bill, and the order. */

import * as cart from '../cart.js';
import * as catalogue from '../catalogue.js';
import * as checkout from '../checkout.js';
import { DELIVERY_MINUTES, TIMES } from '../config.js';
import { h, icon } from '../dom.js';
import { removeWithUndo, stepper } from '../parts/products.js';
import { announce, emptyState, errorState, picture, skeleton } from '../parts/ui.js';
import { go, href } from '../router.js';
import * as session from '../session.js';
import * as storage from '../storage.js';
import { money, plural, price, sentence, toPaise } from '../words.js';

/* ---- lines ---- */

/* The reason why a line can't be ordered; nothing if it can. */
function trouble(line, soldOut) {
	if (line.available === false) return 'Not available any more';
	if (line.stock === 0) return 'Out of stock';
	if (cart.isShort(line)) return `Only ${line.stock} left`;
	return soldOut.has(line.product_id) ? 'Not enough left' : '';
}

function lineAction(line, signal) {
	const ceiling = cart.ceilingOf(line);
	if (ceiling === 0) {
		return h('button.button.quiet',
			{ type: 'button', 'aria-label': `Remove ${line.name}`,
			onclick: () => removeWithUndo(line) },
			icon('trash'), 'Remove');
	}
	return stepper(line, signal);
}

/* What there is of a line that asks for more. */
function takeLess(line) {
	const ceiling = cart.ceilingOf(line);
	const press = () => cart.setQuantity(line, ceiling);
	return ceiling > 0 && cart.isShort(line) && h('button.button.quiet.take',
		{ type: 'button', 'aria-label': `Take ${ceiling} of ${line.name}`, onclick: press },
			`Take ${ceiling}`);
}

function drawLine(line, state, signal) {
	const wrong = trouble(line, state.soldOut);
	const before = state.oldPrices.get(line.product_id);
	const gone = cart.ceilingOf(line) === 0;
	return h('li', { class: gone ? 'line is-gone' : 'line', data: { line: line.product_id } },
		picture(line.image_url, 64),
		h('div.line-text',
			h('h2.line-name', h('a', { href: href(`/product/${line.product_id}`) }, line.name)),
			h('p.unit', line.unit, line.unit && ' · ', price(line.price)),
			before !== undefined && before !== line.price
				&& h('p.hint', icon('tag'), `Was ${price(before)}`),
			wrong && h('p.hint', icon('alert'), wrong), takeLess(line)),
		h('div.line-side', h('div.line-action', lineAction(line, signal)),
			!gone && h('p.line-sum', money(toPaise(line.price) * line.quantity))));
}

/* ---- the bill ---- */

function billRow(name, value, className) {
	return h('div', { class: className }, h('dt', name), h('dd', value));
}

function bill({ count, total }) {
	return h('section.panel.bill', { 'aria-labelledby': 'bill' }, h('h2', { id: 'bill' }, 'Bill'),
		h('dl', billRow(plural(count, 'item'), money(total)),
			billRow('Delivery', h('strong.free', 'FREE')),
			billRow('To pay', money(total), 'bill-total')),
		h('p.muted.small', 'Pay at the door. No other fees.'));
}

/* ---- placing it ---- */

function notice(state) {
	if (!state.notice) return null;
	return h('div.problem', { role: 'alert' }, icon('alert'), h('div', h('p', state.notice.text),
		state.notice.requestId
			&& h('p.request-id', 'Request id ', h('code', state.notice.requestId))));
}

function placeButton(view, state, place) {
	const blocked = view.lines.some(cart.isShort);
	const label = state.busy ?? (state.retry ? 'Try again' : 'Place order');
	return h('div.checkout', notice(state),
		blocked && !state.notice
			&& h('p.hint', { id: 'blocked' }, icon('alert'),
			'Change or remove the marked items to go on.'),
		h('button.button.wide.place', {
			type: 'button', disabled: Boolean(state.busy) || blocked,
				'aria-busy': state.busy && 'true',
			data: { action: 'place-order' }, onclick: place,
		}, state.busy ? label : h('span', `${label} · ${money(view.total)}`)));
}

const pricesOf = (lines) => new Map(lines.map((line) => [line.product_id, line.price]));

/* The message of a refusal. The cart is read again first, so that the screen is current. */
async function explain(error, state, before) {
	state.notice = { text: sentence(error), requestId: error.unsure ? error.requestId : '' };
	state.retry = error.unsure;
	if (error.unsure) state.notice.text += ' Try again: the same order is never taken twice.';
	if (error.code === 'out_of_stock') {
		state.soldOut = new Set(error.body.product_ids);
		state.notice.text = 'Some things have just been sold out. Nothing was ordered; your cart '
			+ 'is kept.';
		setTimeout(cart.refresh, TIMES.snapshot);
	}
	if (error.code === 'total_changed') {
		state.oldPrices = pricesOf(before.lines);
		state.notice.text = `Prices have changed: it is ${price(error.body.total)} now. `
			+ 'Nothing was ordered yet.';
	}
	catalogue.forget();
	await cart.refresh();
}

function arrived(userId, orderId) {
	if (session.current()?.userId !== userId) return;
	storage.write('active', { userId, orderId });
	catalogue.forget();
	cart.refresh();
	cart.tellOtherTabs();
	go(`/order/${encodeURIComponent(orderId)}/confirmed`, { replace: true });
}

/* The reason why the cart isn't ordered at this press. An earlier attempt stops only one press. */
function whyNot(userId, view, shown) {
	if (view.total !== shown) {
		/* A change was refused: only the total on the button may be ordered. */
		return `Your cart has changed: it is ${money(view.total)} now. Nothing was ordered yet.`;
	}
	const earlier = checkout.endVanished(userId, view);
	return earlier && `An order for ${money(earlier.total)} may have been placed already. `
		+ 'Please look at Your orders first; nothing was ordered now.';
}

async function placeOrder(state, update) {
	if (state.busy) return;
	const say = (text) => {
		state.busy = text;
		update();
	};
	Object.assign(state, { notice: null, retry: false, soldOut: new Set(), oldPrices: new Map() });
	say('Placing your order …');
	announce('Placing your order');
	const { userId } = session.current();
	const shown = cart.view().total;
	await cart.flush();
	const before = cart.view();
	try {
		const text = whyNot(userId, before, shown);
		if (text) {
			state.notice = { text };
		} else if (!before.lines.some(cart.isShort)) {
			arrived(userId, await checkout.place(userId, before,
				(error) =>
					say(error.status === 429
					? `Many orders at once. Trying again in ${error.retryAfter} s …`
					: 'Almost there …')));
		}
	} catch (error) {
		if (session.current()) await explain(error, state, before);
	}
	state.busy = null;
	update();
}

/* An empty cart may be the result of an order that was not shown: shows the order. */
async function showOrder(state, draw) {
	if (!cart.isEmpty() || state.busy || state.finding) return;
	const attempt = checkout.openAttempt(session.current()?.userId);
	Object.assign(state, { finding: Boolean(attempt), failure: null });
	if (!attempt) return;
	try {
		const orderId = await checkout.recover(attempt);
		if (orderId) arrived(attempt.userId, orderId);
	} catch (error) {
		state.failure = error;
	}
	state.finding = false;
	draw();
}

/* ---- the screen ---- */

function empty() {
	return emptyState({ image: 'basket', title: 'Your cart is empty',
		text: `Fill it, and it is with you in ${DELIVERY_MINUTES} minutes.`, level: 'h1' },
		h('a.button', { href: href('/') }, 'Browse'),
			h('a.button.quiet', { href: href('/orders') }, 'Order again'));
}

function drawFilled(screen, view, state, place) {
	const lines = h('ul.lines.panel', { role: 'list' },
		view.lines.map((line) => drawLine(line, state, state.part.signal)));
	screen.show('Cart', h('h1', 'Your cart'),
		h('p.cart-promise', icon('clock'), `At your door in ${DELIVERY_MINUTES} minutes`),
		h('div.columns', lines, h('div.aside', bill(view), placeButton(view, state, place))));
}

/* The focus outlives a new drawing: it is on the same control of the same line. */
function focusKeeper(root) {
	const focused = root.contains(document.activeElement) ? document.activeElement : null;
	const label = focused?.getAttribute('aria-label');
	const action = focused?.dataset.action;
	const line = focused?.closest('[data-line]')?.dataset.line;
	return () => {
		if (!focused || focused.isConnected || focused.localName === 'h1') return;
		const scope = line ? root.querySelector(`[data-line="${CSS.escape(line)}"]`) : root;
		const same = action ? `[data-action="${action}"]`
			: `[aria-label="${CSS.escape(label ?? '')}"]`;
		const next = scope?.querySelector(same) ?? scope?.querySelector('button')
			?? root.querySelector('h1');
		next?.focus({ preventScroll: true });
	};
}

/* The states without lines: loading, failed, ordered, or empty. */
function drawBare(screen, { loaded, error: unread }, { failure }) {
	const error = failure ?? unread;
	const open = checkout.openAttempt(session.current().userId);
	if (error && (open || !loaded)) screen.show('Cart', errorState(error, cart.refresh, 'h1'));
	else if (loaded && !open) screen.show('Cart', empty());
	else screen.show('Cart', h('h1', 'Your cart'), h('div.late', skeleton('line', 4, 'panel')));
}

function cartScreen(screen) {
	const state = { notice: null, busy: null, retry: false, soldOut: new Set(),
		oldPrices: new Map(), finding: false, failure: null, part: new AbortController() };
	let last = '';
	const draw = () => {
		if (screen.signal.aborted || !session.current()) return;
		const view = cart.view();
		const now = JSON.stringify([view, view.error?.requestId, state.notice, state.busy,
			[...state.soldOut], state.finding, state.failure]);
		if (now === last) return;
		last = now;
		const keep = focusKeeper(screen.root);
		state.part.abort();
		state.part = new AbortController();
		if (view.lines.length) drawFilled(screen, view, state, place);
		else drawBare(screen, view, state);
		keep();
	};
	/* After each change: shows the cart, or the order that was made of it. */
	const update = () => {
		showOrder(state, draw);
		draw();
	};
	/* The second click of a double click must not act on the new screen. */
	const place = (event) => event.detail < 2 && placeOrder(state, update);
	screen.signal.addEventListener('abort', () => state.part.abort(), { once: true });
	cart.onChange(update, screen.signal);
	draw();
	cart.refresh();
}

export { cartScreen as cart };
