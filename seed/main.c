/*
 * The seed program: creates the databases' indexes, loads the catalogue, applies the services'
 * migrations, and creates the demo accounts (SEED_DEMO=on) or disables those that have the
 * published password (SEED_DEMO=off). It validates data as the services do, and uses their stores.
 * It can run at any time: except for demo accounts, only migrations change existing documents.
 *
 *	seed                                 indexes, products, migrations, accounts
 *	seed --init-replica-set              makes a new mongod a replica set of one member
 *	seed --accounts <FILE                the same for a local database, which may have moved;
 *	                                     sets its accounts, from lines NAME PASSWORD
 *	seed --grant ROLE USER_ID [--yes]    shows an account, asks, and gives it a role
 *	seed --backup FOLDER                 copies all databases to files, as of one moment
 *	seed --check-backup FOLDER           checks such files, without a database
 *	seed --restore FOLDER                replaces the databases by them; exit status 3: it
 *	                                     failed after it had written a part
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
	PAUSE_MS = 1000, /* between the tries */
};

static const char *mongodb_uri, *mongodb_password, *seed_data;
static bool seed_demo;

static const struct setting settings[] = {
    {"MONGODB_URI", SETTING_TEXT, &mongodb_uri, NULL, 10, 4096, true,
     "address of the MongoDB replica set"},
    {"MONGODB_PASSWORD", SETTING_TEXT, &mongodb_password, "", 0, 1024, true,
     "password of the account in MONGODB_URI, if the address has none; empty: none"},
    {"SEED_DATA", SETTING_TEXT, &seed_data, "seed/products.json", 1, 4096, false,
     "the file of the catalogue that the seed loads"},
    {"SEED_DEMO", SETTING_SWITCH, &seed_demo, "off", 0, 0, false,
     "on: the seed makes the demo accounts"},
};

enum { N_SETTINGS = sizeof settings / sizeof settings[0] };

static struct arena *arena;
static bool declined;  /* the user didn't confirm */
static bool explained; /* a detailed error message was printed */

enum { STATUS_PART = 3 /* exit status: the databases have a part of the backup */ };
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

/* Opens a database, calls `body`, and closes it. Tries again after a temporary error, because a
 * database on a busy machine may exceed the time limits of the shop's calls; `body` is idempotent.
 */
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

#define SERVICE(name, ...) &name##_service,
static const struct service *services[] = {SERVICES(SERVICE)};

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

/* The catalogue is loaded before the migrations, because those of product_db set defaults for
 * products that it lacks. Demo accounts follow the migrations, because these may change the mail
 * addresses by which the accounts are found. */
static enum err seed_service(struct ctx *ctx, void *arg)
{
	const struct service *service = *(const struct service **)arg;
	size_t added, n;
	struct migrated migrated;
	enum err e = OK;

	if (service == &product_service) {
		e = products_seed(&added, &n, ctx, seed_data);
		if (!e)
			printf("seed: %zu products, %zu of them new\n", n, added);
	}
	if (!e && service->migrations) {
		db_client_push(ctx); /* migrations pop their own client */
		e = migrations_apply(&migrated, ctx, service->migrations);
		if (migrated.applied)
			printf("seed: migrations of %s: %zu applied, %lld documents changed\n",
			       service->database, migrated.applied, (long long)migrated.changed);
		if (migrated.left)
			printf("seed: migrations of %s left %lld documents as they were: see "
			       "docs/operations.md, Migrations\n",
			       service->database, (long long)migrated.left);
	}
	if (!e && service == &user_service) {
		e = seed_demo ? accounts_seed(&n, ctx) : accounts_disable(&n, ctx);
		if (!e && seed_demo)
			printf("seed: demo accounts, %zu of them new or enabled again\n", n);
		if (!e && !seed_demo && n)
			printf("seed: %zu demo accounts had the published password: disabled\n", n);
	}
	return e;
}

/* Creates all indexes first, because they also apply to documents of older versions. */
static enum err seed_all(void)
{
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; i < N_SERVICES && !e; i++) {
		e = in_database(services[i]->database, ensure_indexes, &services[i]);
		n += n_indexes(services[i]);
	}
	if (!e)
		printf("seed: %zu indexes\n", n);
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

/* The passwords have an arena of their own, because each try resets the arena of the program. */
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

static enum err grant(int n, char **args)
{
	struct grant grant = {.role = args[0], .user_id = args[1], .yes = n == 3};

	if (n > 3 || (n == 3 && strcmp(args[2], "--yes") != 0))
		return usage();
	return in_database(user_service.database, grant_role, &grant);
}

static enum err run_backup(const char *command, const char *folder)
{
	const char *databases[N_SERVICES];
	int64_t n;
	enum err e;

	for (size_t i = 0; i < N_SERVICES; i++)
		databases[i] = services[i]->database;
	if (strcmp(command, "--backup") == 0) {
		e = db_backup(&n, mongodb_uri, databases, N_SERVICES, folder);
		if (!e)
			printf("seed: %lld documents in %s\n", (long long)n, folder);
	} else if (strcmp(command, "--restore") == 0) {
		e = db_restore(&n, &part_written, mongodb_uri, databases, N_SERVICES, folder);
		if (!e)
			printf("seed: restored %lld documents of %s\n", (long long)n, folder);
	} else {
		e = db_backup_check(&n, databases, N_SERVICES, folder);
	}
	explained = e;
	return e;
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
	if (argc == 1)
		e = seed_all();
	else if (argc == 2 && strcmp(argv[1], "--init-replica-set") == 0)
		e = db_replica_set_ensure(mongodb_uri);
	else if (argc == 2 && strcmp(argv[1], "--accounts") == 0)
		e = make_accounts();
	else if (argc > 3 && strcmp(argv[1], "--grant") == 0)
		e = grant(argc - 2, argv + 2);
	else if (argc == 3 &&
		 (strcmp(argv[1], "--backup") == 0 || strcmp(argv[1], "--check-backup") == 0 ||
		  strcmp(argv[1], "--restore") == 0))
		e = run_backup(argv[1], argv[2]);
	else
		e = usage();
	if (e && !explained)
		fprintf(stderr, "seed: %s\n", err_info(e)->text);
	arena_free(arena);
	if (e && part_written)
		return STATUS_PART;
	return e || declined ? 1 : 0;
}
