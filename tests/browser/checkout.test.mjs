/* Placing an order under failures: one order is created, or none and the reason is shown. */

import assert from 'node:assert/strict';
import * as ui from './ui.mjs';
import { manual } from './shop.mjs';
import { scene } from './harness.mjs';

/* Answers of the gateway, made by the test. */
const TOO_MANY = { status: 429, headers: { 'Retry-After': '1' }, contentType: 'application/json',
	body: '{"detail":"Too many requests","code":"too_many_requests"}' };
const IN_PROGRESS = { status: 409, contentType: 'application/json',
	body: '{"detail":"Request in progress","code":"request_in_progress"}' };

async function ready(harness, ...products) {
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
	await ui.openCart(page, shopper, ...products);
	return { shopper, page, calls: ui.recordCalls(page, 'POST', '/order/create') };
}

async function one(shopper, order) {
	const orders = await shopper.orders();
	assert.deepEqual(orders.map((each) => each._id), [order]);
}

/* Every call of an attempt has the same key. */
function sameKey(calls, least) {
	const keys = ui.keysOf(calls);
	assert.ok(keys.length >= least, `${keys.length} calls`);
	assert.equal(new Set(keys).size, 1, `keys: ${keys}`);
	assert.match(keys[0], /^[\x21-\x7e]{16,255}$/);
}

scene('the last unit is sold to another shopper: no order is created, the line is marked', async (harness) => {
	const [rare, milk] = [await manual.rare(), await manual.product('Milk 1L')];
	await manual.setStock(rare, 1);
	const { shopper, page, calls } = await ready(harness, rare, milk);
	const other = await manual.newShopper();
	await other.add(rare);
	await other.order();

	await ui.placeButton(page).click();
	await ui.alert(page, 'sold out');
	await ui.lineOf(page, rare).locator('.hint').waitFor();
	assert.equal(await ui.lineOf(page, milk).locator('.hint').count(), 0);
	assert.equal(calls.length, 1);
	await ui.cartIs(shopper, [rare, 1], [milk, 1]);
	assert.deepEqual(await shopper.orders(), []);

	await ui.lineOf(page, rare).getByRole('button', { name: `Remove ${rare.name}` }).click();
	await ui.lineOf(page, rare).waitFor({ state: 'detached' });
	const order = await ui.placeOrder(page);
	await one(shopper, order);
	const [first, second] = ui.keysOf(calls);
	assert.notEqual(first, second, 'another cart has another key');
});

scene('a quantity above the stock: the line shows it and can be reduced to the stock', async (harness) => {
	const rare = await manual.rare();
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
	await shopper.add(rare, 5);
	await manual.setStock(rare, 2);
	await shopper.cartShows(([line]) => assert.equal(line.stock, 2));
	await ui.open(page, '/cart', 'cart');
	await ui.lineOf(page, rare).getByText('Only 2 left').waitFor();
	assert.ok(await ui.placeButton(page).isDisabled());
	await ui.button(page, `Take 2 of ${rare.name}`).click();
	await ui.cartIs(shopper, [rare, 2]);
	await one(shopper, await ui.placeOrder(page));
});

scene('a cart change refused during the checkout: no order is created with another total than shown', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page, calls } = await ready(harness, milk);
	await page.route('**/cart/add', (route) => route.fulfill({ status: 409,
		contentType: 'application/json',
		body: '{"detail":"Product not available","code":"product_not_available"}' }));
	await page.evaluate(() => {
		document.querySelector('[data-action=increase]').click();
		document.querySelector('[data-action=place-order]').click();
	});
	await ui.alert(page, 'Your cart has changed: it is ₹60 now');
	assert.equal(calls.length, 0);
	await ui.cartIs(shopper, [milk, 1]);
	await one(shopper, await ui.placeOrder(page));
});

