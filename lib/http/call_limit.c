#include "call_limit.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum {
	SETS = 2048, /* a hash selects the set of an account and kind */
	PLACES = 8,
};

/* One of 16,384 counters of 24 bytes each. A set is full while eight accounts of it are in their
 * minute. A further account then replaces the one with the fewest calls. */
struct place {
	uint64_t account; /* keyed hash of kind and user id: clients can't predict its set */
	int64_t began_ms;
	int64_t calls; /* 0: free */
};

static struct place table[SETS][PLACES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char hash_keys[CALL_KINDS][crypto_shorthash_KEYBYTES];
static int64_t limits[CALL_KINDS];

void call_limit_init(const int64_t calls_per_minute[static CALL_KINDS])
{
	/* New keys invalidate all counts, so the table needn't be cleared, and its memory isn't
	 * allocated before it is used. */
	for (size_t kind = 0; kind < CALL_KINDS; kind++) {
		crypto_shorthash_keygen(hash_keys[kind]);
		limits[kind] = calls_per_minute[kind];
	}
}

static bool has_ended(const struct place *place, int64_t now_ms)
{
	return !place->calls || now_ms - place->began_ms >= CALL_LIMIT_MINUTE_MS;
}

enum err call_limit_count(int64_t *wait_ms, enum call_kind kind, const char *user_id,
			  int64_t now_ms)
{
	unsigned char hash[crypto_shorthash_BYTES];
	struct place *places, *place;
	uint64_t account;
	enum err e = OK;

	if (!limits[kind])
		return OK;
	crypto_shorthash(hash, (const unsigned char *)user_id, strlen(user_id), hash_keys[kind]);
	memcpy(&account, hash, sizeof account);
	pthread_mutex_lock(&lock);
	/* The place of the account; else one whose minute has ended, else the one with the fewest
	 * calls. */
	place = places = table[account % SETS];
	for (struct place *p = places; p < places + PLACES; p++) {
		if (p->calls && p->account == account) {
			place = p;
			break;
		}
		if (!has_ended(place, now_ms) && (has_ended(p, now_ms) || p->calls < place->calls))
			place = p;
	}
	if (place->account != account || has_ended(place, now_ms))
		*place = (struct place){account, now_ms, 0};
	if (place->calls < limits[kind]) {
		place->calls++;
	} else {
		*wait_ms = place->began_ms + CALL_LIMIT_MINUTE_MS - now_ms;
		e = ERR_TOO_MANY_REQUESTS;
	}
	pthread_mutex_unlock(&lock);
	return e;
}
