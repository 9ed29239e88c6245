/*
 * Checkouts in the database: cart_db.checkouts. A checkout is the state of an order's saga, and the
 * order's outbox entry. It exists until the saga and the dispatches are complete. The states, the
 * sweeper's action once the deadline has passed, and the state after it (deleted: "-"):
 *
 *	RESERVING   an order is being created: abandon it                  ABANDONED
 *	ABANDONED   there is no order: release the reservation             -
 *	COMMITTED   the order exists: dispatch it to delivery, confirm     -
 *	            the reservation
 *	CANCELLING  a cancellation is under way: ask delivery              CANCELLED, COMMITTED
 *	CANCELLED   the order is cancelled: return its units               RETURNED
 *	RETURNED    the units are returned: remove the tombstones when     -
 *	            no stock call can arrive late
 *
 * A user has at most one RESERVING checkout, so that orders of one cart are created one at a time.
 * Each change of state is a compare-and-set: a process that lost its lease changes nothing.
 */
#ifndef CHECKOUT_STORE_H
#define CHECKOUT_STORE_H

#include "ctx.h"
#include "shape.h"

enum checkout_state {
	CHECKOUT_RESERVING,
	CHECKOUT_ABANDONED,
	CHECKOUT_COMMITTED,
	CHECKOUT_CANCELLING,
	CHECKOUT_CANCELLED,
	CHECKOUT_RETURNED,
	CHECKOUT_STATES,
};

struct checkout {
	bson_oid_t _id; /* the order's */
	const char *user_id;
	int state;            /* enum checkout_state */
	struct timestamp due; /* the deadline: from then on the sweeper may claim it */
	struct list items;    /* struct stock_line */
	const char *by;       /* role of the caller who cancels the order; else NULL */
	bool answered;        /* each stock call has been answered (in ABANDONED, CANCELLED) */
	const char *request_id, *traceparent; /* of the call that last moved it */
	struct timestamp abandoned_at; /* in ABANDONED, by the database server's clock; 0: stored
					  without by an earlier version */
};

enum {
	CHECKOUTS_READ = 100,
};

extern const char checkout_collection[];

/* Inserts a checkout in the state RESERVING, and fills in state, due and ids. ERR_DUPLICATE while
 * the user has another one in this state. */
enum err checkout_open(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Appends a checkout's members, except abandoned_at, to a document. ERR_INTERNAL where it grows too
 * large. */
enum err checkout_to_bson(bson_t *doc, const struct checkout *checkout) MUST_CHECK;

/* Moves one to another state, with a new lease for the caller. ERR_NO_DOCUMENT where it isn't in
 * the state `from`. */
enum err checkout_move(struct ctx *ctx, const bson_oid_t *id, enum checkout_state from,
		       enum checkout_state to) MUST_CHECK;

/* Moves one from RESERVING to ABANDONED and stores `answered`; fills in state, due and
 * abandoned_at. ERR_NO_DOCUMENT where it isn't RESERVING. */
enum err checkout_abandon(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Moves one from CANCELLING to CANCELLED. The caller holds the lease, and has sent no stock call
 * yet: fills in state, `due` and `answered`. ERR_NO_DOCUMENT where it isn't CANCELLING. */
enum err checkout_set_cancelled(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Moves one whose lease the caller holds from CANCELLED to RETURNED. Its deadline is now where all
 * stock calls were `answered`, else when none can arrive late. ERR_NO_DOCUMENT where another
 * process has claimed it. */
enum err checkout_set_returned(struct ctx *ctx, const struct checkout *checkout) MUST_CHECK;

/* Moves checkouts from RESERVING to COMMITTED, within a transaction. ERR_NO_DOCUMENT where one of
 * them isn't RESERVING. */
enum err checkouts_commit(struct ctx *ctx, const bson_oid_t *ids, size_t n) MUST_CHECK;

/* Moves the checkout of a committed order to CANCELLING, or inserts one in this state where the
 * order's checkout is deleted already. ERR_DUPLICATE where it is in another state: the order is
 * cancelled already. */
enum err checkout_cancel(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Deletes those of the checkouts that are in that state. */
enum err checkouts_close(struct ctx *ctx, enum checkout_state state, const bson_oid_t *ids,
			 size_t n) MUST_CHECK;

/* Ends the leases of those of the checkouts that are RESERVING. */
enum err checkouts_end_leases(struct ctx *ctx, const bson_oid_t *ids, size_t n) MUST_CHECK;

/* Reads the checkouts in a state whose deadline has passed, at most CHECKOUTS_READ, the earliest
 * deadline first. */
enum err checkouts_find_expired(struct list *checkouts, struct ctx *ctx,
				enum checkout_state state) MUST_CHECK;

/* Claims one for `ms`: until then no other process claims it. Since the caller may send a stock
 * call next, `answered` is stored as false where it is CANCELLED. ERR_NO_DOCUMENT where another
 * process claimed it first. */
enum err checkout_claim(struct ctx *ctx, struct checkout *checkout, int64_t ms) MUST_CHECK;

/* Moves the deadline of one whose lease the caller holds to `ms` from now, and stores `answered`.
 * ERR_NO_DOCUMENT where another process has claimed it. */
enum err checkout_postpone(struct ctx *ctx, struct checkout *checkout, int64_t ms) MUST_CHECK;

/* Moves the deadlines of all in a state that have passed and whose checkouts have a line with one
 * of these products. */
enum err checkouts_postpone(struct ctx *ctx, enum checkout_state state,
			    const struct list *product_ids, int64_t ms) MUST_CHECK;

/* *open: whether the user has a RESERVING one. */
enum err checkout_is_open(bool *open, struct ctx *ctx, const char *user_id) MUST_CHECK;

/* Whether there is one in that state. */
enum err checkout_exists(bool *exists, struct ctx *ctx, const bson_oid_t *id,
			 enum checkout_state state) MUST_CHECK;

/* For metrics: the number of unfinished checkouts (all but RETURNED), and the age of the oldest
 * order among them in seconds. */
enum err checkouts_count(int64_t *n, struct ctx *ctx) MUST_CHECK;
enum err checkouts_age(int64_t *seconds, struct ctx *ctx) MUST_CHECK;

#endif
