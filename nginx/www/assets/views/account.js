/*
 * Login and sign-up, which return to the previous screen; the account. Errors are shown at the field that
 * they are about.
 */

import * as api from '../api.js';
import { BRAND, FIXED_OTP } from '../config.js';
import { fill, h, icon } from '../dom.js';
import { announce, load, skeleton, toast } from '../parts/ui.js';
import { go, href } from '../router.js';
import * as session from '../session.js';
import * as storage from '../storage.js';
import { date, fieldSentence, sentence, waitFor } from '../words.js';

/* ---- forms ---- */

function revealButton(input) {
	const draw = (shown) => {
		input.type = shown ? 'text' : 'password';
		button.setAttribute('aria-pressed', String(shown));
		fill(button, icon(shown ? 'hidden' : 'eye'));
	};
	const press = () => draw(input.type === 'password');
	const button = h('button.icon-button.reveal',
		{ type: 'button', 'aria-label': 'Show password', onclick: press });
	draw(false);
	return button;
}

/**
 * A labelled input.
 * @param {{name: string, label: string, hint?: string, check?: (value: string) => string}} about
 *     the rest are the input's attributes; check gives what is wrong, or nothing
 */
function field({ name, label, hint, check = () => '', ...attributes }) {
	const input = h('input',
		{ id: `field-${name}`, name, class: 'input', 'aria-describedby': `about-${name}`,
		...attributes });
	const about = h('p.field-about', { id: `about-${name}` }, hint);
	const element = h('div.field', h('label', { for: input.id }, label),
		h('div.field-box', input, attributes.type === 'password' && revealButton(input)), about);
	const setError = (text) => {
		element.classList.toggle('has-error', Boolean(text));
		if (text) input.setAttribute('aria-invalid', 'true');
		else input.removeAttribute('aria-invalid');
		fill(about, text ? [icon('alert'), text] : hint);
	};
	input.addEventListener('input', () => element.classList.contains('has-error') && setError(''));
	return { name, input, element, setError, check: () => check(input.value) };
}

/**
 * A form with one button.
 * @param {{fields: Object[], button: string, working: string, submit: (values: Object) =>
 *     Promise<void>, failed: (error: Error, form: Object) => void}} about
 */
function form({ fields, button, working, submit, failed }) {
	const problem = h('div.problem', { role: 'alert', hidden: true });
	const press = h('button.button.wide', { type: 'submit' }, button);
	const values = () => Object.fromEntries(fields.map(({ name, input }) => [name, input.value]));
	let waiting;
	const element = h('form', { novalidate: true, class: 'form' }, problem,
		fields.map((each) => each.element), press);
	const self = {
		element,
		/** Shows the error of the whole form, or none. */
		setProblem(...content) {
			problem.hidden = content.length === 0;
			fill(problem, content.length ? [icon('alert'), h('div', content)] : []);
		},
		/** Shows errors by field name and goes to the first. */
		setErrors(errors) {
			for (const each of fields) each.setError(errors[each.name] ?? '');
			const wrong = fields.filter((each) => errors[each.name]);
			wrong[0]?.input.focus();
			if (wrong.length) announce(wrong.map((each) => errors[each.name]).join(' '));
			return wrong.length > 0;
		},
		setBusy(busy, text = busy ? working : button) {
			press.disabled = busy;
			press.textContent = text;
		},
		wait(seconds, then) {
			const until = Date.now() + seconds * 1000;
			const tick = () => {
				const left = Math.ceil((until - Date.now()) / 1000);
				self.setBusy(left > 0, left > 0 ? waitFor(left) : undefined);
				waiting = left > 0 ? setTimeout(tick, 1000) : undefined;
				if (left <= 0 && element.isConnected) then?.();
			};
			clearTimeout(waiting);
			tick();
		},
	};
	/* Another account may be tried at once. */
	element.elements.email.addEventListener('input', () => waiting && self.wait(0));
	element.addEventListener('submit', async (event) => {
		event.preventDefault();
		const errors = Object.fromEntries(fields.map((each) => [each.name, each.check()]));
		if (press.disabled || self.setErrors(errors)) return;
		self.setProblem();
		self.setBusy(true);
		try {
			await submit(values());
			self.setBusy(false);
		} catch (error) {
			self.setBusy(false);
			failed(error, self);
		}
	});
	return self;
}

/* ---- logging in ---- */

/* Where a login leads: back, to the staff page for staff, else home. Nothing outside this page. */
function destination(next) {
	if (next?.startsWith('/') && !/^\/(login|signup)\b/.test(next)) return next;
	return session.isStaff() ? '/staff' : '/';
}

const emailField = () => field({ name: 'email', label: 'Email', type: 'email',
	autocomplete: 'username', inputmode: 'email', required: true, maxlength: 254,
	check: (value) => /^\S+@\S+\.\S+$/.test(value.trim()) ? ''
		: 'Please enter your email address.' });

const passwordField = (about) =>
	field({ name: 'password', label: 'Password', type: 'password', required: true, ...about });

/* A failure of login or sign-up, above the form; a wait is counted down. */
function showFailure(error, about, early, then) {
	const id = error.unsure && h('p.request-id', 'Request id ', h('code', error.requestId));
	const isEarly = error.status === 429;
	about.setProblem(h('p', isEarly ? early : sentence(error)), id || '');
	if (isEarly) about.wait(error.retryAfter, then);
}

/* A link between login and sign-up keeps the screen to return to. */
const withNext = (path, next) => href(next ? `${path}?next=${encodeURIComponent(next)}` : path);

