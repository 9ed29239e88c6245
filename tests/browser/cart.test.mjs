/* ADD and the stepper: changes are shown at once, sent together, and reverted where the shop refuses them. */

import assert from 'node:assert/strict';
import * as ui from './ui.mjs';
import { eventually, manual } from './shop.mjs';
import { scene } from './harness.mjs';

async function shelf(harness, product, quantity = 0) {
	const shopper = await manual.newShopper();
	if (quantity) await shopper.add(product, quantity);
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, `/product/${product._id}`, 'product');
	await ui.shows(page, product, quantity);
	return { shopper, page };
}

/* Delays the answers to some calls until release(), which may replace them. */
async function hold(page, pattern) {
	let release;
	const held = new Promise((resolve) => { release = resolve; });
	let arrived = 0;
	await page.route(pattern, async (route) => {
		arrived++;
		const answer = await held;
		return answer ? route.fulfill(answer) : route.continue();
	});
	return { release, arrived: () => arrived };
}

/* The shop gets the first additions, but the page gets no answer to them. Returns the calls. */
async function dropAnswers(page) {
	const calls = ui.recordCalls(page, 'POST', '/cart/add');
	await page.route('**/cart/add', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	}, { times: 3 });
	return calls;
}

const refusal = (status, code) => ({ status, contentType: 'application/json',
	headers: { 'X-Request-ID': 'refused-1' }, body: JSON.stringify({ detail: 'No', code }) });

scene('presses are shown at once and sent together', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await shelf(harness, milk);
	const calls = ui.recordCalls(page, 'POST', '/cart/add');
	const held = await hold(page, '**/cart/add');
	await page.evaluate((id) => {
		for (const action of ['add', 'increase', 'increase', 'increase']) {
			document.querySelector(`[data-product="${id}"] [data-action=${action}]`).click();
		}
	}, milk._id);
	await ui.shows(page, milk, 4);
	await ui.cartLinkShows(page, '4 items', '₹240');
	await eventually(() => assert.equal(held.arrived(), 1));
	held.release();
	await ui.cartIs(shopper, [milk, 4]);
	assert.deepEqual(calls.map((call) => call.postDataJSON().quantity), [4]);
});

scene('a refused addition is reverted with a message', async (harness) => {
	const rare = await manual.rare();
	const { shopper, page } = await shelf(harness, rare, 1);
	const held = await hold(page, '**/cart/add');
	await ui.press(page, rare, 'increase');
	await ui.shows(page, rare, 2);
	held.release(refusal(409, 'product_not_available'));
	await ui.toast(page, rare.name);
	await ui.shows(page, rare, 1);
	await ui.cartIs(shopper, [rare, 1]);
});

scene('a lost answer: the addition is retried with the same key and made once', async (harness) => {
	const rare = await manual.rare();
	const { shopper, page } = await shelf(harness, rare);
	const calls = ui.recordCalls(page, 'POST', '/cart/add');
	const lost = [(route) => route.abort('connectionreset'), (route) => route.continue(),
		(route) => route.fulfill({ status: 502, json: { detail: 'Bad gateway' } }),
		(route) => route.continue()];
	await page.route('**/cart/add', async (route) => {
		const answer = lost.shift();
		if (lost.length % 2) await route.fetch();
		return answer(route);
	});
	for (const [action, quantity] of [['add', 1], ['increase', 2]]) {
		await ui.press(page, rare, action);
		await eventually(() => assert.equal(calls.length, 2 * quantity));
		await ui.cartIs(shopper, [rare, quantity]);
		await ui.cartLinkShows(page, quantity === 1 ? '1 item' : '2 items');
		await ui.shows(page, rare, quantity);
	}
	const keys = ui.keysOf(calls);
	for (const key of keys) assert.match(key, /^[\x21-\x7e]{16,255}$/);
	assert.equal(keys[0], keys[1]);
	assert.equal(keys[2], keys[3]);
	assert.notEqual(keys[1], keys[2], 'each press has its own key');
	assert.equal(await page.locator('.toast').count(), 0, 'no refusal is shown');
});

