/*
 * Tokens. The first byte of the input determines the meaning of the rest: a token that a client
 * sends, the two JSON texts of a correctly signed token, or a user id for a token of the project.
 * An accepted token has a signature and the claims that token.h requires, according to a second
 * parser.
 */
#include <sodium.h>

#include "clock.h"
#include "fuzz.h"
#include "json.h"
#include "token.h"

enum { BASE64URL = sodium_base64_VARIANT_URLSAFE_NO_PADDING, DAY = 24 * 60 * 60, TEXT_SIZE = 8192 };

static const char people_secret[] = "0123456789abcdef0123456789abcdef";
static const char service_secret[] = "fedcba9876543210fedcba9876543210";

static void set_secrets(void)
{
	static bool done;

	if (done)
		return;
	REQUIRE(sodium_init() >= 0);
	REQUIRE(token_init(people_secret) == OK && token_init_service(service_secret, "") == OK);
	token_compat = false;
	done = true;
}

/* A refused token leaves the output unchanged. */
static bool accepted(struct token *token, const char *text)
{
	struct token read = {.user_id = "untouched", .expires = -1};
	enum err e = token_verify(&read, text);

	REQUIRE(e == OK || e == ERR_TOKEN);
	if (e)
		REQUIRE(strcmp(read.user_id, "untouched") == 0 && read.expires == -1);
	*token = read;
	return !e;
}

/* ---- tokens that are signed here ---- */

static const char *sign(struct arena *arena, const char *header, const char *claims,
			const char *secret)
{
	char a[TEXT_SIZE], b[TEXT_SIZE], c[TEXT_SIZE];
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	const char *text;

	sodium_bin2base64(a, sizeof a, (const unsigned char *)header, strlen(header), BASE64URL);
	sodium_bin2base64(b, sizeof b, (const unsigned char *)claims, strlen(claims), BASE64URL);
	text = arena_printf(arena, "%s.%s", a, b);
	REQUIRE(text);
	crypto_auth_hmacsha256(mac, (const unsigned char *)text, strlen(text),
			       (const unsigned char *)secret);
	sodium_bin2base64(c, sizeof c, mac, sizeof mac, BASE64URL);
	text = arena_printf(arena, "%s.%s", text, c);
	REQUIRE(text);
	return text;
}

/* Parses a JSON object; NULL if json_check() refuses the text. */
static struct json_object *object_of(struct arena *arena, const char *text)
{
	struct json_object *object = NULL;
	size_t at;

	if (json_parse(&object, &at, arena, text, strlen(text)) ||
	    !json_object_is_type(object, json_type_object))
		return NULL;
	return object;
}

static bool is_text(struct json_object *object, const char *name, const char *text)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	return json_object_is_type(value, json_type_string) &&
	       strcmp(json_object_get_string(value), text) == 0;
}

static bool has(struct json_object *object, const char *name)
{
	return json_object_object_get_ex(object, name, NULL);
}

/* The claim's value, or `absent`. */
static int64_t integer_of(struct json_object *object, const char *name, int64_t absent)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		return absent;
	REQUIRE(json_object_is_type(value, json_type_int));
	return json_object_get_int64(value);
}

static void check_header(struct json_object *header)
{
	REQUIRE(is_text(header, "alg", "HS256"));
	REQUIRE(!has(header, "crit"));
}

static void check_claims(const struct token *token, struct json_object *claims, bool service)
{
	int64_t now = clock_now_ms() / 1000, expires = integer_of(claims, "exp", 0);
	int64_t issued = integer_of(claims, "iat", now);
	size_t len = strlen(token->user_id);

	REQUIRE(len >= 1 && len <= USER_ID_MAX && is_text(claims, "user_id", token->user_id));
	REQUIRE(is_text(claims, "aud", service ? "shop-internal" : "shop"));
	REQUIRE(service == (token->role == ROLE_SERVICE));
	if (has(claims, "role"))
		REQUIRE(is_text(claims, "role", role_name(token->role)));
	else
		REQUIRE(token->role == ROLE_CUSTOMER);
	REQUIRE(token->expires == expires && expires > now - 1);
	REQUIRE(issued <= now + 60 && expires - issued <= DAY);
	REQUIRE(integer_of(claims, "nbf", 0) <= now + 60);
}

/* Replaces NOW, NOW+60, NOW-60 and so on by times in seconds, because fixed times in the corpus
 * would expire. */
static const char *with_times(struct arena *arena, const char *text)
{
	enum { OFFSET_MAX = 10 * DAY };
	const char *made = "", *mark;

	for (mark = strstr(text, "NOW"); mark; mark = strstr(text, "NOW")) {
		char *end = (char *)(uintptr_t)mark + 3;
		long long offset = *end == '+' || *end == '-' ? strtoll(end, &end, 10) : 0;

		offset = offset % OFFSET_MAX + clock_now_ms() / 1000;
		made = arena_printf(arena, "%s%.*s%lld", made, (int)(mark - text), text, offset);
		REQUIRE(made);
		text = end;
	}
	made = arena_printf(arena, "%s%s", made, text);
	REQUIRE(made);
	return made;
}

static void check_signed(struct fuzz_input *in, struct arena *arena, bool service)
{
	const char *header_text = fuzz_line(in, arena);
	const char *claims_text = with_times(arena, fuzz_rest(in, arena));
	struct json_object *header, *claims;
	struct token token;

	if (strlen(header_text) + strlen(claims_text) > TOKEN_TEXT_MAX)
		return;
	if (!accepted(&token, sign(arena, header_text, claims_text,
				   service ? service_secret : people_secret)))
		return;
	/* libjwt accepts JSON texts that json_check() refuses. Only a holder of the secret can sign
	 * them. */
	header = object_of(arena, header_text);
	claims = object_of(arena, claims_text);
	if (header)
		check_header(header);
	if (claims)
		check_claims(&token, claims, service);
}

/* ---- tokens of the project ---- */

/* A signed token is accepted; with any character changed, it is refused. */
static void check_own(struct fuzz_input *in, struct arena *arena)
{
	enum role role = fuzz_byte(in) & 1 ? ROLE_SERVICE : ROLE_CUSTOMER;
	size_t where = fuzz_byte(in) * 256u + fuzz_byte(in);
	char other = (char)fuzz_byte(in);
	const char *user_id = fuzz_rest(in, arena), *text;
	struct token token;
	char *changed;

	/* A user id is an object id, or the name of a service. */
	if (!*user_id || strlen(user_id) > USER_ID_MAX ||
	    strspn(user_id, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(user_id))
		return;
	REQUIRE(token_sign(&text, arena, user_id, role, TOKEN_LIFETIME) == OK);
	REQUIRE(accepted(&token, text));
	REQUIRE(strcmp(token.user_id, user_id) == 0 && token.role == role);
	changed = arena_strndup(arena, text, strlen(text));
	REQUIRE(changed);
	changed[where % strlen(text)] = other;
	REQUIRE(accepted(&token, changed) == (strcmp(changed, text) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = fuzz_arena();
	struct fuzz_input in = {data, size};
	struct token token;
	uint8_t choice = fuzz_byte(&in);

	set_secrets();
	if (choice == 's' || choice == 'p')
		check_signed(&in, arena, choice == 's');
	else if (choice == 'o')
		check_own(&in, arena);
	else
		REQUIRE(!accepted(&token, fuzz_rest(&in, arena)));
	return 0;
}
