/* The snapshot of the catalogue: read as a whole, then kept current by the database's change
 * stream. */
#include "catalogue_job.h"

#include "background.h"
#include "clock.h"
#include "db.h"
#include "log.h"
#include "service.h"

enum {
	WATCH_WAIT_MS = 150, /* always the same: the driver opens the stream anew for another */
	GATHER_MAX = 1000,   /* products that change from one snapshot to the next */
	GATHER_MS = 300,     /* at the most: a busy shop isn't rendered for each change */
	READ_MS = 2000,
	GATHER_MEMORY = 64 << 20,
};

static struct snapshot_slot slot = SNAPSHOT_SLOT;
static const char *image_base = "";

void catalogue_job_init(const char *base)
{
	image_base = base;
}

void catalogue_job_end(void)
{
	snapshot_publish(&slot, NULL);
}

struct snapshot *catalogue_current(void)
{
	return snapshot_current(&slot);
}

/* Reads everything, as of `version`. */
static enum err load(struct ctx *ctx, int64_t version)
{
	struct list products;
	struct change *changes;
	struct snapshot *next;
	enum err e = product_all(&products, ctx);

	if (e)
		return e;
	changes = arena_array(ctx->arena, products.n, sizeof *changes);
	if (!changes)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < products.n; i++) {
		const struct product *p = (const struct product *)products.items + i;

		changes[i] = (struct change){p->_id, version, p};
	}
	next = catalogue_new(NULL, changes, products.n, version, image_base);
	if (!next)
		return ERR_NO_MEMORY;
	snapshot_publish(&slot, next);
	log_event(LOG_INFO, ctx, "catalogue.loaded products=%zu", products.n);
	return OK;
}

/* ---- changes ---- */

/* The products that changed in a moment, each once with its last change. */
struct gathered {
	struct db_change changes[GATHER_MAX];
	size_t n;
};

static void note(struct gathered *gathered, const struct db_change *change)
{
	size_t i = 0;

	while (i < gathered->n && !bson_oid_equal(&gathered->changes[i].id, &change->id))
		i++;
	gathered->changes[i] = *change;
	gathered->n += i == gathered->n;
}

/* Gathers changes until there is a pause. ERR_UNAVAILABLE: the watch is broken. */
static enum err gather(struct gathered *gathered, struct db_watch *watch)
{
	int64_t until = clock_mono_ms() + GATHER_MS;
	enum err e = OK;

	for (gathered->n = 0; gathered->n < GATHER_MAX && clock_mono_ms() < until && !e;) {
		struct db_change change;

		e = db_watch_next(&change, watch, WATCH_WAIT_MS);
		if (!e)
			note(gathered, &change);
	}
	return e == ERR_NO_DOCUMENT ? OK : e;
}

static const struct product *find_product(const struct list *products, const bson_oid_t *id)
{
	const struct product *p = products->items;
	size_t low = 0, high = products->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = bson_oid_compare(&p[middle]._id, id);

		if (order == 0)
			return &p[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Reads the products as they are now, which may be later than their changes: the next changes
 * that are gathered include those that made them so, and find them as they are. What isn't found is
 * gone, or no product any more. */
static enum err read_changed(struct change *changes, struct ctx *ctx,
			     const struct gathered *gathered)
{
	bson_oid_t *ids = arena_array(ctx->arena, gathered->n, sizeof *ids);
	struct list products;
	enum err e;

	if (!ids)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < gathered->n; i++)
		ids[i] = gathered->changes[i].id;
	e = product_some(&products, ctx, ids, gathered->n);
	for (size_t i = 0; i < gathered->n && !e; i++)
		changes[i] = (struct change){ids[i], gathered->changes[i].version,
					     find_product(&products, &ids[i])};
	return e;
}

static enum err apply(struct ctx *ctx, const struct gathered *gathered)
{
	static struct change changes[GATHER_MAX];
	struct snapshot *next;
	enum err e = read_changed(changes, ctx, gathered);

	if (e)
		return e;
	/* Only this thread publishes: what is current stays so meanwhile. */
	next = catalogue_new(slot.current, changes, gathered->n, 0, image_base);
	if (!next)
		return ERR_NO_MEMORY;
	snapshot_publish(&slot, next);
	return OK;
}

/* Each reading has a deadline of its own: the job's round lasts for days. */
static enum err apply_in_time(struct arena *arena, const struct ctx *round,
			      const struct gathered *gathered)
{
	struct ctx ctx;
	enum err e;

	ctx_begin(&ctx, arena, round->db, READ_MS);
	ctx_set_ids(&ctx, round->request_id, round->traceparent);
	e = apply(&ctx, gathered);
	ctx_end(&ctx);
	return e;
}

static enum err follow(const struct ctx *round, struct db_watch *watch)
{
	static struct gathered gathered;
	struct arena *arena = arena_new(GATHER_MEMORY);
	enum err e = arena ? OK : ERR_NO_MEMORY;

	while (!e && !background_stopping()) {
		e = gather(&gathered, watch);
		if (gathered.n)
			e = apply_in_time(arena, round, &gathered) ? ERR_UNAVAILABLE : e;
	}
	arena_free(arena);
	return e;
}

void catalogue_job_run(struct ctx *ctx)
{
	struct db_watch *watch;
	int64_t version;
	enum err e;

	e = db_watch_new(&watch, &version, ctx, service_database_uri(), product_collection);
	if (e)
		return; /* logged, once, where the database went away */
	e = load(ctx, version);
	db_client_push(ctx); /* the watch has a connection of its own */
	if (!e)
		e = follow(ctx, watch);
	if (e)
		log_event(LOG_WARNING, ctx, "catalogue.watch_ended");
	db_watch_free(watch);
}
