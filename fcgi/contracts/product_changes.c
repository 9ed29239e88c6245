/* Shapes of the call that refreshes a replica. */
#include "product_changes.h"

static const struct field query_fields[] = {
    {FIELD(struct product_changes_query, since), .from = FROM_QUERY, .optional = true},
};
const struct shape product_changes_query = SHAPE(struct product_changes_query, query_fields);

static const struct field product_fields[] = {
    {FIELD(struct replicated_product, _id)},
    PRODUCT_FACTS(struct replicated_product, facts),
    {FIELD(struct replicated_product, available)},
    /* no limits: a wrong stock of one product must not make the others unavailable */
    {FIELD(struct replicated_product, stock), .min = INT64_MIN},
};
static const struct shape replicated_product = SHAPE(struct replicated_product, product_fields);

static const struct field removed_fields[] = {{FIELD(struct removed_product, _id)}};
static const struct shape removed_product = SHAPE(struct removed_product, removed_fields);

static const struct field changes_fields[] = {
    {FIELD(struct product_changes, version)},
    {FIELD(struct product_changes, full)},
    {FIELD(struct product_changes, products), .of = &replicated_product, .lenient = true},
    {FIELD(struct product_changes, gone), .of = &removed_product, .lenient = true},
};
const struct shape product_changes = SHAPE(struct product_changes, changes_fields);

const char *product_changes_path(struct arena *arena, int64_t since)
{
	return arena_printf(arena, PRODUCT_CHANGES_PATH "?%s=%" PRId64, query_fields[0].name,
			    since);
}
