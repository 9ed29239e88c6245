/* Sessions: login, sign-up, logout, and the cart when a session ends. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as ui from './ui.mjs';
import { Client, eventually, nextAddress, manual } from './shop.mjs';
import { scene } from './harness.mjs';

/* Makes the shop refuse the token of every call until a new login. */
async function expire(page, client) {
	const old = `Bearer ${client.token}`;
	const ended = `Bearer ${manual.token(client.userId, 'customer', -1)}`;
	await page.route((url) => !/^\/(assets|pictures)\//.test(url.pathname), (route) => {
		const headers = route.request().headers();
		if (headers.authorization === old) headers.authorization = ended;
		return route.fallback({ headers });
	});
}

async function ready(harness, product, quantity = 1) {
	const shopper = await manual.newShopper();
	await shopper.add(product, quantity);
	const page = await harness.visitor({ as: shopper });
	return { shopper, page };
}

scene('a session that ends on the cart: login, and the cart is kept', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await ready(harness, milk);
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	await expire(page, shopper);
	await ui.press(page, milk, 'increase');
	await ui.toast(page, 'session has ended');
	await ui.logIn(page, shopper);
	await ui.at(page, 'cart');
	await ui.shows(page, milk, 2);
	await ui.cartIs(shopper, [milk, 2]);
});

scene('a session that ends while browsing: the pressed product is in the cart after the login', async (harness) => {
	const [milk, bread] = [await manual.product('Milk 1L'), await manual.product('Bread')];
	const { shopper, page } = await ready(harness, milk);
	await ui.open(page, '/search?q=bread', 'search');
	await ui.quantityOf(page, bread).locator('[data-action=add]').waitFor();
	await ui.cartLinkShows(page, '1 item', '₹60');
	await expire(page, shopper);
	await ui.press(page, bread, 'add');
	await ui.toast(page, 'session has ended');
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await ui.cartLinkShows(page, '2 items', '₹100');
	await ui.cartIs(shopper, [milk, 1], [bread, 1]);
});

scene('a session that ends at the checkout: login, return, and one order', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await ready(harness, milk);
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	const calls = ui.recordCalls(page, 'POST', '/order/create');
	await expire(page, shopper);
	await ui.placeButton(page).click();
	await ui.logIn(page, shopper);
	await ui.at(page, 'cart');
	await ui.placeOrder(page);
	assert.equal((await shopper.orders()).length, 1);
	assert.equal(new Set(ui.keysOf(calls)).size, 1, 'one attempt');
});

scene('a session that ends after an addition, before the cart is read: nothing is added twice', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await ready(harness, milk);
	await ui.open(page, '/search?q=milk 1l', 'search');
	await ui.shows(page, milk, 1);
	const calls = ui.recordCalls(page, 'POST', '/cart/add');
	await page.route('**/cart/add', async (route) => {
		const response = await route.fetch();
		await expire(page, shopper);
		return route.fulfill({ response });
	}, { times: 1 });
	await ui.press(page, milk, 'increase');
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await eventually(() => assert.equal(calls.length, 2));
	await ui.shows(page, milk, 2);
	await ui.cartIs(shopper, [milk, 2]);
	assert.equal(new Set(ui.keysOf(calls)).size, 1);
});

scene('a session that ends during a removal: nothing more is removed after the login', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await ready(harness, milk, 5);
	await ui.open(page, '/search?q=milk 1l', 'search');
	await ui.shows(page, milk, 5);
	await page.route('**/cart/decrease/*', async (route) => {
		const response = await route.fetch();
		await expire(page, shopper);
		return route.fulfill({ response });
	}, { times: 1 });
	await page.evaluate((id) => {
		const minus = document.querySelector(`[data-product="${id}"] [data-action=decrease]`);
		minus.click();
		minus.click();
	}, milk._id);
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await ui.shows(page, milk, 3);
	await ui.cartIs(shopper, [milk, 3]);
});

scene('a removed token: private screens ask for a login and return', async (harness) => {
	const { shopper, page } = await ready(harness, await manual.product('Milk 1L'));
	await ui.open(page, '/', 'home');
	await page.evaluate(() => localStorage.clear());
	await page.reload();
	await ui.link(page, 'Log in').waitFor();
	await ui.open(page, '/orders', 'login');
	await ui.logIn(page, shopper);
	await ui.at(page, 'orders');
	await page.goBack();
	await ui.at(page, 'home');
});

scene('a guest’s product is in the cart after a login and after a sign-up', async (harness) => {
	const shopper = await manual.newShopper();
	const bread = await manual.product('Bread');
	const page = await harness.visitor();
	await ui.open(page, '/search?q=bread', 'search');
	await ui.press(page, bread, 'add');
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await ui.shows(page, bread, 1);
	await ui.cartIs(shopper, [bread, 1]);
});

