/* The whole way with keys alone: what is reached, what shows that it is, and where the focus goes. */

import assert from 'node:assert/strict';
import * as ui from './moves.mjs';
import { still } from './shop.mjs';
import { DESKTOP, scene } from './stage.mjs';

const MOST_STOPS = 150;
const FOCUS_MS = 5000;

/* What has the focus: its name for people, and whether one can see that it has it. */
const focused = (page) => page.evaluate(() => {
	const element = document.activeElement;
	const style = getComputedStyle(element);
	const box = element.getBoundingClientRect();
	const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent
		?? element.textContent;
	const ring = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)
		|| style.boxShadow !== 'none';
	const seen = element === document.body || (box.width > 0 && box.height > 0 && box.bottom > 0
		&& box.top < innerHeight);
	return { name: name.trim().replace(/\s+/g, ' '), tag: element.localName, ring, seen };
});

/* Goes on with Tab until something has the focus; every stop on the way has to be visible. */
async function tabTo(page, name) {
	const stops = [];
	for (let stop = 0; stop < MOST_STOPS; stop++) {
		await page.keyboard.press('Tab');
		const now = await focused(page);
		if (now.tag === 'body') continue;
		stops.push(now.name);
		assert.ok(now.ring, `no focus ring on ${now.tag} “${now.name}”`);
		assert.ok(now.seen, `the focus is out of sight on ${now.tag} “${now.name}”`);
		if (now.name === name || (name instanceof RegExp && name.test(now.name))) return;
	}
	assert.fail(`Tab does not lead to ${name}, but to ${stops.join(', ')}`);
}

async function onHeading(page, screen) {
	await ui.at(page, screen);
	await page.waitForFunction(() => document.activeElement.localName === 'h1');
}

/* A dialog that closes is hidden before the focus goes back. */
async function hasFocus(page, name) {
	const end = Date.now() + FOCUS_MS;
	while ((await focused(page)).name !== name && Date.now() < end) await page.waitForTimeout(20);
	assert.equal((await focused(page)).name, name);
}

const type = (page, text) => page.keyboard.type(text);
const enter = (page) => page.keyboard.press('Enter');

scene('from login to the order’s cancellation with keys alone', async (stage) => {
	const shopper = await still.newShopper();
	const milk = await still.product('Milk 1L');
	const page = await stage.visitor({ size: DESKTOP });
	await ui.open(page, '/', 'home');
	await page.locator('[data-card]').first().waitFor();

	await page.keyboard.press('Tab');
	await hasFocus(page, 'Skip to content');
	await enter(page);
	assert.equal(await page.evaluate(() => document.activeElement.id), 'main');

	await page.locator('#skip').focus();
	await tabTo(page, 'Search products');
	await type(page, 'milk 1l');
	await enter(page);
	await ui.link(page, 'Milk 1L').waitFor();
	await tabTo(page, 'Add Milk 1L to cart');
	await enter(page);
	await onHeading(page, 'login');
	await tabTo(page, 'Email');
	await type(page, shopper.email);
	await tabTo(page, 'Password');
	await type(page, shopper.password);
	await enter(page);
	await onHeading(page, 'search');
	await ui.shows(page, milk, 1);

	await tabTo(page, 'Increase quantity of Milk 1L');
	await enter(page);
	await ui.shows(page, milk, 2);
	await hasFocus(page, 'Increase quantity of Milk 1L');
	await page.keyboard.press('Shift+Tab');
	await page.keyboard.press('Space');
	await ui.shows(page, milk, 1);
	await hasFocus(page, 'Remove Milk 1L');

	await tabTo(page, /View cart$/);
	await enter(page);
	await onHeading(page, 'cart');
	await tabTo(page, /^Place order/);
	await enter(page);
	await onHeading(page, 'confirmed');
	await tabTo(page, 'Track order');
	await enter(page);
	await onHeading(page, 'tracking');
	await tabTo(page, 'Cancel order');
	await enter(page);
	const dialog = page.getByRole('dialog', { name: 'Cancel this order?' });
	await dialog.waitFor();
	await page.keyboard.press('Escape');
	await dialog.waitFor({ state: 'detached' });
	await hasFocus(page, 'Cancel order');
	await enter(page);
	await tabTo(page, 'Cancel order');
	await enter(page);
	await ui.heading(page, 'Order cancelled').waitFor();
});

scene('what arrives while a question is open leaves the focus a place to go back to', async (stage) => {
	const shopper = await still.newShopper();
	await shopper.add(await still.product('Milk 1L'));
	const order = await shopper.order();
	const page = await stage.visitor({ as: shopper, size: DESKTOP });
	let asked;
	const isAsked = new Promise((resolve) => { asked = resolve; });
	await page.route('**/events', (route) => isAsked.then(() => route.continue()));
	const dialog = page.getByRole('dialog', { name: 'Cancel this order?' });
	const askAndKeep = async (meanwhile, back) => {
		await page.getByRole('button', { name: 'Cancel order' }).focus();
		await enter(page);
		await dialog.waitFor();
		await meanwhile();
		await page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
		await hasFocus(page, back);
	};
	await ui.open(page, `/order/${order}`, 'tracking');
	await askAndKeep(async () => {
		asked();
		await page.locator('[data-connection=live]').waitFor();
	}, 'Cancel order');
	await askAndKeep(async () => {
		await (await still.staff('courier')).move(order, 'PACKED');
		await page.locator('[data-step=PACKED][data-state=now]').waitFor();
	}, 'Packed and ready');
});

scene('a product is taken out and put back with keys alone', async (stage) => {
	const shopper = await still.newShopper();
	const milk = await still.product('Milk 1L');
	await shopper.add(milk);
	const page = await stage.visitor({ as: shopper, size: DESKTOP });
	await ui.open(page, '/cart', 'cart');
	await ui.shows(page, milk, 1);
	await page.locator('#skip').focus();
	await tabTo(page, 'Remove Milk 1L');
	await enter(page);
	await ui.heading(page, 'Your cart is empty').waitFor();
	await tabTo(page, 'Undo');
	await enter(page);
	await ui.shows(page, milk, 1);
	await ui.holds(shopper, [milk, 1]);
});

scene('changes are read out', async (stage) => {
	const shopper = await still.newShopper();
	const milk = await still.product('Milk 1L');
	const page = await stage.visitor({ as: shopper });
	await ui.open(page, '/search?q=milk 1l', 'search');
	const spoken = (text) => page.locator('#announcer[aria-live]').filter({ hasText: text })
		.waitFor({ state: 'attached' });
	await spoken(/product/);
	await ui.press(page, milk, 'add');
	await spoken('Milk 1L: 1 in your cart');
});

scene('going on to a screen, the focus goes to its heading; going back, one is where one was',
	async (stage) => {
		const page = await stage.visitor();
		await ui.open(page, '/category/Fruits', 'category');
		const card = page.locator('[data-card]').nth(8);
		await card.scrollIntoViewIfNeeded();
		const before = await page.evaluate(() => scrollY);
		assert.ok(before > 0);
		await card.getByRole('link').click();
		await onHeading(page, 'product');
		assert.equal(await page.evaluate(() => scrollY), 0);
		await page.goBack();
		await ui.at(page, 'category');
		await page.waitForFunction((wanted) => Math.abs(scrollY - wanted) < 80, before);
	});
