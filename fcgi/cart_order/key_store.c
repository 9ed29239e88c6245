/* Idempotency keys in the database, with the answers that are stored under them. */
#include "key_store.h"

#include <string.h>

#include "clock.h"
#include "db.h"

const char key_collection[] = "keys";

struct key_entry {
	const char *_id;     /* route, user and the client's key */
	const char *request; /* JSON of the known fields */
	const char *answer;
	struct timestamp created_at;
};

static const struct field fields[] = {
    {FIELD(struct key_entry, _id)},
    {FIELD(struct key_entry, request)},
    {FIELD(struct key_entry, answer)},
    {FIELD(struct key_entry, created_at)},
};
static const struct shape key_doc = SHAPE(struct key_entry, fields);

enum err key_answer(const char **answer, struct ctx *ctx, const struct key *key)
{
	struct key_entry entry = {0};
	bson_t *filter;
	enum err e;

	if (!key->id)
		return ERR_NO_DOCUMENT;
	filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(key->id)));
	if (!filter)
		return ERR_NO_MEMORY;
	e = db_find_one(&entry, ctx, key_collection, &key_doc, filter);
	if (e)
		return e;
	if (strcmp(entry.request, key->request) != 0)
		return ERR_INVALID;
	*answer = entry.answer;
	return OK;
}

enum err keys_store(struct ctx *ctx, const struct key_answered *answered, size_t n)
{
	struct key_entry *entries = arena_array(ctx->arena, n, sizeof *entries);
	const void **in = arena_array(ctx->arena, n, sizeof *in);
	size_t n_in = 0;

	if (!entries || !in)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const struct key *key = answered[i].key;

		if (!key->id)
			continue;
		entries[n_in] =
		    (struct key_entry){key->id, key->request, answered[i].answer, {clock_now_ms()}};
		in[n_in] = &entries[n_in];
		n_in++;
	}
	return n_in ? db_insert_all(ctx, key_collection, &key_doc, in, n_in) : OK;
}

enum err key_remove(struct ctx *ctx, const struct key *key)
{
	const bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(key->id)));
	int64_t n;

	return filter ? db_delete(&n, ctx, key_collection, filter) : ERR_NO_MEMORY;
}