scene('a guest’s product is kept while the cart can’t be read', async (harness) => {
	const shopper = await manual.newShopper();
	const bread = await manual.product('Bread');
	const page = await harness.visitor();
	await ui.open(page, '/search?q=bread', 'search');
	await ui.press(page, bread, 'add');
	await page.route(`**/cart/${shopper.userId}`, (route) => route.fulfill({ status: 503 }));
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await ui.shows(page, bread, 0);
	await page.unroute(`**/cart/${shopper.userId}`);
	await page.evaluate(() => dispatchEvent(new Event('online')));
	await ui.shows(page, bread, 1);
	await ui.cartIs(shopper, [bread, 1]);
});

scene('validation errors are shown at the fields, a wrong login above the form', async (harness) => {
	const taken = await manual.newShopper();
	const page = await harness.visitor();
	await ui.open(page, '/login', 'login');
	await ui.button(page, 'Log in').click();
	await page.locator('#about-email').getByText('Please enter your email').waitFor();
	assert.equal(await page.getByLabel('Email').getAttribute('aria-invalid'), 'true');
	assert.ok(await page.getByLabel('Email').evaluate((input) => input === document.activeElement));
	await ui.fillIn(page, { Email: taken.email, Password: 'not the password' });
	await ui.button(page, 'Log in').click();
	await ui.alert(page, 'Email or password is wrong');
	await ui.button(page, 'Show password').click();
	assert.equal(await page.locator('[name=password]').getAttribute('type'), 'text');

	await ui.open(page, '/signup', 'signup');
	await ui.fillIn(page, { 'Name': 'Asha', 'Email': taken.email, 'Password': 'short',
		'One-time code': '1234' });
	await ui.button(page, 'Create account').click();
	await page.locator('#about-password').getByText('At least 8 characters').waitFor();
	await ui.fillIn(page, { Password: 'long enough' });
	await ui.button(page, 'Create account').click();
	await page.locator('#about-email').getByText('There is an account').waitFor();
	await ui.fillIn(page, { Email: 'a b@example.com' });
	await ui.button(page, 'Create account').click();
	await page.locator('[name=email][aria-invalid=true]').waitFor();
	const otp = page.getByRole('textbox', { name: 'One-time code' });
	assert.equal(await otp.getAttribute('autocomplete'), 'one-time-code');
});

/* Keeps an address at its login limit during the function, with calls that hash no password. */
async function holdAtLoginLimit(address, work) {
	let busy = true;
	const call = () => fetch(`${manual.url}/login`, { method: 'POST', body: '{}',
		headers: { 'X-Forwarded-For': address, 'Content-Type': 'application/json' } });
	const calls = (async () => {
		while (busy) await Promise.all(Array.from({ length: 8 }, call));
	})();
	try {
		await work();
	} finally {
		busy = false;
		await calls;
	}
}

scene('too many logins from one address: the wait is shown, and the login is retried', async (harness) => {
	const shopper = await manual.newShopper();
	const address = nextAddress();
	const page = await harness.visitor({ address });
	await ui.open(page, '/login', 'login');
	await ui.fillIn(page, { Email: shopper.email, Password: 'not the password' });
	await holdAtLoginLimit(address, () => eventually(async () => {
		await ui.button(page, 'Log in').click({ timeout: 10_000 });
		await page.getByRole('button', { name: /^Please wait \d+ s/ }).waitFor({ timeout: 5000 });
	}));
	await ui.alert(page, 'Too many tries');
	await ui.fillIn(page, { Password: shopper.password });
	await ui.button(page, 'Log in').click();
	await ui.link(page, 'Account').waitFor();
});

/* ---- a sign-up: registration and login ---- */

const TOO_MANY = (seconds) => ({ status: 429, headers: { 'Retry-After': String(seconds) },
	contentType: 'application/json',
	body: '{"detail":"Too many requests","code":"too_many_requests"}' });

/* Fills the form; returns it with its press and the calls that it makes. */
async function signUp(harness) {
	const page = await harness.visitor();
	const email = `s${randomBytes(8).toString('hex')}@example.com`;
	const fill = async () => {
		await ui.open(page, '/signup', 'signup');
		await ui.fillIn(page, { 'Name': 'Asha Rao', 'Email': email, 'Password': 'correct horse',
			'One-time code': '1234' });
	};
	const press = () => ui.button(page, 'Create account').click();
	await fill();
	return { page, email, fill, press, registers: ui.recordCalls(page, 'POST', '/register'),
		logins: ui.recordCalls(page, 'POST', '/login') };
}

async function isIn(page, email) {
	await ui.link(page, 'Account').click();
	await page.locator('[data-profile=email]').getByText(email).waitFor();
}

scene('a sign-up whose login is rate-limited shows it and continues', async (harness) => {
	const { page, email, press, registers, logins } = await signUp(harness);
	let refusals = 0;
	await page.route('**/login', (route) =>
		(refusals++ < 2 ? route.fulfill(TOO_MANY(2)) : route.continue()));
	await press();
	await ui.alert(page, 'We’ll go on in a moment');
	await page.getByRole('button', { name: /^Please wait \d s/ }).waitFor();
	await isIn(page, email);
	assert.deepEqual([registers.length, logins.length], [1, 3]);
});

