/* Pools of the shop that moves are stopped; nothing else runs on it meanwhile. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as ui from './moves.mjs';
import { eventually, moving } from './shop.mjs';
import { scene } from './stage.mjs';

const failed = (page) => page.locator('[data-state=error]');

scene('the cart’s pool is away: a plain sentence, an id to ask with, Retry', async (stage) => {
	const shopper = await moving.newShopper();
	const milk = await moving.product('Milk 1L');
	await shopper.add(milk);
	const page = await stage.visitor({ shop: moving, as: shopper });
	await moving.without('cart_order', async () => {
		await ui.open(page, '/cart', 'cart');
		await failed(page).waitFor();
		const id = await failed(page).locator('.request-id code').textContent();
		assert.match(id, /^web-[0-9a-f]{16}$/);
		await eventually(async () => {
			const log = await readFile(`${moving.folder}/log/access.log`, 'utf8');
			assert.ok(log.includes(`"request_id":"${id}"`), 'the id is in the gateway’s log');
		});
	});
	await failed(page).getByRole('button', { name: 'Retry' }).click();
	await ui.shows(page, milk, 1);
});

scene('the cart’s pool goes away at the checkout: the same key, one order', async (stage) => {
	const shopper = await moving.newShopper();
	const milk = await moving.product('Milk 1L');
	await shopper.add(milk);
	const page = await stage.visitor({ shop: moving, as: shopper });
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	const calls = ui.note(page, 'POST', '/order/create');
	await moving.without('cart_order', async () => {
		await ui.placeButton(page).click();
		await ui.warned(page, 'the same order is never taken twice');
		await ui.press(page, milk, 'increase');
		await ui.told(page, 'Milk 1L');
		await ui.shows(page, milk, 1);
	});
	await page.getByRole('button', { name: /^(Try again|Place order)/ }).click();
	await ui.confirmed(page);
	assert.equal((await shopper.orders()).length, 1);
	assert.equal(new Set(ui.keysOf(calls)).size, 1);
});

scene('the catalogue’s pool is away: the search fails and recovers', async (stage) => {
	const page = await stage.visitor({ shop: moving });
	await ui.open(page, '/', 'home');
	await page.locator('[data-card]').first().waitFor();
	await moving.without('product', async () => {
		await ui.open(page, '/search?q=never asked before', 'search');
		await failed(page).waitFor();
		assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
	});
	await failed(page).getByRole('button', { name: 'Retry' }).click();
	await page.getByRole('heading', { name: /^Nothing found/ }).waitFor();
});

scene('delivery’s pool is away: the order is followed again when it is back', async (stage) => {
	const shopper = await moving.newShopper();
	await shopper.add(await moving.product('Milk 1L'));
	const page = await stage.visitor({ shop: moving, as: shopper });
	await ui.openCart(page, shopper);
	await moving.without('delivery', async () => {
		const order = await ui.placeOrder(page);
		await ui.open(page, `/order/${order}`, 'tracking');
		await page.locator('[data-connection=reconnecting]').waitFor();
		await ui.heading(page, 'We’ve got your order').waitFor();
	});
	await ui.heading(page, 'Delivered. Enjoy!').waitFor();
});
