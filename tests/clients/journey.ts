/* The client that openapi-generator makes, against a shop: journey.js URL. */

import {
	CartOrderApi, Configuration, DeliveryApi, OrderStatus, ProductApi, ResponseError, UserApi,
} from './fetch_client/index.js';

declare const process: { argv: string[]; exitCode: number };

function check(holds: boolean, what: string): void {
	if (!holds) throw new Error(what);
}

async function refusal(call: Promise<unknown>): Promise<{ status: number; code: string }> {
	try {
		await call;
	} catch (error) {
		if (!(error instanceof ResponseError)) throw error;
		return { status: error.response.status, code: (await error.response.json()).code };
	}
	throw new Error('it was not refused');
}

async function journey(basePath: string): Promise<void> {
	const email = `ts${Date.now()}@example.com`, password = 'correct horse';
	const stranger = new Configuration({ basePath });
	const users = new UserApi(stranger);
	const made = await users.register({ registration: { name: 'Asha', email, password, otp: '1234' } });
	check(made.message === 'User created successfully', made.message);
	const { accessToken, userId } = await users.login({ credentials: { email, password } });
	const me = new Configuration({ basePath, accessToken });
	const carts = new CartOrderApi(me);

	check((await new UserApi(me).getProfile()).email === email, 'the profile is another');
	const [milk] = await new ProductApi(stranger).listProducts({ q: 'milk', limit: 1 });
	check(milk.price > 0, 'a price is a number');
	check((await refusal(carts.createOrder({ orderRequest: { userId } }))).code === 'cart_is_empty',
		'an empty cart is refused');
	await carts.addToCart({ cartAddition: { userId, productId: milk.id, quantity: 2 } });
	const [line] = await carts.getCart({ userId });
	check(line.quantity === 2 && line.price === milk.price, 'the cart has other lines');
	const wrong = { userId, expectedTotal: milk.price };
	check((await refusal(carts.createOrder({ orderRequest: wrong }))).status === 409, 'a wrong total passes');
	const order = await carts.createOrder({
		orderRequest: { userId, expectedTotal: 2 * milk.price }, idempotencyKey: 'one',
	});
	const seen = await carts.getOrder({ orderId: order.orderId });
	check(seen.status === OrderStatus.Placed && seen.createdAt instanceof Date, 'the order is another');
	await carts.cancelOrder({ orderId: order.orderId });
	const { status } = await new DeliveryApi(me).getOrderStatus({ orderId: order.orderId });
	check(status === OrderStatus.Cancelled, 'it is not cancelled');
	const events = await new DeliveryApi(me).streamOrderStatus({ orderId: order.orderId }) ?? '';
	check(/^event: status\n/m.test(events) && events.includes('CANCELLED'), `no stream: ${events}`);
}

journey(process.argv[2]).then(
	() => console.log('done'),
	(error) => { console.log(error); process.exitCode = 1; },
);
