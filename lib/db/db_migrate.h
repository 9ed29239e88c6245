/*
 * Migrations change documents of older versions to the current form, before the pools start.
 *
 * Each service has a table of them (fcgi/<service>/migrations.c), which its struct service names;
 * the seed program applies the rows that its database has no finished record of, in the table's
 * order. A row reads a collection in chunks, in order of _id, and its function decides how each
 * document changes:
 *
 *	static enum err default_stock(struct migration_change *change, struct ctx *ctx,
 *				      const bson_t *doc)
 *	{
 *		(void)ctx;
 *		if (!bson_has_field(doc, "stock"))
 *			BCON_APPEND(change->update, "$set", "{", "stock", BCON_INT64(0), "}");
 *		return OK;
 *	}
 *
 *	static const struct migration rows[] = {
 *	    {"2026-11-stock-default", "products", "{\"stock\": 1}", default_stock},
 *	};
 *	const struct migrations product_migrations = MIGRATIONS(rows);
 *
 * To add one, write its function and append a row. docs/operations.md (Migrations) has the rules,
 * tests/api/test_migrations.py the test with data of older versions. The function must be
 * idempotent: a chunk whose record was lost is run again, and old workers may write at the same
 * time. So it decides by the content of the document, and appends to `filter` the conditions that
 * must still be true when the document is changed.
 *
 * The state is in the collection `migrations` of the database: a record for each row with its
 * times, its counts, and the _id from which an interrupted one continues; and the document `lock`,
 * so that one program at a time applies migrations. Its lease ends by the database server's clock.
 * Then another program continues the work of one that was killed.
 */
#ifndef LIB_DB_MIGRATE_H
#define LIB_DB_MIGRATE_H

#include <bson/bson.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"

/* How a document changes. */
struct migration_change {
	bson_t *filter; /* {_id: …}: append the members that must be unchanged since the read */
	bson_t *update; /* append operators ($set, …); empty: the document needs no change */
	/* Why the document can't be changed, as a text: it stays unchanged, and is listed. This
	 * also applies to a document whose new form a unique index rejects. NULL: it can be
	 * changed. */
	const char *left;
};

/* Decides about one document, which has the row's `fields` and its _id. After ERR_UNAVAILABLE the
 * next run of the seed continues, after ERR_RETRY the chunk is read again. Another error fails the
 * migration, and no later one is applied. Memory is allocated in ctx->arena. */
typedef enum err migrate_document(struct migration_change *change, struct ctx *ctx,
				  const bson_t *doc);

struct migration {
	const char *id; /* YEAR-MONTH-WHAT; recorded in databases, so it never changes */
	const char *collection;
	const char *fields; /* JSON: projection of the members that the function reads */
	migrate_document *migrate;
	/* The collection in which a document with the same _id is changed or inserted; the document
	 * that was read stays unchanged. NULL: the document itself is changed. */
	const char *into;
};

struct migrations {
	const struct migration *rows; /* in the order in which they are applied */
	size_t n;
};

#define MIGRATIONS(array)                                                \
	{                                                                \
		.rows = (array), .n = sizeof(array) / sizeof((array)[0]) \
	}

struct migrated {
	size_t applied;        /* rows that this call finished */
	int64_t changed, left; /* documents that were changed, or stay unchanged for a reason */
};

enum {
	MIGRATION_CHUNK = 250,          /* documents that are read and written at a time */
	MIGRATION_LEASE_MS = 15 * 1000, /* longer than any chunk takes */
	MIGRATION_WAIT_MS = 300 * 1000, /* for another program that applies migrations */
	MIGRATION_LEFT_LISTED = 100,    /* the most unchanged documents in a record */
};

/*
 * Applies the rows that the context's database has no finished record of. While another program
 * applies migrations, it waits, and then applies the rest. A record without a row belongs to a
 * newer version, and is only logged. Only the database of the context is used, and the context must
 * not have a client. *out is written on an error, too. Temporary error: the database is
 * unavailable, or another program takes too long; call it again. Other errors: a row failed, as its
 * record and the log report.
 */
enum err migrations_apply(struct migrated *out, struct ctx *ctx,
			  const struct migrations *table) MUST_CHECK;

#endif
