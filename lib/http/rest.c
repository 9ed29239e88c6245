#include "rest.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "span.h"
#include "token.h"

enum {
	CONNECT_TIMEOUT_MS = 300,
	TOKEN_RENEW = 30, /* seconds before its expiry; also allows for different clocks */
	UNAUTHORIZED = 401,
	ANSWER_SIZE_FIRST = 16 * 1024,
};

static const char *base;

enum err rest_init(const char *base_url)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || sodium_init() < 0)
		return ERR_INTERNAL;
	base = base_url;
	return OK;
}

/* ---- the service's own tokens: a process has one of each form ---- */

struct own_token {
	enum err (*sign)(const char **text, struct arena *arena, const char *user_id,
			 enum role role, int64_t lifetime);
	char text[TOKEN_TEXT_MAX + 1];
	int64_t renew_at; /* clock_now_ms() */
};

static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;
static struct own_token own = {.sign = token_sign};
static struct own_token own_compat = {.sign = token_compat_sign}; /* see token_compat */

/* Makes the header in the arena. Signs the token again when it expires soon. */
static enum err authorization(const char **header, struct own_token *token, struct arena *arena)
{
	int64_t now = clock_now_ms();
	const char *text;
	enum err e = OK;

	pthread_mutex_lock(&own_lock);
	if (now >= token->renew_at) {
		e = token->sign(&text, arena, "service", ROLE_SERVICE, TOKEN_SERVICE_LIFETIME);
		if (!e && strlen(text) > TOKEN_TEXT_MAX)
			e = ERR_INTERNAL;
		if (!e) {
			memcpy(token->text, text, strlen(text) + 1);
			token->renew_at = now + (TOKEN_SERVICE_LIFETIME - TOKEN_RENEW) * 1000;
		}
	}
	if (!e) {
		*header = arena_printf(arena, "Authorization: Bearer %s", token->text);
		e = *header ? OK : ERR_NO_MEMORY;
	}
	pthread_mutex_unlock(&own_lock);
	return e;
}

/* ---- headers ---- */

static bool add_header(struct curl_slist **headers, const char *header)
{
	struct curl_slist *longer = header ? curl_slist_append(*headers, header) : NULL;

	if (longer)
		*headers = longer;
	return longer != NULL;
}

/* ---- the answer's body ---- */

struct body {
	char *data; /* allocated by malloc(), ends with a NUL; NULL: empty */
	size_t len, size;
};

/* Callback of libcurl, which ends the transfer if another number of bytes than `one` * `n` is
 * returned. */
static size_t body_append(const char *data, size_t one, size_t n, void *into)
{
	struct body *body = into;
	size_t more = one * n, size = body->size ? body->size : ANSWER_SIZE_FIRST;

	if (more > REST_ANSWER_MAX - body->len)
		return 0;
	while (size < body->len + more + 1)
		size *= 2;
	if (size != body->size) {
		char *grown = realloc(body->data, size);

		if (!grown)
			return 0;
		body->data = grown;
		body->size = size;
	}
	memcpy(body->data + body->len, data, more);
	body->len += more;
	body->data[body->len] = '\0';
	return more;
}

/* ---- the connection of a thread ---- */

static _Thread_local CURL *connection;

static const struct {
	CURLoption option;
	long value;
} long_options[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_MAXCONNECTS, 1},
    /* Seconds: a restarted gateway may have another address. */
    {CURLOPT_DNS_CACHE_TIMEOUT, 2},
    /* Without it a call, and the end of its thread, would wait for the thread that resolves the
     * name, as long as the name server doesn't answer. */
    {CURLOPT_QUICK_EXIT, 1},
};

void rest_thread_end(void)
{
	curl_easy_cleanup(connection);
	connection = NULL;
}

/* ---- the call ---- */

static int64_t time_left(const struct ctx *ctx, const struct rest_call *call)
{
	int64_t left = ctx->deadline - clock_mono_ms();

	return left < call->timeout_ms ? left : call->timeout_ms;
}

/* Sends the request on a connection that has its headers, and reads the answer into the arena. */
static enum err perform(struct rest_answer *answer, struct ctx *ctx, CURL *curl, const char *url,
			const struct rest_call *call)
{
	int64_t left = time_left(ctx, call);
	struct body body = {0};
	const char *text;
	long status = 0;
	CURLcode failed;

	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	/* 0 would be no timeout. */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left > 0 ? (long)left : 1L);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, call->once ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L); /* removes the body of the last call */
	if (call->body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
	failed = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	if (!failed)
		failed = curl_easy_setopt(curl, CURLOPT_URL, url);
	if (!failed)
		failed = curl_easy_perform(curl);
	if (failed) {
		log_event(LOG_WARNING, ctx, "call.failed method=%s path=%s reason=%s", call->method,
			  call->path, curl_easy_strerror(failed));
		free(body.data);
		return failed == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT
		       : failed == CURLE_OUT_OF_MEMORY    ? ERR_NO_MEMORY
							  : ERR_UNAVAILABLE;
	}
	text = body.data ? arena_defer(ctx->arena, free, body.data) : "";
	if (!text)
		return ERR_NO_MEMORY;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*answer = (struct rest_answer){.status = (int)status, .body = text, .len = body.len};
	return OK;
}

