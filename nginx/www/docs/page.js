/*
 * The API's page: Swagger UI over /openapi.json. A token that /login gives, by the form or by a call
 * tried out below, goes with every call from then on; it is kept in this page's memory alone.
 */

/* global SwaggerUIBundle */

const who = document.getElementById('who');

/* The claims are shown, never believed: the services check them. */
function roleIn(token) {
	const claims = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
	return JSON.parse(atob(claims)).role ?? 'customer';
}

function useToken({ access_token: token, user_id: userId }) {
	ui.preauthorizeApiKey('bearer', token);
	who.value = `Logged in as ${roleIn(token)}, user_id ${userId}`;
}

/* Swagger UI has parsed the answer already. */
function lookAtAnswer(answer) {
	if (answer.ok && new URL(answer.url).pathname === '/login') useToken(answer.body);
	return answer;
}

async function logIn(form) {
	const response = await fetch('/login', {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(Object.fromEntries(new FormData(form))),
	});
	const answer = await response.json();
	if (!response.ok) {
		who.value = typeof answer.detail === 'string' ? answer.detail : 'Not logged in';
		return;
	}
	useToken(answer);
	form.elements.password.value = '';
}

const ui = SwaggerUIBundle({
	url: '/openapi.json',
	dom_id: '#api',
	deepLinking: true,
	tryItOutEnabled: true,
	displayRequestDuration: true,
	/* Swagger's own validator is elsewhere. */
	validatorUrl: null,
	responseInterceptor: lookAtAnswer,
});

document.getElementById('login').addEventListener('submit', (event) => {
	event.preventDefault();
	logIn(event.target).catch(() => { who.value = 'No connection'; });
});
