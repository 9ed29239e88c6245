/* Elements without a framework. Text becomes text nodes: nothing in the shop takes HTML. */

/* ---- icons: paths of 24 units, drawn as strokes ---- */

export const ICONS = {
	search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16.2 16.2 20.5 20.5',
	user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20.5c.7-3.6 3.7-5.5 7.5-5.5s6.8 1.9 7.5 5.5',
	basket: 'M4 10h16l-1.6 8.4a2 2 0 0 1-2 1.6H7.6a2 2 0 0 1-2-1.6L4 10ZM8 10l3-6M16 10l-3-6M10 14v2.5M14 14v2.5',
	plus: 'M12 5v14M5 12h14',
	minus: 'M5 12h14',
	check: 'M5 12.5 10 17.5 19.5 7',
	close: 'M6 6l12 12M18 6 6 18',
	left: 'M14.5 5 8 12l6.5 7',
	right: 'M9.5 5 16 12l-6.5 7',
	clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 8v4.5l3 2',
	bolt: 'M13 3 5 13.5h6L10.5 21 19 10h-6.5L13 3Z',
	receipt: 'M6 3.5h12v17l-3-2-3 2-3-2-3 2v-17ZM9.5 8.5h5M9.5 12.5h5',
	box: 'M4 8l8-4.5L20 8v8l-8 4.5L4 16V8ZM4 8l8 4.5L20 8M12 12.5v8',
	scooter: 'M6 15.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM18 15.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM8.5 18h7c0-3 1-4.5 3-5L16.5 5H13M3.5 15.5c0-3 2-4 5-4h2V18M4 8.5h6v3H4v-3Z',
	home: 'M4 11.5 12 4l8 7.5M6 10v10h12V10M10 20v-5.5h4V20',
	shop: 'M4.5 9.5V20h15V9.5M3.5 9.5 5.5 4h13l2 5.5a2.8 2.8 0 0 1-5.6 0 2.9 2.9 0 0 1-5.8 0 2.8 2.8 0 0 1-5.6 0ZM10 20v-5h4v5',
	trash: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10.5 11v5.5M13.5 11v5.5',
	alert: 'M12 4 2.8 20h18.4L12 4ZM12 10v4.5M12 17.2v.1',
	offline: 'M3 3l18 18M8.5 15.5a5 5 0 0 1 5-1.3M5 12a10 10 0 0 1 4.5-2.6M2 8.6A15 15 0 0 1 6.5 6M12.5 8.8A10 10 0 0 1 19 12M10.5 5A15 15 0 0 1 22 8.6M12 19v.1',
	eye: 'M2.5 12c2-4 5.5-6.5 9.5-6.5s7.5 2.5 9.5 6.5c-2 4-5.5 6.5-9.5 6.5S4.5 16 2.5 12ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z',
	hidden: 'M3 3l18 18M9.9 5.8A9 9 0 0 1 12 5.5c4 0 7.5 2.5 9.5 6.5a13 13 0 0 1-2.7 3.6M6.3 7.3A12.5 12.5 0 0 0 2.5 12c2 4 5.5 6.5 9.5 6.5a9.5 9.5 0 0 0 4.6-1.2M9.9 9.9a3 3 0 0 0 4.2 4.2',
	refresh: 'M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5V8H15',
	logout: 'M10 4.5H5v15h5M10 12h10.5M16.5 7.5 21 12l-4.5 4.5',
	tag: 'M4 4h8l8.5 8.5-8 8L4 12V4ZM8.2 8.2v.1',
	leaf: 'M5 19c0-9 5-14 15-14 0 10-5 14.5-12 14.5-1.5 0-3-.5-3-.5ZM5 19c2-4.5 5-7 9-9',
};

/* ---- elements ---- */

const SVG = 'http://www.w3.org/2000/svg';
/** Names that are set as properties: an attribute would only be the initial value. */
const PROPERTIES = new Set(['value', 'checked', 'disabled', 'hidden', 'htmlFor', 'tabIndex',
	'open']);

function setProp(element, name, value) {
	if (value === undefined || value === null || value === false) return;
	if (typeof value === 'function') element.addEventListener(name.slice(2), value);
	else if (name === 'data') Object.assign(element.dataset, value);
	else if (PROPERTIES.has(name)) element[name] = value;
	else element.setAttribute(name, value === true ? '' : value);
}

const isShown = (child) => child !== undefined && child !== null && child !== false && child !== '';

const isProps = (value) => value?.constructor === Object;

/**
 * Makes an element.
 * @param {string} what tag and classes: `p.muted.small`
 * @param {...any} rest attributes, if any (functions as `onclick`, `data`: a dataset), then children;
 *     empty ones are left out
 * @returns {HTMLElement}
 */
export function h(what, ...rest) {
	const [tag, ...classes] = what.split('.');
	const element = document.createElement(tag);
	if (classes.length) element.className = classes.join(' ');
	if (isProps(rest[0])) {
		for (const [name, value] of Object.entries(rest.shift())) setProp(element, name, value);
	}
	fill(element, rest);
	return element;
}

/**
 * A decorative icon of 24 units in the colour of the text.
 * @param {string} name a key of ICONS
 * @returns {SVGElement}
 */
export function icon(name) {
	const svg = document.createElementNS(SVG, 'svg');
	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('aria-hidden', 'true');
	svg.classList.add('icon');
	const path = document.createElementNS(SVG, 'path');
	path.setAttribute('d', ICONS[name]);
	svg.append(path);
	return svg;
}

/**
 * Replaces the content of an element.
 * @param {Element} element
 * @param {...(Node|string|Array|null|false)} children
 */
export function fill(element, ...children) {
	element.replaceChildren(...children.flat(Infinity).filter(isShown));
}

/** Waits, or ends early with the signal's reason. @param {number} ms */
export function wait(ms, signal) {
	return new Promise((resolve, reject) => {
		signal?.throwIfAborted();
		const timer = setTimeout(resolve, ms);
		signal?.addEventListener('abort', () => {
			clearTimeout(timer);
			reject(signal.reason);
		}, { once: true });
	});
}

/**
 * A list of listeners.
 * @returns {{on: (listener: Function, signal?: AbortSignal) => void, emit: (...facts: any) =>
 *     void}}
 */
export function emitter() {
	const listeners = new Set();
	return {
		on(listener, signal) {
			if (signal?.aborted) return;
			listeners.add(listener);
			signal?.addEventListener('abort', () => listeners.delete(listener), { once: true });
		},
		emit(...facts) {
			for (const listener of [...listeners]) listener(...facts);
		},
	};
}