scene('a waiting sign-up does not continue on another screen', async (harness) => {
	const { page, press, logins } = await signUp(harness);
	await page.route('**/login', (route) => route.fulfill(TOO_MANY(1)));
	await press();
	await ui.alert(page, 'We’ll go on in a moment');
	await ui.open(page, '/', 'home');
	await page.waitForTimeout(1500);
	assert.equal(logins.length, 1);
});

scene('a waiting sign-up that is reloaded: the same form logs in', async (harness) => {
	const { page, email, fill, press, registers } = await signUp(harness);
	await page.route('**/login', (route) => route.fulfill(TOO_MANY(60)));
	await press();
	await ui.alert(page, 'We’ll go on in a moment');
	const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
	assert.doesNotMatch(kept, /@|correct/, 'neither email address nor password is stored');
	await page.unroute('**/login');
	await page.reload();
	await fill();
	await press();
	await isIn(page, email);
	assert.equal(registers.length, 1);
});

scene('a lost answer to a sign-up: the next press logs in', async (harness) => {
	const { page, email, press, registers } = await signUp(harness);
	await page.route('**/register', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	});
	await press();
	await ui.alert(page, 'can’t be reached');
	await press();
	await isIn(page, email);
	assert.equal(registers.length, 1);
});

scene('a lost answer to a sign-up, and another password: a link to the login', async (harness) => {
	const { page, email, press } = await signUp(harness);
	await page.route('**/register', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	}, { times: 1 });
	await press();
	await ui.alert(page, 'can’t be reached');
	await ui.fillIn(page, { 'Password': 'another password', 'One-time code': '4321' });
	await press();
	await page.locator('#about-otp').getByText('not right').waitFor();
	await ui.fillIn(page, { 'One-time code': '1234' });
	for (let times = 0; times < 2; times++) {
		await press();
		await page.locator('#about-email').getByText('There is an account').waitFor();
		await ui.alert(page, 'a moment ago');
	}
	await page.getByRole('alert').getByRole('link', { name: 'Log in' }).click();
	await ui.logIn(page, { email, password: 'correct horse' });
	await isIn(page, email);
});

scene('a sign-up that does not reach the shop: the next press signs up, unless the email address is taken by then', async (harness) => {
	const [mine, taken] = [await signUp(harness), await signUp(harness)];
	for (const { page, press } of [mine, taken]) {
		await page.route('**/register', (route) => route.abort('connectionrefused'));
		await press();
		await ui.alert(page, 'can’t be reached');
		await page.unroute('**/register');
	}
	await mine.press();
	await isIn(mine.page, mine.email);
	await manual.guest().call('POST', '/register',
		{ name: 'Other', email: taken.email, password: 'another password', otp: '1234' });
	await taken.press();
	await taken.page.locator('#about-email').getByText('There is an account').waitFor();
});

/* Fails as many logins as one address may in a minute. */
async function failLogins({ email }, address) {
	const stranger = new Client(manual, address);
	for (let times = 0; times < 10; times++) {
		await eventually(async () => {
			const { status } = await stranger.send('POST', '/login', { email, password: 'not it' });
			assert.equal(status, 401);
		});
	}
}

scene('too many wrong passwords: the wait is shown, and another account may log in', async (harness) => {
	const [shopper, other] = [await manual.newShopper(), await manual.newShopper()];
	const address = nextAddress();
	const page = await harness.visitor({ address });
	await failLogins(shopper, address);
	await ui.open(page, '/login', 'login');
	await ui.logIn(page, shopper);
	await ui.alert(page, 'Too many tries');
	await page.getByRole('button', { name: /^Please wait \d+ s/ }).waitFor();
	await ui.logIn(page, other);
	await ui.link(page, 'Account').waitFor();
});

scene('a login sends the device id of an earlier login to the account', async (harness) => {
	const [shopper, other] = [await manual.newShopper(), await manual.newShopper()];
	const page = await harness.visitor();
	const calls = ui.recordCalls(page, 'POST', '/login');
	for (const client of [shopper, other, shopper]) {
		await ui.open(page, '/login', 'login');
		await ui.logIn(page, client);
		await ui.link(page, 'Account').click();
		await ui.button(page, 'Log out').click();
		await ui.at(page, 'home');
	}
	const sent = calls.map((call) => call.headers()['x-device']);
	const [first] = await Promise.all(calls.map(async (call) =>
		(await (await call.response()).allHeaders())['x-device']));
	assert.match(first, /^[\w-]{80}$/);
	assert.deepEqual(sent, [undefined, undefined, first]);
	const kept = await page.evaluate(() => localStorage.getItem('tokri.devices'));
	assert.ok(!kept.includes('@'), 'no email address in plain text');
});

scene('a logout ends the session', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, page } = await ready(harness, milk);
	await ui.open(page, '/account', 'account');
	await page.locator('[data-profile=name]').getByText('Asha Rao').waitFor();
	await page.locator('[data-profile=email]').getByText(shopper.email).waitFor();
	await page.locator('[data-profile=id]').getByText(shopper.userId).waitFor();
	await ui.button(page, 'Log out').click();
	await ui.at(page, 'home');
	await ui.cartLinkShows(page, 'empty');
	assert.equal(await page.evaluate(() => localStorage.getItem('tokri.session')), null);
});