scene('an unavailable line stays, greyed, with Remove', async (harness) => {
	const [rare, milk] = [await manual.rare(), await manual.product('Milk 1L')];
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
	await shopper.add(rare);
	await shopper.add(milk);
	await manual.putProduct(rare._id, { available: false }, { available: false });
	await shopper.cartShows((lines) => assert.ok(lines.some((line) => !line.available)));
	await ui.open(page, '/cart', 'cart');
	await page.locator(`.is-gone[data-line="${rare._id}"]`).waitFor();
	assert.ok(await ui.placeButton(page).isDisabled());
	await ui.button(page, `Remove ${rare.name}`).click();
	await ui.cartIs(shopper, [milk, 1]);
	await one(shopper, await ui.placeOrder(page));
});

scene('a changed price: the new total is shown before an order is created', async (harness) => {
	const rare = await manual.rare();
	const { shopper, page } = await ready(harness, rare);
	await manual.putProduct(rare._id, { price: 123_400 }, { price: 1234 });
	await shopper.cartShows(([line]) => assert.equal(line.price, 1234));
	await ui.placeButton(page).click();
	await ui.alert(page, '₹1,234');
	await ui.lineOf(page, rare).getByText(/^Was ₹/).waitFor();
	assert.deepEqual(await shopper.orders(), []);
	await ui.button(page, 'Place order · ₹1,234').click();
	await one(shopper, await ui.confirmed(page));
	assert.equal((await shopper.orders())[0].total, 1234);
});

scene('three presses at once create one order', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	await ui.placeButton(page).evaluate((button) => {
		button.click();
		button.click();
		document.querySelector('[data-action=place-order]').click();
	});
	await one(shopper, await ui.confirmed(page));
	assert.equal(calls.length, 1);
});

scene('a double click creates one order', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	await ui.placeButton(page).dblclick();
	await one(shopper, await ui.confirmed(page));
	assert.equal(calls.length, 1);
});

scene('two tabs place the same cart at once: one order', async (harness) => {
	const { shopper, page } = await ready(harness, await manual.product('Milk 1L'));
	const other = await page.context().newPage();
	await other.goto('/#/cart');
	await ui.placeButton(other).waitFor();
	await Promise.all([page, other].map((tab) => ui.placeButton(tab).evaluate((b) => b.click())));
	// The later tab may find the cart empty.
	const after = /^(Order placed|Your cart is empty)$/;
	await Promise.all([page, other].map((tab) => ui.heading(tab, after).waitFor()));
	assert.equal((await shopper.orders()).length, 1);
});

scene('a lost answer: a retry with the same key, and one order', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	let lost = 0;
	await page.route('**/order/create', async (route) => {
		const answer = await route.fetch();
		assert.equal(answer.status(), 200);
		if (lost++) return route.fulfill({ response: answer });
		return route.abort('connectionreset');
	});
	await ui.placeButton(page).click();
	await one(shopper, await ui.confirmed(page));
	sameKey(calls, 2);
});

/* Orders are created, but the page gets no answers about orders and carts until the returned function is called. */
async function dropAnswers(page) {
	let away = true;
	await page.route(/\/(order\/create|cart\/\w+)$/, async (route) => {
		if (!away) return route.continue();
		if (route.request().method() === 'POST') await route.fetch();
		return route.abort('connectionreset');
	});
	return () => { away = false; };
}

/* Creates an order whose answer, and the emptied cart, do not reach the page. */
async function orderWithoutAnswer(harness, milk) {
	const { shopper, page, calls } = await ready(harness, milk);
	const endLoss = await dropAnswers(page);
	await ui.placeButton(page).click();
	await ui.alert(page, 'the same order is never taken twice');
	const [{ _id: order }] = await shopper.orders();
	endLoss();
	return { shopper, page, calls, order };
}

scene('lost answers of order and cart: Try again sends the same key', async (harness) => {
	const { shopper, page, calls, order } = await orderWithoutAnswer(harness, await manual.product('Milk 1L'));
	await page.getByRole('alert').locator('.request-id code').getByText(/^web-/).waitFor();
	await page.getByRole('button', { name: /^Try again/ }).click();
	assert.equal(await ui.confirmed(page), order);
	await one(shopper, order);
	sameKey(calls, 2);
});

scene('lost answers of order and cart: the order is shown when the connection returns', async (harness) => {
	const { shopper, page, calls, order } = await orderWithoutAnswer(harness, await manual.product('Milk 1L'));
	await page.evaluate(() => dispatchEvent(new Event('online')));
	assert.equal(await ui.confirmed(page), order);
	await one(shopper, order);
	sameKey(calls, 2);
});

