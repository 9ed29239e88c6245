/*
 * Stock reservations: calls of the cart & order service to the product service. An order reserves
 * its lines, all or none; then the reservation is confirmed or released. The order's id makes each
 * call idempotent.
 *
 *	STOCK_RESERVE_PATH  stock_reserve_request → stock_reserve_answer; refused by
 *	                    ERR_OUT_OF_STOCK
 *	STOCK_RELEASE_PATH  stock_release_request → a message; refused by
 *	                    ERR_STOCK_RELEASE_POSTPONED
 *	STOCK_CONFIRM_PATH  stock_orders → a message
 *	STOCK_FORGET_PATH   stock_orders → a message
 *
 * A refusal names its products in the member STOCK_REFUSED, an array of ids.
 */
#ifndef CONTRACTS_STOCK_H
#define CONTRACTS_STOCK_H

#include "product_facts.h"
#include "shape.h"

#define STOCK_RESERVE_PATH "/internal/stock/reserve"
#define STOCK_RELEASE_PATH "/internal/stock/release"
#define STOCK_CONFIRM_PATH "/internal/stock/confirm"
#define STOCK_FORGET_PATH  "/internal/stock/forget"

/* The paths of the same calls in the last version before these. During a rolling update the product
 * service serves them as well, and the cart & order service falls back to them. The next version
 * removes them. */
#define STOCK_RESERVE_PATH_BEFORE "/internal/stock/take"
#define STOCK_RELEASE_PATH_BEFORE "/internal/stock/give-back"
#define STOCK_CONFIRM_PATH_BEFORE "/internal/stock/settle"

#define STOCK_REFUSED "product_ids"

enum {
	STOCK_QUANTITY_MAX = 99, /* of a line */
	STOCK_LINES_MAX =
	    200, /* of an order: concurrent additions may leave a cart a few more than 100 */
	STOCK_ORDERS_MAX = 1000, /* of a call */
	/* The lease of a reservation: by then its order is committed or abandoned. */
	STOCK_RESERVATION_MS = 6000,
	/* A call about an order's stock arrives within this time, or never. */
	STOCK_CALL_LATE_MS = 10 * 60 * 1000,
};

/* A line of an order. Each product is in one line at most. */
struct stock_line {
	bson_oid_t product_id;
	int64_t quantity; /* above 0 */
};

/* A product as it was when its stock was reserved. */
struct reserved_product {
	bson_oid_t product_id;
	struct product_facts facts; /* order facts only */
};

struct stock_reserve_request {
	bson_oid_t order_id;
	struct list items; /* struct stock_line */
};

struct stock_reserve_answer {
	struct list items; /* struct reserved_product, in the order of the request */
};

/* Why stock is released. */
enum stock_release_kind {
	RELEASE_UNANSWERED, /* the order's reserve call got no answer, and may arrive late */
	RELEASE_ANSWERED,   /* the reserve call was answered or never sent: none arrives later */
	RELEASE_SOLD, /* the order was committed and is cancelled: confirmed units are returned, too
		       */
};

struct stock_release_request {
	bson_oid_t order_id;
	struct list items; /* struct stock_line */
	bool sold;
	bool answered;        /* absent in calls of an earlier version */
	int64_t abandoned_ms; /* when the order was abandoned, in ms since 1970 by the database
				 server's clock; 0 or absent: not known, or the order was sold */
};

/* Orders whose reservations are confirmed, or whose tombstones are removed. */
struct stock_orders {
	struct list orders; /* struct stock_order */
};

struct stock_order {
	bson_oid_t order_id;
};

extern const struct shape stock_line, stock_reserve_request, stock_reserve_answer,
    stock_release_request, stock_orders;

/* Sets the members of a request that carry the kind. */
void stock_release_set(struct stock_release_request *request, enum stock_release_kind kind);

/* The kind that a request carries. */
enum stock_release_kind stock_release_of(const struct stock_release_request *request);

#endif
