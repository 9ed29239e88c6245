/* Lost connections, failing shops, and deployments. */

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import * as ui from './ui.mjs';
import { eventually, manual } from './shop.mjs';
import { scene } from './harness.mjs';

const banner = (page) => page.locator('#offline');
const failed = (page) => page.locator('[data-state=error]');

scene('offline: the page shows it, reverts unsent changes, and continues when online', async (harness) => {
	const shopper = await manual.newShopper();
	const milk = await manual.product('Milk 1L');
	await shopper.add(milk);
	const page = await harness.visitor({ as: shopper });
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	await page.context().setOffline(true);
	await banner(page).getByText('You are offline').waitFor();
	await ui.press(page, milk, 'increase');
	await ui.toast(page, 'Milk 1L');
	await ui.shows(page, milk, 1);
	await ui.placeButton(page).click();
	await ui.alert(page, 'can’t be reached');
	await page.context().setOffline(false);
	await banner(page).waitFor({ state: 'hidden' });
	await page.getByRole('button', { name: /^Try again/ }).click();
	await ui.confirmed(page);
	const orders = await shopper.orders();
	assert.equal(orders.length, 1);
	assert.deepEqual(orders[0].items.map((item) => item.quantity), [1]);
});

scene('offline: a screen that is not loaded yet is shown when online', async (harness) => {
	const page = await harness.visitor();
	await ui.open(page, '/', 'home');
	await ui.open(page, '/category/Dairy', 'category');
	await page.context().setOffline(true);
	await ui.open(page, '/category/Fruits', 'category');
	await failed(page).getByText('No connection').waitFor();
	await page.context().setOffline(false);
	await page.locator('[data-card]').first().waitFor();
	await failed(page).waitFor({ state: 'detached' });
});

scene('offline: a screen whose code is not loaded yet', async (harness) => {
	const page = await harness.visitor();
	await ui.open(page, '/', 'home');
	await page.context().setOffline(true);
	await page.evaluate(() => { location.hash = '#/login'; });
	await failed(page).getByText('No connection').waitFor();
	await page.context().setOffline(false);
	await page.getByLabel('Email').waitFor();
	harness.takeProblems(/Failed to fetch dynamically imported module/);
});

scene('offline during a delivery: reconnecting, then live again', async (harness) => {
	const shopper = await manual.newShopper();
	await shopper.add(await manual.product('Milk 1L'));
	const order = await shopper.order();
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=live]').waitFor();
	await page.context().setOffline(true);
	await banner(page).getByText('You are offline').waitFor();
	await (await manual.staff('courier')).move(order, 'PACKED');
	await page.context().setOffline(false);
	await ui.heading(page, 'Packed and ready').waitFor();
	await page.locator('[data-connection=live]').waitFor();
});

async function followed(harness) {
	const shopper = await manual.newShopper();
	await shopper.add(await manual.product('Milk 1L'));
	const order = await shopper.order();
	const page = await harness.visitor({ as: shopper });
	return { order, page, courier: await manual.staff('courier'),
		streams: ui.recordCalls(page, 'GET', `/order/${order}/events`),
		statuses: ui.recordCalls(page, 'GET', `/order/${order}/status`) };
}

scene('a proxy that delays events: the status is polled until the stream arrives', async (harness) => {
	const { order, page, courier, streams, statuses } = await followed(harness);
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
	// Longer than the interval between two polls.
	await page.waitForTimeout(5000);
	assert.equal(statuses.length, asked, 'a live order is not polled');
});

scene('a proxy that delays events to the end: the delivery is shown by polling', async (harness) => {
	const { order, page, courier, statuses } = await followed(harness);
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
	assert.equal(statuses.length, asked, 'an ended order is not polled');
});

