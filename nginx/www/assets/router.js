/*
 * Screens by the hash of the address: `#/product/…`. A screen gets a signal that ends with it; a new
 * one focuses its heading, going back restores the scroll position.
 */

import { BRAND } from './config.js';
import { fill, h } from './dom.js';

let routes = [];
let outlet = null;
let onArrive = () => {};
let onBroken = () => {};
let active = null;
let keepFocus = false;
const scrolls = new Map();
/* How many screens of ours lie before this one; the browser keeps it over a reload. */
let depth = 0;

/** The path of the address, with its query: `/cart`. */
export const here = () => (location.hash.startsWith('#/') ? location.hash.slice(1) : '/');

/** The address of a path. @param {string} path */
export const href = (path) => `#${path}`;

function match(path) {
	for (const route of routes) {
		const found = route.pattern.exec(path);
		if (found) return { route, params: found.slice(1).map(decode) };
	}
	return { route: routes.at(-1), params: [] };
}

function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function parse(target) {
	const [path, query = ''] = target.split(/\?(.*)/s);
	return { path, query: Object.fromEntries(new URLSearchParams(query)), ...match(path) };
}

/**
 * Goes to a path.
 * @param {string} path
 * @param {{replace?: boolean, keepFocus?: boolean}} [how] keepFocus: the focus stays where it is
 */
export function go(path, how = {}) {
	keepFocus = how.keepFocus ?? false;
	if (path === here()) return void arrive();
	scrolls.set(history.state?.key, scrollY);
	if (!how.replace) depth++;
	const entry = [{ key: how.replace ? history.state?.key : newKey(), depth }, '', href(path)];
	if (how.replace) history.replaceState(...entry);
	else history.pushState(...entry);
	arrive();
}

/** Goes back, or to a path where there is nowhere to go back to. @param {string} [path] */
export function back(path = '/') {
	if (depth) history.back();
	else go(path, { replace: true });
}

const newKey = () => Math.random().toString(36).slice(2);

/* What a screen is given. */
function screenFor(target, root, signal, scrollTo) {
	let entered = false;
	const settle = (onHeading) => {
		if (scrollTo) scrollWhenTall(scrollTo, signal);
		const heading = root.querySelector('h1');
		if (!heading) return;
		heading.tabIndex = -1;
		if (onHeading
			|| (!entered && target.moved
			&& !target.keepFocus)) heading.focus({ preventScroll: true });
		entered = true;
	};
	return {
		...target,
		signal,
		root,
		/** Shows the screen, or the next state of it. */
		show(title, ...content) {
			if (signal.aborted) return;
			document.title = title ? `${title} · ${BRAND}` : `${BRAND}: groceries in minutes`;
			const onHeading = root.contains(document.activeElement)
				&& document.activeElement.localName === 'h1';
			fill(root, ...content);
			settle(onHeading);
		},
	};
}

/* What was below is loaded late: the page gets as tall as it was within a moment. */
function scrollWhenTall(top, signal, tries = 40) {
	if (signal.aborted || tries === 0) return;
	scrollTo({ top, behavior: 'instant' });
	if (Math.abs(scrollY - top) > 2) requestAnimationFrame(() =>
		scrollWhenTall(top, signal, tries - 1));
}

/* The same screen with another query keeps what it shows, if it can. */
function updated(target) {
	if (!active?.update || active.path !== target.path
		|| active.route !== target.route) return false;
	active.update(target.query);
	return true;
}

async function arrive(scrollTo = 0) {
	const target = { ...parse(here()), keepFocus, moved: active !== null };
	keepFocus = false;
	if (updated(target)) return void onArrive(target);
	active?.control.abort();
	const control = new AbortController();
	const root = h('div',
		{ class: `screen screen-${target.route.name}`, data: { screen: target.route.name } });
	active = { ...target, control };
	const mine = active;
	const screen = screenFor(target, root, control.signal, scrollTo);
	onArrive(target);
	try {
		const view = await target.route.load();
		if (control.signal.aborted) return;
		outlet.replaceChildren(root);
		if (!scrollTo) window.scrollTo({ top: 0, behavior: 'instant' });
		mine.update = view(screen)?.update;
	} catch (error) {
		if (control.signal.aborted) return;
		outlet.replaceChildren(root);
		onBroken(screen, error);
	}
}

/** Shows the current screen from its beginning again. */
export function reload() {
	if (active) active.update = null;
	arrive();
}

/**
 * Starts the router.
 * @param {Element} where the screens go
 * @param {{name: string, pattern: RegExp, load: () => Promise<Function>}[]} table last: not found
 * @param {{arrive: (target: Object) => void, broken: (screen: Object, error: Error) => void}} hooks
 */
export function start(where, table, hooks) {
	[outlet, routes, onArrive, onBroken] = [where, table, hooks.arrive, hooks.broken];
	history.scrollRestoration = 'manual';
	if (!history.state?.key) history.replaceState({ key: newKey(), depth }, '');
	depth = history.state.depth;
	addEventListener('popstate', (event) => {
		if (location.hash && !location.hash.startsWith('#/')) return;
		const returning = Boolean(event.state?.key);
		depth = returning ? event.state.depth : depth + 1;
		if (!returning) history.replaceState({ key: newKey(), depth }, '');
		arrive(returning ? scrolls.get(event.state.key) ?? 0 : 0);
	});
	addEventListener('scroll', () => scrolls.set(history.state?.key, scrollY), { passive: true });
	arrive();
}
