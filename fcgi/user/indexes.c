/* The indexes of user_db. */
#include "indexes.h"

enum { ATTEMPTS_KEPT = 60 };

static const struct db_index rows[] = {
    /* an address is registered once */
    {"users", "{\"email\": 1}", .unique = true},
    /* failed logins count until then */
    {"login_attempts", "{\"until\": 1}", .expire_after = ATTEMPTS_KEPT},
};
const struct db_indexes user_indexes = DB_INDEXES(rows);
