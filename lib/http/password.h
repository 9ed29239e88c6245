/*
 * Passwords: Argon2id from libsodium in PHC form, at OWASP's minimum (m = 19 MiB, t = 2, p = 1).
 *
 * Hashing is the cheapest way to starve a server: at most `slots` hashes run at a time in a
 * process, a bounded number of calls waits for a slot, and whatever comes beyond is refused at
 * once with ERR_UNAVAILABLE, so that threads stay free for other calls.
 */
#ifndef LIB_PASSWORD_H
#define LIB_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "metrics.h"

enum { PASSWORD_HASH_SIZE = 128 };

/* For the table of the service that checks passwords. */
extern struct metric password_waiting, password_refused;

/* Once, before any thread. `slots`: hashes at a time; `queue`: calls that may wait for one. */
enum err password_init(unsigned slots, unsigned queue) MUST_CHECK;

/* Hashes. `deadline`: clock_mono_ms() until which it waits for a slot, else ERR_UNAVAILABLE. */
enum err password_hash(char hash[static PASSWORD_HASH_SIZE], const char *password,
		       int64_t deadline) MUST_CHECK;

/* Compares with a hash; with NULL (no such user) it takes just as long, and never matches. */
enum err password_verify(bool *matches, const char *hash, const char *password,
			 int64_t deadline) MUST_CHECK;

/* The same in parts, where other work belongs to a hash: password_enter() waits for a slot as they
 * do, and where it returned OK, password_leave() gives it back. */
enum err password_enter(int64_t deadline) MUST_CHECK;
enum err password_make(char hash[static PASSWORD_HASH_SIZE], const char *password) MUST_CHECK;
enum err password_compare(bool *matches, const char *hash, const char *password) MUST_CHECK;
void password_leave(void);

#endif
