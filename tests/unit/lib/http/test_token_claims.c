/* Claims of a token: times, user, role and audience. */
#include "token_by_hand.h"

/* ---- claims ---- */

enum { DAY = 24 * 60 * 60, SOON = 50 };

/* Claims in which SOON is replaced by the time in SOON seconds, and NOW by the current time plus
 * the row's number of seconds. */
struct row {
	const char *claims;
	int64_t seconds;
};

static void replace(char text[static 1024], const char *word, int64_t time)
{
	char before[1024], *mark;

	memcpy(before, text, sizeof before);
	mark = strstr(before, word);
	if (mark)
		snprintf(text, sizeof before, "%.*s%lld%s", (int)(mark - before), before,
			 (long long)time, mark + strlen(word));
}

static enum err verify_row(struct token *token, const struct row *row)
{
	char claims[1024] = {0};

	snprintf(claims, sizeof claims, "%s", row->claims);
	replace(claims, "SOON", now() + SOON);
	replace(claims, "NOW", now() + row->seconds);
	return verify_claims(token, claims);
}

static const struct row bad_claims[] = {
    /* exp */
    {"{\"user_id\":\"u1\"}", 0},
    {"{\"user_id\":\"u1\",\"exp\":NOW}", 0},
    {"{\"user_id\":\"u1\",\"exp\":NOW}", -1},
    {"{\"user_id\":\"u1\",\"exp\":\"NOW\"}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW.5}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOWe0}", 60},
    {"{\"user_id\":\"u1\",\"exp\":[NOW]}", 60},
    {"{\"user_id\":\"u1\",\"exp\":null}", 0},
    {"{\"user_id\":\"u1\",\"exp\":true}", 0},
    {"{\"user_id\":\"u1\",\"exp\":0}", 0},
    {"{\"user_id\":\"u1\",\"exp\":-1}", 0},
    {"{\"user_id\":\"u1\",\"exp\":99999999999999999999}", 0},
    {"{\"user_id\":\"u1\",\"exp\":1e300}", 0},
    /* nbf */
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"nbf\":NOW}", 60},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"nbf\":\"0\"}", 0},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"nbf\":1.5}", 0},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"nbf\":null}", 0},
    /* iat, and a life that is too long */
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":NOW}", 65},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":\"NOW\"}", 0},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":NOW.5}", 0},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":null}", 0},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":-1}", 0},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":-9223372036854775807}", 0},
    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":NOW}", -DAY},
    {"{\"user_id\":\"u1\",\"exp\":NOW}", DAY + 5},
    {"{\"user_id\":\"u1\",\"exp\":9223372036854775807,\"iat\":0}", 0},
    {"{\"user_id\":\"u1\",\"exp\":9999999999}", 0},
    /* aud */
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"aud\":\"\"}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"aud\":\"Shop\"}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"aud\":\"shop-internal\"}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"aud\":[\"shop\"]}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"aud\":null}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"aud\":1}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"aud\":\"shop\",\"role\":\"service\"}", 60},
    /* user_id */
    {"{\"exp\":NOW}", 60},
    {"{\"user_id\":\"\",\"exp\":NOW}", 60},
    {"{\"user_id\":1,\"exp\":NOW}", 60},
    {"{\"user_id\":null,\"exp\":NOW}", 60},
    {"{\"user_id\":[\"u1\"],\"exp\":NOW}", 60},
    {"{\"user_id\":\"a\\u0000b\",\"exp\":NOW}", 60},
    {"{\"user_id\":\"12345678901234567890123456789012345678901234567890123456789012345\","
     "\"exp\":NOW}",
     60},
    /* role */
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"role\":\"root\"}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"role\":\"Admin\"}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"role\":\"\"}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"role\":null}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"role\":4}", 60},
    {"{\"user_id\":\"u1\",\"exp\":NOW,\"role\":[\"admin\"]}", 60},
    /* no claims at all */
    {"{}", 0},
    {"[]", 0},
    {"null", 0},
    {"", 0},
    {"{\"user_id\":\"u1\",\"exp\":NOW", 60},
};

static void test_invalid_claims_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(bad_claims); i++) {
		struct token token = {.user_id = "untouched"};

		if (verify_row(&token, &bad_claims[i]) != ERR_TOKEN)
			fail_msg("taken: %s", bad_claims[i].claims);
		assert_string_equal(token.user_id, "untouched");
	}
}

static void test_valid_claims_are_accepted(void **state)
{
	static const struct row rows[] = {
	    {"{\"user_id\":\"u1\",\"exp\":NOW}", 60},
	    {"{\"user_id\":\"u1\",\"exp\":NOW}", DAY},
	    {"{\"user_id\":\"u1\",\"exp\":SOON,\"nbf\":NOW}", 0},
	    {"{\"user_id\":\"u1\",\"exp\":SOON,\"nbf\":NOW}", 3}, /* a clock that is fast */
	    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":NOW}", 55},
	    {"{\"user_id\":\"u1\",\"exp\":SOON,\"iat\":NOW}", 60 - DAY},
	    {"{\"user_id\":\"u1\",\"exp\":SOON,\"aud\":\"shop\",\"other\":[1]}", 0},
	    {"{\"user_id\":\"1234567890123456789012345678901234567890123456789012345678901234\","
	     "\"exp\":NOW}",
	     60},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct token token;

		if (verify_row(&token, &rows[i]) != OK)
			fail_msg("refused: %s", rows[i].claims);
		assert_int_equal(token.role, ROLE_CUSTOMER);
	}
}

