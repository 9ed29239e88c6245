/* The session, one for all tabs. The token goes into headers, never into a URL. */

import { emitter } from './dom.js';
import * as storage from './storage.js';

const changes = emitter();
let session = read();

function read() {
	const found = storage.read('session');
	return found?.token && found.expiresAt > Date.now() ? found : null;
}

/* For what is shown alone: what a user may do is decided by the services. */
function roleOf(token) {
	try {
		const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
		return JSON.parse(atob(payload)).role ?? 'customer';
	} catch {
		return 'customer';
	}
}

/** @returns {{token: string, userId: string, role: string, expiresAt: number}|null} */
export const current = () => session;

/** Whether the logged-in user sees the staff page. */
export const isStaff = () => ['courier', 'admin'].includes(session?.role);

/**
 * Begins a session with the answer of a login.
 * @param {{access_token: string, user_id: string, expires_in: number}} answer
 */
export function begin(answer) {
	session = {
		token: answer.access_token,
		userId: answer.user_id,
		role: roleOf(answer.access_token),
		expiresAt: Date.now() + answer.expires_in * 1000,
	};
	storage.write('session', session);
	changes.emit('begun');
}

/** Ends the session. @param {'left'|'expired'} reason */
export function end(reason) {
	if (!session) return;
	session = null;
	storage.write('session', null);
	changes.emit(reason);
}

/** A number of an account, since no email address is stored. Equal numbers of two accounts are harmless. */
export const numberOf = (email) => [...email.toLowerCase()]
	.reduce((sum, char) => Math.imul(sum, 31) + char.codePointAt() | 0, 0);

const devices = () => storage.read('devices') ?? {};

/** The device id that the last login to an account returned in X-Device: the next login sends it. */
export const deviceOf = (email) => devices()[numberOf(email)];

export function keepDevice(email, device) {
	if (device) storage.write('devices', { ...devices(), [numberOf(email)]: device });
}

/**
 * Reports 'begun', 'left', 'expired', and 'elsewhere': in another tab.
 * @param {(reason: string) => void} listener
 */
export const onChange = (listener, signal) => changes.on(listener, signal);

storage.onChange('session', () => {
	const before = session?.token;
	session = read();
	if (session?.token !== before) changes.emit('elsewhere');
});
