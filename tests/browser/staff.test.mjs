/* The pages of couriers and admins, and their effect on shoppers' pages. */

import assert from 'node:assert/strict';
import * as ui from './ui.mjs';
import { manual } from './shop.mjs';
import { DESKTOP, PHONE, scene } from './harness.mjs';

async function placed() {
	const shopper = await manual.newShopper();
	await shopper.add(await manual.product('Milk 1L'));
	return { shopper, order: await shopper.order() };
}

const rowOf = (page, order) => page.locator(`li[data-order="${order}"]`);
const next = (page, order) => rowOf(page, order).locator('[data-action=next]');

scene('a courier moves an order with one press, and its shopper sees it live', async (harness) => {
	const { shopper, order } = await placed();
	const courier = await harness.visitor({ as: await manual.staff('courier') });
	const page = await harness.visitor({ as: shopper });
	await ui.open(courier, '/staff', 'staff');
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=live]').waitFor();
	const polls = ui.recordCalls(page, 'GET', `/order/${order}`);
	for (const [press, status, words] of [
		['Mark packed', 'PACKED', 'Packed and ready'],
		['Send out', 'OUT_FOR_DELIVERY', 'On its way to you'],
		['Mark delivered', 'DELIVERED', 'Delivered. Enjoy!'],
	]) {
		const number = `#${order.slice(-6).toUpperCase()}`;
		await ui.button(courier, `${press}: order ${number}`).click();
		await ui.heading(page, words).waitFor();
		await page.locator(`[data-step=${status}][data-state=now]`).waitFor();
	}
	await rowOf(courier, order).waitFor({ state: 'detached' });
	await page.locator('[data-connection=ended]').waitFor({ state: 'attached' });
	assert.equal(polls.length, 0, 'the page did not poll');
});

scene('new orders appear without a reload, and filters count them', async (harness) => {
	const page = await harness.visitor({ as: await manual.staff('courier'), size: DESKTOP });
	await ui.open(page, '/staff', 'staff');
	await page.locator('[data-filter=ALL]').waitFor();
	const { order } = await placed();
	await rowOf(page, order).waitFor();
	await page.locator('[data-filter=PACKED]').click();
	await rowOf(page, order).waitFor({ state: 'detached' });
	await page.locator('[data-filter=PLACED]').click();
	await next(page, order).click();
	await rowOf(page, order).waitFor({ state: 'detached' });
	await page.locator('[data-filter=PACKED]').click();
	await page.locator(`li[data-order="${order}"][data-status=PACKED]`).waitFor();
});

scene('two couriers press at once: one step is made', async (harness) => {
	const { shopper, order } = await placed();
	const courier = await manual.staff('courier');
	const pages = [await harness.visitor({ as: courier }), await harness.visitor({ as: courier })];
	for (const page of pages) {
		await ui.open(page, '/staff', 'staff');
		await next(page, order).waitFor();
	}
	await Promise.all(pages.map((page) => next(page, order).click()));
	for (const page of pages) {
		await page.locator(`li[data-order="${order}"][data-status=PACKED]`).waitFor();
		await page.locator(`li[data-order="${order}"] [aria-disabled=false]`).waitFor();
	}
	const { history } = await shopper.call('GET', `/order/${order}`);
	assert.deepEqual(history.map((entry) => entry.status), ['PLACED', 'PACKED']);
});

scene('a lost stream: the shopper’s page shows it, polls, and is live again', async (harness) => {
	const { shopper, order } = await placed();
	const page = await harness.visitor({ as: shopper });
	let cut = true;
	await page.route('**/events', (route) => (cut ? route.abort() : route.continue()));
	await ui.open(page, `/order/${order}`, 'tracking');
	await page.locator('[data-connection=reconnecting]').waitFor();
	const courier = await manual.staff('courier');
	await courier.move(order, 'PACKED');
	await ui.heading(page, 'Packed and ready').waitFor();
	cut = false;
	await page.locator('[data-connection=live]').waitFor();
	await courier.move(order, 'OUT_FOR_DELIVERY');
	await ui.heading(page, 'On its way to you').waitFor();
});

