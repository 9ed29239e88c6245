/*
 * Bearer tokens: JWT with HS256 (RFC 7519, RFC 7515), on libjwt, whose own checks are too lax to
 * be relied on: it takes `alg: none` with an empty key, any HMAC length with the same key, and
 * looks at neither exp nor nbf. So all of that is checked here.
 */
#ifndef LIB_TOKEN_H
#define LIB_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "role.h"

enum {
	TOKEN_SECRET_MIN = 32, /* bytes: RFC 7518, 3.2 */
	TOKEN_TEXT_MAX = 2048,
	TOKEN_LIFETIME = 2 * 60 * 60, /* seconds, of a person's token */
	TOKEN_SERVICE_LIFETIME = 60,
	USER_ID_MAX = 64,
	TOKEN_MAC_SIZE = 32,
};

struct token {
	char user_id[USER_ID_MAX + 1];
	enum role role;
	int64_t expires; /* seconds since 1970 */
};

/* Sets the secret that signs people's tokens, once, before any thread. The text is borrowed for
 * good. ERR_INVALID where it is shorter than TOKEN_SECRET_MIN. */
enum err token_init(const char *secret) MUST_CHECK;

/* The same for the tokens of role `service`; `old` is a second secret whose tokens are accepted,
 * "" for none. Without this call no service token is signed or accepted. ERR_INVALID as above. */
enum err token_init_service(const char *secret, const char *old) MUST_CHECK;

/* What else holds, likewise set before any thread. `old` is a second secret whose tokens are taken,
 * but never made: the one before, or the next one; "" for none. Tokens of staff are accepted only
 * where they were made after `staff_since` (seconds since 1970; 0: any): so a role is taken away at
 * once. ERR_INVALID as above. */
enum err token_accept(const char *old, int64_t staff_since) MUST_CHECK;

/* Signs a token in the arena that is valid from now on for `lifetime` seconds, with the secret of
 * its role. Claims: user_id, role, iat, exp, a random jti, and aud, which differs between people
 * and services. ERR_INTERNAL without that secret, or where `role` is no single role. */
enum err token_sign(const char **text, struct arena *arena, const char *user_id, enum role role,
		    int64_t lifetime) MUST_CHECK;

/* Checks form, algorithm, signature, times and claims. ERR_TOKEN for any fault, ERR_NO_MEMORY
 * without memory; a token without the claim `role` is a customer's. A token that is valid for more
 * than a day, or that was issued more than a minute in the future, is refused. The caller refuses
 * the role `service` where it must not be used: on public listeners. */
enum err token_verify(struct token *token, const char *text) MUST_CHECK;

enum token_secret { TOKEN_SECRET, TOKEN_SECRET_OLD, TOKEN_SECRETS };

/* HMAC-SHA256 of some bytes under a key that is derived from a secret for one purpose: so nothing
 * made for one of them passes for another, or for a token. `purpose` is a constant. false where
 * there is no such secret. */
bool token_mac(unsigned char mac[static TOKEN_MAC_SIZE], enum token_secret which,
	       const char *purpose, const void *data, size_t len) MUST_CHECK;

/*
 * Compatibility with the version before, for one version: its tokens have no aud, JWT_SECRET signs
 * those of role `service` too, and its processes accept no others. While old and new processes call
 * each other, such tokens are accepted, and a service call that is answered 401 is repeated with
 * one. The next version deletes all that names token_compat.
 */
extern bool token_compat; /* true; tests turn it off to see what the next version does */

/* Signs a token as the version before did, with JWT_SECRET whatever the role. Errors as
 * token_sign(). */
enum err token_compat_sign(const char **text, struct arena *arena, const char *user_id,
			   enum role role, int64_t lifetime) MUST_CHECK;

#endif
