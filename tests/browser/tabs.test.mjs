/* Two tabs of one user. */

import * as ui from './ui.mjs';
import { manual } from './shop.mjs';
import { scene } from './harness.mjs';

async function twoTabs(harness, ...products) {
	const shopper = await manual.newShopper();
	for (const product of products) await shopper.add(product);
	const first = await harness.visitor({ as: shopper });
	await ui.open(first, '/search?q=milk 1l', 'search');
	const second = await first.context().newPage();
	await second.goto('/#/cart');
	await ui.at(second, 'cart');
	return { shopper, first, second };
}

scene('an addition in one tab is shown in the other', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, first, second } = await twoTabs(harness);
	await ui.heading(second, 'Your cart is empty').waitFor();
	await ui.press(first, milk, 'add');
	await ui.shows(second, milk, 1);
	await ui.press(second, milk, 'increase');
	await ui.press(second, milk, 'increase');
	await ui.shows(first, milk, 3);
	await ui.cartIs(shopper, [milk, 3]);
	await second.locator(`[data-line="${milk._id}"] [data-action=decrease]`).click();
	await ui.shows(first, milk, 2);
});

scene('an order in one tab empties the cart in the other', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { first, second } = await twoTabs(harness, milk);
	await ui.shows(first, milk, 1);
	await ui.placeOrder(second);
	await ui.shows(first, milk, 0);
	await ui.cartLinkShows(first, 'empty');
});

scene('a logout or login in one tab changes the session of the other', async (harness) => {
	const milk = await manual.product('Milk 1L');
	const { shopper, first, second } = await twoTabs(harness, milk);
	await ui.shows(second, milk, 1);
	await ui.open(first, '/account', 'account');
	await ui.button(first, 'Log out').click();
	await ui.at(second, 'login');
	await ui.open(first, '/login', 'login');
	await ui.logIn(first, shopper);
	await ui.at(first, 'home');
	await ui.at(second, 'cart');
	await ui.shows(second, milk, 1);
});
