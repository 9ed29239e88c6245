/* All pools, asked through the gateway by whichever one a call came to. */
#ifndef LIB_POOLS_H
#define LIB_POOLS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "req.h"
#include "rest.h"

/* What is told of a pool by its answer, which is NULL where there was none with status 200: the
 * caller's, or NULL without memory. *ready: whether it can serve. */
typedef struct json_object *pool_told(bool *ready, struct ctx *ctx,
				      const struct rest_answer *answer);

/* Asks each pool that the gateway names in POOLS for /pool/NAME/PAGE, and adds to `by_name` what is
 * told of it. Whether all are ready; without memory they aren't. */
bool pools_ask(struct json_object *by_name, struct req *rq, const char *page, pool_told *told);

#endif
