/* The shop works in browsers without storage, and without the APIs of secure contexts. */

import assert from 'node:assert/strict';
import * as ui from './ui.mjs';
import { manual } from './shop.mjs';
import { scene } from './harness.mjs';

/* Changes of a page before its scripts run. */
const BROWSERS = {
	'storage is blocked': () => {
		for (const name of ['localStorage', 'sessionStorage']) {
			Object.defineProperty(window, name, { get() {
				throw new DOMException('Access is denied for this document.', 'SecurityError');
			} });
		}
	},
	'storage is null': () => {
		for (const name of ['localStorage', 'sessionStorage']) {
			Object.defineProperty(window, name, { value: null });
		}
	},
	'storage is full': () => {
		if (location.protocol === 'about:') return;
		for (const area of [localStorage, sessionStorage]) {
			for (let size = 1 << 20; size >= 1;) {
				try {
					area.setItem(`other-${area.length}`, 'x'.repeat(size));
				} catch {
					size >>= 1;
				}
			}
		}
	},
	'there is no secure context': () => {
		delete Crypto.prototype.randomUUID;
		delete Crypto.prototype.subtle;
		delete Navigator.prototype.locks;
		delete window.caches;
		delete window.cookieStore;
	},
};

for (const [what, prepare] of Object.entries(BROWSERS)) {
	scene(`${what}: log in, ADD, order, track, log out`, async (harness) => {
		const [milk, bread] = [await manual.product('Milk 1L'), await manual.product('Bread')];
		const shopper = await manual.newShopper();
		const page = await harness.visitor({ address: shopper.address });
		await page.addInitScript(prepare);
		await ui.open(page, '/search?q=bread', 'search');
		await ui.press(page, bread, 'add');
		await ui.logIn(page, shopper);
		await ui.at(page, 'search');
		await ui.shows(page, bread, 1);
		await ui.open(page, `/product/${milk._id}`, 'product');
		await ui.press(page, milk, 'add');
		await ui.cartIs(shopper, [milk, 1], [bread, 1]);
		await ui.open(page, '/cart', 'cart');
		const order = await ui.placeOrder(page);
		await ui.link(page, 'Keep shopping').click();
		await page.locator('.active-order').click();
		await ui.at(page, 'tracking');
		await page.locator('[data-connection=live]').waitFor();
		await (await manual.staff('courier')).move(order, 'PACKED');
		await ui.heading(page, 'Packed and ready').waitFor();
		assert.deepEqual((await shopper.orders()).map((each) => each._id), [order]);
		await ui.open(page, '/account', 'account');
		await ui.button(page, 'Log out').click();
		await ui.at(page, 'home');
		await ui.link(page, 'Log in').waitFor();
	});
}

scene('full storage: a stored value is never older than the current one', async (harness) => {
	const page = await harness.visitor();
	await ui.open(page, '/', 'home');
	const seen = await page.evaluate(async () => {
		const storage = await import('/assets/storage.js');
		const setItem = Storage.prototype.setItem;
		const values = [];
		const look = () => values.push(storage.read('active'), localStorage.getItem('tokri.active'));
		storage.write('active', 'older');
		look();
		Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };
		storage.write('active', 'newer');
		look();
		Storage.prototype.setItem = setItem;
		storage.write('active', 'newest');
		look();
		storage.write('active', null);
		look();
		return values;
	});
	assert.deepEqual(seen, ['older', '"older"', 'newer', null, 'newest', '"newest"', null, null]);
});
