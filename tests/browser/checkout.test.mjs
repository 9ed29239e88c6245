/* Placing an order, whatever comes between: one order, or none and the reason. */

import assert from 'node:assert/strict';
import * as ui from './moves.mjs';
import { eventually, still } from './shop.mjs';
import { scene } from './stage.mjs';

/* An answer that the gateway gives, given by the test. */
const TOO_MANY = { status: 429, headers: { 'Retry-After': '1' }, contentType: 'application/json',
	body: '{"detail":"Too many requests","code":"too_many_requests"}' };
const IN_PROGRESS = { status: 409, contentType: 'application/json',
	body: '{"detail":"Request in progress","code":"request_in_progress"}' };

async function ready(stage, ...products) {
	const shopper = await still.newShopper();
	const page = await stage.visitor({ as: shopper });
	await ui.openCart(page, shopper, ...products);
	return { shopper, page, calls: ui.note(page, 'POST', '/order/create') };
}

async function one(shopper, order) {
	const orders = await shopper.orders();
	assert.deepEqual(orders.map((each) => each._id), [order]);
}

/* Every call of an attempt has the one key. */
function sameKey(calls, least) {
	const keys = ui.keysOf(calls);
	assert.ok(keys.length >= least, `${keys.length} calls`);
	assert.equal(new Set(keys).size, 1, `keys: ${keys}`);
	assert.match(keys[0], /^[\x21-\x7e]{16,255}$/);
}

scene('another shopper takes the last one: nothing is ordered, the line is marked', async (stage) => {
	const [rare, milk] = [await still.rare(), await still.product('Milk 1L')];
	await still.setStock(rare, 1);
	const { shopper, page, calls } = await ready(stage, rare, milk);
	const other = await still.newShopper();
	await other.add(rare);
	await other.order();

	await ui.placeButton(page).click();
	await ui.warned(page, 'sold out');
	await ui.lineOf(page, rare).locator('.hint').waitFor();
	assert.equal(await ui.lineOf(page, milk).locator('.hint').count(), 0);
	assert.equal(calls.length, 1);
	await ui.holds(shopper, [rare, 1], [milk, 1]);
	assert.deepEqual(await shopper.orders(), []);

	await ui.lineOf(page, rare).getByRole('button', { name: `Remove ${rare.name}` }).click();
	await ui.lineOf(page, rare).waitFor({ state: 'detached' });
	const order = await ui.placeOrder(page);
	await one(shopper, order);
	const [first, second] = ui.keysOf(calls);
	assert.notEqual(first, second, 'another cart is another attempt');
});

scene('less is left than wanted: the line says so and takes what there is', async (stage) => {
	const rare = await still.rare();
	const shopper = await still.newShopper();
	const page = await stage.visitor({ as: shopper });
	await shopper.add(rare, 5);
	await still.setStock(rare, 2);
	await eventually(async () => {
		const [line] = await shopper.call('GET', `/cart/${shopper.userId}`);
		assert.equal(line.stock, 2);
	});
	await ui.open(page, '/cart', 'cart');
	await ui.lineOf(page, rare).getByText('Only 2 left').waitFor();
	assert.ok(await ui.placeButton(page).isDisabled());
	await ui.button(page, `Take 2 of ${rare.name}`).click();
	await ui.holds(shopper, [rare, 2]);
	await one(shopper, await ui.placeOrder(page));
});

scene('a change that is refused at the last moment: nobody pays another sum than was shown', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page, calls } = await ready(stage, milk);
	await page.route('**/cart/add', (route) => route.fulfill({ status: 409,
		contentType: 'application/json',
		body: '{"detail":"Product not available","code":"product_not_available"}' }));
	await page.evaluate(() => {
		document.querySelector('[data-action=increase]').click();
		document.querySelector('[data-action=place-order]').click();
	});
	await ui.warned(page, 'Your cart has changed: it is ₹60 now');
	assert.equal(calls.length, 0);
	await ui.holds(shopper, [milk, 1]);
	await one(shopper, await ui.placeOrder(page));
});

scene('a line that is no longer to be had stays, greyed, with Remove', async (stage) => {
	const [rare, milk] = [await still.rare(), await still.product('Milk 1L')];
	const shopper = await still.newShopper();
	const page = await stage.visitor({ as: shopper });
	await shopper.add(rare);
	await shopper.add(milk);
	await still.putProduct(rare._id, { available: false }, { available: false });
	await eventually(async () => {
		const lines = await shopper.call('GET', `/cart/${shopper.userId}`);
		assert.ok(lines.some((line) => !line.available));
	});
	await ui.open(page, '/cart', 'cart');
	await page.locator(`.is-gone[data-line="${rare._id}"]`).waitFor();
	assert.ok(await ui.placeButton(page).isDisabled());
	await ui.button(page, `Remove ${rare.name}`).click();
	await ui.holds(shopper, [milk, 1]);
	await one(shopper, await ui.placeOrder(page));
});

