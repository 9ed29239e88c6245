/*
 * The seed: makes the databases' indexes, loads the catalogue, applies the services' migrations
 * and, with SEED_DEMO=on, makes the demo accounts, through the services' own stores and validation.
 * May be run any time: what is there stays as it is, but for documents of older versions, and for
 * demo accounts with the published password, which SEED_DEMO=off disables.
 *
 *	seed                                 indexes, products, migrations, accounts
 *	seed --init-replica-set              makes a fresh mongod a replica set of one member
 *	seed --accounts <FILE                the same for a database of one's own, which may have
 *	                                     moved, and its accounts, by lines NAME PASSWORD
 *	seed --grant ROLE USER_ID [--yes]    shows an account, asks, and gives it a role
 *	seed --backup FOLDER                 copies all databases to files, as of one moment
 *	seed --check-backup FOLDER           looks at such files, without a database
 *	seed --restore FOLDER                puts them in the place of what is there; status 3: it
 *	                                     failed when a part was written
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "accounts.h"
#include "clock.h"
#include "config.h"
#include "db.h"
#include "db_accounts.h"
#include "db_backup.h"
#include "db_replica_set.h"
#include "log.h"
#include "password.h"
#include "seed/products.h"
#include "services.h"

enum {
	MEMORY_MAX = 256 << 20,
	PASSWORDS_MAX = 8 << 10,
	BUDGET_MS = 60000,
	TRIES = 3,
	PAUSE_MS = 1000, /* between them */
};

static const char *mongodb_uri, *mongodb_password, *seed_data;
static bool seed_demo;

static const struct setting settings[] = {
    {"MONGODB_URI", SETTING_TEXT, &mongodb_uri, NULL, 10, 4096, true,
     "address of the MongoDB replica set"},
    {"MONGODB_PASSWORD", SETTING_TEXT, &mongodb_password, "", 0, 1024, true,
     "password of the account in MONGODB_URI, where that has none; empty: none"},
    {"SEED_DATA", SETTING_TEXT, &seed_data, "seed/products.json", 1, 4096, false,
     "the catalogue that the seed loads"},
    {"SEED_DEMO", SETTING_SWITCH, &seed_demo, "off", 0, 0, false,
     "on: the seed makes the demo accounts"},
};

enum { N_SETTINGS = sizeof settings / sizeof settings[0] };

static struct arena *arena;
static bool declined;  /* a question was not answered with yes */
static bool explained; /* why it fails was said in more words than the error has */

enum { STATUS_PART = 3 /* of the process: a restore has written a part */ };
static bool part_written;

static enum err in_database_once(const char *name, enum err (*body)(struct ctx *ctx, void *arg),
				 void *arg)
{
	struct db *db;
	struct ctx ctx;
	enum err e = db_open(&db, mongodb_uri, name, 1);

	if (e)
		return e;
	ctx_begin(&ctx, arena, db, BUDGET_MS);
	ctx_set_ids(&ctx, NULL, NULL);
	e = body(&ctx, arg);
	ctx_end(&ctx);
	db_close(db);
	return e;
}

/* Opens a service's database, does something in it, and closes it. All of it may be repeated, and
 * is where a busy machine's database takes longer than a shop's call may. */
static enum err in_database(const char *name, enum err (*body)(struct ctx *ctx, void *arg),
			    void *arg)
{
	enum err e = in_database_once(name, body, arg);

	for (int tries = 1; err_is_temporary(e) && tries < TRIES; tries++) {
		clock_sleep_ms(PAUSE_MS);
		e = in_database_once(name, body, arg);
	}
	return e;
}

static enum err seed_products(struct ctx *ctx, void *arg)
{
	size_t added, n;
	enum err e = products_seed(&added, &n, ctx, seed_data);

	(void)arg;
	if (!e)
		printf("seed: %zu products, %zu of them new\n", n, added);
	return e;
}

