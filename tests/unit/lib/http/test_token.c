#include "token_by_hand.h"

static const char *good_claims(void)
{
	static char claims[128];

	snprintf(claims, sizeof claims,
		 "{\"user_id\":\"u1\",\"role\":\"admin\",\"aud\":\"shop\",\"exp\":%lld}",
		 (long long)now() + 60);
	return claims;
}

/* ---- signing ---- */

static void test_signed_token_is_verified(void **state)
{
	static const enum role roles[] = {ROLE_CUSTOMER, ROLE_COURIER, ROLE_ADMIN, ROLE_SERVICE};

	(void)state;
	for (size_t i = 0; i < N(roles); i++) {
		struct token token;
		const char *text;

		assert_int_equal(token_sign(&text, arena, "64f0c0ffee", roles[i], 60), OK);
		assert_true(strlen(text) <= TOKEN_TEXT_MAX);
		assert_int_equal(token_verify(&token, text), OK);
		assert_string_equal(token.user_id, "64f0c0ffee");
		assert_int_equal(token.role, roles[i]);
		assert_in_range(token.expires, now() + 58, now() + 60);
	}
}

static void test_token_has_expected_claims(void **state)
{
	struct json_object *header, *claims, *value;
	const char *text, *dot;

	(void)state;
	assert_int_equal(token_sign(&text, arena, "u1", ROLE_COURIER, TOKEN_LIFETIME), OK);
	dot = strchr(text, '.');
	header = decode_part(text, (size_t)(dot - text));
	claims = decode_part(dot + 1, strcspn(dot + 1, "."));
	assert_true(json_object_object_get_ex(header, "alg", &value));
	assert_string_equal(json_object_get_string(value), "HS256");
	assert_int_equal(json_object_object_length(claims), 6);
	assert_string_equal(json_object_get_string(json_object_object_get(claims, "aud")), "shop");
	assert_string_equal(json_object_get_string(json_object_object_get(claims, "user_id")),
			    "u1");
	assert_string_equal(json_object_get_string(json_object_object_get(claims, "role")),
			    "courier");
	assert_int_equal(json_object_get_int64(json_object_object_get(claims, "exp")) -
			     json_object_get_int64(json_object_object_get(claims, "iat")),
			 TOKEN_LIFETIME);
}

static void test_set_of_roles_is_not_signed(void **state)
{
	const char *text = NULL;

	(void)state;
	assert_int_equal(token_sign(&text, arena, "u1", ROLE_ADMIN | ROLE_COURIER, 60),
			 ERR_INTERNAL);
	assert_null(text);
}

static void test_independently_made_token_is_verified(void **state)
{
	struct token token;

	(void)state;
	assert_int_equal(verify_claims(&token, good_claims()), OK);
	assert_string_equal(token.user_id, "u1");
	assert_int_equal(token.role, ROLE_ADMIN);
}

/* ---- form and signature ---- */

static void test_garbage_is_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
	    "", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "....", " ",
	    "Bearer x", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.",
	    "eyJhbGciOiJIUzI1NiJ9..", "eyJhbGciOiJIUzI1NiJ9.e30",
	    "eyJhbGciOiJIUzI1NiJ9.e30.", ".e30.AA", "bnVsbA.e30.AA", "W10.W10.AA",
	    "e30.e30.e30", "=.=.=", "\xFF\xFE.\xFF.\xFF", "a\n.b.c",
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < N(texts); i++)
		refuse(texts[i]);
}

static void test_other_headers_are_refused(void **state)
{
	/* clang-format off */
	static const char *const headers[] = {
	    "{\"alg\":\"none\"}", "{\"alg\":\"None\",\"typ\":\"JWT\"}",
	    "{\"alg\":\"HS384\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"hs256\"}",
	    "{\"alg\":\"RS256\"}", "{\"alg\":\"ES256\"}", "{\"alg\":\"HS256 \"}",
	    "{\"alg\":\"\"}", "{\"alg\":null}", "{\"alg\":256}",
	    "{\"alg\":[\"HS256\"]}", "{}", "[]", "null", "\"HS256\"", "HS256", "{",
	    "{\"alg\":\"HS256\",\"typ\":\"JWE\"}",
	    "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
	};
	/* clang-format on */
	char text[TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < N(headers); i++) {
		encode_signed(text, headers[i], good_claims(), EVP_sha256(), SECRET);
		refuse(text);
	}
}

static void test_other_hmac_lengths_are_refused(void **state)
{
	char text[TEXT_SIZE];

	(void)state;
	encode_signed(text, "{\"alg\":\"HS512\",\"typ\":\"JWT\"}", good_claims(), EVP_sha512(),
		      SECRET);
	refuse(text);
	encode_signed(text, "{\"alg\":\"HS384\",\"typ\":\"JWT\"}", good_claims(), EVP_sha384(),
		      SECRET);
	refuse(text);
	encode_signed(text, HS256, good_claims(), EVP_sha512(), SECRET);
	refuse(text);
}

