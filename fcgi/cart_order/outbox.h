/*
 * The outbox: what the delivery service must still be told. An entry is written in the order's
 * own transaction, so there is one for every order, and taken out once delivery knows it. Telling
 * twice is harmless: delivery keeps one record an order.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "ctx.h"
#include "order_store.h"

extern const char outbox_collection[];

/* Writes the entry of an order; within its transaction. */
enum err outbox_add(struct ctx *ctx, const struct order *order) MUST_CHECK;

/* Tells delivery now; what fails is left to the job. */
void outbox_tell(struct ctx *ctx, const struct order *order);

/* A round of the job: takes out what was told, and tells what is due. */
void outbox_run(struct ctx *ctx);

#endif