static enum err seed_accounts(struct ctx *ctx, void *arg)
{
	size_t n;
	enum err e = seed_demo ? accounts_seed(&n, ctx) : accounts_disable(&n, ctx);

	(void)arg;
	if (!e && seed_demo)
		printf("seed: demo accounts, %zu of them new or enabled again\n", n);
	if (!e && !seed_demo && n)
		printf("seed: %zu demo accounts had the published password: disabled\n", n);
	return e;
}

#define SERVICE(name, ...) &name##_service,
static const struct service *services[] = {SERVICES(SERVICE)};

/* What is done in a service's database beside its migrations. The catalogue is loaded before
 * product_db's migrations, whose defaults are for products that it does not have. Demo accounts
 * follow the migrations, which may change the addresses that they are found by. */
typedef enum err step(struct ctx *ctx, void *arg);

static const struct steps {
	const struct service *service;
	step *before, *after; /* the migrations; NULL: nothing */
} all_steps[] = {
    {&product_service, seed_products, NULL},
    {&user_service, NULL, seed_accounts},
};

/* Those of a service; a row without steps where it has none. */
static const struct steps *steps_of(const struct service *service)
{
	static const struct steps none;

	for (size_t i = 0; i < sizeof all_steps / sizeof all_steps[0]; i++) {
		if (all_steps[i].service == service)
			return &all_steps[i];
	}
	return &none;
}

static size_t n_indexes(const struct service *service)
{
	return service->indexes ? service->indexes->n : 0;
}

static enum err ensure_indexes(struct ctx *ctx, void *arg)
{
	const struct service *service = *(const struct service **)arg;
	enum err e = OK;

	for (size_t i = 0; i < n_indexes(service) && !e; i++)
		e = db_index_ensure(ctx, service->database, &service->indexes->rows[i]);
	return e;
}

static enum err seed_indexes(void)
{
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; i < N_SERVICES && !e; i++) {
		e = in_database(services[i]->database, ensure_indexes, &services[i]);
		n += n_indexes(services[i]);
	}
	if (!e)
		printf("seed: %zu indexes\n", n);
	return e;
}

static enum err migrate(struct ctx *ctx, const struct service *service)
{
	struct migrated n;
	enum err e;

	if (!service->migrations)
		return OK;
	db_client_push(ctx); /* migrations pop their own */
	e = migrations_apply(&n, ctx, service->migrations);
	if (n.applied)
		printf("seed: migrations of %s: %zu applied, %lld documents changed\n",
		       service->database, n.applied, (long long)n.changed);
	if (n.left)
		printf("seed: migrations of %s left %lld documents as they were: see "
		       "docs/operations.md, Migrations\n",
		       service->database, (long long)n.left);
	return e;
}

static enum err seed_service(struct ctx *ctx, void *arg)
{
	const struct service *service = *(const struct service **)arg;
	const struct steps *steps = steps_of(service);
	enum err e = steps->before ? steps->before(ctx, NULL) : OK;

	if (!e)
		e = migrate(ctx, service);
	if (!e && steps->after)
		e = steps->after(ctx, NULL);
	return e;
}

/* All indexes are made first: documents of an older version, too, are stored under them. */
static enum err seed_all(void)
{
	enum err e = seed_indexes();

	for (size_t i = 0; i < N_SERVICES && !e; i++)
		e = in_database(services[i]->database, seed_service, &services[i]);
	return e;
}

static enum err ensure_accounts(struct ctx *ctx, void *arg)
{
	const struct db_account *accounts = arg;
	enum err e = OK;

	for (size_t i = 0; i < DB_ACCOUNTS && !e; i++)
		e = db_account_ensure(ctx, &accounts[i]);
	return e;
}

/* The passwords outlive each try, which takes back the memory that it used. */
static enum err make_accounts(void)
{
	struct db_account accounts[DB_ACCOUNTS];
	struct arena *passwords = arena_new(PASSWORDS_MAX);
	enum err e = passwords ? db_accounts_read(accounts, passwords, stdin) : ERR_INTERNAL;

