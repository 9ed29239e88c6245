/* Browsing: categories, the search, a product. */

import assert from 'node:assert/strict';
import * as ui from './ui.mjs';
import { eventually, manual } from './shop.mjs';
import { DESKTOP, PHONE, scene } from './harness.mjs';

const searchbox = (page) => page.getByRole('searchbox', { name: 'Search products' });
const names = (page) => page.locator('[data-card] .card-name').allTextContents();

for (const [where, size] of [['a phone', PHONE], ['a wide screen', DESKTOP]]) {
	scene(`categories on ${where}`, async (harness) => {
		const page = await harness.visitor({ size });
		await ui.open(page, '/', 'home');
		const wanted = await manual.guest().call('GET', '/categories');
		const nav = page.getByRole('navigation', { name: 'Categories' });
		await nav.getByRole('link', { name: wanted.at(-1) }).waitFor();
		assert.deepEqual(await nav.getByRole('link').allTextContents(), ['All', ...wanted]);
		await nav.getByRole('link', { name: 'Dairy' }).click();
		await ui.at(page, 'category');
		await ui.heading(page, 'Dairy').waitFor();
		const current = nav.locator('[aria-current=page]');
		await current.getByText('Dairy').waitFor();
		assert.equal(await page.title(), 'Dairy · Tokri');
		const dairy = (await manual.products()).filter((product) => product.category === 'Dairy');
		await eventually(async () => {
			await page.locator('[data-card]').last().scrollIntoViewIfNeeded();
			assert.deepEqual((await names(page)).sort(), dairy.map((p) => p.name).sort());
		});
		await page.goBack();
		await ui.at(page, 'home');
	});
}

scene('home has a list of each category, loaded when it is scrolled near', async (harness) => {
	const page = await harness.visitor();
	const lists = ui.recordCalls(page, 'GET', '/products');
	await ui.open(page, '/', 'home');
	await page.locator('[data-card]').first().waitFor();
	const all = await manual.guest().call('GET', '/categories');
	assert.ok(lists.length < all.length, 'lists are loaded lazily');
	const last = page.getByRole('region', { name: all.at(-1) });
	await last.scrollIntoViewIfNeeded();
	await last.locator('[data-card]').first().waitFor();
	await last.getByRole('link', { name: `See all ${all.at(-1)}` }).click();
	await ui.heading(page, all.at(-1)).waitFor();
});

scene('the search finds products while typing, reports an empty result, and is cleared', async (harness) => {
	const page = await harness.visitor();
	await ui.open(page, '/', 'home');
	const calls = ui.recordCalls(page, 'GET', '/products');
	await searchbox(page).focus();
	await searchbox(page).evaluate((input) => {
		for (const letter of 'choc') {
			input.value += letter;
			input.dispatchEvent(new InputEvent('input', { bubbles: true }));
		}
	});
	await ui.at(page, 'search');
	await page.getByRole('heading', { name: /“choc”/ }).waitFor();
	await page.locator('[data-card]').first().waitFor();
	const searches = calls.filter((call) => call.url().includes('q='));
	assert.equal(searches.length, 1, 'not a call for each letter');
	const wanted = await manual.guest().call('GET', '/products?q=choc');
	assert.deepEqual(await names(page), wanted.map((product) => product.name));
	assert.ok(await searchbox(page).evaluate((input) => input === document.activeElement),
		'one goes on typing');

	await searchbox(page).fill('xyzzy');
	await page.getByRole('heading', { name: 'Nothing found for “xyzzy”' }).waitFor();
	await page.locator('[data-state=empty]').getByRole('button', { name: 'Clear search' }).click();
	await ui.at(page, 'home');
	assert.equal(await searchbox(page).inputValue(), '');
});

scene('the search keeps its words over a reload, a link and the back button', async (harness) => {
	const page = await harness.visitor({ size: DESKTOP });
	await ui.open(page, '/search?q=milk%201l', 'search');
	await page.getByRole('heading', { name: /“milk 1l”/ }).waitFor();
	assert.equal(await searchbox(page).inputValue(), 'milk 1l');
	await page.reload();
	await ui.link(page, 'Milk 1L').click();
	await ui.at(page, 'product');
	await ui.button(page, 'Back').click();
	await ui.at(page, 'search');
	assert.equal(await searchbox(page).inputValue(), 'milk 1l');
	await ui.link(page, 'Milk 1L').waitFor();
});

scene('a product shows its details and similar products', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const page = await harness.visitor({ size: DESKTOP });
	await ui.open(page, `/product/${milk._id}`, 'product');
	await ui.heading(page, milk.name).waitFor();
	for (const text of [milk.description, '₹60', milk.unit]) {
		await page.locator('article').getByText(text).first().waitFor();
	}
	const image = page.locator('article img');
	await eventually(async () => assert.ok(await image.evaluate((img) => img.naturalWidth > 0)));
	await page.getByRole('region', { name: 'More in Dairy' }).locator('[data-card]').first().click();
});

scene('unknown addresses and empty lists show a message', async (harness) => {
	const page = await harness.visitor({ as: await manual.newShopper() });
	const nowhere = '0123456789abcdef01234567';
	await ui.open(page, `/product/${nowhere}`, 'product');
	await ui.heading(page, 'This product is gone').waitFor();
	await ui.open(page, `/order/${nowhere}`, 'tracking');
	await ui.heading(page, 'No such order').waitFor();
	await ui.open(page, '/category/Nothing', 'category');
	await page.getByRole('heading', { name: 'Nothing here yet' }).waitFor();
	await ui.open(page, '/no/such/page', 'lost');
	await ui.heading(page, 'There is no such page').waitFor();
	await ui.open(page, '/orders', 'orders');
	await page.getByRole('heading', { name: 'No orders yet' }).waitFor();
	await ui.open(page, '/cart', 'cart');
	await ui.heading(page, 'Your cart is empty').waitFor();
	await ui.link(page, 'Browse').click();
	await ui.at(page, 'home');
});

scene('an order of another user is not shown', async (harness) => {
	const [owner, other] = [await manual.newShopper(), await manual.newShopper()];
	await owner.add(await manual.product('Milk 1L'));
	const order = await owner.order();
	const page = await harness.visitor({ as: other });
	await ui.open(page, `/order/${order}`, 'tracking');
	await ui.heading(page, 'No such order').waitFor();
});

scene('prices and numbers are written as in India', async (harness) => {
	const rare = await manual.rare();
	await manual.setStock(rare, 99);
	await manual.putProduct(rare._id, { price: 12_345_650 }, { price: 123_456.5 });
	const shopper = await manual.newShopper();
	await shopper.add(rare, 2);
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, '/cart', 'cart');
	await page.getByRole('region', { name: 'Bill' }).getByText('₹2,46,913').first().waitFor();
	await ui.open(page, `/product/${rare._id}`, 'product');
	await page.locator('article').getByText('₹1,23,456.50').waitFor();
});
