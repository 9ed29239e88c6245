/*
 * The sweeper: does what is still to be done about an order, as the state of its checkout says
 * (checkout_store.h). Whoever puts a checkout into a state does it at once, by sweeper_do(); what
 * fails, and what a dead process left, the job finds when it is due. All of it may be repeated.
 */
#ifndef SWEEPER_JOB_H
#define SWEEPER_JOB_H

#include "checkout_store.h"

/* Does what the checkout's state asks for. ERR_NOT_CANCELLABLE: it was to be cancelled and stands;
 * a temporary error: the job will try again; ERR_INTERNAL: it is refused, and tried again much
 * later.
 */
enum err sweeper_do(struct ctx *ctx, const struct checkout *checkout) MUST_CHECK;

/* Gives up a checkout that is RESERVING, unless it was committed after all. */
void sweeper_give_up(struct ctx *ctx, const struct checkout *checkout);

/* Tells delivery of a committed order while its client waits. */
void sweeper_tell_at_once(struct ctx *ctx, const struct checkout *checkout);

/* A round of the job. */
void sweeper_run(struct ctx *ctx);

#endif
