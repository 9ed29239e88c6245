/* ADD, the stepper, and what they promise: shown at once, sent together, taken back where refused. */

import assert from 'node:assert/strict';
import * as ui from './moves.mjs';
import { eventually, still } from './shop.mjs';
import { scene } from './stage.mjs';

async function shelf(stage, product, quantity = 0) {
	const shopper = await still.newShopper();
	if (quantity) await shopper.add(product, quantity);
	const page = await stage.visitor({ as: shopper });
	await ui.open(page, `/product/${product._id}`, 'product');
	await ui.shows(page, product, quantity);
	return { shopper, page };
}

/* Holds the answer to a kind of call until it is let go, with an answer of its own or the shop's. */
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

/* The shop adds what is sent first, and no answer to that arrives. Gives the calls. */
async function loseAnswers(page) {
	const calls = ui.note(page, 'POST', '/cart/add');
	await page.route('**/cart/add', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	}, { times: 3 });
	return calls;
}

const refusal = (status, code) => ({ status, contentType: 'application/json',
	headers: { 'X-Request-ID': 'refused-1' }, body: JSON.stringify({ detail: 'No', code }) });

scene('taps show at once and are sent together', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await shelf(stage, milk);
	const calls = ui.note(page, 'POST', '/cart/add');
	const held = await hold(page, '**/cart/add');
	await page.evaluate((id) => {
		for (const action of ['add', 'increase', 'increase', 'increase']) {
			document.querySelector(`[data-product="${id}"] [data-action=${action}]`).click();
		}
	}, milk._id);
	await ui.shows(page, milk, 4);
	await ui.cartSays(page, '4 items', '₹240');
	await eventually(() => assert.equal(held.arrived(), 1));
	held.release();
	await ui.holds(shopper, [milk, 4]);
	assert.deepEqual(calls.map((call) => call.postDataJSON().quantity), [4]);
});

scene('what the shop refuses is taken back, with a word', async (stage) => {
	const rare = await still.rare();
	const { shopper, page } = await shelf(stage, rare, 1);
	const held = await hold(page, '**/cart/add');
	await ui.press(page, rare, 'increase');
	await ui.shows(page, rare, 2);
	held.release(refusal(409, 'product_not_available'));
	await ui.told(page, rare.name);
	await ui.shows(page, rare, 1);
	await ui.holds(shopper, [rare, 1]);
});

scene('the answer gets lost: it is sent again with the same key, and is there once', async (stage) => {
	const rare = await still.rare();
	const { shopper, page } = await shelf(stage, rare);
	const calls = ui.note(page, 'POST', '/cart/add');
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
		await ui.holds(shopper, [rare, quantity]);
		await ui.cartSays(page, quantity === 1 ? '1 item' : '2 items');
		await ui.shows(page, rare, quantity);
	}
	const keys = ui.keysOf(calls);
	for (const key of keys) assert.match(key, /^[\x21-\x7e]{16,255}$/);
	assert.equal(keys[0], keys[1]);
	assert.equal(keys[2], keys[3]);
	assert.notEqual(keys[1], keys[2], 'another press is another intention');
	assert.equal(await page.locator('.toast').count(), 0, 'no refusal is told');
});

scene('all answers get lost: the cart is looked up', async (stage) => {
	const rare = await still.rare();
	const { shopper, page } = await shelf(stage, rare);
	const calls = await loseAnswers(page);
	await ui.press(page, rare, 'add');
	await ui.holds(shopper, [rare, 1]);
	await ui.cartSays(page, '1 item');
	await ui.shows(page, rare, 1);
	await eventually(() => assert.equal(calls.length, 3));
	assert.equal(await page.locator('.toast').count(), 0, 'no refusal is told');
});

scene('all answers get lost, and more is pressed meanwhile: that is sent then', async (stage) => {
	const rare = await still.rare();
	const { shopper, page } = await shelf(stage, rare);
	const calls = await loseAnswers(page);
	await ui.press(page, rare, 'add');
	await eventually(() => assert.equal(calls.length, 1));
	await ui.press(page, rare, 'increase');
	await ui.press(page, rare, 'increase');
	await ui.holds(shopper, [rare, 3]);
	await eventually(() => assert.equal(calls.length, 4));
	await ui.shows(page, rare, 3);
	assert.deepEqual(calls.map((call) => call.postDataJSON().quantity), [1, 1, 1, 2]);
	assert.equal(await page.locator('.toast').count(), 0, 'no refusal is told');
});

scene('the cart can’t be read after an addition: what is pressed meanwhile is not added on top of an old cart', async (stage) => {
	const rare = await still.rare();
	const { shopper, page } = await shelf(stage, rare);
	const calls = ui.note(page, 'POST', '/cart/add');
	const held = await hold(page, '**/cart/add');
	await ui.press(page, rare, 'add');
	await eventually(() => assert.equal(held.arrived(), 1));
	await ui.press(page, rare, 'increase');
	let reads = 0;
	await page.route(`**/cart/${shopper.userId}`, (route) =>
		(reads++ ? route.continue() : route.abort('connectionreset')));
	held.release();
	await ui.holds(shopper, [rare, 2]);
	await ui.cartSays(page, '2 items');
	await ui.shows(page, rare, 2);
	assert.deepEqual(calls.map((call) => call.postDataJSON().quantity), [1, 1]);
});

scene('minus at one takes it out, Undo puts it back', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await shelf(stage, milk, 2);
	await ui.press(page, milk, 'decrease');
	await ui.shows(page, milk, 1);
	await ui.button(page, 'Remove Milk 1L').click();
	await ui.shows(page, milk, 0);
	await ui.holds(shopper);
	await ui.button(page, 'Undo').click();
	await ui.shows(page, milk, 1);
	await ui.holds(shopper, [milk, 1]);
});

scene('there is no more in the cart than there is in the shop', async (stage) => {
	const rare = await still.rare();
	await still.setStock(rare, 3);
	const { shopper, page } = await shelf(stage, rare);
	await page.getByText('Only 3 left').waitFor();
	await ui.press(page, rare, 'add');
	await ui.press(page, rare, 'increase');
	await ui.press(page, rare, 'increase');
	await ui.shows(page, rare, 3);
	const more = ui.quantityOf(page, rare).locator('[data-action=increase]');
	assert.equal(await more.getAttribute('aria-disabled'), 'true');
	await more.click({ force: true });
	await ui.told(page, 'Only 3 left');
	await ui.holds(shopper, [rare, 3]);
});

scene('what is sold out can not be added', async (stage) => {
	const rare = await still.rare();
	await still.setStock(rare, 0);
	const page = await stage.visitor();
	await ui.open(page, `/product/${rare._id}`, 'product');
	await ui.quantityOf(page, rare).getByText('Out of stock').waitFor();
	assert.equal(await ui.quantityOf(page, rare).locator('button').count(), 0);
});

scene('taps that were not sent yet are when the page is left', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await shelf(stage, milk);
	await ui.press(page, milk, 'add');
	await ui.shows(page, milk, 1);
	await page.goto('about:blank');
	await ui.holds(shopper, [milk, 1]);
});

scene('a cart line at its most, 99', async (stage) => {
	const rare = await still.rare();
	await still.setStock(rare, 500);
	const { shopper, page } = await shelf(stage, rare, 99);
	await ui.quantityOf(page, rare).locator('[data-action=increase]').click({ force: true });
	await ui.told(page, '99 of one thing');
	await ui.holds(shopper, [rare, 99]);
});
