/* Calls to the shop, one function each, with one error class. */

import { TIMES } from './config.js';
import { wait } from './dom.js';
import * as session from './session.js';

/** The error of a call. */
export class ApiError extends Error {
	/**
	 * @param {'http'|'offline'|'timeout'} kind
	 * @param {{status?: number, code?: string, requestId?: string, retryAfter?: number, body?:
	 *     any}} facts
	 */
	constructor(kind,
		{ status = 0, code = kind, requestId = '', retryAfter = 0, body = null } = {}) {
		super(typeof body?.detail === 'string' ? body.detail : code);
		Object.assign(this, { kind, status, code, requestId, retryAfter, body });
	}

	/** Whether the call may have been done nevertheless. */
	get unsure() {
		return this.kind !== 'http' || this.status >= 500 || this.code === 'request_in_progress';
	}

	/** The field errors of a 422: [field, type, message]. */
	get fields() {
		if (!Array.isArray(this.body?.detail)) return [];
		return this.body.detail.map(({ loc, type, msg }) => [String(loc?.at(-1)), type, msg]);
	}
}

/* crypto.randomUUID exists only with https and on localhost. */
const randomHex = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))]
	.map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A new idempotency key. */
export const newKey = () => randomHex(16);

/* A request id of the page, so that even a call without an answer can be found in the shop's log. */
const requestId = () => `web-${randomHex(8)}`;

async function failure(response, id) {
	const body = await response.json().catch(() => null);
	const known = { status: response.status, requestId: response.headers.get('X-Request-ID') ?? id,
		body };
	const retryAfter = Number(response.headers.get('Retry-After'))
		|| (response.status === 429 ? 2 : 0);
	return new ApiError('http',
		{ ...known, code: body?.code ?? `status_${response.status}`, retryAfter });
}

function headersOf(id, token, { body, key, device } = {}) {
	const headers = { 'X-Request-ID': id };
	if (token) headers.Authorization = `Bearer ${token}`;
	if (body !== undefined) headers['Content-Type'] = 'application/json';
	if (key) headers['Idempotency-Key'] = key;
	if (device) headers['X-Device'] = device;
	return headers;
}

/* A call that its caller ended throws the reason of the caller's signal. */
async function send(method, path,
	{ body, key, device, signal, timeout = TIMES.request, keepalive, auth = true }) {
	const token = auth && session.current()?.token;
	const id = requestId();
	const late = AbortSignal.timeout(timeout);
	let response;
	try {
		response = await fetch(path, {
			method, keepalive, headers: headersOf(id, token, { body, key, device }),
				body: body && JSON.stringify(body),
			signal: AbortSignal.any([late, ...(signal ? [signal] : [])]),
		});
		if (response.ok) return { response, data: await response.json() };
	} catch {
		signal?.throwIfAborted();
		throw new ApiError(late.aborted ? 'timeout' : 'offline', { requestId: id });
	}
	endIfExpired(response, token);
	throw await failure(response, id);
}

/* A refused token ends the session, unless there is another token by now. */
function endIfExpired({ status }, token) {
	if (status === 401 && token && token === session.current()?.token) session.end('expired');
}

async function call(method, path, options = {}) {
	return (await send(method, path, options)).data;
}

const TRIES = 5;

/**
 * Repeats a call after the pauses that its errors ask for, while the same user is logged in.
 * @param {() => Promise<any>} request
 * @param {(error: ApiError, tries: number) => number|false} pauseOf in ms; without one: throws
 */
export async function repeated(request, pauseOf) {
	const user = session.current()?.userId;
	for (let tries = 1; ; tries++) {
		try {
			return await request();
		} catch (error) {
			const pause = tries < TRIES && pauseOf(error, tries);
			if (!pause) throw error;
			await wait(pause);
			if (session.current()?.userId !== user) throw error;
		}
	}
}

/* A list with the cursor of its next page, from the Link header. */
async function list(path, query, signal, auth) {
	const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
	const { response, data } = await send('GET', words.size ? `${path}?${words}` : path,
		{ signal, auth });
	const next = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get('Link') ?? '');
	return { items: data,
		after: next ? new URL(next[1], location.origin).searchParams.get('after') : null };
}

/*
 * The calls. Bodies, queries and answers are those of the shop's HTTP contract, lists are {items,
 * after}; a signal ends a call early.
 */

const id = encodeURIComponent;
/* Small writes outlive the page that sent them. */
const quiet = { keepalive: true };

export const register = (body) => call('POST', '/register', { body, auth: false });
export async function login(body) {
	const { response, data } = await send('POST', '/login',
		{ body, auth: false, device: session.deviceOf(body.email) });
	session.keepDevice(body.email, response.headers.get('X-Device'));
	return data;
}
export const profile = (signal) => call('GET', '/profile', { signal });

export const categories = (signal) => call('GET', '/categories', { signal, auth: false });
export const products = (query, signal) => list('/products', query, signal, false);
export const product = (productId, signal) =>
	call('GET', `/products/${id(productId)}`, { signal, auth: false });
export const setStock = (productId, stock, expected) =>
	call('PUT', `/products/${id(productId)}/stock`,
		{ body: { stock, expected_stock: expected } });

export const cart = (userId, signal) => call('GET', `/cart/${id(userId)}`, { signal });
export const cartAdd = (body, key) => call('POST', '/cart/add', { body, key, ...quiet });
export const cartDecrease = (lineId) => call('PUT', `/cart/decrease/${id(lineId)}`, quiet);
export const cartRemove = (lineId) => call('DELETE', `/cart/remove/${id(lineId)}`, quiet);

export const createOrder = (body, key) =>
	call('POST', '/order/create', { body, key, timeout: TIMES.order });
export const order = (orderId, signal) => call('GET', `/order/${id(orderId)}`, { signal });
export const status = (orderId, signal) => call('GET', `/order/${id(orderId)}/status`, { signal });
export const orders = (userId, query, signal) => list(`/orders/${id(userId)}`, query, signal);
export const cancelOrder = (orderId) => call('POST', `/order/${id(orderId)}/cancel`);

export const deliveries = (query, signal) => list('/deliveries', query, signal);
export const moveOrder = (orderId, status) =>
	call('POST', `/order/${id(orderId)}/update-status`, { body: { status } });

/** Opens an order's event stream; null where it has ended (204). @returns {Promise<ReadableStream|null>} */
export async function events(orderId, signal) {
	const token = session.current()?.token;
	const callId = requestId();
	const headers = { ...headersOf(callId, token), Accept: 'text/event-stream' };
	const response = await fetch(`/order/${id(orderId)}/events`,
		{ headers, signal, cache: 'no-store' });
	endIfExpired(response, token);
	if (!response.ok) throw await failure(response, callId);
	return response.body;
}
