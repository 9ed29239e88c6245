/* The replica of the catalogue: an immutable snapshot, refreshed over REST. */
#include "product_replica.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi/contracts/product_changes.h"
#include "group_commit.h"
#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 1500 };

/* An answer of the product service. */
struct update {
	const struct product_changes *in;
	const struct omitted_item *omitted;
};

/* ---- the snapshot ---- */

struct head {
	int64_t version;
};

static struct snapshot_slot slot = SNAPSHOT_SLOT;

static struct product *product_new(const struct replicated_product *in)
{
	struct product *p = calloc(1, sizeof *p + product_facts_size(&in->facts));

	if (!p)
		return NULL;
	p->item.refs = 1;
	p->item.id = in->_id;
	product_facts_copy(&p->facts, p->texts, &in->facts);
	p->available = in->available;
	p->stock = in->stock;
	return p;
}

/* Publishes a new snapshot: the previous one with the changes of the answer. */
static enum err apply(const struct update *update)
{
	const struct product_changes *in = update->in;
	struct snapshot *previous = in->full ? NULL : slot.current;
	struct snapshot *next = snapshot_new(previous, in->products.n, sizeof(struct head));

	if (!next)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < in->products.n; i++) {
		struct product *p =
		    product_new((const struct replicated_product *)in->products.items + i);

		if (!p) {
			snapshot_unref(next);
			return ERR_NO_MEMORY;
		}
		snapshot_put(next, &p->item);
	}
	for (size_t i = 0; i < in->gone.n; i++)
		snapshot_drop(next, &((const struct removed_product *)in->gone.items + i)->_id);
	/* A product whose new entry is malformed must not be sold at its previous price. */
	for (const struct omitted_item *o = update->omitted; o; o = o->next) {
		bson_oid_t id;

		if (!o->id)
			continue;
		bson_oid_init_from_string(&id, o->id);
		snapshot_drop(next, &id);
	}
	((struct head *)next->head)->version = in->version;
	snapshot_publish(&slot, next);
	return OK;
}

/* Whether an answer has changes. Another process of the product pool may be older than the one that
 * answered last; and one of the same version may have more changes of this version. */
static bool is_newer(const struct update *update, int64_t since)
{
	const struct product_changes *in = update->in;

	return in->full || in->version > since ||
	       (in->version == since && (in->products.n + in->gone.n > 0 || update->omitted));
}

/* ---- refreshing ---- */

struct refreshing {
	struct group_commit_job job;
	int64_t since; /* an answer that was requested at this time or later is fresh enough */
};

static atomic_llong asked_at; /* when the latest answer was requested; clock_mono_ms() */

/* Called by one thread at a time. */
static enum err refresh(struct ctx *ctx)
{
	const struct head *head = slot.current ? slot.current->head : NULL;
	int64_t since = head ? head->version : 0, now = clock_mono_ms();
	struct rest_call call = {
	    .method = "GET",
	    .path = product_changes_path(ctx->arena, since),
	    .timeout_ms = TIMEOUT_MS,
	};
	struct rest_answer answer;
	struct update update;
	const void *read;
	enum err e;

	if (!call.path)
		return ERR_NO_MEMORY;
	e = rest_do(&answer, ctx, &call);
	if (e)
		return e;
	if (answer.status != 200)
		return ERR_UNAVAILABLE; /* the call's line in the log has the status */
	e = rest_read_lenient(&read, &update.omitted, ctx, &answer, &product_changes);
	if (e)
		return e;
	update.in = read;
	if (is_newer(&update, since))
		e = apply(&update);
	if (!e)
		atomic_store(&asked_at, now);
	return e;
}

static bool is_fresh(const struct group_commit_job *job)
{
	return atomic_load(&asked_at) >= ((const struct refreshing *)(const void *)job)->since;
}

static void refresh_for(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	static bool away; /* used by one thread at a time */
	bool fresh = true;
	enum err e = OK;

	for (size_t i = 0; i < n; i++)
		fresh &= is_fresh(jobs[i]);
	if (!fresh)
		e = refresh(ctx);
	if (!fresh && away != (e != OK)) {
		away = e != OK;
		log_event(away ? LOG_WARNING : LOG_INFO, ctx,
			  away ? "replica.stale source=%s" : "replica.current source=%s",
			  "product");
	}
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = e;
}

static struct group_commit refreshing_all = GROUP_COMMIT(refresh_for);

enum err products_renew(struct ctx *ctx, int64_t age_ms)
{
	struct refreshing refreshing = {.job.ctx = ctx, .since = clock_mono_ms() - age_ms};

	if (is_fresh(&refreshing.job))
		return OK;
	return group_commit(&refreshing_all, &refreshing.job);
}

void products_refresh(struct ctx *ctx)
{
	(void)!products_renew(ctx, 0); /* the next round repeats it */
}

void products_end(void)
{
	snapshot_publish(&slot, NULL);
}

bool products_known(void)
{
	struct snapshot *s = snapshot_current(&slot);

	snapshot_unref(s);
	return s != NULL;
}

enum err products_ref(struct snapshot **products, struct ctx *ctx)
{
	*products = arena_defer(ctx->arena, snapshot_unref, snapshot_current(&slot));
	return *products ? OK : ERR_UNAVAILABLE;
}

const struct product *products_find(const struct snapshot *products, const bson_oid_t *id)
{
	return (const struct product *)snapshot_find(products, id);
}
