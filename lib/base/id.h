/* Ids that clients see: knowing one gives no information about any other. */
#ifndef LIB_ID_H
#define LIB_ID_H

#include <bson/bson.h>

/* Makes an id: the time in seconds, as every ObjectId begins, then 8 bytes of a CSPRNG; libbson's
 * own have a number of the process and a counter there. Needs sodium_init(). */
void id_new(bson_oid_t *id);

#endif
