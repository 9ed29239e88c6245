/*
 * The failures. By the rule for test_torture_* in the Makefile, the linker redirects the calls
 * below to the __wrap_ functions here, so the tested code is unchanged. Only calls from one object
 * file to another are redirected.
 */
#include <curl/curl.h>
#include <json-c/json.h>
#include <jwt.h>
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "torture_private.h"

#include "arena.h"
#include "db_private.h"
#include "rest.h"

/* ---- memory ---- */

/* Declares and defines the replacement of a function that returns NULL if memory is exhausted. */
#define NO_MEMORY(type, name, parameters, arguments)                                \
	type __real_##name parameters;                                              \
	type __wrap_##name parameters;                                              \
	type __wrap_##name parameters                                               \
	{                                                                           \
		return fails(FAULT_MEMORY, #name) ? NULL : __real_##name arguments; \
	}

NO_MEMORY(void *, malloc, (size_t size), (size))
NO_MEMORY(void *, calloc, (size_t n, size_t size), (n, size))
NO_MEMORY(void *, realloc, (void *p, size_t size), (p, size))
NO_MEMORY(struct arena *, arena_new, (size_t ceiling), (ceiling))
NO_MEMORY(void *, arena_alloc, (struct arena * a, size_t size), (a, size))
NO_MEMORY(void *, arena_array, (struct arena * a, size_t n, size_t size), (a, n, size))
NO_MEMORY(char *, arena_strndup, (struct arena * a, const char *s, size_t len), (a, s, len))
NO_MEMORY(char *, arena_vprintf, (struct arena * a, const char *f, va_list args), (a, f, args))
NO_MEMORY(struct json_object *, json_object_new_object, (void), ())
NO_MEMORY(struct json_object *, json_object_new_array, (void), ())
NO_MEMORY(struct json_object *, json_object_new_array_ext, (int n), (n))
NO_MEMORY(struct json_object *, json_object_new_boolean, (json_bool b), (b))
NO_MEMORY(struct json_object *, json_object_new_int64, (int64_t n), (n))
NO_MEMORY(struct json_object *, json_object_new_double_s, (double d, const char *s), (d, s))
NO_MEMORY(struct json_object *, json_object_new_string, (const char *s), (s))
NO_MEMORY(struct json_object *, json_object_new_string_len, (const char *s, int n), (s, n))
NO_MEMORY(struct json_tokener *, json_tokener_new_ex, (int depth), (depth))
NO_MEMORY(const char *, json_object_to_json_string_length,
	  (struct json_object * o, int flags, size_t *len), (o, flags, len))
NO_MEMORY(CURL *, curl_easy_init, (void), ())
NO_MEMORY(struct curl_slist *, curl_slist_append, (struct curl_slist * l, const char *s), (l, s))
NO_MEMORY(char *, jwt_encode_str, (jwt_t * jwt), (jwt))

#define NO_MEMORY_RESULT(result, name, parameters, arguments)                         \
	int __real_##name parameters;                                                 \
	int __wrap_##name parameters;                                                 \
	int __wrap_##name parameters                                                  \
	{                                                                             \
		return fails(FAULT_MEMORY, #name) ? result : __real_##name arguments; \
	}

NO_MEMORY_RESULT(-1, json_object_object_add,
		 (struct json_object * o, const char *name, struct json_object *v), (o, name, v))
NO_MEMORY_RESULT(-1, json_object_object_add_ex,
		 (struct json_object * o, const char *name, struct json_object *v, unsigned opts),
		 (o, name, v, opts))
NO_MEMORY_RESULT(-1, json_object_array_add, (struct json_object * o, struct json_object *v), (o, v))
NO_MEMORY_RESULT(ENOMEM, jwt_new, (jwt_t * *jwt), (jwt))
NO_MEMORY_RESULT(ENOMEM, jwt_decode,
		 (jwt_t * *jwt, const char *text, const unsigned char *key, int len),
		 (jwt, text, key, len))

char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	if (fails(FAULT_MEMORY, "arena_printf"))
		return NULL;
	va_start(args, format);
	text = __real_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void *__real_arena_defer(struct arena *arena, void (*release)(void *), void *object);
void *__wrap_arena_defer(struct arena *arena, void (*release)(void *), void *object);
void *__wrap_arena_defer(struct arena *arena, void (*release)(void *), void *object)
{
	if (object && fails(FAULT_MEMORY, "arena_defer")) {
		release(object);
		return NULL;
	}
	return __real_arena_defer(arena, release, object);
}

/* ---- the database ---- */

mongoc_client_t *__real_mongoc_client_pool_pop(mongoc_client_pool_t *pool);
mongoc_client_t *__wrap_mongoc_client_pool_pop(mongoc_client_pool_t *pool);
mongoc_client_t *__wrap_mongoc_client_pool_pop(mongoc_client_pool_t *pool)
{
	if (fails(FAULT_DB_UNSENT, "mongoc_client_pool_pop"))
		return NULL; /* no connection becomes free in time */
	return __real_mongoc_client_pool_pop(pool);
}

static void set_network_error(bson_error_t *error)
{
	bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, "a fault");
}

mongoc_client_session_t *__real_mongoc_client_start_session(mongoc_client_t *client,
							    const mongoc_session_opt_t *opts,
							    bson_error_t *error);
mongoc_client_session_t *__wrap_mongoc_client_start_session(mongoc_client_t *client,
							    const mongoc_session_opt_t *opts,
							    bson_error_t *error);
mongoc_client_session_t *__wrap_mongoc_client_start_session(mongoc_client_t *client,
							    const mongoc_session_opt_t *opts,
							    bson_error_t *error)
{
	if (fails(FAULT_DB_UNSENT, "mongoc_client_start_session")) {
		set_network_error(error);
		return NULL;
	}
	return __real_mongoc_client_start_session(client, opts, error);
}

enum err __real_db_op_begin(struct db_op *op, struct ctx *ctx, const char *name,
			    const char *collection);
enum err __wrap_db_op_begin(struct db_op *op, struct ctx *ctx, const char *name,
			    const char *collection);
enum err __wrap_db_op_begin(struct db_op *op, struct ctx *ctx, const char *name,
			    const char *collection)
{
	if (action_fails(FAULT_DB_UNSENT, name))
		return ERR_UNAVAILABLE;
	return __real_db_op_begin(op, ctx, name, collection);
}

enum err __real_db_op_end(struct db_op *op, bool ok);
enum err __wrap_db_op_end(struct db_op *op, bool ok);
enum err __wrap_db_op_end(struct db_op *op, bool ok)
{
	struct ctx *ctx = op->ctx;
	const char *name = op->name;
	enum err e = __real_db_op_end(op, ok);

	if (fails(FAULT_DB_UNANSWERED, name))
		return ERR_UNAVAILABLE;
	if (ctx->session && fails(FAULT_DB_TRANSIENT, name)) {
		ctx->db_labels = DB_LABEL_TRANSIENT;
		return ERR_UNAVAILABLE;
	}
	return e;
}

/* Makes the driver's error for a commit without an answer. Returns false, as the driver does. */
static bool commit_unknown(bson_t *reply, bson_error_t *error)
{
	bson_t labels;

	set_network_error(error);
	BSON_APPEND_ARRAY_BEGIN(reply, "errorLabels", &labels);
	BSON_APPEND_UTF8(&labels, "0", "UnknownTransactionCommitResult");
	bson_append_array_end(reply, &labels);
	return false;
}

bool __real_mongoc_client_session_commit_transaction(mongoc_client_session_t *session,
						     bson_t *reply, bson_error_t *error);
bool __wrap_mongoc_client_session_commit_transaction(mongoc_client_session_t *session,
						     bson_t *reply, bson_error_t *error);
bool __wrap_mongoc_client_session_commit_transaction(mongoc_client_session_t *session,
						     bson_t *reply, bson_error_t *error)
{
	bool done;

	if (action_fails(FAULT_COMMIT_UNSENT, "commit")) {
		bson_init(reply);
		return commit_unknown(reply, error);
	}
	done = __real_mongoc_client_session_commit_transaction(session, reply, error);
	if (done && fails(FAULT_COMMIT_UNANSWERED, "commit")) {
		bson_reinit(reply);
		return commit_unknown(reply, error);
	}
	return done;
}

/* ---- calls between services ---- */

enum { LATE_MAX = 16, LATE_SIZE = 1024 };

/* Calls that were sent, and haven't arrived yet. */
static struct {
	char method[8], path[LATE_SIZE], body[LATE_SIZE];
} late[LATE_MAX];
static int n_late;

static void hold_up(const struct rest_call *call)
{
	if (n_late == LATE_MAX)
		return;
	snprintf(late[n_late].method, sizeof late[0].method, "%s", call->method);
	snprintf(late[n_late].path, sizeof late[0].path, "%s", call->path);
	if (snprintf(late[n_late].body, sizeof late[0].body, "%s", call->body ? call->body : "") >=
	    (int)sizeof late[0].body)
		abort(); /* it would arrive cut short */
	n_late++;
}

enum err __real_rest_do(struct rest_answer *answer, struct ctx *ctx, const struct rest_call *call);
enum err __wrap_rest_do(struct rest_answer *answer, struct ctx *ctx, const struct rest_call *call);
enum err __wrap_rest_do(struct rest_answer *answer, struct ctx *ctx, const struct rest_call *call)
{
	enum err e;

	if (action_fails(FAULT_CALL_UNSENT, call->path))
		return ERR_UNAVAILABLE;
	if (fails(FAULT_CALL_LATE, call->path)) {
		hold_up(call);
		return ERR_UNAVAILABLE;
	}
	e = __real_rest_do(answer, ctx, call);
	if (fails(FAULT_CALL_UNANSWERED, call->path))
		return ERR_UNAVAILABLE;
	if (!e && fails(FAULT_CALL_GATEWAY, call->path))
		*answer = (struct rest_answer){.status = 504, .body = "{}", .len = 2};
	return e;
}

void deliver_late(struct ctx *ctx)
{
	struct rest_answer ignored;

	for (int i = 0; i < n_late; i++) {
		struct rest_call call = {
		    .method = late[i].method,
		    .path = late[i].path,
		    .body = *late[i].body ? late[i].body : NULL,
		    .timeout_ms = 2000,
		};

		assert_int_equal(__real_rest_do(&ignored, ctx, &call), OK);
	}
	n_late = 0;
}

/* ---- what a process reads from its settings ---- */

const char *__wrap_service_database_uri(void);
const char *__wrap_service_database_uri(void)
{
	return getenv("MONGODB_URI");
}

unsigned __wrap_service_threads(void);
unsigned __wrap_service_threads(void)
{
	return 16;
}
