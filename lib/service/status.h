/* How the pools are, for people: GET /status of the internal listener. */
#ifndef LIB_STATUS_H
#define LIB_STATUS_H

#include "req.h"

/* GET /internal/status: this pool, as the process that is asked knows it. */
enum err status_get(struct req *rq) MUST_CHECK;

/* GET /internal/pools/status: each pool that the gateway names in POOLS, asked by whichever of them
 * this call came to. */
enum err status_of_pools(struct req *rq) MUST_CHECK;

#endif
