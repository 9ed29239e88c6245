/*
 * Torture: the handlers of cart & order run on a real database, with the real product and delivery
 * services in the same process, while each call is made to fail in turn.
 *
 * Three parts: faults (which call fails), the shop (the services, and requests to them), and
 * customers (their initial state, and the state after the calls).
 */
#ifndef TESTS_FCGI_TORTURE_H
#define TESTS_FCGI_TORTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service.h"

/* ---- faults: torture.c, torture_faults.c ---- */

/* The code whose calls are counted and fail; calls of the test itself and of other threads succeed.
 */
enum side {
	SIDE_NONE,
	SIDE_HANDLER, /* the request that the test makes */
	SIDE_SERVICE, /* what product and delivery do for it */
	SIDE_SWEEPER, /* the sweeper's job */
	SIDE_DYING,   /* the same, which always fails where it would close a checkout */
};

enum fault {
	FAULT_MEMORY,            /* an allocation */
	FAULT_DB_UNSENT,         /* a database call doesn't reach the server */
	FAULT_DB_UNANSWERED,     /* it is done, its answer is lost */
	FAULT_DB_TRANSIENT,      /* the server aborts its transaction */
	FAULT_COMMIT_UNSENT,     /* a commit doesn't reach the server */
	FAULT_COMMIT_UNANSWERED, /* it is done, its answer is lost */
	FAULT_CALL_UNSENT,       /* a call to another service doesn't reach it */
	FAULT_CALL_UNANSWERED,   /* it is done, its answer is lost */
	FAULT_CALL_LATE,         /* it arrives after the caller's timeout */
	FAULT_CALL_GATEWAY,      /* it is done, the gateway answers 504 */
	FAULT_DEATH,             /* the process dies: no later call is sent */
	FAULT_OVERTAKEN,         /* none: another action runs just before the call */
	FAULT_COUNT,
};

struct faults {
	enum side side;
	enum fault fault;
	int first; /* which call of that kind fails, from 1 */
	bool only; /* and no other; else all that follow it, too */
	/* The action of FAULT_OVERTAKEN; NULL: the sweeper, as if the process were dead. */
	void (*meanwhile)(void);
};

/* Starts the faults, and the count of calls; ends them. */
void faults_begin(const struct faults *faults);
void faults_end(void);

/* Whether a call has failed since the last faults_begin(). */
bool faults_hit(void);

/* A round starts the faults, ends them, checks the result, and returns faults_hit(). */
typedef bool torture_round(const struct faults *faults);

struct torture {
	enum side side;
	enum fault fault;
	torture_round *round;
};

/* A row of cmocka's table: a round for each call of that kind on that side, which fails alone or
 * with all that follow it. */
#define TORTURE(side, fault, round)                                                               \
	{                                                                                         \
		#round ": " #side " " #fault, torture_run, NULL, torture_print, &(struct torture) \
		{                                                                                 \
			side, fault, round                                                        \
		}                                                                                 \
	}
void torture_run(void **state);
int torture_print(void **state);

/* ---- the shop: torture_shop.c ---- */

enum {
	ANSWER_SIZE = 4096,
	STOCK = 100, /* of each product, at the beginning of a round */
};

struct answer {
	int status;
	char body[ANSWER_SIZE];
};

/* Starts database clients, services and the way between them; for cmocka's table. */
int shop_open(void **state);
int shop_close(void **state);

/* Makes a POST in the calling thread, on SIDE_HANDLER. */
void shop_post(struct answer *answer, const char *path, const char *user_id, const char *key,
	       const char *body);

/* One round of the sweeper, on that side. */
void shop_sweep_once(enum side side);

/* Rounds of the sweeper, with all leases ended, until no work is left. */
void shop_sweep(void);

/* The sweeper runs before the handler continues, and dies before it closes a checkout. */
void shop_sweep_and_die(void);

/* A courier packs an order, if it is not cancelled. */
void shop_pack(const char *order_id);

/* Delivers the delayed calls, and runs the sweeper. */
void shop_deliver_late(void);

/* ---- customers: torture_customer.c ---- */

/* The two products. */
#define PRODUCT_A "65f0c0ffee00000000000001"
#define PRODUCT_B "65f0c0ffee00000000000002"

struct customer {
	char user_id[25];
	char order_id[25]; /* of the order; "" before there is one */
};

/* The data of a customer in all databases. */
struct state {
	int64_t orders;     /* whole ones, of both lines */
	int64_t cancelled;  /* of these */
	int64_t half;       /* other orders */
	int64_t lines;      /* of the cart */
	int64_t stock[2];   /* of the two products */
	int64_t placed;     /* deliveries that are PLACED, with that in their history */
	int64_t packed;     /* that are PACKED, with both entries */
	int64_t withdrawn;  /* that are CANCELLED, with both entries */
	int64_t deliveries; /* all */
	int64_t holds;      /* products with reservations */
	int64_t checkouts;  /* unfinished ones */
};

extern const struct state state_cart;      /* both lines are in the cart, nothing was ordered */
extern const struct state state_ordered;   /* one order */
extern const struct state state_cancelled; /* one order, which was cancelled */
extern const struct state state_packed;    /* one order, which is on its way */
extern const struct state state_sold_out;  /* both lines are in the cart, one can't be had */

/* A new customer, with both products in the cart. */
void customer_new(struct customer *customer);

/* Sets a stock of product B that is less than the quantity in the cart. */
void customer_sell_out(void);

/* Raises the price of product A by 1 rupee, which the replica of cart & order doesn't have yet. */
void customer_raise_price(void);

/* Restores the customer's order to the state before its cancellation. */
void customer_restore(const struct customer *customer);

/* Reads the state, and the order's id. */
void customer_read_state(struct state *state, struct customer *customer);
bool state_is(const struct state *state, const struct state *wanted);

/* Pieces of product A in the cart. */
int64_t customer_quantity(const struct customer *customer);

/* Reads the state, and fails with both states where they differ. */
void customer_check(struct customer *customer, const struct state *wanted, const char *when);

/* The customer's calls. Each has the same key at every repetition. The second one has another body.
 * The third one expects the total that the cart had before a price rose. */
void order_create_as(struct answer *answer, const struct customer *customer);
void order_create_other(struct answer *answer, const struct customer *customer);
void order_create_expecting(struct answer *answer, const struct customer *customer);
void order_cancel_as(struct answer *answer, const struct customer *customer);

/* Adds pieces of product A to the cart. */
void cart_add_as(struct answer *answer, const struct customer *customer, int64_t quantity);

void check_answer(const struct answer *answer, int status, const char *body);
void check_unavailable(const struct answer *answer);

/* The answer to an order that was made, or cancelled. */
void check_created(const struct answer *answer, const struct customer *customer);
void check_cancelled(const struct answer *answer, const struct customer *customer);

#endif
