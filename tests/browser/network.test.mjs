/* Away from the network, and shops that fail. */

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import * as ui from './moves.mjs';
import { eventually, still } from './shop.mjs';
import { scene } from './stage.mjs';

const banner = (page) => page.locator('#offline');
const failed = (page) => page.locator('[data-state=error]');

scene('off line: it says so, takes back what can’t be sent, and goes on when back', async (stage) => {
	const shopper = await still.newShopper();
	const milk = await still.product('Milk 1L');
	await shopper.add(milk);
	const page = await stage.visitor({ as: shopper });
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	await page.context().setOffline(true);
	await banner(page).getByText('You are offline').waitFor();
	await ui.press(page, milk, 'increase');
	await ui.told(page, 'Milk 1L');
	await ui.shows(page, milk, 1);
	await ui.placeButton(page).click();
	await ui.warned(page, 'can’t be reached');
	await page.context().setOffline(false);
	await banner(page).waitFor({ state: 'hidden' });
	await page.getByRole('button', { name: /^Try again/ }).click();
	await ui.confirmed(page);
	const orders = await shopper.orders();
	assert.equal(orders.length, 1);
	assert.deepEqual(orders[0].items.map((item) => item.quantity), [1]);
});

scene('off line: a screen that isn’t there yet comes by itself when back', async (stage) => {
	const page = await stage.visitor();
	await ui.open(page, '/', 'home');
	await ui.open(page, '/category/Dairy', 'category');
	await page.context().setOffline(true);
	await ui.open(page, '/category/Fruits', 'category');
	await failed(page).getByText('No connection').waitFor();
	await page.context().setOffline(false);
	await page.locator('[data-card]').first().waitFor();
	await failed(page).waitFor({ state: 'detached' });
});

scene('off line: a screen whose code isn’t there yet', async (stage) => {
	const page = await stage.visitor();
	await ui.open(page, '/', 'home');
	await page.context().setOffline(true);
	await page.evaluate(() => { location.hash = '#/login'; });
	await failed(page).getByText('No connection').waitFor();
	await page.context().setOffline(false);
	await page.getByLabel('Email').waitFor();
	stage.expected(/Failed to fetch dynamically imported module/);
});

scene('off line while an order is on its way: reconnecting, then live again', async (stage) => {
	const shopper = await still.newShopper();
	await shopper.add(await still.product('Milk 1L'));
	const order = await shopper.order();
	const page = await stage.visitor({ as: shopper });
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=live]').waitFor();
	await page.context().setOffline(true);
	await banner(page).getByText('You are offline').waitFor();
	await (await still.staff('courier')).move(order, 'PACKED');
	await page.context().setOffline(false);
	await ui.heading(page, 'Packed and ready').waitFor();
	await page.locator('[data-connection=live]').waitFor();
});

async function followed(stage) {
	const shopper = await still.newShopper();
	await shopper.add(await still.product('Milk 1L'));
	const order = await shopper.order();
	const page = await stage.visitor({ as: shopper });
	return { order, page, courier: await still.staff('courier'),
		streams: ui.note(page, 'GET', `/order/${order}/events`),
		statuses: ui.note(page, 'GET', `/order/${order}/status`) };
}

scene('a proxy holds the events back: the status is asked for, and the stream followed once it is there', async (stage) => {
	const { order, page, courier, streams, statuses } = await followed(stage);
	let release;
	const held = new Promise((resolve) => { release = resolve; });
	await page.route('**/events', async (route) => {
		await held;
		return route.continue();
	});
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=polling]').getByText('Checking for updates').waitFor();
	await courier.move(order, 'PACKED');
	await ui.heading(page, 'Packed and ready').waitFor();
	release();
	await page.locator('[data-connection=live]').waitFor();
	await courier.move(order, 'OUT_FOR_DELIVERY');
	await ui.heading(page, 'On its way to you').waitFor();
	assert.equal(streams.length, 1);
	const asked = statuses.length;
	// Longer than the pause between two polls.
	await page.waitForTimeout(5000);
	assert.equal(statuses.length, asked, 'what is live is not polled');
});