scene('the stream is opened again when online, and after a time in the background', async (harness) => {
	const { order, page, streams } = await followed(harness);
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

scene('a replaced stream: the order is polled, and streamed again when the page is visible', async (harness) => {
	const shopper = await manual.newShopper();
	await shopper.add(await manual.product('Milk 1L'));
	const order = await shopper.order();
	const page = await harness.visitor({ as: shopper });
	let opened = 0;
	page.on('request', (request) => { opened += request.url().endsWith('/events'); });
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=live]').waitFor();
	const others = new AbortController();
	for (let n = 0; n < 4; n++) {
		await fetch(`${manual.url}/order/${order}/events`,
			{ headers: { Authorization: `Bearer ${shopper.token}` }, signal: others.signal });
	}
	await page.locator('[data-connection=replaced]').getByText('Live updates are open elsewhere').waitFor();
	await (await manual.staff('courier')).move(order, 'PACKED');
	await ui.heading(page, 'Packed and ready').waitFor();
	await page.locator('[data-connection=replaced]').waitFor();
	assert.equal(opened, 1, 'it is not opened again in the background');
	await page.evaluate(() => dispatchEvent(new Event('focus')));
	await page.locator('[data-connection=live]').waitFor();
	assert.equal(opened, 2);
	others.abort();
});

scene('a rate limit: a screen shows it and retries', async (harness) => {
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
	let refusals = 0;
	await page.route('**/orders/*', (route) => (refusals++ ? route.continue() : route.fulfill({
		status: 429, headers: { 'Retry-After': '1' }, contentType: 'application/json',
		body: '{"detail":"Too many requests","code":"too_many_requests"}' })));
	await ui.open(page, '/orders', 'orders');
	await failed(page).getByText('Trying again in 1 s').waitFor();
	await page.getByRole('heading', { name: 'No orders yet' }).waitFor();
});

/* ---- a deployment after the page was loaded ---- */

const countLoads = (page) => {
	const loads = [];
	page.on('request', (request) => request.isNavigationRequest() && loads.push(request));
	return loads;
};

/* Deploys code whose view of the cart needs a module that an older page does not have. */
async function deploy(page) {
	for (const [file, code] of [['catalogue', 'export const isNew = true;'],
		['views/cart', "import { isNew } from '../catalogue.js'; if (!isNew) throw Error();"]]) {
		await page.route(`**/assets/${file}.js`, async (route) => {
			const response = await route.fetch();
			return route.fulfill({ response, body: `${await response.text()}\n${code}` });
		});
	}
}

scene('after a deployment: a screen that is loaded late reloads the page and keeps the address', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
	const loads = countLoads(page);
	await ui.open(page, '/search?q=milk 1l', 'search');
	await deploy(page);
	await page.route('**/cart/add', async (route) => {
		await setTimeout(1000); // a slow connection: the new page is loaded first
		return route.continue();
	});
	await ui.press(page, milk, 'add');
	await page.getByRole('complementary', { name: 'Your cart' }).getByRole('link').click();
	await ui.at(page, 'cart');
	await ui.shows(page, milk, 1);
	assert.equal(loads.length, 2);
	await page.goBack();
	await ui.at(page, 'search');
	harness.takeProblems(/does not provide an export named 'isNew'/);
});

/* Presses Retry, and waits for another error than the one that is shown. */
async function retryInVain(page) {
	await failed(page).evaluate((element) => { element.dataset.old = ''; });
	await ui.button(page, 'Retry').click();
	await page.locator('[data-state=error]:not([data-old])').waitFor();
}

for (const [what, prepare] of [['', () => {}], [', without storage', () => {
	Object.defineProperty(window, 'localStorage', { value: null });
	Object.defineProperty(window, 'sessionStorage', { value: null });
}]]) {
	scene(`a screen whose code can’t be loaded: one reload, then Retry, which reloads again${what}`, async (harness) => {
		const page = await harness.visitor();
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
		harness.takeProblems(/dynamically imported module|not found: .*account\.js/);
	});
}

scene('a screen whose code can’t be loaded, at a history entry without state: one reload', async (harness) => {
	const page = await harness.visitor();
	const loads = countLoads(page);
	await ui.open(page, '/', 'home');
	await page.route('**/views/account.js', async (route) => {
		await page.evaluate(() => { location.hash = '#main'; });
		return route.fulfill({ status: 404 });
	});
	await page.evaluate(() => { location.hash = '#/login'; });
	await eventually(() => assert.equal(loads.length, 2));
	await ui.at(page, 'home');
	harness.takeProblems(/dynamically imported module|not found: .*account\.js/);
});

scene('a screen whose code can’t be loaded while the shop is unreachable: no reload until it is reachable', async (harness) => {
	const page = await harness.visitor();
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
	harness.takeProblems(/dynamically imported module/);
});
