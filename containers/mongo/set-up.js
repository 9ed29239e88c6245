// Creates the replica set and the accounts, with mongosh in the database's container. After an interruption at any
// point it can run again.

const { readFileSync } = require('fs');

const ALREADY_INITIALIZED = 23, USER_EXISTS = 51003;
const WAIT_MS = 120_000, PAUSE_MS = 200;
// Each service has access to its own database only, and the seed to all of them.
const DATABASES = {
	// each service: @name@: ['@database@'],
	user: ['user_db'],
	product: ['product_db'],
	cart_order: ['cart_db'],
	delivery: ['delivery_db'],
	// end
};
DATABASES.seed = Object.values(DATABASES).flat();

const secret = (name) => readFileSync(`${process.env.SECRETS}/${name}`, 'utf8');
const admin = connect('mongodb://127.0.0.1:27017/admin?directConnection=true');

function unless(code, action) {
	try {
		action();
	} catch (error) {
		if (error.code !== code) throw error;
	}
}

function makeSet() {
	const members = [{ _id: 0, host: process.env.MONGO_HOST }];
	const began = Date.now();
	if (!admin.adminCommand({ hello: 1 }).setName) {
		unless(ALREADY_INITIALIZED, () =>
			admin.adminCommand({ replSetInitiate: { _id: 'rs0', members } }));
	}
	while (!admin.adminCommand({ hello: 1 }).isWritablePrimary) {
		if (Date.now() - began > WAIT_MS) throw new Error('no primary');
		sleep(PAUSE_MS);
	}
}

// While there are no accounts, a client on the same machine may create the first one, and do nothing else.
function logIn() {
	const password = secret('root_password');
	try {
		admin.auth('root', password);
	} catch {
		admin.createUser({ user: 'root', pwd: password, roles: ['root'] });
		admin.auth('root', password);
	}
}

function makeAccount(user) {
	const roles = DATABASES[user].map((db) => ({ role: 'readWrite', db }));
	unless(USER_EXISTS, () => admin.createUser({ user, pwd: secret(user), roles }));
}

makeSet();
logIn();
Object.keys(DATABASES).forEach(makeAccount);
print('the replica set and its accounts exist');
