/* Ids that clients see. Knowing one id gives no information about any other. */
#ifndef LIB_ID_H
#define LIB_ID_H

#include <bson/bson.h>

/* Creates an id: 4 bytes of time in seconds, as in every ObjectId, then 8 random bytes of a CSPRNG.
 * (libbson's ids have a process number and a counter there.) Requires sodium_init(). */
void id_new(bson_oid_t *id);

#endif
