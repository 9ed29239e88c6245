/* Who is logged in, and what becomes of the cart when that ends in the middle. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as ui from './moves.mjs';
import { Client, eventually, nextAddress, still } from './shop.mjs';
import { scene } from './stage.mjs';

/* From now on, until a new login, every call goes out with a token that the shop refuses. */
async function expire(page, client) {
	const old = `Bearer ${client.token}`;
	const ended = `Bearer ${still.token(client.userId, 'customer', -1)}`;
	await page.route((url) => !/^\/(assets|pictures)\//.test(url.pathname), (route) => {
		const headers = route.request().headers();
		if (headers.authorization === old) headers.authorization = ended;
		return route.fallback({ headers });
	});
}

async function ready(stage, product, quantity = 1) {
	const shopper = await still.newShopper();
	await shopper.add(product, quantity);
	const page = await stage.visitor({ as: shopper });
	return { shopper, page };
}

scene('it ends on the cart: login, and back to the cart as it was', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await ready(stage, milk);
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	await expire(page, shopper);
	await ui.press(page, milk, 'increase');
	await ui.told(page, 'session has ended');
	await ui.logIn(page, shopper);
	await ui.at(page, 'cart');
	await ui.shows(page, milk, 2);
	await ui.holds(shopper, [milk, 2]);
});

scene('it ends while shopping: what was pressed is in the cart after the login', async (stage) => {
	const [milk, bread] = [await still.product('Milk 1L'), await still.product('Bread')];
	const { shopper, page } = await ready(stage, milk);
	await ui.open(page, '/search?q=bread', 'search');
	await ui.quantityOf(page, bread).locator('[data-action=add]').waitFor();
	await ui.cartSays(page, '1 item', '₹60');
	await expire(page, shopper);
	await ui.press(page, bread, 'add');
	await ui.told(page, 'session has ended');
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await ui.cartSays(page, '2 items', '₹100');
	await ui.holds(shopper, [milk, 1], [bread, 1]);
});

scene('it ends at the checkout: login, back, and one order', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await ready(stage, milk);
	await ui.openCart(page, shopper);
	await ui.shows(page, milk, 1);
	const calls = ui.note(page, 'POST', '/order/create');
	await expire(page, shopper);
	await ui.placeButton(page).click();
	await ui.logIn(page, shopper);
	await ui.at(page, 'cart');
	await ui.placeOrder(page);
	assert.equal((await shopper.orders()).length, 1);
	assert.equal(new Set(ui.keysOf(calls)).size, 1, 'one attempt');
});

scene('it ends after an addition, before the cart is read: nothing is added twice', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await ready(stage, milk);
	await ui.open(page, '/search?q=milk 1l', 'search');
	await ui.shows(page, milk, 1);
	const calls = ui.note(page, 'POST', '/cart/add');
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
	await ui.holds(shopper, [milk, 2]);
	assert.equal(new Set(ui.keysOf(calls)).size, 1);
});

scene('it ends between two steps of a removal: no more is taken out after the login', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await ready(stage, milk, 5);
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
	await ui.holds(shopper, [milk, 3]);
});

