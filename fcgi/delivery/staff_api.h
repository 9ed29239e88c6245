/* Calls of staff: the list of deliveries. */
#ifndef STAFF_API_H
#define STAFF_API_H

#include "req.h"

extern const struct shape deliveries_in;
handler deliveries_get;

#endif