/* Makes the call with one form of the token. The call is a span of its own, a child of the work's
 * span. */
static enum err call_with(struct rest_answer *answer, struct ctx *ctx, CURL *curl,
			  struct own_token *token, const struct rest_call *call)
{
	const char *url = arena_printf(ctx->arena, "%s%s", base, call->path), *auth;
	int64_t duration_us, began_us = clock_mono_us();
	struct curl_slist *headers = NULL;
	char traceparent[TRACEPARENT_LEN + 1];
	int status;
	enum err e = url ? authorization(&auth, token, ctx->arena) : ERR_NO_MEMORY;

	if (e)
		return e;
	ctx_new_span(traceparent, ctx);
	if (!add_header(&headers, auth) ||
	    !add_header(&headers, arena_printf(ctx->arena, "X-Request-ID: %s", ctx->request_id)) ||
	    !add_header(&headers, arena_printf(ctx->arena, "traceparent: %s", traceparent)) ||
	    !add_header(&headers, "Expect:") || /* no "100-continue": the server is near */
	    (call->body && !add_header(&headers, "Content-Type: application/json"))) {
		e = ERR_NO_MEMORY;
	} else {
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		e = perform(answer, ctx, curl, url, call);
		status = e ? 0 : answer->status;
		duration_us = clock_mono_us() - began_us;
		log_call(ctx, traceparent, call->method, call->path, status, duration_us);
		span_note(ctx, &(struct span_end){
				   .type = SPAN_CALL,
				   .traceparent = traceparent,
				   .verb = call->method,
				   .target = call->path,
				   .status = status,
				   .failed = !status || status >= 400,
				   .duration_us = duration_us,
			       });
	}
	curl_slist_free_all(headers);
	return e;
}

enum err rest_do(struct rest_answer *answer, struct ctx *ctx, const struct rest_call *call)
{
	CURL *curl = connection ? connection : curl_easy_init();
	enum err e;

	if (!curl)
		return ERR_NO_MEMORY;
	if (!connection) {
		for (size_t i = 0; i < sizeof long_options / sizeof long_options[0]; i++)
			curl_easy_setopt(curl, long_options[i].option, long_options[i].value);
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_append);
		/* An empty proxy also disables those of environment variables. */
		if (curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") ||
		    curl_easy_setopt(curl, CURLOPT_PROXY, "")) {
			curl_easy_cleanup(curl);
			return ERR_NO_MEMORY;
		}
		connection = curl;
	}
	if (time_left(ctx, call) <= 0) {
		log_event(LOG_WARNING, ctx, "call.no_time_left method=%s path=%s", call->method,
			  call->path);
		return ERR_TIMEOUT;
	}
	e = call_with(answer, ctx, curl, &own, call);
	/* A server that rejects a token has changed nothing, so any method may be repeated. */
	if (!e && answer->status == UNAUTHORIZED && token_compat)
		e = call_with(answer, ctx, curl, &own_compat, call);
	return e;
}

/* ---- reading ---- */

enum { OMITTED_LOGGED_MAX = 20 }; /* for one answer */

enum err rest_bad_answer(const struct ctx *ctx)
{
	log_event(LOG_ERROR, ctx, "answer.malformed");
	return ERR_BAD_ANSWER;
}

enum err rest_read_lenient(const void **out, const struct omitted_item **omitted, struct ctx *ctx,
			   const struct rest_answer *answer, const struct shape *shape)
{
	struct binding binding = {.arena = ctx->arena};
	const struct omitted_item *item;
	void *bound;
	size_t at;

	if (json_parse_large(&binding.body, &at, ctx->arena, answer->body, answer->len) ||
	    json_object_get_type(binding.body) != json_type_object ||
	    shape_bind(&bound, &binding, shape))
		return rest_bad_answer(ctx);
	item = binding.omitted;
	for (int i = 0; item && i < OMITTED_LOGGED_MAX; i++, item = item->next)
		log_event(LOG_ERROR, ctx, "answer.item_omitted list=%s id=%s field=%s reason=%s",
			  item->list, item->id ? item->id : "(no id)",
			  item->field ? item->field : "(unknown)", item->wrong ? item->wrong : "");
	*omitted = binding.omitted;
	*out = bound;
	return OK;
}

enum err rest_read(const void **out, struct ctx *ctx, const struct rest_answer *answer,
		   const struct shape *shape)
{
	const struct omitted_item *omitted;

	return rest_read_lenient(out, &omitted, ctx, answer, shape);
}
