/* /docs: trying the API from its description, with access to the gateway only. */

import assert from 'node:assert/strict';
import { manual } from './shop.mjs';
import { DESKTOP, scene } from './harness.mjs';

/* Opens the page in a browser that reaches the gateway only. */
async function open(harness) {
	const page = await harness.visitor({ size: DESKTOP });
	await page.context().route((url) => url.origin !== new URL(manual.url).origin,
		(route) => route.abort());
	await page.goto('/docs');
	await page.getByRole('heading', { name: /Quick commerce/ }).waitFor();
	return page;
}

const call = (page, id) => page.locator(`.opblock[id$="-${id}"]`);

/* Opens a call, fills it in and sends it: the answer's status and JSON. */
async function tryOut(page, id, { body } = {}) {
	const block = call(page, id);
	if (!await block.locator('.opblock-body').count()) await block.locator('.opblock-summary').click();
	if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
	const answered = page.waitForResponse((response) => response.request().resourceType() === 'fetch');
	await block.getByRole('button', { name: 'Execute' }).click();
	const response = await answered;
	await block.locator('.live-responses-table .response-col_status', { hasText: response.status() })
		.waitFor();
	return { status: response.status(), body: await response.json() };
}

scene('the API’s page: log in and read the profile', async (harness) => {
	const shopper = await manual.newShopper('Asha of the page');
	const page = await open(harness);
	assert.equal((await tryOut(page, 'getProfile')).status, 401);
	await page.getByLabel('Email').fill(shopper.email);
	await page.getByLabel('Password').fill(shopper.password);
	await page.getByRole('button', { name: 'Log in', exact: true }).click();
	await page.getByText(`Logged in as customer, user_id ${shopper.userId}`).waitFor();
	const { status, body } = await tryOut(page, 'getProfile');
	assert.equal(status, 200);
	assert.equal(body.email, shopper.email);
	await call(page, 'getProfile').locator('.live-responses-table').getByText('Asha of the page')
		.waitFor();
});

scene('the API’s page: a login that is tried out authorises later calls', async (harness) => {
	const { email, password } = await manual.newShopper();
	const page = await open(harness);
	assert.equal((await tryOut(page, 'login', { body: { email, password: 'another one' } })).status,
		401);
	await page.getByText('Nobody is logged in').waitFor();
	assert.equal((await tryOut(page, 'login', { body: { email, password } })).status, 200);
	await page.getByText('Logged in as customer').waitFor();
	assert.equal((await tryOut(page, 'getProfile')).body.email, email);
});

scene('the API’s page shows every call, and stores no token', async (harness) => {
	const { email, password } = await manual.newShopper();
	const page = await open(harness);
	const { paths } = await page.evaluate(() => fetch('/openapi.json').then((r) => r.json()));
	const ids = Object.values(paths).flatMap((path) => Object.values(path))
		.map((operation) => operation.operationId).filter(Boolean);
	assert.ok(ids.length > 20);
	for (const id of ids) await call(page, id).waitFor();
	await tryOut(page, 'login', { body: { email, password } });
	await page.getByText('Logged in as').waitFor();
	const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
	assert.doesNotMatch(kept, /eyJ/);
});
