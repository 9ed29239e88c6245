/* Tokens that are encoded without the library, so that they can be invalid. */
#ifndef TESTS_LIB_TOKEN_BY_HAND_H
#define TESTS_LIB_TOKEN_BY_HAND_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "json.h"
#include "token.h"

#define SECRET   "0123456789abcdef0123456789abcdef"
#define SERVICE  "fedcba9876543210fedcba9876543210" /* the services' secret */
#define HS256    "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { TEXT_SIZE = 8192, BASE64URL = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

static struct arena *arena;

static inline int64_t now(void)
{
	return clock_now_ms() / 1000;
}

/* ---- encoding ---- */

static inline void encode(char out[static TEXT_SIZE], const void *bytes, size_t len)
{
	assert_non_null(sodium_bin2base64(out, TEXT_SIZE, bytes, len, BASE64URL));
}

/* "header.claims", without a signature */
static inline size_t encode_unsigned(char out[static TEXT_SIZE], const char *header,
				     const char *claims)
{
	static char a[TEXT_SIZE], b[TEXT_SIZE];
	int len;

	encode(a, header, strlen(header));
	encode(b, claims, strlen(claims));
	len = snprintf(out, TEXT_SIZE, "%s.%s", a, b);
	assert_in_range(len, 0, TEXT_SIZE - 1);
	return (size_t)len;
}

static inline void encode_signed(char out[static TEXT_SIZE], const char *header, const char *claims,
				 const EVP_MD *md, const char *secret)
{
	static char text[TEXT_SIZE];
	size_t len = encode_unsigned(out, header, claims);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;

	assert_non_null(
	    HMAC(md, secret, (int)strlen(secret), (const unsigned char *)out, len, mac, &mac_len));
	encode(text, mac, mac_len);
	snprintf(out + len, TEXT_SIZE - len, ".%s", text);
}

static inline enum err verify_signed(struct token *token, const char *claims, const char *secret)
{
	char text[TEXT_SIZE];

	encode_signed(text, HS256, claims, EVP_sha256(), secret);
	return token_verify(token, text);
}

/* Verifies claims in a token that is otherwise valid. */
static inline enum err verify_claims(struct token *token, const char *claims)
{
	return verify_signed(token, claims, SECRET);
}

static inline struct json_object *decode_part(const char *part, size_t len)
{
	struct json_object *object;
	char json[TEXT_SIZE];
	size_t n, at;

	assert_int_equal(sodium_base642bin((unsigned char *)json, sizeof json, part, len, "", &n,
					   NULL, BASE64URL),
			 0);
	assert_int_equal(json_parse(&object, &at, arena, json, n), OK);
	return object;
}

static inline void refuse(const char *text)
{
	struct token token = {.user_id = "untouched"};

	if (token_verify(&token, text) != ERR_TOKEN)
		fail_msg("taken: %s", text);
	assert_string_equal(token.user_id, "untouched");
}

#endif
