#include "call_limit.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum {
	SETS = 2048, /* an account is counted in one of the places of its set, for each kind */
	PLACES = 8,
};

/* 16,384 of them, 24 bytes each. A set is full only while eight accounts of it are in their minute:
 * a call that finds it so takes the place of the account with the fewest calls. */
struct place {
	uint64_t account; /* keyed hash of kind and user id, so that nobody can choose a set */
	int64_t began_ms;
	int64_t calls; /* 0: free */
};

static struct place table[SETS][PLACES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char hash_keys[CALL_KINDS][crypto_shorthash_KEYBYTES];
static int64_t limits[CALL_KINDS];

void call_limit_init(const int64_t calls_per_minute[static CALL_KINDS])
{
	/* Under another key no account finds its place: the table itself isn't touched before it
	 * is used. */
	for (size_t kind = 0; kind < CALL_KINDS; kind++) {
		crypto_shorthash_keygen(hash_keys[kind]);
		limits[kind] = calls_per_minute[kind];
	}
}

static uint64_t hash_account(enum call_kind kind, const char *user_id)
{
	unsigned char out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, (const unsigned char *)user_id, strlen(user_id), hash_keys[kind]);
	memcpy(&hash, out, sizeof hash);
	return hash;
}

static bool is_over(const struct place *place, int64_t now_ms)
{
	return !place->calls || now_ms - place->began_ms >= CALL_LIMIT_MINUTE_MS;
}

/* The place of the account; else one whose minute is over, else the one with the fewest calls. */
static struct place *find_place(uint64_t account, int64_t now_ms)
{
	struct place *places = table[account % SETS], *best = places;

	for (size_t i = 0; i < PLACES; i++) {
		struct place *p = &places[i];

		if (p->calls && p->account == account)
			return p;
		if (!is_over(best, now_ms) && (is_over(p, now_ms) || p->calls < best->calls))
			best = p;
	}
	return best;
}

enum err call_limit_count(int64_t *wait_ms, enum call_kind kind, const char *user_id,
			  int64_t now_ms)
{
	uint64_t account = hash_account(kind, user_id);
	struct place *place;
	enum err e = OK;

	if (!limits[kind])
		return OK;
	pthread_mutex_lock(&lock);
	place = find_place(account, now_ms);
	if (place->account != account || is_over(place, now_ms))
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
