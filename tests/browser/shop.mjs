/* The shops under test: their API for whatever a test has others do, and what only an operator could. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const PATIENCE = 30_000;
let addresses = 0;

/** An address that nobody else has: limits of rate count by it. */
export function nextAddress() {
	addresses++;
	return `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

/**
 * Repeats a check until it throws no more, and gives what it gave.
 * @template T
 * @param {() => Promise<T>|T} check
 * @returns {Promise<T>}
 */
export async function eventually(check, patience = PATIENCE) {
	const end = Date.now() + patience;
	for (;;) {
		try {
			return await check();
		} catch (error) {
			if (Date.now() > end) throw error;
			await pause(50);
		}
	}
}

/* What is 429 or 5xx for a moment is no failure of the test that only arranges something. */
const isPassing = (status) => status === 429 || status >= 500;

/** Somebody who calls the shop without a browser. */
export class Client {
	constructor(shop, address = nextAddress()) {
		Object.assign(this, { shop, address, token: null, userId: null });
	}

	/** Makes a call and gives the answer, whatever it is. */
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

	/** Makes a call that has to succeed. */
	async call(method, path, body) {
		for (let tries = 1; ; tries++) {
			const answer = await this.send(method, path, body);
			if (answer.status === 200) return answer.body;
			if (tries === 20 || !isPassing(answer.status)) {
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

	/** Orders what is in the cart, and gives the order's id once delivery knows it. */
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

	/** Registers somebody new. */
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

	/** A product that no other test has; from the catalogue's end, where no test shops by name. */
	async rare() {
		this.#rare ??= this.products().then((all) =>
			all.filter((product) => product.available && product.stock > 20));
		const product = (await this.#rare).pop();
		assert.ok(product, 'the catalogue is used up');
		return product;
	}

	/* Each worker of the catalogue learns of a change by itself. */
	async #sees(product, facts) {
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
		await this.#sees(product, { stock });
	}

	/** Writes fields of a product into the database, past every check; money in paise. */
	async putProduct(id, fields, seen = {}) {
		await run(PYTHON, ['products.py', this.database, 'put', id, JSON.stringify(fields)]);
		await this.#sees({ _id: id }, seen);
	}

	async removeProduct(id) {
		await run(PYTHON, ['products.py', this.database, 'remove', id]);
	}

	/** A token of one's own making. */
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

	/** Does something while a pool is stopped. */
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

/** Orders stay where a test puts them. */
export const still = new Shop(facts.still);
/** Orders move by themselves. */
export const moving = new Shop(facts.moving);
