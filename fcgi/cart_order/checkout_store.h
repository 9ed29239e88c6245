/*
 * Checkouts in the database: cart_db.checkouts. One stands for each order about which something is
 * still to be done, and is gone when all of it is done. Its states, and what the sweeper does when
 * one is due:
 *
 *	RESERVING   an order is being made; when its lease is over, it becomes ABANDONED
 *	ABANDONED   it never came to be: the stock goes back                             gone
 *	COMMITTED   it stands: delivery is told, the stock is settled                    gone
 *	CANCELLING  somebody cancels it: delivery is asked        CANCELLED, or COMMITTED again
 *	CANCELLED   it is cancelled: the stock that was sold goes back               RETURNED
 *	RETURNED    it is back: when no late call can come, its tombstones go            gone
 *
 * A user has one RESERVING checkout at the most, so that orders of one cart come one after the
 * other. Every change of state is compare and set: who is late finds that it is no longer his.
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
	struct timestamp due; /* when the sweeper looks after it */
	struct list items;    /* struct stock_line */
	const char *by;       /* the role of who cancels it; else NULL */
	bool answered; /* every call about its stock has been answered (ABANDONED, CANCELLED) */
	const char *request_id, *traceparent; /* of the call that put it there */
	struct timestamp abandoned_at; /* of one that is ABANDONED, by the database server's clock;
					  0: an earlier version's has none */
};

enum {
	CHECKOUTS_READ = 100,
};

extern const char checkout_collection[];

/* Opens a checkout in the state RESERVING; state, due and ids are filled in. ERR_DUPLICATE while
 * the user has another one open. */
enum err checkout_open(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Appends a checkout's members, but abandoned_at, to a document. ERR_INTERNAL where it grows too
 * large. */
enum err checkout_to_bson(bson_t *doc, const struct checkout *checkout) MUST_CHECK;

/* Compare and set; it is then due after what the new state allows the caller. ERR_NO_DOCUMENT where
 * it isn't in the state `from`. */
enum err checkout_move(struct ctx *ctx, const bson_oid_t *id, enum checkout_state from,
		       enum checkout_state to) MUST_CHECK;

/* Moves one from RESERVING to ABANDONED, with `answered`; state, due and abandoned_at are
 * filled in. ERR_NO_DOCUMENT where it isn't RESERVING. */
enum err checkout_abandon(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Moves one from CANCELLING to CANCELLED. The caller has it until it is due, and has sent nothing
 * about its stock yet: `due` and `answered` are filled in. ERR_NO_DOCUMENT where it isn't
 * CANCELLING.
 */
enum err checkout_set_cancelled(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Moves one that the caller has from CANCELLED to RETURNED. It is due at once where all calls about
 * its stock were `answered`, else when none can come late. ERR_NO_DOCUMENT where another process
 * has it by now. */
enum err checkout_set_returned(struct ctx *ctx, const struct checkout *checkout) MUST_CHECK;

/* Moves them from RESERVING to COMMITTED, within a transaction. ERR_NO_DOCUMENT where one of them
 * isn't RESERVING. */
enum err checkouts_commit(struct ctx *ctx, const bson_oid_t *ids, size_t n) MUST_CHECK;

/* Puts the checkout of an order that stands into the state CANCELLING, and makes it where all was
 * done about the order. ERR_DUPLICATE where it is CANCELLED already. */
enum err checkout_cancel(struct ctx *ctx, struct checkout *checkout) MUST_CHECK;

/* Deletes those that are still in that state. */
enum err checkouts_close(struct ctx *ctx, enum checkout_state state, const bson_oid_t *ids,
			 size_t n) MUST_CHECK;

/* Ends the leases of those that are still RESERVING. */
enum err checkouts_end_leases(struct ctx *ctx, const bson_oid_t *ids, size_t n) MUST_CHECK;

/* Those in a state that are due, CHECKOUTS_READ at the most, the oldest first. */
enum err checkouts_find_expired(struct list *checkouts, struct ctx *ctx,
				enum checkout_state state) MUST_CHECK;

/* Claims one, so that no other process looks after it for that time. A call about its stock may be
 * sent then: of one that is CANCELLED, "answered" is no longer stored. ERR_NO_DOCUMENT where
 * another was first. */
enum err checkout_claim(struct ctx *ctx, struct checkout *checkout, int64_t ms) MUST_CHECK;

/* Puts one off that the caller has, as it is now. ERR_NO_DOCUMENT where another has it by now. */
enum err checkout_postpone(struct ctx *ctx, struct checkout *checkout, int64_t ms) MUST_CHECK;

/* Puts off all in a state that are due and have a line with one of these products. */
enum err checkouts_postpone(struct ctx *ctx, enum checkout_state state,
			    const struct list *product_ids, int64_t ms) MUST_CHECK;

/* *open: whether the user has one that is RESERVING. */
enum err checkout_is_open(bool *open, struct ctx *ctx, const char *user_id) MUST_CHECK;

/* *stands: whether there is one in that state. */
enum err checkout_exists(bool *exists, struct ctx *ctx, const bson_oid_t *id,
			 enum checkout_state state) MUST_CHECK;

/* For whoever watches: how many there are about which something is owed (not RETURNED), and how old
 * the oldest order among them is, in seconds. */
enum err checkouts_count(int64_t *n, struct ctx *ctx) MUST_CHECK;
enum err checkouts_age(int64_t *seconds, struct ctx *ctx) MUST_CHECK;

#endif