for (const status of [503, 408]) {
	scene(`an order whose retry fails (${status}): no empty cart is shown, Retry finds the order`, async (harness) => {
		const { shopper, page, calls, order } = await orderWithoutAnswer(harness, await manual.product('Milk 1L'));
		let failing = /create$/;
		await page.route(/\/(order\/create|cart\/\w+)$/, (route) => (failing?.test(route.request().url())
			? route.fulfill({ status, json: { detail: 'No' } }) : route.continue()));
		const goOnline = () => page.evaluate(() => dispatchEvent(new Event('online')));
		await goOnline();
		await ui.button(page, 'Retry').waitFor();
		assert.equal(await ui.heading(page, 'Your cart is empty').count(), 0);
		failing = /\/(create|cart\/\w+)$/;
		const read = page.waitForResponse(/\/cart\/\w+$/);
		await goOnline();
		await read;
		failing = null;
		await ui.button(page, 'Retry').click();
		assert.equal(await ui.confirmed(page), order);
		await one(shopper, order);
		sameKey(calls, 3);
	});
}

scene('an order without an answer that was cancelled since is shown as cancelled', async (harness) => {
	const { shopper, page, order } = await orderWithoutAnswer(harness, await manual.product('Milk 1L'));
	await shopper.call('POST', `/order/${order}/cancel`);
	await page.goto('about:blank');
	await page.goto('/#/cart');
	await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
	await ui.open(page, '/cart', 'cart');
	await ui.heading(page, 'Your cart is empty').waitFor();
});

scene('a cart filled again after a lost answer: a warning is shown before a second order', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page, calls, order } = await orderWithoutAnswer(harness, milk);
	await shopper.add(milk);
	await page.goto('about:blank');
	await page.goto('/#/cart');
	await ui.placeButton(page).dblclick();
	await ui.alert(page, 'may have been placed already');
	await one(shopper, order);
	const second = await ui.placeOrder(page);
	assert.deepEqual((await shopper.orders()).map((each) => each._id), [second, order]);
	assert.equal(new Set(ui.keysOf(calls)).size, 2);
	await ui.cartIs(shopper);
});

scene('a lost answer and a reload: the order is found', async (harness) => {
	const { shopper, page, calls, order } = await orderWithoutAnswer(harness, await manual.product('Milk 1L'));
	await page.goto('about:blank');
	await page.goto('/#/cart');
	assert.equal(await ui.confirmed(page), order);
	await one(shopper, order);
	sameKey(calls, 2);
	await ui.cartLinkShows(page, 'empty');
});

scene('a page closed before it shows the new order: the next page shows it', async (harness) => {
	const { shopper, page } = await ready(harness, await manual.product('Milk 1L'));
	let away = true;
	await page.route(/\/order\/[0-9a-f]{24}$/, (route) =>
		(away ? route.abort('connectionreset') : route.continue()));
	await ui.placeButton(page).click();
	await ui.heading(page, 'No connection').waitFor();
	await page.goto('about:blank');
	away = false;
	await page.goto('/#/cart');
	await one(shopper, await ui.confirmed(page));
	await page.goto('about:blank');
	await page.goto('/#/cart');
	await ui.heading(page, 'Your cart is empty').waitFor();
});

/* Changes the stored session as a login in another tab does. */
const logInInAnotherTab = (tab, { token, userId }) => tab.evaluate((login) => {
	const session = JSON.parse(localStorage.getItem('tokri.session'));
	localStorage.setItem('tokri.session', JSON.stringify({ ...session, ...login }));
}, { token, userId });

