/*
 * Stock in the database: the units of a product that are for sale, and its reservations.
 *
 * The array `holds` of a product has elements {order_id, quantity, at, until?, set_at?}. One with a
 * quantity above 0 is a reservation that is not confirmed yet. One with quantity 0 is a tombstone:
 * the order was released, so a late reserve call of the order is refused, and a repeated return
 * adds nothing. Each change of a product is one update of its document, so `stock` and `holds` are
 * always consistent. The order's id makes each of the calls idempotent.
 *
 * A product has at most TOMBSTONES_MAX tombstones: callers must not be able to make its document
 * grow. A release leaves one only where it is needed: after a reserve call without an answer, for
 * as long as that call may arrive late; and after the return of a cancelled order, until the cart &
 * order service removes it by the forget call, when no repetition of the return can arrive.
 */
#ifndef STOCK_STORE_H
#define STOCK_STORE_H

#include "ctx.h"
#include "fcgi/contracts/stock.h"
#include "shape.h"

enum {
	TOMBSTONES_MAX = 100, /* of a product */
	TOMBSTONE_MS = STOCK_CALL_LATE_MS,
	/* A return is not repeated later than this. */
	TOMBSTONE_RETURN_MS = 7 * 24 * 60 * 60 * 1000,
};

/* A reservation, or a tombstone (quantity 0). The members are those of the stored element. */
struct reservation {
	bson_oid_t order_id;
	int64_t quantity;
	struct timestamp at;
	struct timestamp until; /* expiry of a tombstone; 0: stored without by an earlier version */
	struct timestamp
	    set_at; /* when the stock was last set since the reservation; 0: it was not */
};
extern const struct shape reservation_doc;

/* Removes the tombstones of these orders. No call about their stock is repeated any more. */
enum err stock_store_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

/* Confirms the reservations of these orders: their units are sold. */
enum err stock_store_confirm(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

/* A change by staff: a new stock (optionally only if the present one is as expected), or a
 * difference; and whether the product is for sale. */
struct stock_change {
	bool has_stock, has_expected, has_available;
	int64_t stock, expected;
	int64_t delta; /* used where has_stock is false */
	bool available;
};

/*
 * Applies a change. A stock that is set is the number of units for sale at that moment:
 * - It includes the units of reservations whose orders were abandoned before: their releases add
 *   nothing. This service doesn't know the state of an order. So the set writes its time into each
 *   reservation, and a release compares it with the time when its order was abandoned. Both are
 *   the database server's times.
 * - It excludes the units of orders that are being created: such an order is committed with them,
 *   or it is abandoned later, and then its release adds them.
 * - Reservations older than STOCK_RESERVATION_MS are removed at once: no order that is being
 *   created is as old.
 * A reservation made after the set, even by a late reserve call of an abandoned order, doesn't have
 * the time of the set. So its release adds the units whatever the clocks show, and none are lost.
 *
 * ERR_PRODUCT_NOT_FOUND. ERR_STOCK_CHANGED: nothing is changed, because the present stock *left is
 * not the expected one, or because the result would be below 0 or above STOCK_MAX.
 */
enum err stock_store_change(int64_t *left, struct ctx *ctx, const bson_oid_t *product_id,
			    const struct stock_change *change) MUST_CHECK;

#endif
