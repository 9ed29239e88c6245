/* The shops under test: their API for the actions of other users, and the actions of an operator. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const TIMEOUT = 30_000;
let addresses = 0;

/** An address that no other client has: rate limits count by address. */
export function nextAddress() {
	addresses++;
	return `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

/**
 * Repeats a check until it throws no more, and returns its result.
 * @template T
 * @param {() => Promise<T>|T} check
 * @returns {Promise<T>}
 */
export async function eventually(check, timeout = TIMEOUT) {
	const end = Date.now() + timeout;
	for (;;) {
		try {
			return await check();
		} catch (error) {
			if (Date.now() > end) throw error;
			await pause(50);
		}
	}
}

/* A temporary 429 or 5xx of a preparing call does not fail the test. */
const isTemporary = (status) => status === 429 || status >= 500;

/** A client that calls the API without a browser. */
export class Client {
	constructor(shop, address = nextAddress()) {
		Object.assign(this, { shop, address, token: null, userId: null });
	}

	/** Makes a call and returns any answer. */
	async send(method, path, body, headers = {}) {
		const response = await fetch(this.shop.url + path, {
			method,
			headers: {
				'X-Forwarded-For': this.address,
				...(this.token && { Authorization: `Bearer ${this.token}` }),
				...(body && { 'Content-Type': 'application/json' }),
				...headers,
			},
			body: body && JSON.stringify(body),
		});
		return { status: response.status, headers: response.headers, body: await response.json() };
	}

	/** Makes a call that must succeed. */
	async call(method, path, body) {
		for (let tries = 1; ; tries++) {
			const answer = await this.send(method, path, body);
			if (answer.status === 200) return answer.body;
			if (tries === 20 || !isTemporary(answer.status)) {
				assert.fail(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
			}
			await pause(500);
		}
	}

	async login(email, password) {
		const answer = await this.call('POST', '/login', { email, password });
		Object.assign(this, { email, password, token: answer.access_token, userId: answer.user_id });
		return this;
	}

	add(product, quantity = 1) {
		return this.call('POST', '/cart/add',
			{ user_id: this.userId, product_id: product._id, quantity });
	}

	/** The cart as {product id: quantity}. */
	async cart() {
		const lines = await this.call('GET', `/cart/${this.userId}`);
		return Object.fromEntries(lines.map((line) => [line.product_id, line.quantity]));
	}

	/** Waits until `check` accepts the cart that every process returns: their replicas of the products may differ for
	 * a second. */
	async cartShows(check) {
		await eventually(async () => {
			for (let times = 0; times < 6; times++) check(await this.call('GET', `/cart/${this.userId}`));
		});
	}

	/** Orders the cart, and returns the order's id once delivery has the order. */
	async order() {
		const { order_id: id } = await this.call('POST', '/order/create', { user_id: this.userId });
		await eventually(() => this.call('GET', `/order/${id}/status`));
		return id;
	}

	orders() {
		return this.call('GET', `/orders/${this.userId}`);
	}

	move(orderId, status) {
		return this.call('POST', `/order/${orderId}/update-status`, { status });
	}
}

/** A running shop. */
export class Shop {
	#staff = new Map();
	#rare = null;

	constructor({ url, folder, database, secret, password }) {
		Object.assign(this, { url, folder, database, secret, password });
	}

	guest() {
		return new Client(this);
	}

	/** Registers a new shopper. */
	async newShopper(name = 'Asha Rao') {
		const client = this.guest();
		const email = `b${randomBytes(8).toString('hex')}@example.com`;
		const password = `pw-${randomBytes(8).toString('hex')}`;
		await client.call('POST', '/register', { name, email, password, otp: '1234' });
		return client.login(email, password);
	}

	/** A demo account's client; one login for all tests. */
	staff(role) {
		if (!this.#staff.has(role)) {
			this.#staff.set(role, this.guest().login(`${role}@example.com`, this.password));
		}
		return this.#staff.get(role);
	}

	products() {
		return this.guest().call('GET', '/products');
	}

	async product(name) {
		return (await this.products()).find((product) => product.name === name);
	}

	/** A product that no other test uses: from the end of the catalogue, where no test takes products by name. */
	async rare() {
		this.#rare ??= this.products().then((all) =>
			all.filter((product) => product.available && product.stock > 20));
		const product = (await this.#rare).pop();
		assert.ok(product, 'the catalogue is used up');
		return product;
	}

	/* Each worker of the product service reads a change separately. */
	async #waitForProduct(product, facts) {
		const guest = this.guest();
		await eventually(async () => {
			for (let times = 0; times < 6; times++) {
				const now = await guest.call('GET', `/products/${product._id}`);
				for (const [name, value] of Object.entries(facts)) assert.equal(now[name], value);
			}
		});
	}

	async setStock(product, stock) {
		const admin = await this.staff('admin');
		await admin.call('PUT', `/products/${product._id}/stock`, { stock });
		await this.#waitForProduct(product, { stock });
	}

	/** Writes fields of a product into the database without any validation; money in paise. */
	async putProduct(id, fields, seen = {}) {
		await run(PYTHON, ['products.py', this.database, 'put', id, JSON.stringify(fields)]);
		await this.#waitForProduct({ _id: id }, seen);
	}

	async removeProduct(id) {
		await run(PYTHON, ['products.py', this.database, 'remove', id]);
	}

	/** A token with chosen claims. */
	token(userId, role, seconds) {
		const part = (facts) => Buffer.from(JSON.stringify(facts)).toString('base64url');
		const now = Math.floor(Date.now() / 1000);
		const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ user_id: userId, role, iat: now - 60,
			exp: now + seconds })}`;
		return `${text}.${createHmac('sha256', this.secret).update(text).digest('base64url')}`;
	}

	#supervisor(...words) {
		return run('supervisorctl', ['-c', `${this.folder}/supervisord.conf`, ...words]);
	}

	/** Runs a function while a pool is stopped. */
	async without(pool, work) {
		await this.#supervisor('stop', pool);
		try {
			return await work();
		} finally {
			await this.#supervisor('start', pool);
			await this.guest().call('GET', '/readyz');
		}
	}
}

const facts = JSON.parse(process.env.SHOPS);

/** The shop whose orders are moved by hand. */
export const manual = new Shop(facts.manual);
/** The shop whose orders the simulation moves. */
export const simulated = new Shop(facts.simulated);
