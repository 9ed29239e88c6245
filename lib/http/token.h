/*
 * Bearer tokens: JWT with HS256 (RFC 7519, RFC 7515), by libjwt. libjwt accepts `alg: none` with an
 * empty key and any HMAC length with the same key, and checks neither exp nor nbf. So all of that
 * is checked here.
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
	TOKEN_LIFETIME = 2 * 60 * 60, /* seconds; tokens of people */
	TOKEN_SERVICE_LIFETIME = 60,  /* seconds */
	USER_ID_MAX = 64,
	TOKEN_MAC_SIZE = 32,
};

struct token {
	char user_id[USER_ID_MAX + 1];
	enum role role;
	int64_t expires; /* seconds since 1970 */
};

/* Sets the secret that signs people's tokens, once, before any thread. The text is borrowed until
 * the process ends. ERR_INVALID if it is shorter than TOKEN_SECRET_MIN. */
enum err token_init(const char *secret) MUST_CHECK;

/* The same for the tokens of role `service`; `old` is a second secret whose tokens are accepted,
 * "" for none. Without this call no service token is signed or accepted. ERR_INVALID as above. */
enum err token_init_service(const char *secret, const char *old) MUST_CHECK;

/* Sets what else is accepted, also before any thread. Tokens that `old` signed are accepted, but
 * it signs none: the previous secret or the next one; "" for none. Tokens of staff are accepted
 * only if they were issued after `staff_since` (seconds since 1970; 0: any), so that a role can be
 * revoked at once. ERR_INVALID as above. */
enum err token_accept(const char *old, int64_t staff_since) MUST_CHECK;

/* Signs a token in the arena with the secret of its role; it is valid for `lifetime` seconds.
 * Claims: user_id, role, iat, exp, a random jti, and aud, which differs between people and
 * services. ERR_INTERNAL without that secret, or if `role` is no single role. */
enum err token_sign(const char **text, struct arena *arena, const char *user_id, enum role role,
		    int64_t lifetime) MUST_CHECK;

/* Checks form, algorithm, signature, times and claims. ERR_TOKEN if any is invalid, ERR_NO_MEMORY.
 * Without the claim `role` the role is customer. A token that is valid for more than a day, or was
 * issued more than a minute in the future, is invalid. The caller must refuse the role `service` on
 * public listeners. */
enum err token_verify(struct token *token, const char *text) MUST_CHECK;

enum token_secret { TOKEN_SECRET, TOKEN_SECRET_OLD, TOKEN_SECRETS };

/* HMAC-SHA256 of some bytes. The key is derived from a secret and `purpose`, a constant, so that a
 * MAC is valid for one purpose only, and never as a token. false if that secret isn't set. */
bool token_mac(unsigned char mac[static TOKEN_MAC_SIZE], enum token_secret which,
	       const char *purpose, const void *data, size_t len) MUST_CHECK;

/*
 * Compatibility with the previous version, for one version. Its tokens have no aud, its JWT_SECRET
 * also signs tokens of role `service`, and its processes accept no others. While processes of both
 * versions call each other, such tokens are accepted, and a call between services that is answered
 * 401 is repeated with one. The next version deletes all uses of token_compat.
 */
extern bool token_compat; /* true; tests disable it to check the next version */

/* Signs a token as the previous version did: with JWT_SECRET for every role, without aud and jti.
 * Errors as token_sign(). */
enum err token_compat_sign(const char **text, struct arena *arena, const char *user_id,
			   enum role role, int64_t lifetime) MUST_CHECK;

#endif
