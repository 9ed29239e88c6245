#include "token.h"

#include <errno.h>
#include <jwt.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
	NBF_LEEWAY = 5,  /* seconds: the clocks of two machines differ */
	IAT_LEEWAY = 60, /* seconds */
	LIFETIME_MAX = 24 * 60 * 60,
	JTI_BYTES = 16,
	ABSENT = EINVAL, /* errno of jwt_get_…s_json() for an absent claim; ENOMEM is an error */
};

struct secret {
	const char *text; /* NULL: no secret is set */
	int len;
};

/* The callers whose tokens a secret signs. */
enum kind { PEOPLE, SERVICES, N_KINDS };
enum { SIGNING = TOKEN_SECRET, ACCEPTED = TOKEN_SECRET_OLD, N_SECRETS = TOKEN_SECRETS };

static const char *const audiences[N_KINDS] = {[PEOPLE] = "shop", [SERVICES] = "shop-internal"};
static struct secret secrets[N_KINDS][N_SECRETS];
static int64_t staff_since; /* seconds since 1970 */

bool token_compat = true;

/* ---- signing ---- */

static enum err set_secret(struct secret *secret, const char *text)
{
	size_t len = strlen(text);

	if (len < TOKEN_SECRET_MIN || len > INT_MAX)
		return ERR_INVALID;
	*secret = (struct secret){text, (int)len};
	return OK;
}

enum err token_init(const char *text)
{
	return set_secret(&secrets[PEOPLE][SIGNING], text);
}

static enum err accept_old(enum kind kind, const char *old)
{
	secrets[kind][ACCEPTED] = (struct secret){0};
	return *old ? set_secret(&secrets[kind][ACCEPTED], old) : OK;
}

enum err token_accept(const char *old, int64_t since)
{
	staff_since = since;
	return accept_old(PEOPLE, old);
}

enum err token_init_service(const char *text, const char *old)
{
	enum err e = set_secret(&secrets[SERVICES][SIGNING], text);

	return e ? e : accept_old(SERVICES, old);
}

static const unsigned char *key(const struct secret *secret)
{
	return (const unsigned char *)secret->text;
}

static int64_t now_seconds(void)
{
	return clock_now_ms() / 1000;
}

struct claims {
	const char *user_id, *role;
	const char *audience; /* NULL: neither aud nor jti */
	int64_t lifetime;
};

static enum err sign(const char **text, struct arena *arena, const struct secret *secret,
		     const struct claims *claims)
{
	int64_t now = now_seconds();
	unsigned char bytes[JTI_BYTES];
	char jti[2 * JTI_BYTES + 1];
	char *copy, *encoded = NULL;
	jwt_t *jwt;
	bool ok;

	if (!secret->text || !claims->role)
		return ERR_INTERNAL;
	if (jwt_new(&jwt))
		return ERR_NO_MEMORY;
	ok = !jwt_set_alg(jwt, JWT_ALG_HS256, key(secret), secret->len) &&
	     !jwt_add_grant(jwt, "user_id", claims->user_id) &&
	     !jwt_add_grant(jwt, "role", claims->role) && !jwt_add_grant_int(jwt, "iat", now) &&
	     !jwt_add_grant_int(jwt, "exp", now + claims->lifetime);
	if (ok && claims->audience) {
		randombytes_buf(bytes, sizeof bytes);
		sodium_bin2hex(jti, sizeof jti, bytes, sizeof bytes);
		ok =
		    !jwt_add_grant(jwt, "jti", jti) && !jwt_add_grant(jwt, "aud", claims->audience);
	}
	if (ok)
		encoded = jwt_encode_str(jwt);
	jwt_free(jwt);
	copy = encoded ? arena_strndup(arena, encoded, strlen(encoded)) : NULL;
	free(encoded);
	if (!copy)
		return ERR_NO_MEMORY;
	*text = copy;
	return OK;
}

static enum kind kind_of(enum role role)
{
	return role & ROLES_SERVICE ? SERVICES : PEOPLE;
}

enum err token_sign(const char **text, struct arena *arena, const char *user_id, enum role role,
		    int64_t lifetime)
{
	enum kind kind = kind_of(role);

	return sign(text, arena, &secrets[kind][SIGNING],
		    &(struct claims){user_id, role_name(role), audiences[kind], lifetime});
}

enum err token_compat_sign(const char **text, struct arena *arena, const char *user_id,
			   enum role role, int64_t lifetime)
{
	return sign(text, arena, &secrets[PEOPLE][SIGNING],
		    &(struct claims){user_id, role_name(role), NULL, lifetime});
}

/* ---- message authentication codes ---- */

_Static_assert(TOKEN_MAC_SIZE == crypto_auth_hmacsha256_BYTES, "a MAC fits exactly");

static void hmac(unsigned char mac[static TOKEN_MAC_SIZE], const unsigned char *key_bytes,
		 size_t key_len, const void *data, size_t len)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key_bytes, key_len);
	crypto_auth_hmacsha256_update(&state, data, len);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof state);
}

