/* The snapshot of the catalogue: read as a whole, then updated from the database's change stream.
 */
#include "catalogue_job.h"

#include "background.h"
#include "clock.h"
#include "db.h"
#include "log.h"
#include "service.h"

enum {
	WATCH_WAIT_MS = 150, /* constant: the driver reopens the stream for another value */
	GATHER_MAX = 1000,   /* changed products between two snapshots */
	GATHER_MS = 300,     /* the longest gathering: so frequent changes are rendered together */
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

/* Reads all products. Their changes up to `version` are included. */
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

/* Gathered changes, one for each product. */
struct gathered {
	struct db_change changes[GATHER_MAX];
	size_t n;
};

/* Gathers changes until there is a pause; each product once, with its last change. ERR_UNAVAILABLE:
 * the watch is broken. */
static enum err gather(struct gathered *gathered, struct db_watch *watch)
{
	int64_t until = clock_mono_ms() + GATHER_MS;

	gathered->n = 0;
	while (gathered->n < GATHER_MAX && clock_mono_ms() < until) {
		struct db_change change;
		size_t i = 0;
		enum err e = db_watch_next(&change, watch, WATCH_WAIT_MS);

		if (e)
			return e == ERR_NO_DOCUMENT ? OK : e;
		while (i < gathered->n && !bson_oid_equal(&gathered->changes[i].id, &change.id))
			i++;
		gathered->changes[i] = change;
		gathered->n += i == gathered->n;
	}
	return OK;
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

/*
 * Publishes a snapshot with the changed products. They are read as they are now, which may be later
 * than the gathered changes: the changes in between are gathered next, and find the products
 * unchanged. A product that isn't found was deleted, or is malformed.
 */
static enum err apply(struct ctx *ctx, const struct gathered *gathered)
{
	static struct change changes[GATHER_MAX];
	bson_oid_t *ids = arena_array(ctx->arena, gathered->n, sizeof *ids);
	struct snapshot *next;
	struct list products;
	enum err e;

	if (!ids)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < gathered->n; i++)
		ids[i] = gathered->changes[i].id;
	e = product_some(&products, ctx, ids, gathered->n);
	if (e)
		return e;
	for (size_t i = 0; i < gathered->n; i++)
		changes[i] = (struct change){ids[i], gathered->changes[i].version,
					     find_product(&products, &ids[i])};
	/* Only this thread publishes, so the present snapshot stays the same meanwhile. */
	next = catalogue_new(slot.current, changes, gathered->n, 0, image_base);
	if (!next)
		return ERR_NO_MEMORY;
	snapshot_publish(&slot, next);
	return OK;
}

static enum err follow(const struct ctx *round, struct db_watch *watch)
{
	static struct gathered gathered;
	struct arena *arena = arena_new(GATHER_MEMORY);
	enum err e = arena ? OK : ERR_NO_MEMORY;

	while (!e && !background_stopping()) {
		struct ctx ctx;
		enum err failed;

		e = gather(&gathered, watch);
		if (!gathered.n)
			continue;
		/* A deadline for each reading: the job's round lasts for days. */
		ctx_begin(&ctx, arena, round->db, READ_MS);
		ctx_set_ids(&ctx, round->request_id, round->traceparent);
		failed = apply(&ctx, &gathered);
		e = e ? e : failed;
		ctx_end(&ctx);
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
		return; /* logged once, by the circuit breaker */
	e = load(ctx, version);
	db_client_push(ctx); /* the watch has a connection of its own */
	if (!e)
		e = follow(ctx, watch);
	if (e)
		log_event(LOG_WARNING, ctx, "catalogue.watch_ended");
	db_watch_free(watch);
}
