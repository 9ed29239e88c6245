/* The job that ends displaced streams, with a server in place of nginx that counts calls by
 * channel. */
#include "fcgi/delivery/indexes.h"
#include "http_server.h"
#include "subscriber_fixture.h"

#include "fcgi/delivery/displaced_job.h"
#include "rest.h"
#include "token.h"

#define SUBSCRIBED                                           \
	"HTTP/1.1 201 Created\r\nContent-Length: 33\r\n\r\n" \
	"{\"messages\": 1, \"subscribers\": 1}"
#define NOT_SUBSCRIBED                                        \
	"HTTP/1.1 202 Accepted\r\nContent-Length: 33\r\n\r\n" \
	"{\"messages\": 1, \"subscribers\": 0}"
#define FOUND_SUBSCRIBED                                \
	"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n" \
	"{\"messages\": 0, \"subscribers\": 1}"

static struct {
	bool still_subscribed;     /* GET finds a subscriber; else there is no channel */
	const char *answer;        /* to each POST */
	int times;                 /* number of such answers; then POST gets 503 */
	int published[OPENED_MAX]; /* calls by stream, in the order of their opening */
	int closed[OPENED_MAX];
} nginx;

/* ---- nginx, in the server's threads ---- */

static int *count_of(const char *request, int counts[static OPENED_MAX])
{
	char id[25];

	for (size_t i = 0; i < n_opened; i++) {
		bson_oid_to_string(&opened[i], id);
		if (strstr(request, id))
			return &counts[i];
	}
	return NULL;
}

static bool answer_publisher(int fd, const char *request)
{
	bool deletes = strncmp(request, "DELETE ", 7) == 0;
	int *count = count_of(request, deletes ? nginx.closed : nginx.published);

	if (strncmp(request, "GET ", 4) == 0 && nginx.still_subscribed)
		return send_text(fd, FOUND_SUBSCRIBED);
	if (strncmp(request, "POST ", 5) == 0 && !nginx.times)
		return answer_unavailable(fd);
	if (!count || !strstr(request, " /internal/streams/subscriber-") ||
	    (!deletes && !strstr(request, "?event=replaced ")))
		return send_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	++*count;
	if (deletes)
		return answer_ok(fd);
	nginx.times--;
	return send_text(fd, nginx.answer);
}

/* ---- set-up ---- */

static char url[URL_SIZE];

static int open_all(void **state)
{
	(void)state;
	answer_other = answer_publisher;
	if (token_init("0123456789abcdef0123456789abcdef") ||
	    token_init_service("fedcba9876543210fedcba9876543210", "") || !server_start(url))
		return -1;
	store_open(&delivery_indexes);
	return rest_init(url);
}

static int close_all(void **state)
{
	rest_thread_end();
	server_stop();
	return store_close(state);
}

static int begin_all(void **state)
{
	memset(&nginx, 0, sizeof nginx);
	nginx.answer = SUBSCRIBED;
	nginx.times = INT32_MAX;
	nginx.still_subscribed = true;
	streams_limited = true;
	streams_per_user = MOST;
	return begin_subscribers(state);
}

/* Asserts how often each stream was ended, the oldest first; others were never ended. */
static void assert_ended(const int *times, size_t n)
{
	for (size_t i = 0; i < n_opened; i++) {
		assert_int_equal(nginx.published[i], i < n ? times[i] : 0);
		assert_int_equal(nginx.closed[i], i < n ? times[i] : 0);
	}
}

#define ASSERT_ENDED(...) \
	assert_ended((const int[]){__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int))

/* ---- the tests ---- */

static void test_displaced_streams_end_once(void **state)
{
	add(*state, MOST + 2);
	for (int i = 0; i < 3; i++) {
		displaced_run(*state);
		ASSERT_ENDED(1, 1);
		pass_deadlines(*state);
	}
	add(*state, 1);
	displaced_run(*state);
	ASSERT_ENDED(1, 1, 1);
}