bool token_mac(unsigned char mac[static TOKEN_MAC_SIZE], enum token_secret which,
	       const char *purpose, const void *data, size_t len)
{
	const struct secret *secret = &secrets[PEOPLE][which];
	unsigned char derived[TOKEN_MAC_SIZE];

	if (!secret->text)
		return false;
	hmac(derived, key(secret), (size_t)secret->len, purpose, strlen(purpose));
	hmac(mac, derived, sizeof derived, data, len);
	sodium_memzero(derived, sizeof derived);
	return true;
}

/* ---- verification ---- */

/* Whether a text has three parts in base64url (RFC 7515, 7.1). libjwt ignores other characters, and
 * fails on an empty part. */
static bool is_well_formed(const char *text)
{
	static const char base64url[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	if (strnlen(text, TOKEN_TEXT_MAX + 1) > TOKEN_TEXT_MAX)
		return false;
	for (int part = 0; part < 3; part++) {
		size_t len = strspn(text, base64url);

		if (!len || text[len] != (part < 2 ? '.' : '\0'))
			return false;
		text += len + 1;
	}
	return true;
}

/* Only HS256, without critical extensions (RFC 7515, 4.1.11). */
static bool header_is_allowed(jwt_t *jwt)
{
	const char *alg = jwt_get_header(jwt, "alg");
	char *critical = jwt_get_headers_json(jwt, "crit");
	bool allowed = alg && strcmp(alg, "HS256") == 0 && !critical && errno == ABSENT;

	free(critical);
	return allowed;
}

/* Reads an integer claim; an absent claim leaves *value unchanged. false for any other type, which
 * libjwt would read as 0. */
static bool int_claim(int64_t *value, jwt_t *jwt, const char *name)
{
	char *json = jwt_get_grants_json(jwt, name), *end;
	bool valid;

	if (!json)
		return errno == ABSENT;
	*value = strtoll(json, &end, 10); /* jansson rejects numbers that are too large */
	valid = end > json && !*end;
	free(json);
	return valid;
}

/* Checks exp, nbf and iat, after the role. Without iat the token is taken as issued now, except
 * that tokens of staff must have been issued after `staff_since`. */
static bool times_are_valid(struct token *token, jwt_t *jwt)
{
	bool needs_issue = staff_since && token->role & ROLES_STAFF;
	int64_t now = now_seconds(), issued = needs_issue ? 0 : now, not_before = 0;

	token->expires = 0;
	return int_claim(&token->expires, jwt, "exp") && int_claim(&not_before, jwt, "nbf") &&
	       int_claim(&issued, jwt, "iat") && token->expires > now &&
	       not_before <= now + NBF_LEEWAY && issued >= 0 && issued <= now + IAT_LEEWAY &&
	       token->expires - issued <= LIFETIME_MAX && (!needs_issue || issued > staff_since);
}

/* Whether the token was made for this use: signed by the secret of its role, with the audience of
 * that secret. */
static bool audience_fits(const struct token *token, enum kind kind, jwt_t *jwt)
{
	const char *audience = jwt_get_grant(jwt, "aud");

	if (!audience)
		return token_compat && kind == PEOPLE && errno == ENOENT;
	return kind == kind_of(token->role) && strcmp(audience, audiences[kind]) == 0;
}

static bool read_claims(struct token *token, jwt_t *jwt)
{
	const char *user_id = jwt_get_grant(jwt, "user_id"), *role;
	size_t len = user_id ? strlen(user_id) : 0;

	if (!len || len > USER_ID_MAX)
		return false;
	memcpy(token->user_id, user_id, len + 1);
	role = jwt_get_grant(jwt, "role");
	if (role)
		return role_parse(&token->role, role);
	token->role = ROLE_CUSTOMER;
	return errno == ENOENT; /* absent: another type has another errno */
}

/* Decodes a token that one of the secrets signed; *kind is the kind of that secret. The caller
 * frees *jwt. */
static enum err decode(jwt_t **jwt, enum kind *kind, const char *text)
{
	for (size_t i = 0; i < N_KINDS * N_SECRETS; i++) {
		const enum kind tried = (enum kind)(i % N_KINDS);
		const struct secret *secret = &secrets[tried][i / N_KINDS];
		int failed;

		/* libjwt checks no signature if it gets no key. */
		if (!secret->text)
			continue;
		failed = jwt_decode(jwt, text, key(secret), secret->len);
		if (!failed) {
			*kind = tried;
			return OK;
		}
		if (failed == ENOMEM)
			return ERR_NO_MEMORY;
	}
	return ERR_TOKEN;
}

enum err token_verify(struct token *token, const char *text)
{
	struct token read;
	enum kind kind;
	bool valid;
	jwt_t *jwt;
	enum err e = is_well_formed(text) ? decode(&jwt, &kind, text) : ERR_TOKEN;

	if (e)
		return e;
	valid = header_is_allowed(jwt) && read_claims(&read, jwt) &&
		audience_fits(&read, kind, jwt) && times_are_valid(&read, jwt);
	jwt_free(jwt);
	if (!valid)
		return ERR_TOKEN;
	*token = read;
	return OK;
}
