/*
 * An order's event stream, read with fetch: an EventSource can't send the token. A broken stream is
 * reopened after a growing pause; until then the order is polled. A displaced one is reopened when
 * this window regains focus: windows would displace each other for ever.
 */

import * as api from './api.js';
import { TIMES } from './config.js';
import { wait } from './dom.js';
import { isEnded } from './words.js';

const PAUSES = [500, 1000, 2000, 4000, 8000, 15_000];

/**
 * Cuts a stream of server-sent events into events.
 * @param {(event: string, data: string) => void} onEvent
 * @returns {(text: string) => void} takes the next piece of text
 */
export function eventParser(onEvent) {
	let rest = '';
	let event = '';
	let data = [];
	const line = (text) => {
		if (text === '') {
			if (data.length) onEvent(event || 'message', data.join('\n'));
			event = '';
			data = [];
		} else if (text.startsWith('event:')) event = text.slice(6).trim();
		else if (text.startsWith('data:')) data.push(text.slice(5).replace(/^ /, ''));
	};
	return (text) => {
		const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
		rest = lines.pop();
		lines.forEach(line);
	};
}

/* Reads a stream until it ends or is silent for too long (the shop pings every 15 s). 'replaced': none follows. */
async function readStream(orderId, signal, onStatus) {
	const control = new AbortController();
	const stop = () => control.abort();
	let watchdog = setTimeout(stop, TIMES.silence);
	signal.addEventListener('abort', stop, { once: true });
	try {
		const body = await api.events(orderId, control.signal);
		if (!body) return 'replaced';
		let outcome = '';
		const feed = eventParser((event, data) => {
			if (event === 'status') onStatus(JSON.parse(data));
			if (event === 'replaced') outcome = event;
		});
		const reader = body.pipeThrough(new TextDecoderStream()).getReader();
		for (;;) {
			const { value, done } = await reader.read();
			if (done) return outcome;
			clearTimeout(watchdog);
			watchdog = setTimeout(stop, TIMES.silence);
			feed(value);
			if (outcome) return outcome;
		}
	} finally {
		clearTimeout(watchdog);
		stop();
		signal.removeEventListener('abort', stop);
	}
}

/* A pause that ends early when the browser is back on line. */
function pauseOrOnline(ms, signal) {
	return Promise.race([
		wait(ms, signal),
		new Promise((resolve) => { addEventListener('online', resolve, { once: true, signal }); }),
	]);
}

/* Until the reader comes back to this page: leaves it and sees it again, or touches it. */
function lookedAtAgain(signal) {
	return new Promise((resolve, reject) => {
		const seen = () => document.visibilityState === 'visible' && resolve();
		document.addEventListener('visibilitychange', seen, { signal });
		addEventListener('focus', seen, { signal });
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
}

async function poll(orderId, signal, onOrder) {
	for (;;) {
		try {
			onOrder(await api.order(orderId, signal));
		} catch (error) {
			if (signal.aborted || [401, 403, 404].includes(error.status)) return;
		}
		await wait(TIMES.poll, signal);
	}
}

/* Asks for the order for as long as the stream is away. */
function poller(orderId, signal, onOrder) {
	let control = null;
	return {
		start() {
			if (control) return;
			control = new AbortController();
			poll(orderId, AbortSignal.any([signal, control.signal]), onOrder).catch(() => {});
		},
		stop() {
			control?.abort();
			control = null;
		},
	};
}

/**
 * Follows an order until it ends or the signal does.
 * @param {string} orderId
 * @param {{onStatus: (status: {status: string, last_updated: string}) => void, onOrder: (order:
 *     Object) => void, onState: (state: 'live'|'reconnecting'|'replaced'|'ended') => void}} to
 */
export async function follow(orderId, signal, { onStatus, onOrder, onState }) {
	let failures = 0;
	let ended = false;
	const over = new AbortController();
	const life = AbortSignal.any([signal, over.signal]);
	const away = poller(orderId, signal, (order) => {
		ended ||= isEnded(order.status);
		onOrder(order);
		if (ended) over.abort();
	});
	const arrived = (status) => {
		failures = 0;
		ended ||= isEnded(status.status);
		away.stop();
		onState(ended ? 'ended' : 'live');
		onStatus(status);
	};
	while (!signal.aborted && !ended) {
		const outcome = await readStream(orderId, signal, arrived).catch((reason) => reason);
		if (signal.aborted || ended || outcome?.status === 401) break;
		const replaced = outcome === 'replaced';
		onState(replaced ? 'replaced' : 'reconnecting');
		away.start();
		const pause = Math.max(PAUSES[Math.min(failures, PAUSES.length - 1)],
			1000 * (outcome?.retryAfter ?? 0));
		if (!replaced) failures++;
		await (replaced ? lookedAtAgain(life) : pauseOrOnline(pause, life)).catch(() => {});
	}
	away.stop();
	if (ended && !signal.aborted) onState('ended');
}
