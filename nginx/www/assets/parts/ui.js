/* Messages, questions, pictures, states of a screen: loading, empty, failed; pieces of an order. */

import { CATEGORY_PICTURES, TIMES } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { money, plural, price, sentence, statusFacts, toPaise } from '../words.js';

/* ---- messages ---- */

const shelf = () => document.getElementById('toasts');
let reading = 0;

/** Announces a text to screen readers. @param {string} text */
export function announce(text) {
	const region = document.getElementById('announcer');
	region.textContent = '';
	clearTimeout(reading);
	reading = setTimeout(() => { region.textContent = text; }, 60);
}

/* The timer pauses while the pointer or the focus is on the message. */
function leaveLater(element, close) {
	let timer = 0;
	const run = () => { timer = setTimeout(close, TIMES.toast); };
	const hold = () => clearTimeout(timer);
	for (const event of ['pointerenter', 'focusin']) element.addEventListener(event, hold);
	for (const event of ['pointerleave', 'focusout']) element.addEventListener(event, run);
	run();
}

/**
 * Shows a message; another one replaces it.
 * @param {string} text
 * @param {{label: string, run: () => void}} [action]
 */
export function toast(text, action) {
	const element = h('div.toast', h('p', text));
	const close = () => element.remove();
	if (action) {
		const press = () => {
			close();
			action.run();
		};
		element.append(h('button.toast-action', { type: 'button', onclick: press }, action.label));
	}
	fill(shelf(), element);
	announce(text);
	leaveLater(element, close);
}

/* ---- questions ---- */

/**
 * Asks a question.
 * @param {{title: string, text: string, yes: string, no: string}} about
 * @returns {Promise<boolean>} whether the answer was yes
 */
export function confirmDialog({ title, text, yes, no }) {
	const dialog = h('dialog.dialog',
		{ 'aria-labelledby': 'dialog-title', 'aria-describedby': 'dialog-text' },
		h('form', { method: 'dialog' }, h('h2', { id: 'dialog-title' }, title),
			h('p', { id: 'dialog-text' }, text),
			h('div.state-actions', h('button.button.quiet', { value: 'no' }, no),
				h('button.button.danger', { value: 'yes' }, yes))));
	document.body.append(dialog);
	dialog.showModal();
	return new Promise((resolve) => {
		dialog.addEventListener('close', () => {
			dialog.remove();
			// The element with the previous focus may have been redrawn meanwhile.
			if (document.activeElement === document.body) document.querySelector('main h1')?.focus();
			resolve(dialog.returnValue === 'yes');
		}, { once: true });
	});
}

/* ---- pictures: of this origin alone, fetched when they come into view ---- */

const NEAR = '48px';

const watcher = new IntersectionObserver((entries) => {
	for (const { target, isIntersecting } of entries) {
		if (!isIntersecting) continue;
		watcher.unobserve(target);
		target.src = target.dataset.src;
	}
}, { rootMargin: NEAR });

/* The shop may send public addresses of its pictures: this origin has the same files. */
function pathOf(url) {
	try {
		const { pathname } = new URL(url, location.origin);
		return pathname.startsWith('/pictures/') ? pathname : null;
	} catch {
		return null;
	}
}

/** Paths of loaded pictures: they need neither lazy loading nor fading in. */
const fetched = new Set();

/* A basket in place of a picture that can't be loaded, until the browser is online. */
function standIn(box, image) {
	fill(box, icon('basket'));
	addEventListener('online', () => {
		fill(box, image);
		image.src = image.dataset.src;
	}, { once: true });
}

/**
 * A decorative picture beside a name.
 * @param {string|undefined} url
 * @param {number} [size] in pixels
 * @param {{eager?: boolean}} [how]
 */
export function picture(url, size = 128, { eager = false } = {}) {
	const box = h('span.picture');
	const path = url ? pathOf(url) : null;
	if (!path) {
		box.append(icon('basket'));
		return box;
	}
	const image = h('img',
		{ alt: '', width: size, height: size, decoding: 'async', data: { src: path } });
	image.addEventListener('load', () => {
		fetched.add(path);
		image.classList.add('is-here');
	});
	image.addEventListener('error', () => standIn(box, image));
	image.classList.toggle('is-here', fetched.has(path));
	if (eager || fetched.has(path)) image.src = path;
	else watcher.observe(image);
	box.append(image);
	return box;
}

/** The picture of a category. @param {string} category @param {number} [size] */
export function categoryPicture(category, size = 64) {
	const code = CATEGORY_PICTURES[category];
	return picture(code && `/pictures/${code}.webp`, size);
}

/* ---- states ---- */

const bone = (kind) => h('span', { class: `bone bone-${kind}` });

const SHAPES = {
	card: () => h('div.card', bone('picture'), bone('line'), bone('short')),
	line: () => h('div.bone-row', bone('thumb'), h('div', bone('line'), bone('short'))),
	text: () => h('div', bone('title'), bone('line'), bone('line'), bone('short')),
	block: () => bone('block'),
};

/**
 * Grey placeholders of loading content.
 * @param {'card'|'line'|'text'|'block'} shape
 * @param {number} count
 * @param {string} [className] of their list
 */
export function skeleton(shape, count, className = '') {
	const shapes = Array.from({ length: count }, SHAPES[shape]);
	return h('div',
		{ class: `skeleton ${className}`, 'aria-busy': 'true', data: { state: 'loading' } },
		h('span.unseen', 'Loading…'), shapes);
}

