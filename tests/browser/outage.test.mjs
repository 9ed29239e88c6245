/* Stops pools of the simulated shop, which no other scene uses meanwhile. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as ui from './ui.mjs';
import { eventually, simulated } from './shop.mjs';
import { scene } from './harness.mjs';

const failed = (page) => page.locator('[data-state=error]');

scene('the cart’s pool is stopped: a plain sentence, a request id, Retry', async (harness) => {
	const shopper = await simulated.newShopper();
	const milk = await simulated.product('Milk 1L');
	await shopper.add(milk);
	const page = await harness.visitor({ shop: simulated, as: shopper });
	await simulated.without('cart_order', async () => {
		await ui.open(page, '/cart', 'cart');
		await failed(page).waitFor();
		const id = await failed(page).locator('.request-id code').textContent();
		assert.match(id, /^web-[0-9a-f]{16}$/);
		await eventually(async () => {
			const log = await readFile(`${simulated.folder}/log/access.log`, 'utf8');
			assert.ok(log.includes(`"request_id":"${id}"`), 'the id is in the gateway’s log');
		});
	});
	await failed(page).getByRole('button', { name: 'Retry' }).click();
	await ui.shows(page, milk, 1);
});

scene('the cart’s pool is stopped during the checkout: the same key, one order', async (harness) => {
	const shopper = await simulated.newShopper();
	const milk = await simulated.product('Milk 1L');
	await shopper.add(milk);
	const page = await harness.visitor({ shop: simulated, as: shopper });
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	const calls = ui.recordCalls(page, 'POST', '/order/create');
	await simulated.without('cart_order', async () => {
		await ui.placeButton(page).click();
		await ui.alert(page, 'the same order is never taken twice');
		await ui.press(page, milk, 'increase');
		await ui.toast(page, 'Milk 1L');
		await ui.shows(page, milk, 1);
	});
	await page.getByRole('button', { name: /^(Try again|Place order)/ }).click();
	await ui.confirmed(page);
	assert.equal((await shopper.orders()).length, 1);
	assert.equal(new Set(ui.keysOf(calls)).size, 1);
});

scene('the product pool is stopped: the search fails and recovers', async (harness) => {
	const page = await harness.visitor({ shop: simulated });
	await ui.open(page, '/', 'home');
	await page.locator('[data-card]').first().waitFor();
	await simulated.without('product', async () => {
		await ui.open(page, '/search?q=never asked before', 'search');
		await failed(page).waitFor();
		assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
	});
	await failed(page).getByRole('button', { name: 'Retry' }).click();
	await page.getByRole('heading', { name: /^Nothing found/ }).waitFor();
});

scene('the delivery pool is stopped: the order is streamed again when it has restarted', async (harness) => {
	const shopper = await simulated.newShopper();
	await shopper.add(await simulated.product('Milk 1L'));
	const page = await harness.visitor({ shop: simulated, as: shopper });
	await ui.openCart(page, shopper);
	await simulated.without('delivery', async () => {
		const order = await ui.placeOrder(page);
		await ui.open(page, `/order/${order}`, 'tracking');
		await page.locator('[data-connection=reconnecting]').waitFor();
		await ui.heading(page, 'We’ve got your order').waitFor();
	});
	await ui.heading(page, 'Delivered. Enjoy!').waitFor();
});
