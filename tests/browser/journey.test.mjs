/* From sign-up to the delivery, without a press after the order. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as ui from './ui.mjs';
import { simulated, manual } from './shop.mjs';
import { scene } from './harness.mjs';

const WAY = ['PLACED', 'PACKED', 'OUT_FOR_DELIVERY', 'DELIVERED'];

async function signUp(page) {
	const email = `j${randomBytes(8).toString('hex')}@example.com`;
	await ui.at(page, 'login');
	await ui.link(page, 'Create an account').click();
	await ui.at(page, 'signup');
	await ui.fillIn(page, { 'Name': 'Asha Rao', 'Email': email, 'Password': 'correct horse',
		'One-time code': '9999' });
	await ui.button(page, 'Create account').click();
	await page.locator('#about-otp').getByText('That code is not right').waitFor();
	await ui.fillIn(page, { 'One-time code': '1234' });
	await ui.button(page, 'Create account').click();
}

/* Records every state of the timeline inside the page, so that none is missed between two checks. */
async function recordSteps(page) {
	await page.evaluate(() => {
		const seen = [];
		const look = () => {
			const now = document.querySelector('[data-step][data-state=now]')?.dataset.step;
			const live = document.querySelector('[data-connection]')?.dataset.connection;
			if (now && seen.at(-1)?.now !== now) seen.push({ now, live });
		};
		new MutationObserver(look).observe(document.getElementById('main'),
			{ subtree: true, childList: true, attributes: true });
		look();
		Object.assign(window, { seen });
	});
}

scene('from sign-up to DELIVERED, live, without a press', async (harness) => {
	const milk = await simulated.product('Milk 1L');
	const page = await harness.visitor({ shop: simulated });
	await page.goto('/');
	await ui.button(page, 'Add Apple 1kg to cart').first().click();
	await signUp(page);
	await ui.at(page, 'home');
	await ui.cartLinkShows(page, '1 item', '₹120');

	await page.getByRole('searchbox', { name: 'Search products' }).fill('milk 1');
	await ui.press(page, milk, 'add');
	await ui.press(page, milk, 'increase');
	await ui.shows(page, milk, 2);
	await page.getByRole('complementary', { name: 'Your cart' }).getByRole('link').click();
	await ui.at(page, 'cart');
	await page.getByRole('region', { name: 'Bill' }).getByText('₹240').first().waitFor();

	const order = await ui.placeOrder(page);
	const streams = [];
	page.on('response', (response) => response.url().endsWith(`/order/${order}/events`)
		&& streams.push(response));
	await ui.link(page, 'Track order').click();
	await ui.at(page, 'tracking');
	await recordSteps(page);
	await ui.heading(page, 'Delivered. Enjoy!').waitFor();
	await page.locator('[data-connection=ended]').waitFor({ state: 'attached' });

	const seen = await page.evaluate(() => window.seen);
	const first = WAY.indexOf(seen[0].now);
	assert.deepEqual(seen.map((step) => step.now), WAY.slice(first), 'each step was shown, once');
	assert.ok(first < 3, 'a move was shown');
	assert.deepEqual(seen.slice(1, -1).filter(({ live }) => live !== 'live'), [], 'it was live');
	assert.equal(streams.length, 1);
	assert.match(streams[0].headers()['content-type'], /^text\/event-stream/);
	assert.equal(await page.locator('[data-state=done], [data-state=now]').count(), 4);
	assert.equal(await page.locator('ol time').count(), 4, 'each step has its time');
});

scene('a delivered order is ordered again', async (harness) => {
	const shopper = await simulated.newShopper();
	const bread = await simulated.product('Bread');
	await shopper.add(bread, 3);
	const order = await shopper.order();
	const page = await harness.visitor({ shop: simulated, as: shopper });
	await ui.open(page, '/orders', 'orders');
	const row = page.locator(`li[data-order="${order}"]`);
	await row.locator('[data-status]').waitFor();
	await row.getByText('Bread').waitFor();
	await row.getByRole('button', { name: /^Order again/ }).click();
	await ui.at(page, 'cart');
	await ui.shows(page, bread, 3);
	await ui.cartIs(shopper, [bread, 3]);
});

scene('ordering again with lost answers takes two presses and adds nothing twice', async (harness) => {
	const shopper = await manual.newShopper();
	const [milk, bread] = [await manual.product('Milk 1L'), await manual.product('Bread')];
	await shopper.add(milk, 2);
	await shopper.add(bread, 3);
	const order = await shopper.order();
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, '/orders', 'orders');
	const again = page.getByRole('button', { name: /^Order again/ });
	const calls = ui.recordCalls(page, 'POST', '/cart/add');
	await page.locator(`li[data-order="${order}"] [data-status]`).waitFor();
	let added = 0;
	await page.route('**/cart/add', (route) => (added++ ? route.abort('connectionrefused')
		: route.continue()), { times: 4 });
	await again.click();
	await ui.toast(page, 'can’t be reached');
	await again.click();
	await ui.at(page, 'cart');
	await ui.shows(page, milk, 2);
	await ui.shows(page, bread, 3);
	await ui.cartIs(shopper, [milk, 2], [bread, 3]);
	assert.equal(new Set(ui.keysOf(calls)).size, 2);
	assert.equal(calls.length, 6);
});

scene('older orders are loaded at a press, and the first of them gets the focus', async (harness) => {
	const shopper = await manual.newShopper();
	const milk = await manual.product('Milk 1L');
	const orders = [];
	while (orders.length < 11) {
		await shopper.add(milk);
		orders.unshift(await shopper.order());
	}
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, '/orders', 'orders');
	await ui.button(page, 'Show older orders').click();
	await page.locator(`li[data-order="${orders.at(-1)}"] a:focus`).waitFor();
	const shown = await page.locator('li[data-order]').evaluateAll((rows) =>
		rows.map((row) => row.dataset.order));
	assert.deepEqual(shown, orders);
	assert.equal(await ui.button(page, 'Show older orders').count(), 0);
});

scene('home shows the active order', async (harness) => {
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
	await ui.openCart(page, shopper, await manual.product('Bread'));
	const order = await ui.placeOrder(page);
	await ui.link(page, 'Keep shopping').click();
	await page.locator('.active-order').click();
	await ui.at(page, 'tracking');
	await page.locator(`[data-order="${order}"]`).waitFor();
});