scene('all answers lost: the cart is read again', async (harness) => {
	const rare = await manual.rare();
	const { shopper, page } = await shelf(harness, rare);
	const calls = await dropAnswers(page);
	await ui.press(page, rare, 'add');
	await ui.cartIs(shopper, [rare, 1]);
	await ui.cartLinkShows(page, '1 item');
	await ui.shows(page, rare, 1);
	await eventually(() => assert.equal(calls.length, 3));
	assert.equal(await page.locator('.toast').count(), 0, 'no refusal is shown');
});

scene('all answers lost: later presses are sent after the cart is read', async (harness) => {
	const rare = await manual.rare();
	const { shopper, page } = await shelf(harness, rare);
	const calls = await dropAnswers(page);
	await ui.press(page, rare, 'add');
	await eventually(() => assert.equal(calls.length, 1));
	await ui.press(page, rare, 'increase');
	await ui.press(page, rare, 'increase');
	await ui.cartIs(shopper, [rare, 3]);
	await eventually(() => assert.equal(calls.length, 4));
	await ui.shows(page, rare, 3);
	assert.deepEqual(calls.map((call) => call.postDataJSON().quantity), [1, 1, 1, 2]);
	assert.equal(await page.locator('.toast').count(), 0, 'no refusal is shown');
});

scene('a cart that can’t be read after an addition: later presses are not added to the old cart', async (harness) => {
	const rare = await manual.rare();
	const { shopper, page } = await shelf(harness, rare);
	const calls = ui.recordCalls(page, 'POST', '/cart/add');
	const held = await hold(page, '**/cart/add');
	await ui.press(page, rare, 'add');
	await eventually(() => assert.equal(held.arrived(), 1));
	await ui.press(page, rare, 'increase');
	let reads = 0;
	await page.route(`**/cart/${shopper.userId}`, (route) =>
		(reads++ ? route.continue() : route.abort('connectionreset')));
	held.release();
	await ui.cartIs(shopper, [rare, 2]);
	await ui.cartLinkShows(page, '2 items');
	await ui.shows(page, rare, 2);
	assert.deepEqual(calls.map((call) => call.postDataJSON().quantity), [1, 1]);
});

scene('minus at a quantity of one removes the line, Undo restores it', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await shelf(harness, milk, 2);
	await ui.press(page, milk, 'decrease');
	await ui.shows(page, milk, 1);
	await ui.button(page, 'Remove Milk 1L').click();
	await ui.shows(page, milk, 0);
	await ui.cartIs(shopper);
	await ui.button(page, 'Undo').click();
	await ui.shows(page, milk, 1);
	await ui.cartIs(shopper, [milk, 1]);
});

scene('a quantity does not exceed the stock', async (harness) => {
	const rare = await manual.rare();
	await manual.setStock(rare, 3);
	const { shopper, page } = await shelf(harness, rare);
	await page.getByText('Only 3 left').waitFor();
	await ui.press(page, rare, 'add');
	await ui.press(page, rare, 'increase');
	await ui.press(page, rare, 'increase');
	await ui.shows(page, rare, 3);
	const more = ui.quantityOf(page, rare).locator('[data-action=increase]');
	assert.equal(await more.getAttribute('aria-disabled'), 'true');
	await more.click({ force: true });
	await ui.toast(page, 'Only 3 left');
	await ui.cartIs(shopper, [rare, 3]);
});

scene('a sold-out product can not be added', async (harness) => {
	const rare = await manual.rare();
	await manual.setStock(rare, 0);
	const page = await harness.visitor();
	await ui.open(page, `/product/${rare._id}`, 'product');
	await ui.quantityOf(page, rare).getByText('Out of stock').waitFor();
	assert.equal(await ui.quantityOf(page, rare).locator('button').count(), 0);
});

scene('unsent presses are sent when the page is left', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await shelf(harness, milk);
	await ui.press(page, milk, 'add');
	await ui.shows(page, milk, 1);
	await page.goto('about:blank');
	await ui.cartIs(shopper, [milk, 1]);
});

scene('a cart line has a maximum of 99', async (harness) => {
	const rare = await manual.rare();
	await manual.setStock(rare, 500);
	const { shopper, page } = await shelf(harness, rare, 99);
	await ui.quantityOf(page, rare).locator('[data-action=increase]').click({ force: true });
	await ui.toast(page, '99 of one thing');
	await ui.cartIs(shopper, [rare, 99]);
});
