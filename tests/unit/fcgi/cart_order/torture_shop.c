/* The services of the shop, in one process, and HTTP between them. */
#include <ctype.h>
#include <pthread.h>

#include "http_server.h"
#include "seed/db_admin.h"
#include "torture_private.h"

#include "background.h"
#include "clock.h"
#include "db.h"
#include "fcgi/cart_order/service.h"
#include "fcgi/cart_order/sweeper_job.h"
#include "fcgi/delivery/service.h"
#include "fcgi/product/service.h"
#include "log.h"
#include "pipeline.h"
#include "rest.h"

enum {
	CLIENTS = 6,
	PARAMS_MAX = 24,
	MEMORY = 8 << 20,
	SOON_MS = 10 * 1000,
	OVERTAKE_MS = 100,
	HEADERS_SIZE = 1024
};

struct shop_service shop[SHOP_SERVICES] = {
    [SHOP_CART_ORDER] = {.service = &cart_order_service},
    [SHOP_PRODUCT] = {.service = &product_service},
    [SHOP_DELIVERY] = {.service = &delivery_service},
};

/* ---- a request ---- */

/* HTTP as the gateway hands it to a pool. */
struct handed {
	char text[2 * REQUEST_MAX];
	size_t used;
	char *params[PARAMS_MAX + 1];
	size_t n;
	const char *body; /* what is unread of it */
};

static void hand_param(struct handed *h, const char *name, const char *value, size_t len)
{
	int n;

	if (h->n == PARAMS_MAX)
		abort();
	h->params[h->n++] = h->text + h->used;
	n = snprintf(h->text + h->used, sizeof h->text - h->used, "%s=%.*s", name, (int)len, value);
	h->used += (size_t)n + 1;
	if (h->used >= sizeof h->text)
		abort();
}

