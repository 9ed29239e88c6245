/* Requests to all pools through the gateway, made by the pool that got the call. */
#ifndef LIB_POOLS_H
#define LIB_POOLS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "req.h"
#include "rest.h"

/* Makes the description of a pool from its answer, which is NULL unless its status was 200; *ready
 * is whether the pool can serve. The caller owns the result; NULL without memory. */
typedef struct json_object *pool_describe(bool *ready, struct ctx *ctx,
					  const struct rest_answer *answer);

/* Requests /pool/NAME/PAGE of each pool that the gateway lists in POOLS, and adds its description
 * to `by_name`. Returns whether all are ready; false without memory. */
bool pools_get(struct json_object *by_name, struct req *rq, const char *page,
	       pool_describe *describe);

#endif
