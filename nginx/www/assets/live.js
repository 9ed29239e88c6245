/*
 * An order's event stream, read with fetch: an EventSource can't send the token. A broken stream is
 * reopened after a growing pause. Until then the status is polled, as where a proxy holds the events
 * back. A displaced stream is reopened when this window regains focus: windows would displace
 * each other for ever.
 */

import * as api from './api.js';
import { TIMES } from './config.js';
import { wait } from './dom.js';
import { isEnded } from './words.js';

const PAUSES = [500, 1000, 2000, 4000, 8000, 15_000];

/**
 * Parses a stream of server-sent events.
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

/*
 * Reads a stream until it ends, is silent for too long (the shop pings every 15 s), or the browser
 * was offline: it may be broken without an error. 'replaced': a newer stream displaced it.
 */
async function readStream(orderId, signal, onStatus) {
	const control = new AbortController();
	const stop = () => control.abort();
	const until = { signal: control.signal };
	let heard = Date.now();
	let watchdog = setTimeout(stop, TIMES.silence);
	signal.addEventListener('abort', stop, until);
	addEventListener('online', stop, until);
	document.addEventListener('visibilitychange',
		() => Date.now() - heard > TIMES.silence / 2 && stop(), until);
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
			heard = Date.now();
			clearTimeout(watchdog);
			watchdog = setTimeout(stop, TIMES.silence);
			feed(value);
			if (outcome) return outcome;
		}
	} finally {
		clearTimeout(watchdog);
		stop();
	}
}

/* Waits until the browser is online. */
const online = (signal) =>
	new Promise((resolve) => { addEventListener('online', resolve, { once: true, signal }); });

/* Waits until the user returns to this page or focuses it. */
const lookedAtAgain = (signal) => new Promise((resolve) => {
	const seen = () => document.visibilityState === 'visible' && resolve();
	document.addEventListener('visibilitychange', seen, { signal });
	addEventListener('focus', seen, { signal });
	signal.addEventListener('abort', resolve, { once: true });
});

/* Polls the status; onAnswer gets null after a failed call. */
function poller(orderId, signal, onAnswer) {
	let control = null;
	const poll = async (life) => {
		for (;;) {
			onAnswer(await api.status(orderId, life).catch(() => life.throwIfAborted() ?? null));
			await wait(TIMES.poll, life);
		}
	};
	return {
		start() {
			if (control) return;
			control = new AbortController();
			poll(AbortSignal.any([signal, control.signal])).catch(() => {});
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
 * @param {{onStatus: (status: {status: string, last_updated: string}) => void, onState: (state:
 *     'live'|'polling'|'reconnecting'|'replaced'|'ended') => void}} to
 */
export async function follow(orderId, signal, { onStatus, onState }) {
	let failures = 0;
	let timer = 0;
	/* Whether the stream is open and has sent nothing. */
	let quiet = false;
	const over = new AbortController();
	const life = AbortSignal.any([signal, over.signal]);
	const take = (status) => {
		onStatus(status);
		if (!isEnded(status.status)) return;
		over.abort();
		onState('ended');
	};
	const away = poller(orderId, life, (status) => {
		if (quiet) onState(status ? 'polling' : 'reconnecting');
		if (status) take(status);
	});
	const arrived = (status) => {
		failures = 0;
		quiet = false;
		clearTimeout(timer);
		away.stop();
		onState('live');
		take(status);
	};
	while (!life.aborted) {
		timer = setTimeout(() => {
			quiet = true;
			away.start();
		}, TIMES.quiet);
		const outcome = await readStream(orderId, life, arrived).catch((reason) => reason);
		clearTimeout(timer);
		if (life.aborted || outcome?.status === 401) break;
		const replaced = outcome === 'replaced';
		if (replaced || !quiet) onState(replaced ? outcome : 'reconnecting');
		quiet = false;
		away.start();
		const pause = Math.max(PAUSES[Math.min(failures, PAUSES.length - 1)],
			1000 * (outcome?.retryAfter ?? 0));
		if (!replaced) failures++;
		await (replaced ? lookedAtAgain(life)
			: Promise.race([wait(pause, life), online(life)]).catch(() => {}));
	}
	away.stop();
}