scene('an admin sets the stock, and the shop shows it', async (harness) => {
	const rare = await manual.rare();
	const page = await harness.visitor({ as: await manual.staff('admin'), size: DESKTOP });
	const shopper = await harness.visitor();
	await ui.open(page, '/staff', 'staff');
	await page.getByRole('navigation', { name: 'Staff' }).getByRole('link', { name: 'Stock' })
		.click();
	await ui.at(page, 'stock');
	await page.getByRole('searchbox', { name: 'Find a product' }).fill(rare.name);
	const row = page.locator(`li[data-product="${rare._id}"]`);
	const input = row.getByRole('spinbutton', { name: `Stock of ${rare.name}` });
	await input.fill('-1');
	await row.getByRole('button', { name: `Save stock of ${rare.name}` }).click();
	await row.getByText('A whole number').waitFor();
	await input.fill('3');
	await row.getByRole('button', { name: `Save stock of ${rare.name}` }).click();
	await row.getByText('Saved').waitFor();
	await manual.setStock(rare, 3);
	await ui.open(shopper, `/product/${rare._id}`, 'product');
	await shopper.getByRole('article').getByText('Only 3 left').waitFor();
});

scene('more products of the stock list are loaded at a press', async (harness) => {
	const page = await harness.visitor({ as: await manual.staff('admin'), size: DESKTOP });
	await ui.open(page, '/staff/stock', 'stock');
	const rows = page.locator('li[data-product]');
	await rows.nth(23).waitFor();
	assert.equal(await rows.count(), 24);
	await ui.button(page, 'Show more').click();
	await rows.nth(47).waitFor();
	const ids = await rows.evaluateAll((all) => all.map((row) => row.dataset.product));
	assert.equal(new Set(ids).size, 48);
});

scene('a stock that was changed meanwhile is shown before it is overwritten', async (harness) => {
	const rare = await manual.rare();
	await manual.setStock(rare, 20);
	const page = await harness.visitor({ as: await manual.staff('admin'), size: DESKTOP });
	await ui.open(page, '/staff/stock', 'stock');
	await page.getByRole('searchbox', { name: 'Find a product' }).fill(rare.name);
	const row = page.locator(`li[data-product="${rare._id}"]`);
	const press = row.getByRole('button', { name: `Save stock of ${rare.name}` });
	await row.getByRole('spinbutton').fill('25');
	await manual.setStock(rare, 8);
	await press.click();
	await row.getByText('Stock is now 8. Save again to set it to 25.').waitFor();
	await manual.setStock(rare, 8);
	await press.click();
	await row.getByText('Saved').waitFor();
	await manual.setStock(rare, 25);
});

scene('lost answers to staff: the result is shown, and saving again changes nothing', async (harness) => {
	const lose = async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	};
	const rare = await manual.rare();
	const page = await harness.visitor({ as: await manual.staff('admin'), size: DESKTOP });
	await ui.open(page, '/staff/stock', 'stock');
	await page.getByRole('searchbox', { name: 'Find a product' }).fill(rare.name);
	const row = page.locator(`li[data-product="${rare._id}"]`);
	const press = row.getByRole('button', { name: `Save stock of ${rare.name}` });
	await page.route('**/stock', lose);
	await row.getByRole('spinbutton').fill('31');
	await press.click();
	await ui.toast(page, 'can’t be reached');
	await page.unroute('**/stock');
	await press.click();
	await row.getByText('Saved').waitFor();

	const { order } = await placed();
	await ui.open(page, '/staff', 'staff');
	await page.route('**/update-status', lose);
	await page.locator(`li[data-order="${order}"]`).getByRole('button', { name: /^Mark packed/ }).click();
	await page.locator('#announcer').getByText(/^Order #\w+: Packed$/).waitFor();
	assert.equal(await page.locator('.toast').filter({ hasText: 'Order' }).count(), 0);
});

scene('customers see no staff page, couriers no stock', async (harness) => {
	const page = await harness.visitor({ as: await manual.newShopper() });
	const calls = ui.recordCalls(page, 'GET', '/deliveries');
	for (const [path, screen] of [['/staff', 'staff'], ['/staff/stock', 'stock']]) {
		await ui.open(page, path, screen);
		await ui.heading(page, 'For staff only').waitFor();
	}
	assert.equal(calls.length, 0);
	assert.equal(await ui.link(page, 'Staff').count(), 0);
	const courier = await harness.visitor({ as: await manual.staff('courier'), size: PHONE });
	await ui.open(courier, '/staff/stock', 'stock');
	await ui.heading(courier, 'For staff only').waitFor();
});

scene('a login of staff opens the staff page', async (harness) => {
	const page = await harness.visitor();
	await ui.open(page, '/login', 'login');
	await ui.logIn(page, { email: 'courier@example.com', password: manual.password });
	await ui.at(page, 'staff');
	await ui.heading(page, 'Deliveries').waitFor();
});
