/* Reservations of stock (stock_store.h): made together for orders that come at the same time. */
#ifndef STOCK_RESERVE_STORE_H
#define STOCK_RESERVE_STORE_H

#include "stock_store.h"

/*
 * Takes the stock of an order's lines (struct stock_line, no product twice), all or none; `taken`
 * (struct reserved_product) has their order. Where the order holds it already, the same again; an
 * order's calls come one after the other. ERR_OUT_OF_STOCK: nothing is held, and *refused
 * (bson_oid_t) tells which products there aren't enough of. ERR_STOCK_GIVEN_BACK: it has given back
 * before. A temporary error: some of it may be held: give it back.
 */
enum err stock_store_take(struct list *taken, struct list *refused, struct ctx *ctx,
			  const bson_oid_t *order_id, const struct list *lines) MUST_CHECK;

#endif
