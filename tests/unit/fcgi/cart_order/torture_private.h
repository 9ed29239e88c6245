/* Declarations that the implementation of torture.h shares. No test includes this header. */
#ifndef TESTS_FCGI_TORTURE_PRIVATE_H
#define TESTS_FCGI_TORTURE_PRIVATE_H

#include "torture.h"

/* ---- torture.c ---- */

/* Sets the side of the calling thread; SIDE_NONE ends it. */
void side_enter(enum side side);

/* Whether the next call must fail. action_fails() is for calls that have an effect outside of the
 * process. */
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

/* Begin and end work that no request causes. */
void work_start(struct ctx *ctx, enum shop_name name);
void work_done(struct ctx *ctx);

/* The sweeper runs before a thread on that side continues, as if the thread had been frozen. */
void shop_sweep_first(enum side side);

/* ---- torture_customer.c ---- */

/* Create the products; drop all databases at the end. */
void customers_begin(const char *uri);
void customers_end(void);

/* Ends all leases of checkouts. Waits up to `ms` for checkouts that a transaction has locked. */
void leases_run_out(int64_t ms);
int64_t checkouts_left(void);

#endif