export function login(screen) {
	const { next } = screen.query;
	if (session.current()) return go(destination(next), { replace: true });
	const fields = [emailField(), passwordField({ autocomplete: 'current-password',
		check: (value) => value ? '' : 'Please enter your password.' })];
	const submit = async ({ email, password }) => {
		session.begin(await api.login({ email: email.trim(), password }));
		go(destination(next), { replace: true });
	};
	const about = form({ fields, button: 'Log in', working: 'Logging in …', submit,
		failed: (error, self) =>
			showFailure(error, self, 'Too many tries. Please wait before the next one.') });
	screen.show('Log in', h('div.panel.narrow',
		h('h1', 'Welcome back'),
			h('p.muted', next ? 'Log in to go on where you were.' : `Log in to shop at ${BRAND}.`),
		about.element,
			h('p.other-way', 'New here? ',
			h('a', { href: withNext('/signup', next) }, 'Create an account'))));
}

/* ---- signing up ---- */

const OF_FIELD = { invalid_otp: 'otp', email_already_exists: 'email' };
/* In characters, as the shop counts them, not in UTF-16. */
const PASSWORD_MIN = 8;
const TOO_SHORT = `At least ${PASSWORD_MIN} characters.`;

const needed = (words) => (value) => value.trim() ? '' : words;

function fieldsOf() {
	return [
		field({ name: 'name', label: 'Name', autocomplete: 'name', required: true, maxlength: 100,
			check: needed('Please enter your name.') }),
		emailField(),
		passwordField({ autocomplete: 'new-password', hint: TOO_SHORT,
			check: (value) => [...value].length < PASSWORD_MIN ? TOO_SHORT : '' }),
		field({ name: 'otp', label: 'One-time code', inputmode: 'numeric',
			autocomplete: 'one-time-code', required: true,
			hint: `This shop’s code is ${FIXED_OTP}.`, check: needed('Please enter the code.') }),
	];
}

function fieldErrors(error) {
	if (OF_FIELD[error.code]) return { [OF_FIELD[error.code]]: sentence(error) };
	return Object.fromEntries(error.fields.map((wrong) => [wrong[0], fieldSentence(wrong)]));
}

/*
 * One intention in two calls: what the first may have made is logged in to, where the same form is
 * sent again.
 */
async function register({ name, email, password, otp }) {
	const login = () => api.login({ email, password });
	const number = session.numberOf(email);
	const again = storage.read('sign-up') === number;
	if (again) {
		const made = await login().catch((error) => {
			if (error.status !== 401) throw error;
		});
		if (made) return made;
	}
	storage.write('sign-up', number);
	await api.register({ name: name.trim(), email, password, otp: otp.trim() }).catch((error) => {
		if (!error.unsure && !again) storage.write('sign-up', null);
		error.again = again && error.code === 'email_already_exists';
		throw error;
	});
	return login();
}

async function submit(values, next) {
	session.begin(await register({ ...values, email: values.email.trim() }));
	storage.write('sign-up', null);
	go(destination(next), { replace: true });
}

export function signup(screen) {
	const { next } = screen.query;
	if (session.current()) return go(destination(next), { replace: true });
	const toLogin = () => h('a', { href: withNext('/login', next) }, 'Log in');
	const about = form({
		fields: fieldsOf(), button: 'Create account', working: 'Creating your account …',
		submit: (values) => submit(values, next),
		failed(error, self) {
			if (error.again) self.setProblem(h('p', 'You may have created this account a moment ago. ',
				toLogin(), ' with the password you chose first.'));
			self.setErrors(fieldErrors(error)) || showFailure(error, self,
				'Many people are signing up right now. We’ll go on in a moment.',
				() => self.element.requestSubmit());
		},
	});
	screen.show('Sign up', h('div.panel.narrow',
		h('h1', 'Create your account'), h('p.muted', 'One minute now, ten for everything after.'),
		about.element,
			h('p.other-way', 'Been here before? ', toLogin())));
}

/* ---- account ---- */

const ROLES = { courier: 'Courier', admin: 'Administrator' };

function leave() {
	session.end('left');
	toast('You are logged out.');
	go('/');
}

function menuRow(path, name, text) {
	return h('li', h('a', { href: href(path) }, icon(name), h('span', text), icon('right')));
}

function person(profile) {
	const initial = [...profile.name.trim()][0]?.toUpperCase() ?? '?';
	const role = ROLES[session.current()?.role];
	return h('div.panel.person', h('span.avatar', { 'aria-hidden': 'true' }, initial),
		h('div', h('h2', { data: { profile: 'name' } }, profile.name),
			h('p', { data: { profile: 'email' } }, profile.email),
			h('p.muted.small',
				`${role ? `${role} · ` : ''}With us since ${date(profile.created_at)}`),
			h('p.muted.small', 'Account ID ', h('span', { data: { profile: 'id' } }, profile.id))));
}

export function account(screen) {
	const slot = h('div.person-slot');
	screen.show('Account', h('div.narrow', h('h1', 'Your account'), slot,
		h('ul.panel.menu', { role: 'list' }, menuRow('/orders', 'receipt', 'Your orders'),
			menuRow('/cart', 'basket', 'Your cart'),
			session.isStaff() && menuRow('/staff', 'box', 'Staff page')),
		h('button.button.quiet.wide', { type: 'button', onclick: leave }, icon('logout'),
			'Log out')));
	load(slot, screen, () => api.profile(screen.signal), {
		bones: () => skeleton('line', 1, 'panel'),
		done: (profile) => fill(slot, person(profile)),
	});
}
