/*
 * Passwords: Argon2id from libsodium in PHC form, at OWASP's minimum (m = 19 MiB, t = 2, p = 1).
 *
 * Hashing is expensive, so it is limited by a bulkhead: at most `slots` hashes run at a time in a
 * process, a bounded number of calls waits for a slot, and further calls are refused at once with
 * ERR_UNAVAILABLE, so that threads stay free for other calls.
 */
#ifndef LIB_PASSWORD_H
#define LIB_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "metrics.h"

enum { PASSWORD_HASH_SIZE = 128 };

/* For the metrics of the service that checks passwords. */
extern struct metric password_waiting, password_refused;

/* Once, before any thread. `slots`: hashes at a time; `queue`: calls that may wait for a slot.
 * ERR_INTERNAL, ERR_NO_MEMORY. */
enum err password_init(unsigned slots, unsigned queue) MUST_CHECK;

/* Hashes a password. ERR_UNAVAILABLE if no slot is free until `deadline` (clock_mono_ms()). */
enum err password_hash(char hash[static PASSWORD_HASH_SIZE], const char *password,
		       int64_t deadline) MUST_CHECK;

/* Compares a password with a hash. With NULL (no such user) it takes as long, and never matches. */
enum err password_verify(bool *matches, const char *hash, const char *password,
			 int64_t deadline) MUST_CHECK;

/* The same in parts, for callers that hold a slot during other work. password_enter() waits for a
 * slot; if it returns OK, password_leave() must follow. */
enum err password_enter(int64_t deadline) MUST_CHECK;
enum err password_make(char hash[static PASSWORD_HASH_SIZE], const char *password) MUST_CHECK;
enum err password_compare(bool *matches, const char *hash, const char *password) MUST_CHECK;
void password_leave(void);

#endif
