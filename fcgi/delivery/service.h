/* The delivery service's tables. */
#ifndef DELIVERY_SERVICE_H
#define DELIVERY_SERVICE_H

#include "lib/service/service.h"

extern const struct service delivery_service;

/* Has the job publish changes that were just stored, without waiting for its pause. */
void delivery_wake_streams(void);

/* Has the job end displaced streams, likewise. */
void delivery_wake_displaced(void);

#endif
