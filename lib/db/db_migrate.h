/*
 * Migrations: documents that an older version wrote get the form of today, before the pools start.
 *
 * Each service has a table of them (fcgi/<service>/migrations.c), which its struct service names;
 * the seed program applies the rows that its database has no record of, in the table's order. A
 * row reads a collection in order of _id, in chunks, and a function decides what becomes of each
 * document:
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
 * To add one, write its function and append a row; docs/operations.md (Migrations) has the rules,
 * tests/api/test_migrations.py the test with data of older versions. The function must be
 * idempotent: a chunk whose record was lost is run again, and old workers may write meanwhile. So
 * it looks at what a document is like, and adds to `filter` what must still be so when it is
 * changed.
 *
 * The state is in the collection `migrations` of the database: a record for each row with its
 * times, counts, and the _id that it has reached, where an interrupted one goes on; and the
 * document `lock`, so that one program at a time applies them. Its lease ends by the database
 * server's clock, and another takes over what a killed one has left.
 */
#ifndef LIB_DB_MIGRATE_H
#define LIB_DB_MIGRATE_H

#include <bson/bson.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"

/* What becomes of a document. */
struct migration_change {
	bson_t *filter; /* {_id: …}: append the members that must still be as they were read */
	bson_t *update; /* append operators ($set, …); empty: the document needs no change */
	/* Why the document can't be changed, in words: it stays as it is, and is listed. The same
	 * becomes of one whose new form a unique index refuses. NULL: it can. */
	const char *left;
};

/* Decides about one document, which has the row's `fields` and its _id. After
 * ERR_UNAVAILABLE the next seed goes on, after ERR_RETRY the chunk is read again; another error
 * fails the migration: nothing after it is applied. Memory is ctx->arena's. */
typedef enum err migrate_document(struct migration_change *change, struct ctx *ctx,
				  const bson_t *doc);

struct migration {
	const char *id; /* YEAR-MONTH-WHAT; recorded in databases, so it never changes */
	const char *collection;
	const char *fields; /* JSON: the projection of what the function reads */
	migrate_document *migrate;
	/* The collection in which a document with the same _id is changed, or made by an upsert;
	 * what was read stays as it is. NULL: the document itself is changed. */
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
	size_t applied;        /* rows that were finished by this call */
	int64_t changed, left; /* documents of them */
};

enum {
	MIGRATION_CHUNK = 250,          /* documents that are read, and written, at a time */
	MIGRATION_LEASE_MS = 15 * 1000, /* longer than a chunk takes that wasn't killed */
	MIGRATION_WAIT_MS = 300 * 1000, /* for another program that applies them */
	MIGRATION_LEFT_LISTED = 100,    /* documents in a record, {_id, reason} */
};

/*
 * Applies the rows that the context's database has no record of as finished; where another program
 * is at it, waits, and does what that leaves. A record that the table doesn't have is of a newer
 * version: that is logged, and nothing else is done about it. Of the context only the database is
 * used, and it must not have used its client. *out is written on an error, too. A temporary error:
 * the database is away, or another program takes too long; call again. Another error: a row failed,
 * which its record and the log say.
 */
enum err migrations_apply(struct migrated *out, struct ctx *ctx,
			  const struct migrations *table) MUST_CHECK;

#endif
