/* Status of the pools for operators: GET /status of the internal listener. */
#ifndef LIB_STATUS_H
#define LIB_STATUS_H

#include "req.h"

/* GET /internal/status: this pool. */
enum err status_get(struct req *rq) MUST_CHECK;

/* GET /internal/pools/status: each pool that the gateway lists in POOLS. */
enum err status_of_pools(struct req *rq) MUST_CHECK;

#endif
