/* Two tabs of one person. */

import * as ui from './moves.mjs';
import { still } from './shop.mjs';
import { scene } from './stage.mjs';

async function twoTabs(stage, ...products) {
	const shopper = await still.newShopper();
	for (const product of products) await shopper.add(product);
	const first = await stage.visitor({ as: shopper });
	await ui.open(first, '/search?q=milk 1l', 'search');
	const second = await first.context().newPage();
	await second.goto('/#/cart');
	await ui.at(second, 'cart');
	return { shopper, first, second };
}

scene('what one tab puts in the cart shows in the other', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, first, second } = await twoTabs(stage);
	await ui.heading(second, 'Your cart is empty').waitFor();
	await ui.press(first, milk, 'add');
	await ui.shows(second, milk, 1);
	await ui.press(second, milk, 'increase');
	await ui.press(second, milk, 'increase');
	await ui.shows(first, milk, 3);
	await ui.holds(shopper, [milk, 3]);
	await second.locator(`[data-line="${milk._id}"] [data-action=decrease]`).click();
	await ui.shows(first, milk, 2);
});

scene('an order in one tab empties the cart in the other', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { first, second } = await twoTabs(stage, milk);
	await ui.shows(first, milk, 1);
	await ui.placeOrder(second);
	await ui.shows(first, milk, 0);
	await ui.cartSays(first, 'empty');
});

scene('logging out in one tab logs out in the other, and so does logging in', async (stage) => {
	const milk = await still.product('Milk 1L');
	const { shopper, first, second } = await twoTabs(stage, milk);
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
