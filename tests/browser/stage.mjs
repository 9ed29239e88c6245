/*
 * Scenes in front of a real Chromium. Each visitor has a browser of its own; whatever goes wrong in one
 * unheard (an error in the console, a dialog, a policy violated, a call elsewhere) fails the scene.
 */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { nextAddress, still } from './shop.mjs';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };
export const SCREENSHOTS = process.env.SCREENSHOTS;

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
const PATIENCE = 30_000;
const SCENE = 180_000;
const ONLY = new RegExp(process.env.ONLY ?? '');

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium-headless-shell', args: ARGUMENTS });
after(() => browser.close());

/*
 * A route's handler may still be at work when its scene has ended, on a request that the scene did not wait
 * for. Its errors count until then.
 */
function guardRoutes(target, stage) {
	const route = target.route.bind(target);
	target.route = (url, handler, options) => route(url, async (...call) => {
		try {
			await handler(...call);
		} catch (error) {
			if (!stage.ended) throw error;
		}
	}, options);
}

/* What a browser writes into its console about each answer that is no success: tests look at those. */
const ROUTINE = /^Failed to load resource: (the server responded with a status of|net::ERR_)/;

function listen(page, shop, complaints) {
	const complain = (text) => complaints.push(text);
	page.on('console', (message) => {
		const { url } = message.location();
		if (!['error', 'warning'].includes(message.type()) || ROUTINE.test(message.text())) return;
		complain(`console: ${message.text()} (${url})`);
	});
	page.on('pageerror', (error) => complain(`page: ${error.stack}`));
	page.on('crash', () => complain('the page crashed'));
	page.on('dialog', (dialog) => {
		complain(`dialog: ${dialog.message()}`);
		dialog.dismiss().catch(() => {});
	});
	page.on('request', (request) => {
		if (!request.url().startsWith(`${shop.url}/`)) complain(`a call elsewhere: ${request.url()}`);
		if (/eyJ/.test(request.url())) complain(`a token in an address: ${request.url()}`);
	});
	page.on('response', (response) => {
		const { pathname } = new URL(response.url());
		if (response.status() === 404 && /^\/(assets|pictures)?\/|^\/$/.test(pathname)) {
			complain(`not there: ${pathname}`);
		}
	});
}

/* The session as the page keeps it. */
function stored(shop, client) {
	if (!client) return undefined;
	const { role = 'customer' } = JSON.parse(Buffer.from(client.token.split('.')[1], 'base64url'));
	const session = { token: client.token, userId: client.userId, role,
		expiresAt: Date.now() + 7_000_000 };
	return { cookies: [], origins: [{ origin: shop.url,
		localStorage: [{ name: 'tokri.session', value: JSON.stringify(session) }] }] };
}

/** What a scene is given. */
class Stage {
	complaints = [];
	contexts = [];
	ended = false;

	constructor(test) {
		this.test = test;
	}

	/**
	 * Somebody with a browser. as: who is logged in; calm: wants little motion.
	 * @param {{shop?: Shop, as?: Client, size?: Object, dark?: boolean, calm?: boolean,
	 *     address?: string}} [who]
	 * @returns {Promise<import('playwright-core').Page>} its first tab
	 */
	async visitor({ shop = still, as, size = PHONE, dark = false, calm = false,
		address = as?.address ?? nextAddress() } = {}) {
		const context = await browser.newContext({
			baseURL: shop.url, viewport: size, colorScheme: dark ? 'dark' : 'light', locale: 'en-IN',
			reducedMotion: calm ? 'reduce' : 'no-preference', storageState: stored(shop, as),
			extraHTTPHeaders: { 'X-Forwarded-For': address },
		});
		context.setDefaultTimeout(PATIENCE);
		await context.addInitScript(() => {
			addEventListener('securitypolicyviolation', (event) =>
				console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
		});
		guardRoutes(context, this);
		context.on('page', (page) => {
			guardRoutes(page, this);
			listen(page, shop, this.complaints);
		});
		this.contexts.push(context);
		return context.newPage();
	}

	/** Tells whoever reads the tests' output. */
	say(text) {
		this.test.diagnostic(text);
	}

	/** Takes out the complaints that a scene has provoked, and gives them. */
	expected(pattern) {
		const found = this.complaints.filter((text) => pattern.test(text));
		this.complaints = this.complaints.filter((text) => !pattern.test(text));
		return found;
	}

	async #photograph(name) {
		mkdirSync(`${SCREENSHOTS}/failed`, { recursive: true });
		const pages = this.contexts.flatMap((context) => context.pages());
		for (const [index, page] of pages.entries()) {
			const path = `${SCREENSHOTS}/failed/${name.replace(/\W+/g, '-')}-${index}.png`;
			await page.screenshot({ path, timeout: 5000 }).catch(() => {});
		}
	}

	async play(name, scene) {
		try {
			await scene(this);
			assert.deepEqual(this.complaints, []);
		} catch (error) {
			await this.#photograph(name);
			if (this.complaints.length) error.message += `\ncomplaints: ${this.complaints.join('\n')}`;
			throw error;
		} finally {
			this.ended = true;
			await Promise.all(this.contexts.map((context) => context.close()));
		}
	}
}

const scenes = [];

/**
 * A test with browsers.
 * @param {string} name
 * @param {(stage: Stage) => Promise<void>} act
 */
export function scene(name, act) {
	scenes.push({ name, act });
}

/**
 * Gives the scenes that were made since the last time to the test runner.
 * @param {string} title
 * @param {{concurrency: number}} how many at a time
 * @returns {number} how many there are
 */
export function play(title, how) {
	const mine = scenes.splice(0).filter(({ name }) => ONLY.test(name));
	if (!mine.length) return 0;
	describe(title, how, () => {
		for (const { name, act } of mine) {
			test(name, { timeout: SCENE }, (t) => new Stage(t).play(name, act));
		}
	});
	return mine.length;
}