static void test_missing_signature_is_refused(void **state)
{
	static const char *const tails[] = {"", ".", ".AA", ".null", ".."};
	char text[TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < N(tails); i++) {
		size_t len = encode_unsigned(text, HS256, good_claims());

		snprintf(text + len, sizeof text - len, "%s", tails[i]);
		refuse(text);
		len = encode_unsigned(text, "{\"alg\":\"none\"}", good_claims());
		snprintf(text + len, sizeof text - len, "%s", tails[i]);
		refuse(text);
	}
}

static void test_other_secret_is_refused(void **state)
{
	char text[TEXT_SIZE];

	(void)state;
	encode_signed(text, HS256, good_claims(), EVP_sha256(), "fedcba9876543210fedcba9876543210");
	refuse(text);
	encode_signed(text, HS256, good_claims(), EVP_sha256(), "");
	refuse(text);
}

static void test_changed_character_is_refused(void **state)
{
	struct token token;
	char text[TEXT_SIZE];

	(void)state;
	encode_signed(text, HS256, good_claims(), EVP_sha256(), SECRET);
	for (char *c = text; *c; c++) {
		char was = *c;

		*c = was == 'A' ? 'B' : 'A';
		refuse(text);
		*c = was;
	}
	assert_int_equal(token_verify(&token, text), OK);
}

static void test_changed_length_is_refused(void **state)
{
	char text[TEXT_SIZE];
	size_t len;

	(void)state;
	encode_signed(text, HS256, good_claims(), EVP_sha256(), SECRET);
	len = strlen(text);
	for (const char *more = "A=. \n"; *more; more++) {
		snprintf(text + len, sizeof text - len, "%c", *more);
		refuse(text);
	}
	while (len) {
		text[--len] = '\0';
		refuse(text);
	}
}

static void test_length_is_limited(void **state)
{
	char claims[4096], text[TEXT_SIZE], filler[3072];
	struct token token;
	size_t n = 0;

	(void)state;
	do { /* longer each time, until the limit is exceeded */
		memset(filler, 'x', n);
		filler[n] = '\0';
		snprintf(claims, sizeof claims, "{\"user_id\":\"u1\",\"exp\":%lld,\"x\":\"%s\"}",
			 (long long)now() + 60, filler);
		encode_signed(text, HS256, claims, EVP_sha256(), SECRET);
		if (strlen(text) <= TOKEN_TEXT_MAX)
			assert_int_equal(token_verify(&token, text), OK);
		else
			refuse(text);
		n += 7;
	} while (strlen(text) <= TOKEN_TEXT_MAX);
}

/* ---- secrets ---- */

static void test_short_secret_is_refused(void **state)
{
	char text[TEXT_SIZE];

	(void)state;
	assert_int_equal(token_init(""), ERR_INVALID);
	assert_int_equal(token_init("0123456789abcdef0123456789abcde"), ERR_INVALID);
	/* The previous secret is still set. */
	encode_signed(text, HS256, good_claims(), EVP_sha256(), "");
	refuse(text);
	test_independently_made_token_is_verified(NULL);
}

static void test_missing_secret_is_an_error(void **state)
{
	const char *text = NULL;

	(void)state;
	assert_int_equal(token_sign(&text, arena, "u1", ROLE_CUSTOMER, 60), ERR_INTERNAL);
	assert_null(text);
	refuse("eyJhbGciOiJub25lIn0.e30.AA");
	assert_int_equal(token_init(SECRET), OK);
	assert_int_equal(token_sign(&text, arena, "service", ROLE_SERVICE, 60), ERR_INTERNAL);
	assert_null(text);
	assert_int_equal(token_init_service(SERVICE, ""), OK);
}

static int init(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_missing_secret_is_an_error), /* sets it for the others */
	    cmocka_unit_test(test_signed_token_is_verified),
	    cmocka_unit_test(test_token_has_expected_claims),
	    cmocka_unit_test(test_set_of_roles_is_not_signed),
	    cmocka_unit_test(test_independently_made_token_is_verified),
	    cmocka_unit_test(test_garbage_is_refused),
	    cmocka_unit_test(test_other_headers_are_refused),
	    cmocka_unit_test(test_other_hmac_lengths_are_refused),
	    cmocka_unit_test(test_missing_signature_is_refused),
	    cmocka_unit_test(test_other_secret_is_refused),
	    cmocka_unit_test(test_changed_character_is_refused),
	    cmocka_unit_test(test_changed_length_is_refused),
	    cmocka_unit_test(test_length_is_limited),
	    cmocka_unit_test(test_short_secret_is_refused),
	};

	return cmocka_run_group_tests(tests, init, end);
}
