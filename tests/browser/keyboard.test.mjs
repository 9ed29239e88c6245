/* Use with the keyboard alone: reachable elements, visible focus, and movement of the focus. */

import assert from 'node:assert/strict';
import * as ui from './ui.mjs';
import { manual } from './shop.mjs';
import { DESKTOP, scene } from './harness.mjs';

const MOST_STOPS = 150;
const FOCUS_MS = 5000;

/* The focused element: its accessible name, and whether its focus is visible. */
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

/* Presses Tab until a named element has the focus; the focus must be visible at every stop. */
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

scene('from login to the order’s cancellation with the keyboard alone', async (harness) => {
	const shopper = await manual.newShopper();
	const milk = await manual.product('Milk 1L');
	const page = await harness.visitor({ size: DESKTOP });
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

scene('an update during an open dialog keeps an element for the focus to return to', async (harness) => {
	const shopper = await manual.newShopper();
	await shopper.add(await manual.product('Milk 1L'));
	const order = await shopper.order();
	const page = await harness.visitor({ as: shopper, size: DESKTOP });
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
		await (await manual.staff('courier')).move(order, 'PACKED');
		await page.locator('[data-step=PACKED][data-state=now]').waitFor();
	}, 'Packed and ready');
});

scene('a product is removed and restored with the keyboard alone', async (harness) => {
	const shopper = await manual.newShopper();
	const milk = await manual.product('Milk 1L');
	await shopper.add(milk);
	const page = await harness.visitor({ as: shopper, size: DESKTOP });
	await ui.open(page, '/cart', 'cart');
	await ui.shows(page, milk, 1);
	await page.locator('#skip').focus();
	await tabTo(page, 'Remove Milk 1L');
	await enter(page);
	await ui.heading(page, 'Your cart is empty').waitFor();
	await tabTo(page, 'Undo');
	await enter(page);
	await ui.shows(page, milk, 1);
	await ui.cartIs(shopper, [milk, 1]);
});

scene('changes are announced to screen readers', async (harness) => {
	const shopper = await manual.newShopper();
	const milk = await manual.product('Milk 1L');
	const page = await harness.visitor({ as: shopper });
	await ui.open(page, '/search?q=milk 1l', 'search');
	const spoken = (text) => page.locator('#announcer[aria-live]').filter({ hasText: text })
		.waitFor({ state: 'attached' });
	await spoken(/product/);
	await ui.press(page, milk, 'add');
	await spoken('Milk 1L: 1 in your cart');
});

scene('a new screen focuses its heading, the back button restores the focus',
	async (harness) => {
		const page = await harness.visitor();
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