static void test_unconnected_stream_ends_later(void **state)
{
	struct subscriber subscriber;

	add(*state, 1);
	for (int i = 0; i <= MOST; i++)
		(void)add_for(*state, "u-1", 0);
	displaced_run(*state);
	ASSERT_ENDED(1);
	assert_none_overdue(*state);
	clock_sleep_ms(STREAM_CONNECTED_MS);
	subscriber = claim(*state);
	assert_int_equal(subscriber_displaced(&subscriber, MOST, clock_now_ms()).connected, 2);
	pass_deadlines(*state);
	displaced_run(*state);
	ASSERT_ENDED(1, 1);
}

static void test_allowed_streams_stay_open(void **state)
{
	add_old(*state, MOST);
	displaced_run(*state);
	ASSERT_ENDED(0);
}

static void test_unsubscribed_channel_stays_open(void **state)
{
	nginx.answer = NOT_SUBSCRIBED;
	nginx.still_subscribed = false;
	add(*state, MOST + 1);
	displaced_run(*state);
	assert_int_equal(nginx.published[0], 1);
	assert_int_equal(nginx.closed[0], 0);
}

static void test_stream_ends_again_before_removal(void **state)
{
	struct subscriber subscriber;

	add_old(*state, 2);
	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_int_equal(subscriber_record_ended(*state, &subscriber, 2, 0, clock_now_ms()), OK);
	displaced_run(*state);
	ASSERT_ENDED(1, 1, 1);
	pass_deadlines(*state);
	subscriber = claim(*state);
	assert_streams(&subscriber, 2);
	assert_int_equal(subscriber_displaced(&subscriber, MOST, clock_now_ms()).ended, 1);
}

static void test_unsubscribed_stream_is_removed_without_event(void **state)
{
	struct subscriber subscriber;

	nginx.still_subscribed = false;
	add_old(*state, MOST + 2);
	subscriber = claim(*state);
	assert_int_equal(subscriber_record_ended(*state, &subscriber, 2, 0, clock_now_ms()), OK);
	displaced_run(*state);
	ASSERT_ENDED(0);
	assert_int_equal(users_with_deadline(*state), 0);
}

static void test_deadline_is_removed_with_last_displaced(void **state)
{
	add_old(*state, MOST + 3);
	displaced_run(*state);
	ASSERT_ENDED(1, 1, 1);
	assert_int_equal(users_with_deadline(*state), 0);
}

static void test_failed_end_is_retried(void **state)
{
	add_old(*state, MOST + 3);
	nginx.times = 1;
	displaced_run(*state);
	ASSERT_ENDED(1);
	assert_none_overdue(*state);
	nginx.times = INT32_MAX;
	pass_deadlines(*state);
	displaced_run(*state);
	/* The first is old, and so it is ended again. */
	ASSERT_ENDED(2, 1, 1);
	assert_int_equal(users_with_deadline(*state), 0);
}

/* Users don't wait for each other's last events: one round is enough for all. */
static void test_all_overdue_users_are_claimed(void **state)
{
	enum { USERS = 12, STREAMS = MOST + 1 };
	int times[USERS * STREAMS] = {0};
	char user[16];

	for (int i = 0; i < USERS * STREAMS; i++) {
		snprintf(user, sizeof user, "u-%d", i / STREAMS);
		(void)add_for(*state, user, CONNECTED_MS);
		times[i] = i % STREAMS == 0;
	}
	displaced_run(*state);
	assert_ended(times, USERS * STREAMS);
}

static void test_without_limit_no_stream_ends(void **state)
{
	add(*state, MOST + 1);
	streams_per_user = 0;
	displaced_run(*state);
	streams_per_user = MOST;
	streams_limited = false;
	displaced_run(*state);
	ASSERT_ENDED(0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_all, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_displaced_streams_end_once),
	    TEST(test_unconnected_stream_ends_later),
	    TEST(test_allowed_streams_stay_open),
	    TEST(test_unsubscribed_channel_stays_open),
	    TEST(test_stream_ends_again_before_removal),
	    TEST(test_unsubscribed_stream_is_removed_without_event),
	    TEST(test_deadline_is_removed_with_last_displaced),
	    TEST(test_failed_end_is_retried),
	    TEST(test_all_overdue_users_are_claimed),
	    TEST(test_without_limit_no_stream_ends),
	};

	return cmocka_run_group_tests_name("displaced_job", tests, open_all, close_all);
}
