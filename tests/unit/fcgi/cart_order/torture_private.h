/* What the files behind torture.h share; no test includes it. */
#ifndef TESTS_FCGI_TORTURE_PRIVATE_H
#define TESTS_FCGI_TORTURE_PRIVATE_H

#include "torture.h"

/* ---- torture.c ---- */

/* The side that the calling thread is on; back to SIDE_NONE where it is left. */
void side_enter(enum side side);

/* Whether a call that is about to be made is one that fails; the second for calls by which
 * something is done outside of the process. */
bool fails(enum fault fault, const char *call);
bool action_fails(enum fault fault, const char *call);

/* ---- torture_faults.c ---- */

/* Makes the delayed calls. */
void deliver_late(struct ctx *ctx);

/* ---- torture_shop.c ---- */

enum shop_name { SHOP_CART_ORDER, SHOP_PRODUCT, SHOP_DELIVERY, SHOP_SERVICES };

struct shop_service {
	const struct service *service;
	struct db *db;
	char database[64];
};
extern struct shop_service shop[SHOP_SERVICES];

/* A piece of work beside the requests. */
void work_start(struct ctx *ctx, enum shop_name name);
void work_done(struct ctx *ctx);

/* The sweeper runs before a thread on that side continues, as if the thread had been frozen. */
void shop_sweep_first(enum side side);

/* ---- torture_customer.c ---- */

/* Makes the products; drops all databases at the end. */
void customers_begin(const char *uri);
void customers_end(void);

/* Lets all leases of checkouts be over; waits so long for those that a transaction has locked. */
void leases_run_out(int64_t ms);
int64_t checkouts_left(void);

#endif
