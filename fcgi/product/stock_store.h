/*
 * Stock in the database: what is left of a product, and what of it orders hold.
 *
 * A product has a list `holds` of {order_id, quantity, at, until?, set_at?}. A quantity above 0 is
 * a reservation: taken for that order, and not sold for good yet. Quantity 0 is a tombstone: the
 * order's stock was released, so that the same order can't take it again, however late its call
 * comes, and a return that is repeated adds nothing. Each change of a product is one update of its
 * document, so stock and holds can't drift, and each is decided by the order's id: all of this may
 * be repeated.
 *
 * A product has TOMBSTONES_MAX tombstones at the most, or its document would grow by what callers
 * do. So they are left only where they are needed: where a take wasn't answered, for as long as it
 * may come late; and where a cancelled order's stock is returned, until the order's service knows
 * that no repetition comes, and has it forgotten.
 */
#ifndef STOCK_STORE_H
#define STOCK_STORE_H

#include "ctx.h"
#include "fcgi/contracts/stock.h"
#include "shape.h"

enum {
	TOMBSTONES_MAX = 100, /* of a product */
	TOMBSTONE_MS = STOCK_CALL_LATE_MS,
	/* No return is repeated later than this. */
	TOMBSTONE_RETURN_MS = 7 * 24 * 60 * 60 * 1000,
};

struct hold {
	bson_oid_t order_id;
	int64_t quantity;
	struct timestamp at;
	struct timestamp until;  /* a tombstone's expiry; 0: an earlier version's has none */
	struct timestamp set_at; /* of a reservation: when the stock was last set; 0: not since */
};
extern const struct shape hold_doc;

/* Removes the tombstones of these orders: nothing about their stock is repeated any more. */
enum err stock_store_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

/* What these orders hold is sold for good. */
enum err stock_store_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

/* What staff change: a stock, if it is the expected one, or by how much it differs; and whether the
 * product is sold at all. */
struct stock_change {
	bool has_stock, has_expected, has_available;
	int64_t stock, expected;
	int64_t delta; /* where there is no stock */
	bool available;
};

/*
 * Changes them. A stock that is set is what is left to sell at that moment:
 * - It includes the units of reservations whose orders were abandoned before: their releases add
 *   nothing. This service doesn't know the state of an order. So the set writes its time into each
 *   reservation, and a release compares it with the time when its order was abandoned. Both are
 *   the database server's times.
 * - It doesn't include the units of orders in the making: these orders are made with them, or are
 *   abandoned later, and then their releases add them.
 * - Reservations older than any order in the making are removed at once.
 * A reservation made after the set, even by a late take of an abandoned order, doesn't have its
 * time: its release adds the units, whatever the clocks say, so none are lost.
 *
 * ERR_PRODUCT_NOT_FOUND; ERR_STOCK_CHANGED: nothing is changed, *left are there, and that isn't
 * what was expected, or the change leads out of 0 to STOCK_MAX.
 */
enum err stock_store_change(int64_t *left, struct ctx *ctx, const bson_oid_t *product_id,
			    const struct stock_change *change) MUST_CHECK;

#endif
