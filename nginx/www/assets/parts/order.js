/* Pieces of an order that several screens show. */

import * as catalogue from '../catalogue.js';
import { DELIVERY_MINUTES } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { href } from '../router.js';
import { money, price, statusFacts, time, toPaise } from '../words.js';
import { emptyState, picture } from './ui.js';

/** A status as a pill: an icon and a word, never colour alone. @param {string} status */
export function statusPill(status) {
	const facts = statusFacts(status);
	return h('span', { class: `pill pill-${status.toLowerCase()}`, data: { status } },
		icon(facts.icon), facts.label);
}

/** By when an order is to be there. @param {{created_at: string}} order */
export const promisedAt = (order) => time(Date.parse(order.created_at) + DELIVERY_MINUTES * 60_000);

/** What was ordered and what it cost. @param {{items: Object[], total: number}} order */
export function itemsPanel(order) {
	const line = (item) =>
		h('li', h('span.item-count', `${item.quantity} ×`),
		h('span.item-name', item.name ?? 'A product'),
		h('span', money(toPaise(item.price) * item.quantity)));
	return h('section.panel.items', { 'aria-labelledby': 'items' },
		h('h2', { id: 'items' }, 'Your items'),
		h('ul', { role: 'list' }, order.items.map(line)),
		h('p.items-total', h('span', 'Total'), h('strong', price(order.total))));
}

/* A picture once its product is known; what is gone leaves a basket. */
async function drawThumb(box, productId, signal) {
	const known = catalogue.peek(productId)
		?? await catalogue.product(productId, signal).catch(() => null);
	if (!signal.aborted) fill(box, picture(known?.image_url, 48));
}

/** Small pictures of the first few things in an order. @param {{items: Object[]}} order */
export function thumbs(order, signal, most = 4) {
	const boxes = order.items.slice(0, most).map((item) => {
		const box = h('span.thumb');
		drawThumb(box, item.product_id, signal);
		return box;
	});
	const rest = order.items.length - boxes.length;
	return h('div.thumbs', { 'aria-hidden': 'true' }, boxes,
		rest > 0 && h('span.thumb.thumb-rest', `+${rest}`));
}

/** An order that isn't there, or isn't one's own. */
export function orderGone() {
	return emptyState({ image: 'receipt', title: 'No such order',
		text: 'It may belong to another account.', level: 'h1' },
		h('a.button', { href: href('/orders') }, 'Your orders'));
}
