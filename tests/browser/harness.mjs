/*
 * Scenes: tests in a real Chromium. Each visitor has a separate browser context. A problem that a scene does
 * not check itself (a console error, a dialog, a policy violation, a call to another origin) fails the scene.
 */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { nextAddress, manual } from './shop.mjs';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };
export const SCREENSHOTS = process.env.SCREENSHOTS;

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
const TIMEOUT = 30_000;
const SCENE_TIMEOUT = 180_000;
const ONLY = new RegExp(process.env.ONLY ?? '');

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium-headless-shell', args: ARGUMENTS });
after(() => browser.close());

/*
 * A route's handler may still run when its scene has ended, on a request that the scene did not wait for.
 * Errors of handlers count only until the end of the scene.
 */
function guardRoutes(target, harness) {
	const route = target.route.bind(target);
	target.route = (url, handler, options) => route(url, async (...call) => {
		try {
			await handler(...call);
		} catch (error) {
			if (!harness.ended) throw error;
		}
	}, options);
}

/* The browser's console message for each answer that is not a success: the tests check these answers. */
const ROUTINE = /^Failed to load resource: (the server responded with a status of|net::ERR_)/;

function watch(page, shop, problems) {
	const report = (text) => problems.push(text);
	page.on('console', (message) => {
		const { url } = message.location();
		if (!['error', 'warning'].includes(message.type()) || ROUTINE.test(message.text())) return;
		report(`console: ${message.text()} (${url})`);
	});
	page.on('pageerror', (error) => report(`page: ${error.stack}`));
	page.on('crash', () => report('the page crashed'));
	page.on('dialog', (dialog) => {
		report(`dialog: ${dialog.message()}`);
		dialog.dismiss().catch(() => {});
	});
	page.on('request', (request) => {
		if (!request.url().startsWith(`${shop.url}/`)) report(`a call to another origin: ${request.url()}`);
		if (/eyJ/.test(request.url())) report(`a token in an address: ${request.url()}`);
	});
	page.on('response', (response) => {
		const { pathname } = new URL(response.url());
		if (response.status() === 404 && /^\/(assets|pictures)?\/|^\/$/.test(pathname)) {
			report(`not found: ${pathname}`);
		}
	});
}

/* The session as the page stores it. */
function stored(shop, client) {
	if (!client) return undefined;
	const { role = 'customer' } = JSON.parse(Buffer.from(client.token.split('.')[1], 'base64url'));
	const session = { token: client.token, userId: client.userId, role,
		expiresAt: Date.now() + 7_000_000 };
	return { cookies: [], origins: [{ origin: shop.url,
		localStorage: [{ name: 'tokri.session', value: JSON.stringify(session) }] }] };
}

/** The browsers of a scene, and the problems that they report. */
class Harness {
	problems = [];
	contexts = [];
	ended = false;

	constructor(test) {
		this.test = test;
	}

	/**
	 * A browser. as: the client that is logged in; calm: prefers reduced motion.
	 * @param {{shop?: Shop, as?: Client, size?: Object, dark?: boolean, calm?: boolean,
	 *     address?: string}} [options]
	 * @returns {Promise<import('playwright-core').Page>} its first tab
	 */
	async visitor({ shop = manual, as, size = PHONE, dark = false, calm = false,
		address = as?.address ?? nextAddress() } = {}) {
		const context = await browser.newContext({
			baseURL: shop.url, viewport: size, colorScheme: dark ? 'dark' : 'light', locale: 'en-IN',
			reducedMotion: calm ? 'reduce' : 'no-preference', storageState: stored(shop, as),
			extraHTTPHeaders: { 'X-Forwarded-For': address },
		});
		context.setDefaultTimeout(TIMEOUT);
		await context.addInitScript(() => {
			addEventListener('securitypolicyviolation', (event) =>
				console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
		});
		guardRoutes(context, this);
		context.on('page', (page) => {
			guardRoutes(page, this);
			watch(page, shop, this.problems);
		});
		this.contexts.push(context);
		return context.newPage();
	}

	/** Adds a line to the tests' output. */
	log(text) {
		this.test.diagnostic(text);
	}

	/** Removes the problems that a scene has caused on purpose, and returns them. */
	takeProblems(pattern) {
		const found = this.problems.filter((text) => pattern.test(text));
		this.problems = this.problems.filter((text) => !pattern.test(text));
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

	async run(name, scene) {
		try {
			await scene(this);
			assert.deepEqual(this.problems, []);
		} catch (error) {
			await this.#photograph(name);
			if (this.problems.length) error.message += `\nproblems: ${this.problems.join('\n')}`;
			throw error;
		} finally {
			this.ended = true;
			await Promise.all(this.contexts.map((context) => context.close()));
		}
	}
}

const scenes = [];

/**
 * Declares a scene.
 * @param {string} name
 * @param {(harness: Harness) => Promise<void>} body
 */
export function scene(name, body) {
	scenes.push({ name, body });
}

/**
 * Gives the scenes that were declared since the last call to the test runner.
 * @param {string} title
 * @param {{concurrency: number}} options how many run at a time
 * @returns {number} the number of scenes
 */
export function runScenes(title, options) {
	const chosen = scenes.splice(0).filter(({ name }) => ONLY.test(name));
	if (!chosen.length) return 0;
	describe(title, options, () => {
		for (const { name, body } of chosen) {
			test(name, { timeout: SCENE_TIMEOUT }, (t) => new Harness(t).run(name, body));
		}
	});
	return chosen.length;
}
