/* The delivery service's tables. */
#ifndef DELIVERY_SERVICE_H
#define DELIVERY_SERVICE_H

#include "lib/service/service.h"

extern const struct service delivery_service;

/* Starts a round of the job that publishes statuses, without its pause. */
void delivery_wake_streams(void);

/* Starts a round of the job that ends displaced streams, without its pause. */
void delivery_wake_displaced(void);

#endif