static void test_own_token_expires(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(token_sign(&text, arena, "u1", ROLE_CUSTOMER, 0), OK);
	refuse(text);
}

/* ---- people and services ---- */

struct kind_row {
	const char *secret, *claims; /* of a token that is valid for another minute */
	enum err now, next;          /* in this version, and without token_compat */
};

static const char *claims_of(const struct kind_row *row)
{
	return arena_printf(arena, "{\"user_id\":\"u1\",\"exp\":%lld%s}", (long long)now() + 60,
			    row->claims);
}

/* Secret and audience must both be those of the role. */
static void test_secret_signs_only_its_kind(void **state)
{
#define FOR(aud) ",\"aud\":\"" aud "\""
#define AS(role) ",\"role\":\"" role "\""
	static const struct kind_row rows[] = {
	    {SECRET, FOR("shop") AS("admin"), OK, OK},
	    {SECRET, FOR("shop"), OK, OK},
	    {SECRET, FOR("shop") AS("service"), ERR_TOKEN, ERR_TOKEN},
	    {SECRET, FOR("shop-internal") AS("service"), ERR_TOKEN, ERR_TOKEN},
	    {SECRET, FOR("shop-internal") AS("admin"), ERR_TOKEN, ERR_TOKEN},
	    {SERVICE, FOR("shop-internal") AS("service"), OK, OK},
	    {SERVICE, FOR("shop") AS("service"), ERR_TOKEN, ERR_TOKEN},
	    {SERVICE, FOR("shop-internal") AS("admin"), ERR_TOKEN, ERR_TOKEN},
	    {SERVICE, FOR("shop-internal"), ERR_TOKEN, ERR_TOKEN},
	    {SERVICE, FOR("shop") AS("customer"), ERR_TOKEN, ERR_TOKEN},
	    {SERVICE, AS("service"), ERR_TOKEN, ERR_TOKEN},
	    {SERVICE, AS("admin"), ERR_TOKEN, ERR_TOKEN},
	    /* of the previous version */
	    {SECRET, AS("service"), OK, ERR_TOKEN},
	    {SECRET, AS("admin"), OK, ERR_TOKEN},
	    {SECRET, "", OK, ERR_TOKEN},
	};
	struct token token;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		const char *claims = claims_of(&rows[i]);

		token_compat = true;
		if (verify_signed(&token, claims, rows[i].secret) != rows[i].now)
			fail_msg("now: %zu %s", i, claims);
		token_compat = false;
		if (verify_signed(&token, claims, rows[i].secret) != rows[i].next)
			fail_msg("next: %zu %s", i, claims);
		token_compat = true;
	}
}

static enum err verify_sent(const char *text, bool compat)
{
	struct token token;
	enum err e;

	token_compat = compat;
	e = token_verify(&token, text);
	token_compat = true;
	return e;
}

static void test_compat_token_is_accepted(void **state)
{
	const char *before, *after;

	(void)state;
	assert_int_equal(token_compat_sign(&before, arena, "service", ROLE_SERVICE, 60), OK);
	assert_int_equal(verify_sent(before, true), OK);
	assert_int_equal(verify_sent(before, false), ERR_TOKEN);
	assert_int_equal(token_sign(&after, arena, "service", ROLE_SERVICE, 60), OK);
	assert_int_equal(verify_sent(after, false), OK);
}

static void test_service_secret_is_rotated(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(token_sign(&text, arena, "service", ROLE_SERVICE, 60), OK);
	assert_int_equal(token_init_service("0123456789abcdef0123456789abcde", ""), ERR_INVALID);
	assert_int_equal(token_init_service(SERVICE "2", "too short"), ERR_INVALID);
	assert_int_equal(token_init_service(SERVICE "2", SERVICE), OK);
	assert_int_equal(verify_sent(text, true), OK);
	assert_int_equal(token_init_service(SERVICE "2", ""), OK);
	assert_int_equal(verify_sent(text, true), ERR_TOKEN);
	assert_int_equal(token_init_service(SERVICE, ""), OK);
	assert_int_equal(verify_sent(text, true), OK);
}

static void test_token_has_unique_jti(void **state)
{
	char ids[2][33];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *text, *dot, *id;

		assert_int_equal(token_sign(&text, arena, "u1", ROLE_CUSTOMER, 60), OK);
		dot = strchr(text, '.') + 1;
		id = json_object_get_string(
		    json_object_object_get(decode_part(dot, strcspn(dot, ".")), "jti"));
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		snprintf(ids[i], sizeof ids[i], "%s", id);
	}
	assert_string_not_equal(ids[0], ids[1]);
}

static int init(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena && !token_init(SECRET) && !token_init_service(SERVICE, "") ? 0 : -1;
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
	    cmocka_unit_test(test_invalid_claims_are_refused),
	    cmocka_unit_test(test_valid_claims_are_accepted),
	    cmocka_unit_test(test_own_token_expires),
	    cmocka_unit_test(test_secret_signs_only_its_kind),
	    cmocka_unit_test(test_compat_token_is_accepted),
	    cmocka_unit_test(test_service_secret_is_rotated),
	    cmocka_unit_test(test_token_has_unique_jti),
	};

	return cmocka_run_group_tests_name("token claims", tests, init, end);
}
