/* Finding things: categories, the search, a product. */

import assert from 'node:assert/strict';
import * as ui from './moves.mjs';
import { eventually, still } from './shop.mjs';
import { DESKTOP, PHONE, scene } from './stage.mjs';

const searchbox = (page) => page.getByRole('searchbox', { name: 'Search products' });
const names = (page) => page.locator('[data-card] .card-name').allTextContents();

for (const [where, size] of [['a phone', PHONE], ['a wide screen', DESKTOP]]) {
	scene(`categories on ${where}`, async (stage) => {
		const page = await stage.visitor({ size });
		await ui.open(page, '/', 'home');
		const wanted = await still.guest().call('GET', '/categories');
		const nav = page.getByRole('navigation', { name: 'Categories' });
		await nav.getByRole('link', { name: wanted.at(-1) }).waitFor();
		assert.deepEqual(await nav.getByRole('link').allTextContents(), ['All', ...wanted]);
		await nav.getByRole('link', { name: 'Dairy' }).click();
		await ui.at(page, 'category');
		await ui.heading(page, 'Dairy').waitFor();
		const current = nav.locator('[aria-current=page]');
		await current.getByText('Dairy').waitFor();
		assert.equal(await page.title(), 'Dairy · Tokri');
		const dairy = (await still.products()).filter((product) => product.category === 'Dairy');
		await eventually(async () => {
			await page.locator('[data-card]').last().scrollIntoViewIfNeeded();
			assert.deepEqual((await names(page)).sort(), dairy.map((p) => p.name).sort());
		});
		await page.goBack();
		await ui.at(page, 'home');
	});
}

scene('home has a shelf of each category, loaded as one comes near', async (stage) => {
	const page = await stage.visitor();
	const lists = ui.note(page, 'GET', '/products');
	await ui.open(page, '/', 'home');
	await page.locator('[data-card]').first().waitFor();
	const all = await still.guest().call('GET', '/categories');
	assert.ok(lists.length < all.length, 'not all at once');
	const last = page.getByRole('region', { name: all.at(-1) });
	await last.scrollIntoViewIfNeeded();
	await last.locator('[data-card]').first().waitFor();
	await last.getByRole('link', { name: `See all ${all.at(-1)}` }).click();
	await ui.heading(page, all.at(-1)).waitFor();
});

scene('the search finds as one types, says where nothing is, and is cleared', async (stage) => {
	const page = await stage.visitor();
	await ui.open(page, '/', 'home');
	const calls = ui.note(page, 'GET', '/products');
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
	const wanted = await still.guest().call('GET', '/products?q=choc');
	assert.deepEqual(await names(page), wanted.map((product) => product.name));
	assert.ok(await searchbox(page).evaluate((input) => input === document.activeElement),
		'one goes on typing');

	await searchbox(page).fill('xyzzy');
	await page.getByRole('heading', { name: 'Nothing found for “xyzzy”' }).waitFor();
	await page.locator('[data-state=empty]').getByRole('button', { name: 'Clear search' }).click();
	await ui.at(page, 'home');
	assert.equal(await searchbox(page).inputValue(), '');
});

scene('the search keeps its words over a reload, a link and the way back', async (stage) => {
	const page = await stage.visitor({ size: DESKTOP });
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

scene('a product: all there is to know, and more of its kind', async (stage) => {
	const milk = await still.product('Milk 1L');
	const page = await stage.visitor({ size: DESKTOP });
	await ui.open(page, `/product/${milk._id}`, 'product');
	await ui.heading(page, milk.name).waitFor();
	for (const text of [milk.description, '₹60', milk.unit]) {
		await page.locator('article').getByText(text).first().waitFor();
	}
	const image = page.locator('article img');
	await eventually(async () => assert.ok(await image.evaluate((img) => img.naturalWidth > 0)));
	await page.getByRole('region', { name: 'More in Dairy' }).locator('[data-card]').first().click();
});

scene('what is not there says so', async (stage) => {
	const page = await stage.visitor({ as: await still.newShopper() });
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

scene('somebody else’s order is not shown', async (stage) => {
	const [owner, other] = [await still.newShopper(), await still.newShopper()];
	await owner.add(await still.product('Milk 1L'));
	const order = await owner.order();
	const page = await stage.visitor({ as: other });
	await ui.open(page, `/order/${order}`, 'tracking');
	await ui.heading(page, 'No such order').waitFor();
});

scene('prices and numbers are written as in India', async (stage) => {
	const rare = await still.rare();
	await still.setStock(rare, 99);
	await still.putProduct(rare._id, { price: 12_345_650 }, { price: 123_456.5 });
	const shopper = await still.newShopper();
	await shopper.add(rare, 2);
	const page = await stage.visitor({ as: shopper });
	await ui.open(page, '/cart', 'cart');
	await page.getByRole('region', { name: 'Bill' }).getByText('₹2,46,913').first().waitFor();
	await ui.open(page, `/product/${rare._id}`, 'product');
	await page.locator('article').getByText('₹1,23,456.50').waitFor();
});
