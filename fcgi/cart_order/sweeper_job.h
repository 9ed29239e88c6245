/*
 * The sweeper: completes or compensates orders by the state of their checkouts (checkout_store.h).
 * The call that moves a checkout into a state runs the state's action at once (sweeper_resume()).
 * The job claims and resumes the checkouts whose deadline has passed: actions that failed, and
 * those of processes that died. All actions are idempotent.
 */
#ifndef SWEEPER_JOB_H
#define SWEEPER_JOB_H

#include "checkout_store.h"

/* Runs the action of the checkout's state. ERR_NOT_CANCELLABLE: delivery refused to cancel the
 * order. ERR_NO_DOCUMENT: another process has claimed the checkout. A temporary error: the job
 * retries. ERR_INTERNAL: another service refused the call; the job retries after a minute. */
enum err sweeper_resume(struct ctx *ctx, const struct checkout *checkout) MUST_CHECK;

/* Abandons a checkout that is RESERVING, and releases its reservation; does nothing if it was
 * committed. */
void sweeper_abandon(struct ctx *ctx, const struct checkout *checkout);

/* Dispatches a committed order to delivery while the client waits, and queues the confirmation of
 * its reservation. */
void sweeper_dispatch(struct ctx *ctx, const struct checkout *checkout);

/* One round of the job. */
void sweeper_run(struct ctx *ctx);

#endif