scene('the token is gone from the browser: own screens ask to log in and lead back', async (stage) => {
	const { shopper, page } = await ready(stage, await still.product('Milk 1L'));
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

scene('what a guest wanted is in the cart after the login, and after a sign-up', async (stage) => {
	const shopper = await still.newShopper();
	const bread = await still.product('Bread');
	const page = await stage.visitor();
	await ui.open(page, '/search?q=bread', 'search');
	await ui.press(page, bread, 'add');
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await ui.shows(page, bread, 1);
	await ui.holds(shopper, [bread, 1]);
});

scene('what a guest wanted is kept while the cart can’t be read', async (stage) => {
	const shopper = await still.newShopper();
	const bread = await still.product('Bread');
	const page = await stage.visitor();
	await ui.open(page, '/search?q=bread', 'search');
	await ui.press(page, bread, 'add');
	await page.route(`**/cart/${shopper.userId}`, (route) => route.fulfill({ status: 503 }));
	await ui.logIn(page, shopper);
	await ui.at(page, 'search');
	await ui.shows(page, bread, 0);
	await page.unroute(`**/cart/${shopper.userId}`);
	await page.evaluate(() => dispatchEvent(new Event('online')));
	await ui.shows(page, bread, 1);
	await ui.holds(shopper, [bread, 1]);
});

scene('wrong fields are told at the fields, a wrong login above the form', async (stage) => {
	const taken = await still.newShopper();
	const page = await stage.visitor();
	await ui.open(page, '/login', 'login');
	await ui.button(page, 'Log in').click();
	await page.locator('#about-email').getByText('Please enter your email').waitFor();
	assert.equal(await page.getByLabel('Email').getAttribute('aria-invalid'), 'true');
	assert.ok(await page.getByLabel('Email').evaluate((input) => input === document.activeElement));
	await ui.fillIn(page, { Email: taken.email, Password: 'not the password' });
	await ui.button(page, 'Log in').click();
	await ui.warned(page, 'Email or password is wrong');
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

/* Keeps an address at its limit of logins for a while, with calls that cost the shop nothing. */
async function crowd(address, work) {
	let busy = true;
	const call = () => fetch(`${still.url}/login`, { method: 'POST', body: '{}',
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

scene('too many logins from one address: it says how long, and goes on by itself', async (stage) => {
	const shopper = await still.newShopper();
	const address = nextAddress();
	const page = await stage.visitor({ address });
	await ui.open(page, '/login', 'login');
	await ui.fillIn(page, { Email: shopper.email, Password: 'not the password' });
	await crowd(address, () => eventually(async () => {
		await ui.button(page, 'Log in').click({ timeout: 10_000 });
		await page.getByRole('button', { name: /^Please wait \d+ s/ }).waitFor({ timeout: 5000 });
	}));
	await ui.warned(page, 'Too many tries');
	await ui.fillIn(page, { Password: shopper.password });
	await ui.button(page, 'Log in').click();
	await ui.link(page, 'Account').waitFor();
});

/* ---- a sign-up is two calls ---- */

const TOO_MANY = (seconds) => ({ status: 429, headers: { 'Retry-After': String(seconds) },
	contentType: 'application/json',
	body: '{"detail":"Too many requests","code":"too_many_requests"}' });

/* The filled form, its button's press, and the calls that it makes. */
async function signUp(stage) {
	const page = await stage.visitor();
	const email = `s${randomBytes(8).toString('hex')}@example.com`;
	const fill = async () => {
		await ui.open(page, '/signup', 'signup');
		await ui.fillIn(page, { 'Name': 'Asha Rao', 'Email': email, 'Password': 'correct horse',
			'One-time code': '1234' });
	};
	const press = () => ui.button(page, 'Create account').click();
	await fill();
	return { page, email, fill, press, registers: ui.note(page, 'POST', '/register'),
		logins: ui.note(page, 'POST', '/login') };
}

async function isIn(page, email) {
	await ui.link(page, 'Account').click();
	await page.locator('[data-profile=email]').getByText(email).waitFor();
}

scene('a sign-up whose login has to wait says so, and goes on by itself', async (stage) => {
	const { page, email, press, registers, logins } = await signUp(stage);
	let refusals = 0;
	await page.route('**/login', (route) =>
		(refusals++ < 2 ? route.fulfill(TOO_MANY(2)) : route.continue()));
	await press();
	await ui.warned(page, 'We’ll go on in a moment');
	await page.getByRole('button', { name: /^Please wait \d s/ }).waitFor();
	await isIn(page, email);
	assert.deepEqual([registers.length, logins.length], [1, 3]);
});

scene('a sign-up that waits is left: it does not go on elsewhere', async (stage) => {
	const { page, press, logins } = await signUp(stage);
	await page.route('**/login', (route) => route.fulfill(TOO_MANY(1)));
	await press();
	await ui.warned(page, 'We’ll go on in a moment');
	await ui.open(page, '/', 'home');
	await page.waitForTimeout(1500);
	assert.equal(logins.length, 1);
});

scene('the page of a sign-up that waits is loaded anew: the same form logs in', async (stage) => {
	const { page, email, fill, press, registers } = await signUp(stage);
	await page.route('**/login', (route) => route.fulfill(TOO_MANY(60)));
	await press();
	await ui.warned(page, 'We’ll go on in a moment');
	const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
	assert.doesNotMatch(kept, /@|correct/, 'neither address nor password is kept');
	await page.unroute('**/login');
	await page.reload();
	await fill();
	await press();
	await isIn(page, email);
	assert.equal(registers.length, 1);
});

scene('the answer of a sign-up gets lost: the next press logs in', async (stage) => {
	const { page, email, press, registers } = await signUp(stage);
	await page.route('**/register', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	});
	await press();
	await ui.warned(page, 'can’t be reached');
	await press();
	await isIn(page, email);
	assert.equal(registers.length, 1);
});

scene('the answer of a sign-up gets lost, and the next press has another password: a link to log in', async (stage) => {
	const { page, email, press } = await signUp(stage);
	await page.route('**/register', async (route) => {
		await route.fetch();
		return route.abort('connectionreset');
	}, { times: 1 });
	await press();
	await ui.warned(page, 'can’t be reached');
	await ui.fillIn(page, { 'Password': 'another password', 'One-time code': '4321' });
	await press();
	await page.locator('#about-otp').getByText('not right').waitFor();
	await ui.fillIn(page, { 'One-time code': '1234' });
	for (let times = 0; times < 2; times++) {
		await press();
		await page.locator('#about-email').getByText('There is an account').waitFor();
		await ui.warned(page, 'a moment ago');
	}
	await page.getByRole('alert').getByRole('link', { name: 'Log in' }).click();
	await ui.logIn(page, { email, password: 'correct horse' });
	await isIn(page, email);
});

scene('a sign-up gets lost on its way there: the next press signs up, unless it is another’s by now', async (stage) => {
	const [mine, taken] = [await signUp(stage), await signUp(stage)];
	for (const { page, press } of [mine, taken]) {
		await page.route('**/register', (route) => route.abort('connectionrefused'));
		await press();
		await ui.warned(page, 'can’t be reached');
		await page.unroute('**/register');
	}
	await mine.press();
	await isIn(mine.page, mine.email);
	await still.guest().call('POST', '/register',
		{ name: 'Other', email: taken.email, password: 'another password', otp: '1234' });
	await taken.press();
	await taken.page.locator('#about-email').getByText('There is an account').waitFor();
});

/* Wrong passwords, as many as one address has in a minute. */
async function guess({ email }, address) {
	const stranger = new Client(still, address);
	for (let times = 0; times < 10; times++) {
		await eventually(async () => {
			const { status } = await stranger.send('POST', '/login', { email, password: 'not it' });
			assert.equal(status, 401);
		});
	}
}

scene('too many wrong passwords: it says how long, and another account may log in', async (stage) => {
	const [shopper, other] = [await still.newShopper(), await still.newShopper()];
	const address = nextAddress();
	const page = await stage.visitor({ address });
	await guess(shopper, address);
	await ui.open(page, '/login', 'login');
	await ui.logIn(page, shopper);
	await ui.warned(page, 'Too many tries');
	await page.getByRole('button', { name: /^Please wait \d+ s/ }).waitFor();
	await ui.logIn(page, other);
	await ui.link(page, 'Account').waitFor();
});

scene('a login shows that the browser has logged in to the account before', async (stage) => {
	const [shopper, other] = [await still.newShopper(), await still.newShopper()];
	const page = await stage.visitor();
	const calls = ui.note(page, 'POST', '/login');
	for (const who of [shopper, other, shopper]) {
		await ui.open(page, '/login', 'login');
		await ui.logIn(page, who);
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
	assert.ok(!kept.includes('@'), 'no address in the clear');
});

scene('logging out', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, page } = await ready(stage, milk);
	await ui.open(page, '/account', 'account');
	await page.locator('[data-profile=name]').getByText('Asha Rao').waitFor();
	await page.locator('[data-profile=email]').getByText(shopper.email).waitFor();
	await page.locator('[data-profile=id]').getByText(shopper.userId).waitFor();
	await ui.button(page, 'Log out').click();
	await ui.at(page, 'home');
	await ui.cartSays(page, 'empty');
	assert.equal(await page.evaluate(() => localStorage.getItem('tokri.session')), null);
});
