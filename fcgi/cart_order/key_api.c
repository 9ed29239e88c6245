/* The header Idempotency-Key: how it is read, and how a call that has one is answered. */
#include "key_api.h"

#include <string.h>

#include "failpoint.h"

enum err key_read(struct key *key, struct req *rq, const char *route, const char *user_id)
{
	const char *value;
	size_t len = 0;

	*key = (struct key){0};
	if (req_single_param(&value, rq, "HTTP_IDEMPOTENCY_KEY"))
		return ERR_IDEMPOTENCY_KEY;
	if (!value || failpoint_is_set("idempotency"))
		return OK;
	while (value[len] >= '!' && value[len] <= '~')
		len++;
	if (value[len] || len < 1 || len > KEY_MAX)
		return ERR_IDEMPOTENCY_KEY;
	/* Neither a route nor a user id has a | in it. */
	key->id = arena_printf(req_ctx(rq)->arena, "%s|%s|%s", route, user_id, value);
	key->request = req_input_text(rq);
	return key->id && key->request ? OK : ERR_NO_MEMORY;
}

enum err key_reply(struct req *rq, const char *answer)
{
	return req_reply_text(rq, answer, strlen(answer));
}

enum err key_refuse(struct req *rq)
{
	return req_invalid(rq, "header", "Idempotency-Key",
			   "Key should not have been used with another request");
}
