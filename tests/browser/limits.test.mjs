/* Limits of size, reduced motion, and headers. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import * as ui from './ui.mjs';
import { manual } from './shop.mjs';
import { DESKTOP, PHONE, scene } from './harness.mjs';

const WWW = new URL('../../nginx/www/', import.meta.url);
const CODE = 60_000;
const FIRST_VIEW = 150_000;

/* The paths of all files except pictures of products. */
function codePaths(folder = '') {
	return readdirSync(new URL(folder, WWW), { withFileTypes: true }).flatMap((entry) => {
		const path = folder + entry.name;
		if (path === 'pictures' || path === 'docs') return []; // the API's page is not part of the storefront
		return entry.isDirectory() ? codePaths(`${path}/`) : [path];
	});
}

/* The bytes of the body as transferred. */
function fetchPacked(path) {
	return new Promise((resolve, reject) => {
		get(`${manual.url}/${path}`, { headers: { 'Accept-Encoding': 'gzip' } }, (answer) => {
			let bytes = 0;
			answer.on('data', (piece) => { bytes += piece.length; });
			answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, bytes }));
		}).on('error', reject);
	});
}

scene('the code is small, and each file has its content type', async (harness) => {
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
	harness.log(`all code: ${bytes} bytes`);
	assert.ok(bytes < CODE, `${bytes} bytes, ${CODE} at the most`);
});

for (const [where, size] of [['a phone', PHONE], ['a wide screen', DESKTOP]]) {
	scene(`the first view on ${where} is small, with its pictures`, async (harness) => {
		const page = await harness.visitor({ size });
		const session = await page.context().newCDPSession(page);
		const answers = [];
		await session.send('Network.enable');
		session.on('Network.loadingFinished', ({ encodedDataLength: n }) => answers.push(n));
		await page.goto('/', { waitUntil: 'networkidle' });
		await page.locator('[data-card] img.is-here').first().waitFor();
		const bytes = answers.reduce((sum, n) => sum + n, 0);
		harness.log(`first view on ${where}: ${bytes} bytes in ${answers.length} answers`);
		assert.ok(answers.length > 10);
		assert.ok(bytes < FIRST_VIEW, `${bytes} bytes, ${FIRST_VIEW} at the most`);
	});
}

scene('reduced motion disables animations', async (harness) => {
	const shopper = await manual.newShopper();
	const milk = await manual.product('Milk 1L');
	const page = await harness.visitor({ as: shopper, calm: true });
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

scene('calls have request ids of the page, and the token in a header only', async (harness) => {
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
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
