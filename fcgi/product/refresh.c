#include "refresh.h"

#include "clock.h"
#include "db.h"
#include "log.h"
#include "service.h"

enum {
	WATCH_WAIT_MS = 150, /* always the same: the driver opens the stream anew for another */
	GATHER_MAX = 1000,   /* changes that go into one snapshot */
	GATHER_MS = 300,     /* at the most: a busy shop isn't rendered for each change */
	BATCH_MEMORY = 64 << 20,
};

static struct snapshot_slot slot = SNAPSHOT_SLOT;
static const char *image_base = "";

void refresh_init(const char *base)
{
	image_base = base;
}

void refresh_end(void)
{
	snapshot_publish(&slot, NULL);
}

struct snapshot *refresh_current(void)
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
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < products.n; i++) {
		const struct product *p = (const struct product *)products.items + i;

		changes[i] = (struct change){p->_id, version, p};
	}
	next = catalogue_new(NULL, changes, products.n, version, image_base);
	if (!next)
		return ERR_UNAVAILABLE;
	snapshot_publish(&slot, next);
	log_event(LOG_INFO, ctx, "catalogue read: %zu products", products.n);
	return OK;
}

/* Turns what the database says into a change; the product lives in the arena. */
static enum err decode(struct change *out, struct arena *arena, const struct db_change *change)
{
	struct product *product = NULL;
	enum err e;

	if (!change->deleted) {
		product = arena_alloc(arena, sizeof *product);
		if (!product)
			return ERR_UNAVAILABLE;
		e = shape_from_bson(product, arena, &product_doc, change->document);
		if (e)
			return e;
	}
	*out = (struct change){change->id, change->version, product};
	return OK;
}

/* Gathers changes until there is a pause. ERR_UNAVAILABLE: the watch is broken. */
static enum err gather(struct change *changes, size_t *n, struct arena *arena,
		       struct db_watch *watch)
{
	int64_t until = clock_mono_ms() + GATHER_MS;
	enum err e = OK;

	for (*n = 0; *n < GATHER_MAX && clock_mono_ms() < until && !e;) {
		struct db_change change;

		e = db_watch_next(&change, watch, WATCH_WAIT_MS);
		if (!e)
			e = decode(&changes[*n], arena, &change);
		if (!e)
			(*n)++;
		if (e == ERR_INTERNAL) {
			/* The shop goes on with the product as it was. */
			log_event(LOG_ERROR, NULL,
				  "a product was changed into something else: left out");
			e = OK;
		}
	}
	return e == ERR_NO_DOCUMENT ? OK : e;
}

static enum err apply(const struct change *changes, size_t n)
{
	/* Only this thread publishes: what is current stays so meanwhile. */
	struct snapshot *next = catalogue_new(slot.current, changes, n, 0, image_base);

	if (!next)
		return ERR_UNAVAILABLE;
	snapshot_publish(&slot, next);
	return OK;
}

static enum err follow(struct db_watch *watch)
{
	static struct change changes[GATHER_MAX];
	struct arena *arena = arena_new(BATCH_MEMORY);
	enum err e = arena ? OK : ERR_UNAVAILABLE;

	while (!e && !background_stopping()) {
		size_t n;

		e = gather(changes, &n, arena, watch);
		if (n)
			e = apply(changes, n) ? ERR_UNAVAILABLE : e;
		arena_reset(arena);
	}
	arena_free(arena);
	return e;
}

static void run(struct ctx *ctx)
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
		e = follow(watch);
	if (e)
		log_event(LOG_WARNING, ctx, "the catalogue is no longer followed: reading it anew");
	db_watch_free(watch);
}

const struct background_job refresh_job = {.name = "refresh",
					   .run = run,
					   .pause_ms = 500,
					   .budget_ms = 10000};
