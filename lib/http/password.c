#include "password.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "bulkhead.h"
#include "log.h"

/* Source: OWASP Password Storage Cheat Sheet, Argon2id. */
enum { OPSLIMIT = 2, MEMLIMIT = 19456 * 1024 };

_Static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_argon2id_STRBYTES, "a PHC string fits exactly");

struct metric password_waiting = {"logins_waiting", "logins and registrations that wait for a slot",
				  METRIC_GAUGE};
struct metric password_refused = {"logins_refused_total",
				  "logins and registrations refused because too many waited",
				  METRIC_COUNTER};

static struct bulkhead bulkhead;
static char dummy_hash[PASSWORD_HASH_SIZE]; /* of a random password that isn't stored */

/* libsodium's function fails only without memory. */
enum err password_make(char hash[static PASSWORD_HASH_SIZE], const char *password)
{
	return crypto_pwhash_argon2id_str(hash, password, strlen(password), OPSLIMIT, MEMLIMIT)
		   ? ERR_NO_MEMORY
		   : OK;
}

enum err password_init(unsigned slots, unsigned queue)
{
	unsigned char random[32];
	char secret[2 * sizeof random + 1];
	enum err e;

	if (sodium_init() < 0)
		return ERR_INTERNAL;
	e = bulkhead_init(&bulkhead, slots, queue);
	if (e)
		return e;
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(secret, sizeof secret, random, sizeof random);
	e = password_make(dummy_hash, secret);
	sodium_memzero(random, sizeof random);
	sodium_memzero(secret, sizeof secret);
	if (e)
		bulkhead_dispose(&bulkhead);
	return e;
}

enum err password_enter(int64_t deadline)
{
	enum err e;

	metric_add(&password_waiting, 1);
	e = bulkhead_enter(&bulkhead, deadline);
	metric_add(&password_waiting, -1);
	if (e) {
		metric_add(&password_refused, 1);
		log_event(LOG_WARNING, NULL, "password.refused reason=%s",
			  e == ERR_TIMEOUT ? "timeout" : "queue_full");
	}
	return e;
}

void password_leave(void)
{
	bulkhead_leave(&bulkhead);
}

enum err password_compare(bool *matches, const char *hash, const char *password)
{
	int differs;

	errno = 0;
	differs =
	    crypto_pwhash_argon2id_str_verify(hash ? hash : dummy_hash, password, strlen(password));
	/* libsodium sets EINVAL if the hash was computed and differs. */
	if (differs && errno != EINVAL)
		return errno == ENOMEM ? ERR_NO_MEMORY : ERR_INTERNAL;
	*matches = hash && !differs;
	return OK;
}

enum err password_hash(char hash[static PASSWORD_HASH_SIZE], const char *password, int64_t deadline)
{
	enum err e = password_enter(deadline);

	if (e)
		return e;
	e = password_make(hash, password);
	password_leave();
	return e;
}

enum err password_verify(bool *matches, const char *hash, const char *password, int64_t deadline)
{
	enum err e = password_enter(deadline);

	if (e)
		return e;
	e = password_compare(matches, hash, password);
	password_leave();
	return e;
}
