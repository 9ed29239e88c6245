/*
 * Every screen in its states: automatic accessibility checks, nothing wider than the window, and a
 * screenshot of each for review.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as ui from './ui.mjs';
import { eventually, simulated, manual } from './shop.mjs';
import { DESKTOP, PHONE, SCREENSHOTS, scene } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/* In the dark scheme only the colours differ. */
const RULES = {
	light: { type: 'tag',
		values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
	dark: { type: 'rule', values: ['color-contrast'] },
};
/* The narrowest phone that is supported, a wide screen at 200 % and the widest that has a layout. */
const WIDTHS = [360, 640, 1440];
const LOOKS = [['phone', PHONE], ['desktop', DESKTOP]];

/* ---- the screens and how they are reached ---- */

const buyers = { as: () => manual.newShopper() };
const guests = { as: () => undefined };

async function filled(shopper, ...names) {
	for (const name of names) await shopper.add(await manual.product(name), 2);
}

async function ordered(shopper) {
	await filled(shopper, 'Milk 1L', 'Apple 1kg', 'Bread');
	return shopper.order();
}

async function sold(shopper) {
	const [gone, scarce] = [await manual.rare(), await manual.rare()];
	await filled(shopper, 'Milk 1L');
	await shopper.add(gone);
	await shopper.add(scarce, 9);
	await manual.setStock(gone, 0);
	await manual.setStock(scarce, 4);
	await shopper.cartShows((lines) => {
		assert.deepEqual(lines.map((line) => line.stock).sort().slice(0, 2), [0, 4]);
	});
}

const refused = (status, code) => (route) => route.fulfill({ status, contentType: 'application/json',
	headers: { 'X-Request-ID': 'web-0123456789abcdef' },
	body: JSON.stringify({ detail: 'No', code }) });

/* Places an order whose answer does not reach the page. */
async function orderUnknown(page, shopper) {
	await filled(shopper, 'Milk 1L');
	await page.route('**/order/create', async (route) => {
		await route.fetch();
		await refused(503, 'service_temporarily_unavailable')(route);
	});
	await ui.openCart(page, shopper);
	await ui.placeButton(page).click();
	await page.locator('[data-state=error]').waitFor();
}

/* as: the client that is logged in; go: opens the screen. The name is that of the screenshot. */
const SCREENS = {
	'home': { ...guests, async go(page) {
		await ui.open(page, '/', 'home');
		await page.locator('[data-card]').first().waitFor();
	} },
	'home-with-an-order': { ...buyers, async go(page, shopper) {
		await filled(shopper, 'Bread');
		await ui.openCart(page, shopper);
		await ui.placeOrder(page);
		await filled(shopper, 'Milk 1L', 'Apple 1kg');
		await ui.open(page, '/', 'home');
		await page.reload();
		await page.locator('.active-order').waitFor();
		await page.getByRole('complementary', { name: 'Your cart' }).waitFor();
	} },
	'category': { ...buyers, async go(page, shopper) {
		await filled(shopper, 'Apple 1kg');
		await ui.open(page, '/category/Fruits', 'category');
		await page.locator('[data-card] [data-quantity="2"]').waitFor();
	} },
	'search': { ...guests, async go(page) {
		await ui.open(page, '/search?q=milk', 'search');
		await page.locator('[data-card]').first().waitFor();
	} },
	'search-nothing': { ...guests, async go(page) {
		await ui.open(page, '/search?q=caviar', 'search');
		await page.getByRole('heading', { name: /^Nothing found/ }).waitFor();
	} },
	'product': { ...buyers, async go(page) {
		const rare = await manual.rare();
		await manual.setStock(rare, 3);
		await ui.open(page, `/product/${rare._id}`, 'product');
		await ui.press(page, rare, 'add');
		await ui.shows(page, rare, 1);
		await page.getByRole('region', { name: /^More in/ }).locator('[data-card]').first().waitFor();
	} },
	'product-gone': { ...guests, async go(page) {
		await ui.open(page, '/product/0123456789abcdef01234567', 'product');
	} },
	'login': { ...guests, go: (page) => ui.open(page, '/login', 'login') },
	'login-wrong': { ...guests, async go(page) {
		await ui.open(page, '/login', 'login');
		await ui.fillIn(page, { Email: 'nobody@example.com', Password: 'not the password' });
		await ui.button(page, 'Log in').click();
		await ui.alert(page, 'wrong');
	} },
	'signup': { ...guests, go: (page) => ui.open(page, '/signup', 'signup') },
	'signup-wrong': { ...guests, async go(page) {
		await ui.open(page, '/signup', 'signup');
		await ui.button(page, 'Create account').click();
		await page.locator('[name=otp][aria-invalid=true]').waitFor();
	} },
	'signup-waits': { ...guests, async go(page) {
		await page.route('**/register', (route) => route.fulfill({ status: 429,
			headers: { 'Retry-After': '60' }, json: { detail: 'No', code: 'too_many_requests' } }));
		await ui.open(page, '/signup', 'signup');
		await ui.fillIn(page, { 'Name': 'Asha Rao', 'Email': 'asha@example.com',
			'Password': 'correct horse', 'One-time code': '1234' });
		await ui.button(page, 'Create account').click();
		await ui.alert(page, 'We’ll go on in a moment');
	} },
	'signup-again': { ...guests, async go(page) {
		await page.route('**/register', (route) => route.abort('connectionreset'), { times: 1 });
		await ui.open(page, '/signup', 'signup');
		await ui.fillIn(page, { 'Name': 'Asha Rao', 'Email': 'courier@example.com',
			'Password': 'correct horse', 'One-time code': '1234' });
		await ui.button(page, 'Create account').click();
		await ui.alert(page, 'can’t be reached');
		await ui.button(page, 'Create account').click();
		await ui.alert(page, 'a moment ago');
	} },
	'cart': { ...buyers, async go(page, shopper) {
		await filled(shopper, 'Milk 1L', 'Apple 1kg', 'Bread');
		await ui.openCart(page, shopper);
		await page.getByRole('region', { name: 'Bill' }).waitFor();
	} },
	'cart-empty': { ...buyers, go: (page) => ui.open(page, '/cart', 'cart') },
	'cart-sold-out': { ...buyers, async go(page, shopper) {
		await sold(shopper);
		await ui.openCart(page, shopper);
		await page.locator('.is-gone[data-line]').waitFor();
	} },
	'cart-refused': { ...buyers, async go(page, shopper) {
		await filled(shopper, 'Milk 1L', 'Apple 1kg');
		await page.route('**/order/create', refused(503, 'service_temporarily_unavailable'));
		await ui.openCart(page, shopper);
		await ui.placeButton(page).click();
		await ui.alert(page, 'Try again');
	} },
	'cart-order-unknown': { ...buyers, go: orderUnknown },
	'cart-filled-again': { ...buyers, async go(page, shopper) {
		await orderUnknown(page, shopper);
		await filled(shopper, 'Bread');
		await ui.button(page, 'Retry').click();
		await ui.placeButton(page).click();
		await ui.alert(page, 'may have been placed already');
	} },
	'cart-removed': { ...buyers, async go(page, shopper) {
		await filled(shopper, 'Milk 1L', 'Bread');
		await ui.openCart(page, shopper);
		const milk = await manual.product('Milk 1L');
		await ui.press(page, milk, 'decrease');
		await ui.press(page, milk, 'decrease');
		await ui.button(page, 'Undo').focus();
	} },
	'confirmed': { ...buyers, async go(page, shopper) {
		await ui.open(page, `/order/${await ordered(shopper)}/confirmed`, 'confirmed');
	} },
	'tracking': { ...buyers, async go(page, shopper) {
		const order = await ordered(shopper);
		await (await manual.staff('courier')).move(order, 'PACKED');
		await ui.open(page, `/order/${order}`, 'tracking');
		await page.locator('[data-connection=live]').waitFor();
	} },
	'tracking-cancel': { ...buyers, async go(page, shopper) {
		await ui.open(page, `/order/${await ordered(shopper)}`, 'tracking');
		await page.locator('[data-connection=live]').waitFor();
		await ui.button(page, 'Cancel order').click();
		await page.getByRole('dialog').waitFor();
	} },
	'tracking-reconnecting': { ...buyers, async go(page, shopper) {
		await page.route('**/events', (route) => route.abort());
		await ui.open(page, `/order/${await ordered(shopper)}`, 'tracking');
		await page.locator('[data-connection=reconnecting]').waitFor();
	} },
	'tracking-polling': { ...buyers, async go(page, shopper) {
		await page.route('**/events', () => {});
		await ui.open(page, `/order/${await ordered(shopper)}`, 'tracking');
		await page.locator('[data-connection=polling]').waitFor();
	} },
	'tracking-delivered': { shop: simulated, as: () => simulated.newShopper(), async go(page, shopper) {
		await shopper.add(await simulated.product('Milk 1L'));
		await ui.open(page, `/order/${await shopper.order()}`, 'tracking');
		await ui.heading(page, 'Delivered. Enjoy!').waitFor();
	} },
	'tracking-cancelled': { ...buyers, async go(page, shopper) {
		const order = await ordered(shopper);
		await shopper.call('POST', `/order/${order}/cancel`);
		await ui.open(page, `/order/${order}`, 'tracking');
		await ui.heading(page, 'Order cancelled').waitFor();
	} },
	'orders': { ...buyers, async go(page, shopper) {
		await shopper.call('POST', `/order/${await ordered(shopper)}/cancel`);
		await ordered(shopper);
		await (await manual.staff('courier')).move(await ordered(shopper), 'PACKED');
		await ui.open(page, '/orders', 'orders');
		await eventually(async () => assert.equal(await page.locator('[data-status]').count(), 3));
	} },
	'orders-none': { ...buyers, async go(page) {
		await ui.open(page, '/orders', 'orders');
		await page.locator('[data-state=empty]').waitFor();
	} },
	'account': { ...buyers, async go(page) {
		await ui.open(page, '/account', 'account');
		await page.locator('[data-profile=name]').waitFor();
	} },
	'staff': { as: () => manual.staff('courier'), async go(page) {
		const order = await ordered(await manual.newShopper());
		await ui.open(page, '/staff', 'staff');
		const row = page.locator(`li[data-order="${order}"]`);
		await row.getByRole('button', { name: /^Items of/ }).click();
		await row.getByText('Milk 1L').waitFor();
	} },
	'staff-stock': { as: () => manual.staff('admin'), async go(page) {
		await ui.open(page, '/staff/stock', 'stock');
		await page.locator('li[data-product]').first().waitFor();
	} },
	'staff-only': { ...buyers, go: (page) => ui.open(page, '/staff', 'staff') },
	'no-such-page': { ...guests, go: (page) => ui.open(page, '/no/such/page', 'lost') },
	'error': { ...buyers, async go(page) {
		await page.route('**/orders/*', refused(503, 'service_temporarily_unavailable'));
		await ui.open(page, '/orders', 'orders');
		await page.locator('[data-state=error]').waitFor();
	} },
	'loading': { ...guests, async go(page) {
		await page.route('**/products?*', () => {});
		await ui.open(page, '/category/Dairy', 'category');
		await page.locator('[data-state=loading]').waitFor();
	} },
	'offline': { ...guests, async go(page) {
		await ui.open(page, '/category/Bakery', 'category');
		await page.locator('[data-card] img.is-here').first().waitFor();
		await page.context().setOffline(true);
		await page.locator('#offline').waitFor();
	} },
};

/* ---- checks of all screens ---- */

async function accessible(page, runOnly) {
	if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE);
	const violations = await page.evaluate(async (runOnly) => {
		const found = await window.axe.run(document, { resultTypes: ['violations'], runOnly });
		return found.violations.flatMap(({ id, help, nodes }) =>
			nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target} ${failureSummary}`));
	}, runOnly);
	assert.deepEqual(violations, []);
}

/* Asserts that nothing is wider than the window, except inside boxes that scroll. */
async function fits(page, width) {
	await page.setViewportSize({ width, height: 800 });
	const wide = await page.evaluate(() => {
		const scrolls = (element) => element !== document.body && element !== document.documentElement
			&& /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
		const inBox = (element) => {
			for (let box = element.parentElement; box; box = box.parentElement) {
				if (scrolls(box)) return true;
			}
			return false;
		};
		const out = [...document.querySelectorAll('body *')].filter((element) =>
			element.getBoundingClientRect().right > innerWidth + 1 && element.checkVisibility()
			&& !inBox(element)).map((element) => `${element.localName}.${element.className}`);
		const root = document.documentElement;
		if (root.scrollWidth > innerWidth) out.push(`the page is ${root.scrollWidth} px wide`);
		return out;
	});
	assert.deepEqual(wide, [], `at ${width} px`);
}

/* Asserts the minimum size of buttons, fields and links outside of sentences. */
async function tappable(page) {
	const small = await page.evaluate(() => [...document.querySelectorAll(
		'button, a[href], input, select, [role=button]')].filter((element) => {
		const style = getComputedStyle(element);
		if (!element.checkVisibility() || style.display === 'inline') return false;
		element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
		const { width, height, left, top } = element.getBoundingClientRect();
		const unseen = width <= 1;
		// A hit on an element around it counts as well.
		const covers = (x, y) => {
			const hit = document.elementFromPoint(x, y);
			return hit && (element.contains(hit) || hit.contains(element));
		};
		if (unseen || (width >= 43.5 && height >= 43.5)) return false;
		const [x, y] = [left + width / 2, top + height / 2];
		return !(covers(x, y - 21) && covers(x, y + 21) && covers(x - 21, y) && covers(x + 21, y));
	}).map((element) => {
		const { width, height } = element.getBoundingClientRect();
		return `${element.outerHTML.slice(0, 90)} ${width} × ${height}`;
	}));
	await page.evaluate(() => {
		for (const element of document.querySelectorAll('*')) element.scrollTo({ top: 0, left: 0 });
	});
	assert.deepEqual(small, []);
}

/* Waits until pictures and fonts are loaded. */
const drawn = (page) => page.waitForFunction(() => document.fonts.status === 'loaded'
	&& [...document.images].every((image) => !image.src || image.complete));

async function photograph(page, name) {
	mkdirSync(SCREENSHOTS, { recursive: true });
	await page.mouse.move(0, 0);
	await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, animations: 'disabled' });
}

const all = async (checks) => {
	const faults = [];
	for (const check of checks) await check().catch((error) => faults.push(error));
	const texts = new Set(faults.map((fault) => fault.message));
	if (texts.size) throw new Error([...texts].join('\n\n'));
};

for (const [name, { shop = manual, as, go }] of Object.entries(SCREENS)) {
	scene(`the screen ${name}`, async (harness) => {
		const shopper = await as();
		const page = await harness.visitor({ shop, as: shopper, calm: true });
		await go(page, shopper);
		const checks = [];
		for (const [look, size] of LOOKS) {
			for (const [colorScheme, rules] of Object.entries(RULES)) {
				checks.push(async () => {
					await page.setViewportSize(size);
					await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
					await drawn(page);
					await photograph(page, `${name}-${look}-${colorScheme}`);
					await accessible(page, rules);
					if (look === 'phone' && colorScheme === 'light') await tappable(page);
				});
			}
		}
		checks.push(...WIDTHS.map((width) => () => fits(page, width)));
		await all(checks);
		assert.equal(await page.locator('h1:visible').count(), 1, 'one heading of the first level');
		assert.match(await page.title(), /Tokri/);
	});
}