scene('a proxy holds the events back to the end: the order is seen to arrive', async (stage) => {
	const { order, page, courier, statuses } = await followed(stage);
	await page.route('**/events', () => {});
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=polling]').waitFor();
	await page.route('**/status', (route) => route.abort());
	await page.locator('[data-connection=reconnecting]').waitFor();
	await page.unroute('**/status');
	for (const status of ['PACKED', 'OUT_FOR_DELIVERY', 'DELIVERED']) await courier.move(order, status);
	await ui.heading(page, 'Delivered. Enjoy!').waitFor();
	await page.locator('[data-connection=ended]').waitFor({ state: 'attached' });
	await eventually(async () => assert.equal(await page.locator('ol time').count(), 4));
	const asked = statuses.length;
	await page.waitForTimeout(5000);
	assert.equal(statuses.length, asked, 'what has ended is not polled');
});

scene('back on line, or back after a while in the background: the stream is opened anew', async (stage) => {
	const { order, page, streams } = await followed(stage);
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=live]').waitFor();
	const seen = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
	await seen();
	await page.evaluate(() => dispatchEvent(new Event('online')));
	await eventually(() => assert.equal(streams.length, 2));
	await page.locator('[data-connection=live]').waitFor();
	await page.evaluate(() => {
		const { now } = Date;
		Date.now = () => now() + 30_000;
	});
	await seen();
	await eventually(() => assert.equal(streams.length, 3));
	await page.locator('[data-connection=live]').waitFor();
});

scene('replaced by newer streams, an order is asked for, and followed again when looked at', async (stage) => {
	const shopper = await still.newShopper();
	await shopper.add(await still.product('Milk 1L'));
	const order = await shopper.order();
	const page = await stage.visitor({ as: shopper });
	let opened = 0;
	page.on('request', (request) => { opened += request.url().endsWith('/events'); });
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=live]').waitFor();
	const others = new AbortController();
	for (let n = 0; n < 4; n++) {
		await fetch(`${still.url}/order/${order}/events`,
			{ headers: { Authorization: `Bearer ${shopper.token}` }, signal: others.signal });
	}
	await page.locator('[data-connection=replaced]').getByText('Live updates are open elsewhere').waitFor();
	await (await still.staff('courier')).move(order, 'PACKED');
	await ui.heading(page, 'Packed and ready').waitFor();
	await page.locator('[data-connection=replaced]').waitFor();
	assert.equal(opened, 1, 'it doesn’t come back by itself');
	await page.evaluate(() => dispatchEvent(new Event('focus')));
	await page.locator('[data-connection=live]').waitFor();
	assert.equal(opened, 2);
	others.abort();
});

scene('asked to wait, a screen says so and tries again by itself', async (stage) => {
	const shopper = await still.newShopper();
	const page = await stage.visitor({ as: shopper });
	let refusals = 0;
	await page.route('**/orders/*', (route) => (refusals++ ? route.continue() : route.fulfill({
		status: 429, headers: { 'Retry-After': '1' }, contentType: 'application/json',
		body: '{"detail":"Too many requests","code":"too_many_requests"}' })));
	await ui.open(page, '/orders', 'orders');
	await failed(page).getByText('Trying again in 1 s').waitFor();
	await page.getByRole('heading', { name: 'No orders yet' }).waitFor();
});

/* ---- the shop's code is newer than the page ---- */

const countLoads = (page) => {
	const loads = [];
	page.on('request', (request) => request.isNavigationRequest() && loads.push(request));
	return loads;
};