scene('another user logs in while an order is in progress: no call is repeated with the other token', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	const tab = await page.context().newPage();
	await tab.goto('/#/orders');
	let busy = true;
	await page.route('**/order/create', async (route) => {
		if (!busy) return route.continue();
		await route.fetch();
		return route.fulfill(IN_PROGRESS);
	});
	const answered = page.waitForResponse('**/order/create');
	await ui.placeButton(page).click();
	await answered;
	await logInInAnotherTab(tab, await manual.newShopper());
	await ui.heading(page, 'Your cart is empty').waitFor();
	// Longer than the pause of 1 s before a retry.
	await page.waitForTimeout(1500);
	busy = false;
	await logInInAnotherTab(tab, shopper);
	const order = await ui.confirmed(page);
	await one(shopper, order);
	const tokens = await Promise.all(calls.map(async (call) => (await call.allHeaders()).authorization));
	assert.deepEqual(new Set(tokens), new Set([`Bearer ${shopper.token}`]));
	sameKey(calls, 2);
});

scene('an order in progress for long: the key is kept until there is an answer', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	let busy = true;
	await page.route('**/order/create', (route) => (busy ? route.fulfill(IN_PROGRESS)
		: route.continue()));
	await ui.placeButton(page).click();
	await ui.alert(page, 'still being taken');
	busy = false;
	await page.getByRole('button', { name: /^Try again/ }).click();
	await one(shopper, await ui.confirmed(page));
	sameKey(calls, 3);
});

scene('a call that does not reach the shop: no order is created, a retry after a reload creates it', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	let away = true;
	await page.route('**/order/create', (route) =>
		(away ? route.abort('connectionrefused') : route.continue()));
	await ui.placeButton(page).click();
	await ui.alert(page, 'Try again');
	assert.deepEqual(await shopper.orders(), []);
	away = false;
	await page.reload();
	await ui.placeButton(page).click();
	await one(shopper, await ui.confirmed(page));
	sameKey(calls, 2);
});

scene('a rate limit: the page shows it, waits, and places the order once', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	let refusals = 0;
	await page.route('**/order/create', (route) =>
		(refusals++ ? route.continue() : route.fulfill(TOO_MANY)));
	const waiting = page.getByText('Trying again in 1 s').waitFor();
	await ui.placeButton(page).click();
	await waiting;
	await one(shopper, await ui.confirmed(page));
	sameKey(calls, 2);
});

scene('the order limits of an account are shown, and the call is not repeated', async (harness) => {
	const { shopper, page, calls } = await ready(harness, await manual.product('Milk 1L'));
	const refusals = [
		{ status: 409, body: '{"detail":"Order too large","code":"order_too_large"}' },
		{ status: 429, headers: { 'Retry-After': '1800' },
			body: '{"detail":"Too many orders","code":"too_many_orders"}' }];
	await page.route('**/order/create', (route) =>
		route.fulfill({ contentType: 'application/json', ...refusals.shift() }));
	await ui.placeButton(page).click();
	await ui.alert(page, 'more items than one order allows');
	await ui.placeButton(page).click();
	await ui.alert(page, 'limit of orders for one hour');
	assert.equal(calls.length, 2);
	assert.deepEqual(await shopper.orders(), []);
});

scene('an order is cancelled after a confirmation', async (harness) => {
	const shopper = await manual.newShopper();
	const rare = await manual.rare();
	await shopper.add(rare);
	const order = await shopper.order();
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, `/order/${order}`, 'tracking');
	const dialog = page.getByRole('dialog', { name: 'Cancel this order?' });
	await ui.button(page, 'Cancel order').click();
	await dialog.getByRole('button', { name: 'Keep it' }).click();
	await dialog.waitFor({ state: 'detached' });
	await ui.button(page, 'Cancel order').click();
	await dialog.getByRole('button', { name: 'Cancel order' }).click();
	await ui.heading(page, 'Order cancelled').waitFor();
	await page.locator('[data-step=CANCELLED][data-state=now]').waitFor();
	const { status } = await shopper.call('GET', `/order/${order}/status`);
	assert.equal(status, 'CANCELLED');
});

scene('a lost answer to a cancellation: the order is shown as cancelled', async (harness) => {
	const shopper = await manual.newShopper();
	await shopper.add(await manual.product('Milk 1L'));
	const order = await shopper.order();
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.route('**/cancel', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	});
	await ui.button(page, 'Cancel order').click();
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel order' }).click();
	await ui.heading(page, 'Order cancelled').waitFor();
	await ui.toast(page, 'Your order is cancelled.');
});
