/* Shapes and paths of the calls about deliveries. */
#include "deliveries.h"

#include <string.h>

#include "auth.h"
#include "order_status.h"

static const struct field order_fields[] = {
    {FIELD(struct delivery_order, order_id)},
    {FIELD(struct delivery_order, user_id), .check = check_stored_user_id},
    {FIELD(struct delivery_order, request_id), .optional = true},
    {FIELD(struct delivery_order, traceparent), .optional = true},
};
static const struct shape delivery_order = SHAPE(struct delivery_order, order_fields);

static const struct field orders_fields[] = {
    {FIELD(struct delivery_orders, orders), .of = &delivery_order, .min = 1,
     .max = DELIVERY_ORDERS_MAX},
};
const struct shape delivery_orders = SHAPE(struct delivery_orders, orders_fields);

static const struct field event_fields[] = {
    {FIELD(struct delivery_event, status), ORDER_STATUS_FIELD},
    {FIELD(struct delivery_event, at), .format = "date-time",
     .example = "2026-11-22T23:17:22.313Z"},
    {FIELD(struct delivery_event, by), .example = "service"},
};
const struct shape delivery_event = NAMED_SHAPE("OrderEvent", struct delivery_event, event_fields);

static const struct field state_fields[] = {
    {FIELD(struct delivery_state, status)},
    {FIELD(struct delivery_state, history), .of = &delivery_event, .lenient = true},
};
const struct shape delivery_state = SHAPE(struct delivery_state, state_fields);

const char *const cancelled_by_names[] = {
    [CANCELLED_BY_CUSTOMER] = "customer",
    [CANCELLED_BY_ADMIN] = "admin",
    NULL,
};

/* The path's field is the last: the body is without it. */
static const struct field cancellation_fields[] = {
    {FIELD(struct delivery_cancellation, user_id), .check = check_stored_user_id},
    {FIELD(struct delivery_cancellation, by), .values = cancelled_by_names},
    {FIELD(struct delivery_cancellation, order_id), .from = FROM_PATH,
     .unknown = ERR_ORDER_NOT_FOUND},
};
const struct shape delivery_cancellation = SHAPE(struct delivery_cancellation, cancellation_fields);
const struct shape delivery_cancellation_body = {
    .size = sizeof(struct delivery_cancellation),
    .fields = cancellation_fields,
    .n = sizeof cancellation_fields / sizeof cancellation_fields[0] - 1,
};

const char *delivery_path(struct arena *arena, const char *path, const bson_oid_t *order_id)
{
	const char *at = strchr(path, '{'), *end = strchr(path, '}');
	char id[25];

	bson_oid_to_string(order_id, id);
	return arena_printf(arena, "%.*s%s%s", (int)(at - path), path, id, end + 1);
}
