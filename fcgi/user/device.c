/* X-Device: proof that a client has logged in before. */
#include "device.h"

#include <sodium.h>
#include <string.h>

#include "token.h"

enum {
	TIME_AT = 12, /* after the account's id: seconds since 1970, big-endian */
	RANDOM_AT = 20,
	MAC_AT = 28,
	DEVICE_BYTES = MAC_AT + TOKEN_MAC_SIZE, /* a multiple of 3: base64 without spare bits */
	CLOCK_SKEW_MAX = 60,                    /* seconds, between two machines */
	BITS = 8,
};

_Static_assert(DEVICE_TEXT_SIZE == DEVICE_BYTES / 3 * 4 + 1, "the text fits exactly");

static const char purpose[] = "X-Device";

bool device_make(char text[static DEVICE_TEXT_SIZE], const bson_oid_t *user_id, int64_t now)
{
	unsigned char bytes[DEVICE_BYTES];

	memcpy(bytes, user_id->bytes, sizeof user_id->bytes);
	for (int i = RANDOM_AT - 1; i >= TIME_AT; i--, now >>= BITS)
		bytes[i] = (unsigned char)(now & UINT8_MAX);
	randombytes_buf(bytes + RANDOM_AT, MAC_AT - RANDOM_AT);
	if (!token_mac(bytes + MAC_AT, TOKEN_SECRET, purpose, bytes, MAC_AT))
		return false;
	sodium_bin2base64(text, DEVICE_TEXT_SIZE, bytes, sizeof bytes,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return true;
}

bool device_belongs_to(const char *text, const bson_oid_t *user_id, int64_t now)
{
	unsigned char bytes[DEVICE_BYTES], mac[TOKEN_MAC_SIZE];
	bool authentic = false;
	uint64_t created = 0;
	int64_t age;

	if (!text || strnlen(text, DEVICE_TEXT_SIZE) != DEVICE_TEXT_SIZE - 1 ||
	    sodium_base642bin(bytes, sizeof bytes, text, DEVICE_TEXT_SIZE - 1, NULL, NULL, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING))
		return false;
	/* The MAC may be of the present secret or the previous one. */
	for (enum token_secret which = TOKEN_SECRET; which < TOKEN_SECRETS; which++) {
		if (token_mac(mac, which, purpose, bytes, MAC_AT) &&
		    sodium_memcmp(mac, bytes + MAC_AT, sizeof mac) == 0)
			authentic = true;
	}
	if (!authentic)
		return false;
	for (int i = TIME_AT; i < RANDOM_AT; i++)
		created = created << BITS | bytes[i];
	age = now - (int64_t)created;
	return age >= -CLOCK_SKEW_MAX && age <= DEVICE_LIFETIME &&
	       memcmp(bytes, user_id->bytes, sizeof user_id->bytes) == 0;
}