	if (!e)
		e = db_replica_set_ensure_local(mongodb_uri);
	if (!e)
		e = in_database("admin", ensure_accounts, accounts);
	arena_free(passwords);
	return e;
}

static enum err usage(void)
{
	fputs("usage: seed [--init-replica-set | --accounts | --grant ROLE USER_ID [--yes] | "
	      "--backup FOLDER | --check-backup FOLDER | --restore FOLDER | --config]\n",
	      stderr);
	explained = true;
	return ERR_INVALID;
}

static enum err grant_role(struct ctx *ctx, void *arg)
{
	const struct grant *grant = arg;
	bool granted = false;
	enum err e = account_grant(&granted, ctx, grant);

	declined = !e && !granted;
	if (granted)
		printf("seed: %s is now %s\n", grant->user_id, grant->role);
	if (declined)
		fputs("seed: nothing was changed\n", stderr);
	if (e == ERR_USER_NOT_FOUND)
		fputs("seed: --grant takes the id of a user, 24 hexadecimal digits\n", stderr);
	return e;
}

static enum err grant(int n, char **words)
{
	struct grant grant = {.role = words[0], .user_id = words[1], .yes = n == 3};

	if (n > 3 || (n == 3 && strcmp(words[2], "--yes") != 0))
		return usage();
	return in_database(user_service.database, grant_role, &grant);
}

static void database_names(const char *names[static N_SERVICES])
{
	for (size_t i = 0; i < N_SERVICES; i++)
		names[i] = services[i]->database;
}

static enum err backup(const char *folder)
{
	const char *databases[N_SERVICES];
	int64_t n;
	enum err e;

	database_names(databases);
	e = db_backup(&n, mongodb_uri, databases, N_SERVICES, folder);
	explained = e;
	if (!e)
		printf("seed: %lld documents in %s\n", (long long)n, folder);
	return e;
}

static enum err check_backup(const char *folder)
{
	const char *databases[N_SERVICES];
	int64_t n;
	enum err e;

	database_names(databases);
	e = db_backup_check(&n, databases, N_SERVICES, folder);
	explained = e;
	return e;
}

static enum err restore(const char *folder)
{
	const char *databases[N_SERVICES];
	int64_t n;
	enum err e;

	database_names(databases);
	e = db_restore(&n, &part_written, mongodb_uri, databases, N_SERVICES, folder);
	explained = e;
	if (!e)
		printf("seed: %lld documents of %s are back\n", (long long)n, folder);
	return e;
}

static enum err run(int argc, char **argv)
{
	if (argc == 1)
		return seed_all();
	if (argc == 2 && strcmp(argv[1], "--init-replica-set") == 0)
		return db_replica_set_ensure(mongodb_uri);
	if (argc == 2 && strcmp(argv[1], "--accounts") == 0)
		return make_accounts();
	if (argc > 3 && strcmp(argv[1], "--grant") == 0)
		return grant(argc - 2, argv + 2);
	if (argc == 3 && strcmp(argv[1], "--backup") == 0)
		return backup(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--check-backup") == 0)
		return check_backup(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--restore") == 0)
		return restore(argv[2]);
	return usage();
}

int main(int argc, char **argv)
{
	enum err e;

	if (argc == 2 && strcmp(argv[1], "--config") == 0) {
		config_print(settings, N_SETTINGS, stdout);
		return 0;
	}
	if (sodium_init() < 0 || config_load(settings, N_SETTINGS, stderr) ||
	    db_address_complete(&mongodb_uri, mongodb_password, stderr))
		return 2;
	log_init("seed", LOG_WARNING);
	arena = arena_new(MEMORY_MAX);
	if (!arena || password_init(1, 1))
		return 1;
	e = run(argc, argv);
	if (e && !explained)
		fprintf(stderr, "seed: %s\n", err_info(e)->text);
	arena_free(arena);
	if (e && part_written)
		return STATUS_PART;
	return e || declined ? 1 : 0;
}