/* Headers that the gateway passes under another name than HTTP_…. */
static const char *renamed(const char *name)
{
	static const char *const names[][2] = {
	    {"HTTP_CONTENT_LENGTH", "CONTENT_LENGTH"},
	    {"HTTP_CONTENT_TYPE", "CONTENT_TYPE"},
	    {"HTTP_X_REQUEST_ID", "REQUEST_ID"},
	    {"HTTP_TRACEPARENT", "TRACEPARENT"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	}
	return name;
}

/* Parses one line "Name: value"; returns the text after it. */
static const char *hand_header(struct handed *h, const char *line)
{
	char name[64] = "HTTP_";
	size_t len = strcspn(line, ":"), end = strcspn(line, "\r");

	for (size_t i = 0; i < len && i < sizeof name - 6; i++)
		name[i + 5] = line[i] == '-' ? '_' : (char)toupper(line[i]);
	hand_param(h, renamed(name), line + len + 2, end - len - 2);
	return line + end + 2;
}

static void hand_over(struct handed *h, const char *http)
{
	size_t method = strcspn(http, " ");
	const char *target = http + method + 1;
	size_t path = strcspn(target, " ?"), end = strcspn(target, " ");
	const char *line = strstr(target, "\r\n") + 2;

	*h = (struct handed){.body = strstr(http, "\r\n\r\n") + 4};
	hand_param(h, "REQUEST_METHOD", http, method);
	hand_param(h, "DOCUMENT_URI", target, path);
	hand_param(h, "QUERY_STRING", target + path + (path < end), end - path - (path < end));
	hand_param(h, "LISTENER", "internal", 8);
	while (*line != '\r')
		line = hand_header(h, line);
}

static int read_body(void *stream, char *buffer, int size)
{
	struct handed *h = stream;
	size_t len = strlen(h->body);

	if (len > (size_t)size)
		len = (size_t)size;
	memcpy(buffer, h->body, len);
	h->body += len;
	return (int)len;
}

/* Lets a service answer a request, in the calling thread, on a side. */
static void serve(struct answer *answer, enum shop_name name, enum side side, const char *http)
{
	struct service_state state = {.routes = &shop[name].service->routes,
				      .n_tables = 1,
				      .db = shop[name].db};
	struct req *rq = req_new(&state);
	const struct req_answer *made;
	struct req_source source;
	struct handed h;

	if (!rq)
		abort();
	hand_over(&h, http);
	source = (struct req_source){.params = h.params, .read = read_body, .stream = &h};
	side_enter(side);
	made = req_run(rq, &source);
	side_enter(SIDE_NONE);
	if (made->len >= sizeof answer->body)
		abort();
	answer->status = made->status;
	memcpy(answer->body, made->body, made->len);
	answer->body[made->len] = '\0';
	req_end(rq);
	req_free(rq);
}

/* A POST that one service answers, on a side. */
static void post(struct answer *answer, enum shop_name name, enum side side, const char *path,
		 const char *headers, const char *body)
{
	struct arena *arena = arena_new(MEMORY);
	const char *http;

	assert_non_null(arena);
	http = arena_printf(arena, "POST %s HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n%s", path,
			    headers, strlen(body), body);
	assert_non_null(http);
	serve(answer, name, side, http);
	arena_free(arena);
}

/* A header, and what else is in them. */
static void write_headers(char headers[static HEADERS_SIZE], const char *user_id, enum role role,
			  const char *others)
{
	struct arena *arena = arena_new(MEMORY);
	const char *token;

	assert_non_null(arena);
	assert_int_equal(token_sign(&token, arena, user_id, role, 60), OK);
	snprintf(headers, HEADERS_SIZE, "Authorization: Bearer %s\r\n%s", token, others);
	arena_free(arena);
}

void shop_post(struct answer *answer, const char *path, const char *user_id, const char *key,
	       const char *body)
{
	char headers[HEADERS_SIZE], idempotency[64];

	snprintf(idempotency, sizeof idempotency, "Idempotency-Key: %s\r\n", key);
	write_headers(headers, user_id, ROLE_CUSTOMER, idempotency);
	post(answer, SHOP_CART_ORDER, SIDE_HANDLER, path, headers, body);
}

void shop_pack(const char *order_id)
{
	char headers[HEADERS_SIZE], path[64];
	struct answer answer;

	snprintf(path, sizeof path, "/order/%s/update-status", order_id);
	write_headers(headers, "65f0c0ffee0123456789abcd", ROLE_COURIER, "");
	post(&answer, SHOP_DELIVERY, SIDE_NONE, path, headers, "{\"status\":\"PACKED\"}");
	assert_true(answer.status == 200 || answer.status == 400);
}

/* ---- the way between the services ---- */

/* As the internal listener. */
static const struct {
	const char *prefix;
	enum shop_name name;
} ways[] = {
    {"/internal/stock/", SHOP_PRODUCT},
    {"/internal/products", SHOP_PRODUCT},
    {"/internal/orders", SHOP_DELIVERY},
};

static bool answer_service(int fd, const char *http)
{
	const char *path = strchr(http, ' ') + 1;
	struct answer answer;
	char whole[ANSWER_SIZE + 128];
	size_t i = 0;

	while (i < sizeof ways / sizeof ways[0] &&
	       strncmp(ways[i].prefix, path, strlen(ways[i].prefix)) != 0)
		i++;
	if (i == sizeof ways / sizeof ways[0])
		abort();
	serve(&answer, ways[i].name, SIDE_SERVICE, http);
	/* At once: a second piece would wait until the first is acknowledged. */
	snprintf(whole, sizeof whole, "HTTP/1.1 %d -\r\nContent-Length: %zu\r\n\r\n%s",
		 answer.status, strlen(answer.body), answer.body);
	return send_text(fd, whole);
}

/* ---- the sweeper ---- */

void work_start(struct ctx *ctx, enum shop_name name)
{
	struct arena *arena = arena_new(MEMORY);

	assert_non_null(arena);
	ctx_begin(ctx, arena, shop[name].db, SOON_MS);
	ctx_set_ids(ctx, NULL, NULL);
}

void work_done(struct ctx *ctx)
{
	struct arena *arena = ctx->arena;

	ctx_end(ctx);
	arena_free(arena);
}

static void sweep_within(int64_t ms, enum side side)
{
	struct ctx ctx;

	leases_run_out(ms);
	work_start(&ctx, SHOP_CART_ORDER);
	ctx.deadline = clock_mono_ms() + ms;
	side_enter(side);
	sweeper_run(&ctx);
	side_enter(SIDE_NONE);
	work_done(&ctx);
}

void shop_sweep_once(enum side side)
{
	sweep_within(SOON_MS, side);
}

void shop_sweep_first(enum side side)
{
	/* The sweeper waits up to OVERTAKE_MS for documents that the transaction has locked. */
	sweep_within(OVERTAKE_MS, SIDE_NONE);
	if (side == SIDE_SERVICE)
		rest_thread_end();
}

void shop_sweep_and_die(void)
{
	sweep_within(OVERTAKE_MS, SIDE_DYING);
}

void shop_sweep(void)
{
	enum { ROUNDS = 10 };

	for (int i = 0; i < ROUNDS; i++) {
		shop_sweep_once(SIDE_NONE);
		if (!checkouts_left())
			return;
	}
	fail_msg("the sweeper doesn't come to an end");
}

void shop_deliver_late(void)
{
	struct ctx ctx;

	work_start(&ctx, SHOP_CART_ORDER);
	deliver_late(&ctx);
	work_done(&ctx);
	shop_sweep();
}

/* ---- life ---- */

static void open_database(struct shop_service *s, const char *uri)
{
	struct ctx ctx;

	snprintf(s->database, sizeof s->database, "torture_%ld_%s", (long)getpid(),
		 s->service->name);
	assert_int_equal(db_open(&s->db, uri, s->database, CLIENTS), OK);
	work_start(&ctx, (enum shop_name)(s - shop));
	for (size_t i = 0; i < s->service->indexes->n; i++)
		assert_int_equal(db_index_ensure(&ctx, s->database, &s->service->indexes->rows[i]),
				 OK);
	work_done(&ctx);
}

static const struct background_job *job_of(const struct service *service, const char *name)
{
	for (size_t i = 0; i < service->n_jobs; i++) {
		if (strcmp(service->jobs[i].name, name) == 0)
			return &service->jobs[i];
	}
	fail_msg("%s has no job %s", service->name, name);
	return NULL;
}

/* The product service reads its products, and cart & order copies them from there. */
static void fill_catalogue(void)
{
	const struct background_job *refresh = job_of(&product_service, "refresh");
	const struct background_job *copy = job_of(&cart_order_service, "products");
	int64_t until = clock_mono_ms() + SOON_MS;
	struct ctx ctx;

	assert_int_equal(background_start(refresh, shop[SHOP_PRODUCT].db), OK);
	while (!cart_order_service.holds_data() && clock_mono_ms() < until) {
		clock_sleep_ms(20);
		work_start(&ctx, SHOP_CART_ORDER);
		copy->run(&ctx);
		work_done(&ctx);
	}
	assert_true(cart_order_service.holds_data());
}

int shop_open(void **state)
{
	static char url[URL_SIZE];
	const char *uri = getenv("MONGODB_URI");

	(void)state;
	if (!uri)
		fail_msg("MONGODB_URI must name a replica set");
	log_init("test", LOG_ERROR + 1); /* nothing: most of it is provoked */
	answer_other = answer_service;
	assert_int_equal(token_init("0123456789abcdef0123456789abcdef"), OK);
	assert_int_equal(token_init_service("fedcba9876543210fedcba9876543210", ""), OK);
	assert_true(server_start(url));
	assert_int_equal(rest_init(url), OK);
	for (size_t i = 0; i < SHOP_SERVICES; i++)
		open_database(&shop[i], uri);
	customers_begin(uri);
	fill_catalogue();
	return 0;
}

int shop_close(void **state)
{
	(void)state;
	background_stop();
	rest_thread_end();
	server_stop();
	cart_order_service.stop();
	product_service.stop();
	customers_end();
	for (size_t i = 0; i < SHOP_SERVICES; i++)
		db_close(shop[i].db);
	return 0;
}
