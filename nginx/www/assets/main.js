/*
 * The start of the shop: its screens, their frame, and the end of a session.
 */

import * as cart from './cart.js';
import { TIMES } from './config.js';
import { h } from './dom.js';
import * as shell from './parts/shell.js';
import { emptyState, errorState, toast } from './parts/ui.js';
import * as router from './router.js';
import * as session from './session.js';
import { sentence } from './words.js';

function lost(screen) {
	const text = { image: 'home', title: 'There is no such page', text: 'The shop is this way.',
		level: 'h1' };
	screen.show('Not found',
		emptyState(text, h('a.button', { href: router.href('/') }, 'To the shop')));
}

/*
 * file: of views/, which exports the screen by the route's name. shop: with the search and the cart
 * bar; own: for those who are logged in.
 */
const ROUTES = [
	{ name: 'home', pattern: /^\/$/, shop: true, file: 'shop' },
	{ name: 'category', pattern: /^\/category\/([^/]+)$/, shop: true, file: 'shop' },
	{ name: 'search', pattern: /^\/search$/, shop: true, file: 'shop' },
	{ name: 'product', pattern: /^\/product\/([^/]+)$/, shop: true, file: 'shop' },
	{ name: 'cart', pattern: /^\/cart$/, own: true, file: 'cart' },
	{ name: 'login', pattern: /^\/login$/, file: 'account' },
	{ name: 'signup', pattern: /^\/signup$/, file: 'account' },
	{ name: 'confirmed', pattern: /^\/order\/([^/]+)\/confirmed$/, own: true, file: 'order' },
	{ name: 'tracking', pattern: /^\/order\/([^/]+)$/, own: true, file: 'order' },
	{ name: 'orders', pattern: /^\/orders$/, own: true, file: 'order' },
	{ name: 'account', pattern: /^\/account$/, own: true, file: 'account' },
	{ name: 'staff', pattern: /^\/staff$/, own: true, file: 'staff' },
	{ name: 'stock', pattern: /^\/staff\/stock$/, own: true, file: 'staff' },
	{ name: 'lost', pattern: /./, load: async () => lost },
].map((route) =>
	({ load: async () => (await import(`./views/${route.file}.js`))[route.name], ...route }));

const isOwn = () => ROUTES.find((route) => route.pattern.test(router.here().split('?')[0])).own;

const askToLogIn = () =>
	router.go(`/login?next=${encodeURIComponent(router.here())}`, { replace: true });

function arrive(target) {
	shell.arrive(target);
	if (target.route.own && !session.current()) queueMicrotask(askToLogIn);
}

const isThere = () => fetch('/', { method: 'HEAD', signal: AbortSignal.timeout(TIMES.request) })
	.then((answer) => answer.ok, () => false);

/*
 * A screen whose code or drawing failed: the page may be older than the shop's code, and browsers
 * remember an import that failed. A new page is loaded once for each entry of the history, and reads
 * a cart that has what was pressed.
 */
async function broken(screen, error) {
	console.error(error);
	const code = await isThere() ? 'page' : 'offline';
	if (code === 'page') await cart.flush();
	if (screen.signal.aborted) return;
	if (code === 'page' && !history.state?.renewed) {
		history.replaceState({ ...history.state, renewed: true }, '');
		return void location.reload();
	}
	const retry = async () => (await isThere() ? location.reload() : router.reload());
	screen.show('Error', errorState(Object.assign(error, { kind: code, code }), retry, 'h1'));
	addEventListener('online', router.reload, { once: true, signal: screen.signal });
}

/* After the first action the other screens' code is loaded, so that it is available offline. */
function fetchScreens() {
	for (const route of ROUTES) route.load().catch(() => {});
}

function sessionChanged(reason) {
	if (reason === 'begun') return;
	if (reason === 'expired') toast('Your session has ended. Log in to go on where you were.');
	if (reason === 'expired' || (isOwn() && !session.current())) askToLogIn();
	else if (reason === 'elsewhere') router.reload();
}

function refused({ product, error }) {
	toast(`${product.name}: ${sentence(error)}${error.unsure ? '' : ' Your cart is as it was.'}`);
}

function start() {
	shell.start();
	cart.onRefusal(refused);
	session.onChange(sessionChanged);
	cart.start();
	router.start(document.getElementById('main'), ROUTES, { arrive, broken });
	for (const event of ['pointerdown', 'keydown']) {
		addEventListener(event, fetchScreens, { once: true, passive: true });
	}
	const main = document.getElementById('main');
	document.getElementById('skip').addEventListener('click', (event) => {
		event.preventDefault();
		main.focus();
	});
}

start();
