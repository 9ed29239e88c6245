/*
 * What the browser keeps, as JSON: session, devices, cart (a sign that it changed), attempt.USER,
 * active; for one tab alone: wishes, sign-up. Where its storage is blocked, full or null (some web
 * views), the page remembers it for as long as it lives.
 */

const OF_TAB = ['wishes', 'sign-up'];
const memory = new Map();

const keyOf = (name) => `tokri.${name}`;

/* Where storage is blocked, its own name throws. */
const areaOf = (name) => (OF_TAB.includes(name) ? sessionStorage : localStorage);

/** What is kept by a name; null: nothing, or rubbish. @param {string} name */
export function read(name) {
	try {
		return memory.has(name) ? memory.get(name)
			: JSON.parse(areaOf(name).getItem(keyOf(name)));
	} catch {
		return null;
	}
}

/* What finds no room leaves no older value in its place. */
function put(area, key, value) {
	try {
		if (value !== null) return area.setItem(key, JSON.stringify(value));
	} catch (error) {
		area.removeItem(key);
		throw error;
	}
	area.removeItem(key);
}

/** Keeps a value by a name. @param {string} name @param {any} value null: nothing any more */
export function write(name, value) {
	memory.set(name, value);
	try {
		put(areaOf(name), keyOf(name), value);
		memory.delete(name);
	} catch {}
}

/** Reports when another tab has changed what is kept by a name. @param {() => void} listener */
export const onChange = (name, listener) => addEventListener('storage', ({ key }) => {
	if (key !== keyOf(name) && key !== null) return;
	memory.delete(name);
	listener();
});