scene('the price has changed: the new total is shown before anything is ordered', async (stage) => {
	const rare = await still.rare();
	const { shopper, page } = await ready(stage, rare);
	await still.putProduct(rare._id, { price: 123_400 }, { price: 1234 });
	await eventually(async () => {
		const [line] = await shopper.call('GET', `/cart/${shopper.userId}`);
		assert.equal(line.price, 1234);
	});
	await ui.placeButton(page).click();
	await ui.warned(page, '₹1,234');
	await ui.lineOf(page, rare).getByText(/^Was ₹/).waitFor();
	assert.deepEqual(await shopper.orders(), []);
	await ui.button(page, 'Place order · ₹1,234').click();
	await one(shopper, await ui.confirmed(page));
	assert.equal((await shopper.orders())[0].total, 1234);
});

scene('pressed three times at once, it is one order', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
	await ui.placeButton(page).evaluate((button) => {
		button.click();
		button.click();
		document.querySelector('[data-action=place-order]').click();
	});
	await one(shopper, await ui.confirmed(page));
	assert.equal(calls.length, 1);
});

scene('a double click is one order', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
	await ui.placeButton(page).dblclick();
	await one(shopper, await ui.confirmed(page));
	assert.equal(calls.length, 1);
});

scene('two tabs place the same cart at once: one order', async (stage) => {
	const { shopper, page } = await ready(stage, await still.product('Milk 1L'));
	const other = await page.context().newPage();
	await other.goto('/#/cart');
	await ui.placeButton(other).waitFor();
	await Promise.all([page, other].map((tab) => ui.placeButton(tab).evaluate((b) => b.click())));
	// The later one may find the cart empty.
	const after = /^(Order placed|Your cart is empty)$/;
	await Promise.all([page, other].map((tab) => ui.heading(tab, after).waitFor()));
	assert.equal((await shopper.orders()).length, 1);
});

scene('the answer gets lost: the same key, and one order', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
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

/* Orders are made and carts are read, but no answer reaches the page until the returned function is called. */
async function loseAnswers(page) {
	let away = true;
	await page.route(/\/(order\/create|cart\/\w+)$/, async (route) => {
		if (!away) return route.continue();
		if (route.request().method() === 'POST') await route.fetch();
		return route.abort('connectionreset');
	});
	return () => { away = false; };
}

/* An order was made, and the page knows neither of it nor of the emptied cart. */
async function orderUnseen(stage, milk) {
	const { shopper, page, calls } = await ready(stage, milk);
	const endLoss = await loseAnswers(page);
	await ui.placeButton(page).click();
	await ui.warned(page, 'the same order is never taken twice');
	const [{ _id: order }] = await shopper.orders();
	endLoss();
	return { shopper, page, calls, order };
}

scene('the answer and the cart get lost: Try again has the same key', async (stage) => {
	const { shopper, page, calls, order } = await orderUnseen(stage, await still.product('Milk 1L'));
	await page.getByRole('alert').locator('.request-id code').getByText(/^web-/).waitFor();
	await page.getByRole('button', { name: /^Try again/ }).click();
	assert.equal(await ui.confirmed(page), order);
	await one(shopper, order);
	sameKey(calls, 2);
});

scene('the answer and the cart get lost, the connection returns: the order is shown', async (stage) => {
	const { shopper, page, calls, order } = await orderUnseen(stage, await still.product('Milk 1L'));
	await page.evaluate(() => dispatchEvent(new Event('online')));
	assert.equal(await ui.confirmed(page), order);
	await one(shopper, order);
	sameKey(calls, 2);
});

for (const status of [503, 408]) {
	scene(`the order can’t be asked for (${status}): no empty cart is shown, Retry finds it`, async (stage) => {
		const { shopper, page, calls, order } = await orderUnseen(stage, await still.product('Milk 1L'));
		let failing = /create$/;
		await page.route(/\/(order\/create|cart\/\w+)$/, (route) => (failing?.test(route.request().url())
			? route.fulfill({ status, json: { detail: 'No' } }) : route.continue()));
		const lookAgain = () => page.evaluate(() => dispatchEvent(new Event('online')));
		await lookAgain();
		await ui.button(page, 'Retry').waitFor();
		assert.equal(await ui.heading(page, 'Your cart is empty').count(), 0);
		failing = /\/(create|cart\/\w+)$/;
		const read = page.waitForResponse(/\/cart\/\w+$/);
		await lookAgain();
		await read;
		failing = null;
		await ui.button(page, 'Retry').click();
		assert.equal(await ui.confirmed(page), order);
		await one(shopper, order);
		sameKey(calls, 3);
	});
}

scene('the order that was not shown is cancelled by now: that is shown', async (stage) => {
	const { shopper, page, order } = await orderUnseen(stage, await still.product('Milk 1L'));
	await shopper.call('POST', `/order/${order}/cancel`);
	await page.goto('about:blank');
	await page.goto('/#/cart');
	await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
	await ui.open(page, '/cart', 'cart');
	await ui.heading(page, 'Your cart is empty').waitFor();
});

scene('the cart is filled anew after an answer was lost: the buyer is asked to look first', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page, calls, order } = await orderUnseen(stage, milk);
	await shopper.add(milk);
	await page.goto('about:blank');
	await page.goto('/#/cart');
	await ui.placeButton(page).dblclick();
	await ui.warned(page, 'may have been placed already');
	await one(shopper, order);
	const second = await ui.placeOrder(page);
	assert.deepEqual((await shopper.orders()).map((each) => each._id), [second, order]);
	assert.equal(new Set(ui.keysOf(calls)).size, 2);
	await ui.holds(shopper);
});

