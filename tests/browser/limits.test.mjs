/* Sizes, motion and headers: what the page promises to slow lines and sensitive eyes. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import * as ui from './moves.mjs';
import { still } from './shop.mjs';
import { DESKTOP, PHONE, scene } from './stage.mjs';

const WWW = new URL('../../nginx/www/', import.meta.url);
const CODE = 60_000;
const FIRST_VIEW = 150_000;

/* All that isn't a picture of a product, as paths. */
function codePaths(folder = '') {
	return readdirSync(new URL(folder, WWW), { withFileTypes: true }).flatMap((entry) => {
		const path = folder + entry.name;
		if (path === 'pictures' || path === 'docs') return []; // the API's page is no part of it
		return entry.isDirectory() ? codePaths(`${path}/`) : [path];
	});
}

/* The body's bytes as they come over the wire. */
function fetchPacked(path) {
	return new Promise((resolve, reject) => {
		get(`${still.url}/${path}`, { headers: { 'Accept-Encoding': 'gzip' } }, (answer) => {
			let bytes = 0;
			answer.on('data', (piece) => { bytes += piece.length; });
			answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, bytes }));
		}).on('error', reject);
	});
}

scene('all code together is small, and each file is what it says it is', async (stage) => {
	const kinds = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };
	let bytes = 0;
	for (const file of codePaths()) {
		const path = file === 'index.html' ? '' : file;
		const answer = await fetchPacked(path);
		assert.equal(answer.status, 200, file);
		assert.equal(answer.headers['content-type'].split(';')[0], kinds[file.split('.').at(-1)], file);
		assert.equal(answer.headers['x-content-type-options'], 'nosniff', file);
		assert.ok(answer.headers.etag, `${file} has an ETag`);
		bytes += answer.bytes;
	}
	stage.say(`all code: ${bytes} bytes`);
	assert.ok(bytes < CODE, `${bytes} bytes, ${CODE} at the most`);
});

for (const [where, size] of [['a phone', PHONE], ['a wide screen', DESKTOP]]) {
	scene(`the first view on ${where} is small, pictures and all`, async (stage) => {
		const page = await stage.visitor({ size });
		const session = await page.context().newCDPSession(page);
		const answers = [];
		await session.send('Network.enable');
		session.on('Network.loadingFinished', ({ encodedDataLength: n }) => answers.push(n));
		await page.goto('/', { waitUntil: 'networkidle' });
		await page.locator('[data-card] img.is-here').first().waitFor();
		const bytes = answers.reduce((sum, n) => sum + n, 0);
		stage.say(`first view on ${where}: ${bytes} bytes in ${answers.length} answers`);
		assert.ok(answers.length > 10);
		assert.ok(bytes < FIRST_VIEW, `${bytes} bytes, ${FIRST_VIEW} at the most`);
	});
}

scene('who wants little motion gets none', async (stage) => {
	const shopper = await still.newShopper();
	const milk = await still.product('Milk 1L');
	const page = await stage.visitor({ as: shopper, calm: true });
	const moves = () => page.evaluate(() => document.getAnimations().filter((animation) => {
		const { duration } = animation.effect.getComputedTiming();
		return animation.playState === 'running' && duration > 20;
	}).map((animation) => animation.effect.target.className));
	await ui.open(page, `/product/${milk._id}`, 'product');
	await ui.press(page, milk, 'add');
	await ui.shows(page, milk, 1);
	assert.deepEqual(await moves(), []);
	await ui.button(page, 'Remove Milk 1L').click();
	await ui.button(page, 'Undo').click();
	assert.deepEqual(await moves(), []);
	await ui.open(page, '/cart', 'cart');
	const order = await ui.placeOrder(page);
	assert.deepEqual(await moves(), []);
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=live]').waitFor();
	assert.deepEqual(await moves(), []);
});

scene('calls carry ids of our own, and the token in a header alone', async (stage) => {
	const shopper = await still.newShopper();
	const page = await stage.visitor({ as: shopper });
	const calls = [];
	page.on('request', (request) => calls.push(request));
	await ui.open(page, '/orders', 'orders');
	await page.locator('[data-state=empty]').waitFor();
	const own = calls.filter((call) => call.resourceType() === 'fetch');
	assert.ok(own.length > 0);
	for (const call of own) assert.match(call.headers()['x-request-id'], /^web-[0-9a-f]{16}$/);
	for (const call of calls) assert.ok(!call.url().includes(shopper.token));
	assert.equal(await page.evaluate(() => document.cookie), '');
});