/* From now on the shop has code whose view of the cart needs what a page from before doesn't have. */
async function deploy(page) {
	for (const [file, code] of [['catalogue', 'export const isNew = true;'],
		['views/cart', "import { isNew } from '../catalogue.js'; if (!isNew) throw Error();"]]) {
		await page.route(`**/assets/${file}.js`, async (route) => {
			const response = await route.fetch();
			return route.fulfill({ response, body: `${await response.text()}\n${code}` });
		});
	}
}

scene('after a deploy: a screen that is loaded late gets a new page, and the address stays', async (stage) => {
	const milk = await still.product('Milk 1L');
	const shopper = await still.newShopper();
	const page = await stage.visitor({ as: shopper });
	const loads = countLoads(page);
	await ui.open(page, '/search?q=milk 1l', 'search');
	await deploy(page);
	await page.route('**/cart/add', async (route) => {
		await setTimeout(1000); // a slow line: the new page is there before it
		return route.continue();
	});
	await ui.press(page, milk, 'add');
	await page.getByRole('complementary', { name: 'Your cart' }).getByRole('link').click();
	await ui.at(page, 'cart');
	await ui.shows(page, milk, 1);
	assert.equal(loads.length, 2);
	await page.goBack();
	await ui.at(page, 'search');
	stage.expected(/does not provide an export named 'isNew'/);
});

/* Presses Retry, and waits for another error than the one that is there. */
async function retryInVain(page) {
	await failed(page).evaluate((element) => { element.dataset.old = ''; });
	await ui.button(page, 'Retry').click();
	await page.locator('[data-state=error]:not([data-old])').waitFor();
}

for (const [what, prepare] of [['', () => {}], [', without storage', () => {
	Object.defineProperty(window, 'localStorage', { value: null });
	Object.defineProperty(window, 'sessionStorage', { value: null });
}]]) {
	scene(`a screen whose code can’t be had: one new page, then Retry, which brings another${what}`, async (stage) => {
		const page = await stage.visitor();
		await page.addInitScript(prepare);
		const loads = countLoads(page);
		await page.route('**/views/account.js', (route) => route.fulfill({ status: 404 }));
		await ui.open(page, '/', 'home');
		await page.evaluate(() => { location.hash = '#/login?next=%2Fcart'; });
		await failed(page).getByText('That didn’t work').waitFor();
		assert.equal(loads.length, 2);
		await retryInVain(page);
		assert.equal(loads.length, 3);
		await page.unroute('**/views/account.js');
		await ui.button(page, 'Retry').click();
		await page.getByLabel('Email').waitFor();
		assert.equal(loads.length, 4);
		assert.equal(new URL(page.url()).hash, '#/login?next=%2Fcart');
		stage.expected(/dynamically imported module|not there: .*account\.js/);
	});
}

scene('a screen whose code can’t be had, at an entry of the history that has no state yet: one new page', async (stage) => {
	const page = await stage.visitor();
	const loads = countLoads(page);
	await ui.open(page, '/', 'home');
	await page.route('**/views/account.js', async (route) => {
		await page.evaluate(() => { location.hash = '#main'; });
		return route.fulfill({ status: 404 });
	});
	await page.evaluate(() => { location.hash = '#/login'; });
	await eventually(() => assert.equal(loads.length, 2));
	await ui.at(page, 'home');
	stage.expected(/dynamically imported module|not there: .*account\.js/);
});

scene('a screen whose code can’t be had while the shop is away: no new page until it is there', async (stage) => {
	const page = await stage.visitor();
	const loads = countLoads(page);
	await ui.open(page, '/', 'home');
	await page.route('**/*', (route) => route.abort('connectionrefused'));
	await page.evaluate(() => { location.hash = '#/login'; });
	await failed(page).getByText('No connection').waitFor();
	await retryInVain(page);
	await failed(page).getByText('No connection').waitFor();
	assert.equal(loads.length, 1);
	await page.unroute('**/*');
	await ui.button(page, 'Retry').click();
	await page.getByLabel('Email').waitFor();
	stage.expected(/dynamically imported module/);
});
