/* Shapes of the calls about stock reservations. */
#include "stock.h"

static const struct field line_fields[] = {
    {FIELD(struct stock_line, product_id)},
    {FIELD(struct stock_line, quantity), .min = 1, .max = STOCK_QUANTITY_MAX},
};
const struct shape stock_line = SHAPE(struct stock_line, line_fields);

static const struct field reserve_fields[] = {
    {FIELD(struct stock_reserve_request, order_id)},
    {FIELD(struct stock_reserve_request, items), .of = &stock_line, .min = 1,
     .max = STOCK_LINES_MAX},
};
const struct shape stock_reserve_request = SHAPE(struct stock_reserve_request, reserve_fields);

static const struct field product_fields[] = {
    {FIELD(struct reserved_product, product_id)},
    ORDER_FACTS(struct reserved_product, facts),
};
static const struct shape reserved_product = SHAPE(struct reserved_product, product_fields);

/* Not lenient: an order has all of its lines, or is not committed. */
static const struct field answer_fields[] = {
    {FIELD(struct stock_reserve_answer, items), .of = &reserved_product},
};
const struct shape stock_reserve_answer = SHAPE(struct stock_reserve_answer, answer_fields);

static const struct field release_fields[] = {
    {FIELD(struct stock_release_request, order_id)},
    {FIELD(struct stock_release_request, items), .of = &stock_line, .min = 1,
     .max = STOCK_LINES_MAX},
    {FIELD(struct stock_release_request, sold)},
    {FIELD(struct stock_release_request, answered), .optional = true},
    {FIELD(struct stock_release_request, abandoned_ms), .optional = true, .max = INT64_MAX},
};
const struct shape stock_release_request = SHAPE(struct stock_release_request, release_fields);

static const struct field order_fields[] = {{FIELD(struct stock_order, order_id)}};
static const struct shape stock_order = SHAPE(struct stock_order, order_fields);

static const struct field orders_fields[] = {
    {FIELD(struct stock_orders, orders), .of = &stock_order, .min = 1, .max = STOCK_ORDERS_MAX},
};
const struct shape stock_orders = SHAPE(struct stock_orders, orders_fields);

void stock_release_set(struct stock_release_request *request, enum stock_release_kind kind)
{
	request->sold = kind == RELEASE_SOLD;
	request->answered = kind == RELEASE_ANSWERED;
}

enum stock_release_kind stock_release_of(const struct stock_release_request *request)
{
	if (request->sold)
		return RELEASE_SOLD;
	return request->answered ? RELEASE_ANSWERED : RELEASE_UNANSWERED;
}