/**
 * An empty state with one action.
 * @param {{image: string, title: string, text?: string, level?: 'h1'|'h2'}} what image: an icon's
 *     name
 */
export function emptyState({ image, title, text, level = 'h2' }, ...actions) {
	return h('div.state', { data: { state: 'empty' } },
		h('span.state-icon.state-calm', icon(image)),
		h(level, title), text && h('p.muted', text),
		actions.length > 0 && h('div.state-actions', actions));
}

/* With a wait that the shop requests the page retries by itself, and shows when. */
function countdown(seconds, retry) {
	const text = h('p.muted');
	let left = seconds;
	const tick = () => {
		if (!text.isConnected && left < seconds) return;
		if (left <= 0) return void retry();
		text.textContent = `Trying again in ${left} s …`;
		left--;
		setTimeout(tick, 1000);
	};
	tick();
	return text;
}

/**
 * A failure: a sentence, Retry, and the request's id.
 * @param {Error & {status?: number, requestId?: string, retryAfter?: number}} error
 * @param {() => void} [retry]
 * @param {string} [level] of its heading
 */
export function errorState(error, retry, level = 'h2') {
	const offline = error.kind === 'offline';
	const text = sentence(error);
	announce(text);
	return h('div.state', { role: 'group', 'aria-label': 'Error', data: { state: 'error' } },
		h('span.state-icon', icon(offline ? 'offline' : 'alert')),
		h(level, offline ? 'No connection' : 'That didn’t work'),
		h('p', text),
		error.status === 429 && retry && countdown(error.retryAfter, retry),
		retry && h('button.button', { type: 'button', onclick: retry }, icon('refresh'), 'Retry'),
		error.requestId && h('p.request-id', 'Request id ', h('code', error.requestId)));
}

/**
 * Loads something into a slot: a skeleton after a moment, then the content, or the error and Retry.
 * @param {Element} slot
 * @param {() => Promise<any>} task
 * @param {{bones: () => Node, done: (value: any) => void, level?: string, failed?: (error: Error)
 *     => boolean}} how failed: whether it has shown the error itself
 */
export async function load(slot, screen, task, { bones, done, level, failed }) {
	const timer = setTimeout(() => screen.signal.aborted || fill(slot, bones()), TIMES.skeleton);
	const again = () => load(slot, screen, task, { bones, done, level, failed });
	try {
		const value = await task();
		clearTimeout(timer);
		if (!screen.signal.aborted) done(value);
	} catch (error) {
		clearTimeout(timer);
		if (screen.signal.aborted || error.status === 401 || failed?.(error)) return;
		fill(slot, errorState(error, again, level));
		retryOnline(slot, error, again, screen.signal);
	}
}

/* A load that failed without a connection is retried when there is one. */
function retryOnline(slot, error, again, signal) {
	if (error.kind !== 'offline') return;
	const shown = slot.firstElementChild;
	addEventListener('online', () => shown?.isConnected && again(), { once: true, signal });
}

/* ---- lists of several pages ---- */

/* The next pages, loaded by a button or, if auto, near the end of the list. */
function moreOf(list, screen, fetchPage, after, { item, what, more = 'Show more', auto }) {
	let next = after;
	let busy = false;
	const add = async (press) => {
		if (busy) return;
		busy = true;
		try {
			const page = await fetchPage(next);
			const rows = page.items.map(item);
			list.append(...rows);
			next = page.after;
			announce(plural(rows.length, `more ${what}`));
			// Safari does not focus a pressed button; a focus that moved elsewhere is kept.
			const stayed = [button, document.body].includes(document.activeElement);
			if (press && stayed) rows[0]?.querySelector('a')?.focus();
		} catch (error) {
			if (!screen.signal.aborted && error.status !== 401) toast(sentence(error));
		}
		busy = false;
		if (!next) end();
	};
	const button = h('button.button.quiet.more', { type: 'button', onclick: add }, more);
	const nearEnd = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && add(),
		{ rootMargin: '500px' });
	const end = () => {
		nearEnd.disconnect();
		button.remove();
	};
	if (auto) nearEnd.observe(button);
	screen.signal.addEventListener('abort', end, { once: true });
	return button;
}

/**
 * Shows a list from its first page on.
 * @param {(after?: string) => Promise<{items: Object[], after: string|null}>} fetchPage
 * @param {{bones: () => Node, nothing: () => Node, list: string, item: (item: Object) => Node,
 *     what: string, more?: string, auto?: boolean, arrived?: (page: Object) => void}} how list: tag
 *     and classes; what: an item's word; more: the button's; arrived gets the first page
 */
export function listPages(slot, screen, fetchPage, how) {
	load(slot, screen, () => fetchPage(), {
		bones: how.bones,
		done: (page) => {
			how.arrived?.(page);
			if (!page.items.length) return fill(slot, how.nothing());
			const list = h(how.list, { role: 'list' }, page.items.map(how.item));
			fill(slot, list, page.after && moreOf(list, screen, fetchPage, page.after, how));
		},
	});
}

/* ---- pieces of an order ---- */

/** A status as a pill: an icon and a word, never colour alone. @param {string} status */
export function statusPill(status) {
	const facts = statusFacts(status);
	return h('span', { class: `pill pill-${status.toLowerCase()}`, data: { status } },
		icon(facts.icon), facts.label);
}

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