scene('the answer gets lost and the page is loaded anew: the order is found', async (stage) => {
	const { shopper, page, calls, order } = await orderUnseen(stage, await still.product('Milk 1L'));
	await page.goto('about:blank');
	await page.goto('/#/cart');
	assert.equal(await ui.confirmed(page), order);
	await one(shopper, order);
	sameKey(calls, 2);
	await ui.cartSays(page, 'empty');
});

scene('the page ends before it shows the order that it was told of: the next one shows it', async (stage) => {
	const { shopper, page } = await ready(stage, await still.product('Milk 1L'));
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

/* What a login in another tab does. */
const logInElsewhere = (tab, { token, userId }) => tab.evaluate((who) => {
	const session = JSON.parse(localStorage.getItem('tokri.session'));
	localStorage.setItem('tokri.session', JSON.stringify({ ...session, ...who }));
}, { token, userId });

scene('another user logs in while the shop is still at it: nothing is asked in their name', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
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
	await logInElsewhere(tab, await still.newShopper());
	await ui.heading(page, 'Your cart is empty').waitFor();
	// The pause of a call that is repeated: 1 s.
	await page.waitForTimeout(1500);
	busy = false;
	await logInElsewhere(tab, shopper);
	const order = await ui.confirmed(page);
	await one(shopper, order);
	const tokens = await Promise.all(calls.map(async (call) => (await call.allHeaders()).authorization));
	assert.deepEqual(new Set(tokens), new Set([`Bearer ${shopper.token}`]));
	sameKey(calls, 2);
});

scene('the shop is still at it for long: the key is kept until there is an answer', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
	let busy = true;
	await page.route('**/order/create', (route) => (busy ? route.fulfill(IN_PROGRESS)
		: route.continue()));
	await ui.placeButton(page).click();
	await ui.warned(page, 'still being taken');
	busy = false;
	await page.getByRole('button', { name: /^Try again/ }).click();
	await one(shopper, await ui.confirmed(page));
	sameKey(calls, 3);
});

scene('the call gets lost on its way there: nothing was ordered, Try again does it', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
	let away = true;
	await page.route('**/order/create', (route) =>
		(away ? route.abort('connectionrefused') : route.continue()));
	await ui.placeButton(page).click();
	await ui.warned(page, 'Try again');
	assert.deepEqual(await shopper.orders(), []);
	away = false;
	await page.reload();
	await ui.placeButton(page).click();
	await one(shopper, await ui.confirmed(page));
	sameKey(calls, 2);
});

scene('the shop asks to wait: it says so, waits, and places the order once', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
	let refusals = 0;
	await page.route('**/order/create', (route) =>
		(refusals++ ? route.continue() : route.fulfill(TOO_MANY)));
	const waiting = page.getByText('Trying again in 1 s').waitFor();
	await ui.placeButton(page).click();
	await waiting;
	await one(shopper, await ui.confirmed(page));
	sameKey(calls, 2);
});

scene('what an account may order is used up: it says so, and nothing is sent again', async (stage) => {
	const { shopper, page, calls } = await ready(stage, await still.product('Milk 1L'));
	const refusals = [
		{ status: 409, body: '{"detail":"Order too large","code":"order_too_large"}' },
		{ status: 429, headers: { 'Retry-After': '1800' },
			body: '{"detail":"Too many orders","code":"too_many_orders"}' }];
	await page.route('**/order/create', (route) =>
		route.fulfill({ contentType: 'application/json', ...refusals.shift() }));
	await ui.placeButton(page).click();
	await ui.warned(page, 'more items than one order allows');
	await ui.placeButton(page).click();
	await ui.warned(page, 'limit of orders for one hour');
	assert.equal(calls.length, 2);
	assert.deepEqual(await shopper.orders(), []);
});

scene('an order is cancelled, once one is sure', async (stage) => {
	const shopper = await still.newShopper();
	const rare = await still.rare();
	await shopper.add(rare);
	const order = await shopper.order();
	const page = await stage.visitor({ as: shopper });
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

scene('the answer to a cancellation gets lost: that the order is cancelled is said', async (stage) => {
	const shopper = await still.newShopper();
	await shopper.add(await still.product('Milk 1L'));
	const order = await shopper.order();
	const page = await stage.visitor({ as: shopper });
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.route('**/cancel', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	});
	await ui.button(page, 'Cancel order').click();
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel order' }).click();
	await ui.heading(page, 'Order cancelled').waitFor();
	await ui.told(page, 'Your order is cancelled.');
});
