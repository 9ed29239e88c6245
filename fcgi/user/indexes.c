/* The indexes of user_db. */
#include "indexes.h"

enum { ATTEMPTS_KEPT = 60 }; /* s, after the end of the window */

static const struct db_index rows[] = {
    /* an e-mail address has one account */
    {"users", "{\"email\": 1}", .unique = true},
    /* counters of failed logins expire after their window */
    {"login_attempts", "{\"until\": 1}", .expire_after = ATTEMPTS_KEPT},
};
const struct db_indexes user_indexes = DB_INDEXES(rows);
