/* Names of people and products are shown as text everywhere. */

import assert from 'node:assert/strict';
import * as ui from './ui.mjs';
import { eventually, manual } from './shop.mjs';
import { DESKTOP, scene } from './harness.mjs';

const EVIL = [
	'<img src=x onerror=alert(1)>',
	'<script>alert(2)</script>',
	'"><svg onload=alert(3)>',
	'{{constructor.constructor("alert(4)")()}}',
];

/* No element was injected (the harness checks dialogs and the console for executed code). */
async function harmless(page) {
	const found = await page.evaluate(() =>
		[...document.querySelectorAll('body *')].filter((element) =>
			[...element.attributes].some(({ name }) => /^on/.test(name))
			|| (element.localName === 'script')
			|| (element.localName === 'img' && !/^\/(pictures|assets)\//.test(new URL(element.src
				|| '/pictures/', location.origin).pathname))
			|| (element.localName === 'a' && !/^https?:$/.test(element.protocol)))
			.map((element) => element.outerHTML));
	assert.deepEqual(found, []);
}

const reads = (page, text) => page.getByText(text, { exact: true }).first().waitFor();

scene('markup in names of people is shown as text', async (harness) => {
	for (const name of EVIL) {
		const shopper = await manual.newShopper(name);
		const page = await harness.visitor({ as: shopper });
		await ui.open(page, '/account', 'account');
		await reads(page, name);
		await harmless(page);
	}
});

scene('markup in products is shown as text on cards, pages, carts, orders and staff pages', async (harness) => {
	const id = '6650000000000000000e0001';
	const [name, description, unit] = EVIL;
	const category = 'Household';
	await manual.putProduct(id, { name, description, unit, category, price: 1000, available: true,
		stock: 50, image_url: 'javascript:alert(5)' }, { name });
	const shopper = await manual.newShopper();
	try {
		const product = { _id: id, name };
		const page = await harness.visitor({ as: shopper, size: DESKTOP });
		await ui.open(page, `/search?q=${encodeURIComponent('onerror')}`, 'search');
		await reads(page, name);
		await reads(page, unit);
		await ui.press(page, product, 'add');
		await ui.shows(page, product, 1);
		await harmless(page);
		await ui.open(page, `/product/${id}`, 'product');
		await reads(page, description);
		assert.equal(await page.title(), `${name} · Tokri`);
		await harmless(page);
		await ui.open(page, '/cart', 'cart');
		await ui.lineOf(page, product).getByText(name).waitFor();
		await ui.button(page, `Remove ${name}`).click();
		await ui.toast(page, name);
		await harmless(page);
		await ui.button(page, 'Undo').click();
		await ui.cartIs(shopper, [product, 1]);
		const order = await ui.placeOrder(page);
		await page.getByText(name).first().waitFor();
		await harmless(page);
		await ui.open(page, `/order/${order}`, 'tracking');
		await page.getByText(name).first().waitFor();
		await harmless(page);
		await ui.open(page, '/orders', 'orders');
		await page.getByText(name).first().waitFor();
		await harmless(page);

		const courier = await harness.visitor({ as: await manual.staff('courier') });
		await ui.open(courier, '/staff', 'staff');
		const row = courier.locator(`li[data-order="${order}"]`);
		await row.getByRole('button', { name: /^Items of/ }).click();
		await row.getByText(name).waitFor();
		await harmless(courier);
		const admin = await harness.visitor({ as: await manual.staff('admin') });
		await ui.open(admin, '/staff/stock', 'stock');
		await admin.getByRole('searchbox', { name: 'Find a product' }).fill('onerror');
		await admin.getByRole('spinbutton', { name: `Stock of ${name}` }).waitFor();
		await harmless(admin);
	} finally {
		await manual.removeProduct(id);
	}
});

scene('forged addresses inject nothing', async (harness) => {
	const shopper = await manual.newShopper();
	const page = await harness.visitor({ as: shopper });
	for (const text of EVIL.map((each) => `zz${each}`)) {
		const part = encodeURIComponent(text);
		await ui.open(page, `/search?q=${part}`, 'search');
		await page.getByRole('heading', { name: `Nothing found for “${text}”` }).waitFor();
		await ui.open(page, `/category/${part}`, 'category');
		await ui.heading(page, text).waitFor();
		await ui.open(page, `/product/${part}`, 'product');
		await ui.heading(page, 'This product is gone').waitFor();
		await ui.open(page, `/order/${part}`, 'tracking');
		await ui.heading(page, 'No such order').waitFor();
		await harmless(page);
	}
});

scene('a login never leads to another site', async (harness) => {
	const shopper = await manual.newShopper();
	for (const next of ['https://evil.example/', '//evil.example/', 'javascript:alert(6)',
		'/\\evil.example', '/login?next=/login']) {
		const page = await harness.visitor();
		await ui.open(page, `/login?next=${encodeURIComponent(next)}`, 'login');
		await ui.fillIn(page, { Email: shopper.email, Password: shopper.password });
		await ui.button(page, 'Log in').click();
		await ui.link(page, 'Account').waitFor();
		assert.equal(new URL(page.url()).origin, manual.url);
		await harmless(page);
	}
});

scene('malformed stored data is ignored', async (harness) => {
	const page = await harness.visitor();
	await page.goto('/');
	await page.evaluate(() => {
		localStorage.setItem('tokri.session', '{"token": 5, "expiresAt": "never"');
		localStorage.setItem('tokri.attempt', '[]');
		localStorage.setItem('tokri.active', '<b>');
		sessionStorage.setItem('tokri.wishes', '17');
	});
	await page.reload();
	await ui.at(page, 'home');
	await ui.link(page, 'Log in').waitFor();
	const shopper = await manual.newShopper();
	await ui.open(page, '/login', 'login');
	await ui.logIn(page, shopper);
	await ui.at(page, 'home');
	await ui.open(page, '/cart', 'cart');
});

scene('the content security policy blocks inline scripts and reports them', async (harness) => {
	const page = await harness.visitor();
	const answer = await page.goto('/');
	const policy = answer.headers()['content-security-policy'];
	assert.match(policy, /default-src 'self'/);
	assert.match(policy, /frame-ancestors 'none'/);
	assert.match(policy, /require-trusted-types-for 'script'/);
	assert.doesNotMatch(policy, /unsafe|\*|data:/);
	await ui.at(page, 'home');
	await page.evaluate(() => {
		const script = document.createElement('script');
		const image = document.createElement('img');
		const ways = [
			() => { script.textContent = 'window.hit = true'; },
			() => script.append('window.hit = true'),
			() => document.body.append(script),
			() => { document.createElement('div').innerHTML = '<img src="/x" onerror="window.hit = true">'; },
			() => image.setAttribute('onclick', 'window.hit = true'),
			() => image.click(),
		];
		for (const way of ways) {
			try {
				way();
			} catch (error) {
				if (!(error instanceof TypeError)) throw error;
			}
		}
	});
	await eventually(() => assert.ok(harness.problems.filter((text) =>
		/CSP: (script-src|require-trusted-types-for)/.test(text)).length >= 2));
	assert.equal(await page.evaluate(() => window.hit), undefined);
	harness.takeProblems(/CSP|Content Security Policy|TrustedHTML|TrustedScript/);
});
