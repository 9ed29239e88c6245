/* X-Device: how it is made and checked. */
#include "device.h"

#include <sodium.h>
#include <string.h>

#include "token.h"

enum {
	TIME_AT = 12, /* behind the account's id: seconds since 1970, the highest byte first */
	RANDOM_AT = 20,
	MAC_AT = 28,
	DEVICE_BYTES = MAC_AT + TOKEN_MAC_SIZE, /* a multiple of 3: base64 has no spare bits */
	CLOCKS_DIFFER = 60,                     /* seconds, between two machines */
	BITS = 8,
};

_Static_assert(DEVICE_TEXT_SIZE == DEVICE_BYTES / 3 * 4 + 1, "the text fits exactly");

static const char purpose[] = "X-Device";

static void write_time(unsigned char *bytes, int64_t seconds)
{
	for (int i = RANDOM_AT - 1; i >= TIME_AT; i--, seconds >>= BITS)
		bytes[i] = (unsigned char)(seconds & UINT8_MAX);
}

static int64_t read_time(const unsigned char *bytes)
{
	uint64_t seconds = 0;

	for (int i = TIME_AT; i < RANDOM_AT; i++)
		seconds = seconds << BITS | bytes[i];
	return (int64_t)seconds;
}

bool device_make(char text[static DEVICE_TEXT_SIZE], const bson_oid_t *user_id, int64_t now)
{
	unsigned char bytes[DEVICE_BYTES];

	memcpy(bytes, user_id->bytes, sizeof user_id->bytes);
	write_time(bytes, now);
	randombytes_buf(bytes + RANDOM_AT, MAC_AT - RANDOM_AT);
	if (!token_mac(bytes + MAC_AT, TOKEN_SECRET, purpose, bytes, MAC_AT))
		return false;
	sodium_bin2base64(text, DEVICE_TEXT_SIZE, bytes, sizeof bytes,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return true;
}

static bool is_authentic(const unsigned char bytes[static DEVICE_BYTES])
{
	unsigned char mac[TOKEN_MAC_SIZE];
	bool authentic = false;

	for (enum token_secret which = TOKEN_SECRET; which < TOKEN_SECRETS; which++) {
		if (token_mac(mac, which, purpose, bytes, MAC_AT) &&
		    sodium_memcmp(mac, bytes + MAC_AT, sizeof mac) == 0)
			authentic = true;
	}
	return authentic;
}

bool device_belongs_to(const char *text, const bson_oid_t *user_id, int64_t now)
{
	unsigned char bytes[DEVICE_BYTES];
	int64_t age;

	if (!text || strnlen(text, DEVICE_TEXT_SIZE) != DEVICE_TEXT_SIZE - 1 ||
	    sodium_base642bin(bytes, sizeof bytes, text, DEVICE_TEXT_SIZE - 1, NULL, NULL, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING))
		return false;
	if (!is_authentic(bytes))
		return false;
	age = now - read_time(bytes);
	return age >= -CLOCKS_DIFFER && age <= DEVICE_LIFETIME &&
	       memcmp(bytes, user_id->bytes, sizeof user_id->bytes) == 0;
}
