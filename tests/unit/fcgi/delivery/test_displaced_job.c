/* The nginx of the streams is a server here that records what is published to which channel. */
#include "fcgi/delivery/indexes.h"
#include "http_server.h"
#include "subscriber_fixture.h"

#include "fcgi/delivery/displaced_job.h"
#include "rest.h"
#include "token.h"

#define SUBSCRIBED                                           \
	"HTTP/1.1 201 Created\r\nContent-Length: 33\r\n\r\n" \
	"{\"messages\": 1, \"subscribers\": 1}"
#define NOBODY_SUBSCRIBED                                     \
	"HTTP/1.1 202 Accepted\r\nContent-Length: 33\r\n\r\n" \
	"{\"messages\": 1, \"subscribers\": 0}"
#define FOUND_SUBSCRIBED                                \
	"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n" \
	"{\"messages\": 0, \"subscribers\": 1}"

static struct {
	bool still_subscribed;     /* found later; else there is no channel */
	const char *answer;        /* to all that is published */
	int times;                 /* how often it answers so; then 503 */
	int published[OPENED_MAX]; /* by stream, in the order in which they were opened */
	int closed[OPENED_MAX];
} nginx;

/* ---- what is answered; in the server's threads ---- */

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

	if (!deletes && !nginx.times)
		return answer_unavailable(fd);
	if (strncmp(request, "GET ", 4) == 0 && nginx.still_subscribed)
		return send_text(fd, FOUND_SUBSCRIBED);
	if (!count || !strstr(request, " /internal/streams/subscriber-") ||
	    (!deletes && !strstr(request, "?event=replaced ")))
		return send_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	++*count;
	if (deletes)
		return answer_ok(fd);
	nginx.times--;
	return send_text(fd, nginx.answer);
}

/* ---- the frame ---- */

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

/* Asserts how often each stream was ended, from the oldest on; those after them never were. */
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

static void displaced_streams_are_ended_once(void **state)
{
	add(*state, MOST + 2);
	for (int i = 0; i < 3; i++) {
		displaced_run(*state);
		ASSERT_ENDED(1, 1);
		let_due(*state);
	}
	add(*state, 1);
	displaced_run(*state);
	ASSERT_ENDED(1, 1, 1);
}

static void a_stream_that_is_not_connected_yet_is_ended_later(void **state)
{
	struct subscriber subscriber;

	add(*state, 1);
	for (int i = 0; i <= MOST; i++)
		(void)add_for(*state, "u-1", 0);
	displaced_run(*state);
	ASSERT_ENDED(1);
	assert_none_due(*state);
	clock_sleep_ms(STREAM_CONNECTED_MS);
	subscriber = claim(*state);
	assert_int_equal(subscriber_displaced(&subscriber, MOST, clock_now_ms()).connected, 2);
	let_due(*state);
	displaced_run(*state);
	ASSERT_ENDED(1, 1);
}

static void the_streams_that_may_be_open_are_left_alone(void **state)
{
	add_old(*state, MOST);
	displaced_run(*state);
	ASSERT_ENDED(0);
}

static void a_stream_without_subscribers_is_not_closed(void **state)
{
	nginx.answer = NOBODY_SUBSCRIBED;
	add(*state, MOST + 1);
	displaced_run(*state);
	assert_int_equal(nginx.published[0], 1);
	assert_int_equal(nginx.closed[0], 0);
}

static void a_stream_is_ended_once_more_before_it_is_removed(void **state)
{
	struct subscriber subscriber;

	add_old(*state, 2);
	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_int_equal(subscriber_settle(*state, &subscriber, 2, 0, clock_now_ms()), OK);
	displaced_run(*state);
	ASSERT_ENDED(1, 1, 1);
	let_due(*state);
	subscriber = claim(*state);
	assert_streams(&subscriber, 2);
	assert_int_equal(subscriber_displaced(&subscriber, MOST, clock_now_ms()).ended, 1);
}

static void a_stream_that_is_gone_is_removed_without_an_event(void **state)
{
	struct subscriber subscriber;

	nginx.still_subscribed = false;
	add_old(*state, MOST + 2);
	subscriber = claim(*state);
	assert_int_equal(subscriber_settle(*state, &subscriber, 2, 0, clock_now_ms()), OK);
	displaced_run(*state);
	ASSERT_ENDED(0);
	assert_int_equal(users_due(*state), 0);
}

static void with_none_displaced_any_more_a_user_is_not_due(void **state)
{
	add_old(*state, MOST + 3);
	displaced_run(*state);
	ASSERT_ENDED(1, 1, 1);
	assert_int_equal(users_due(*state), 0);
}

static void what_fails_is_done_later(void **state)
{
	add_old(*state, MOST + 3);
	nginx.times = 1;
	displaced_run(*state);
	ASSERT_ENDED(1);
	assert_none_due(*state);
	nginx.times = INT32_MAX;
	let_due(*state);
	displaced_run(*state);
	/* The first, old as it is, once more. */
	ASSERT_ENDED(2, 1, 1);
	assert_int_equal(users_due(*state), 0);
}

static void all_users_that_are_due_have_their_turn(void **state)
{
	add(*state, MOST + 1);
	for (int i = 0; i < MOST + 1; i++)
		(void)add_for(*state, "u-2", CONNECTED_MS);
	displaced_run(*state);
	ASSERT_ENDED(1, 0, 0, 0, 0, 1);
}

static void without_a_limit_no_stream_is_ended(void **state)
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
	    TEST(displaced_streams_are_ended_once),
	    TEST(a_stream_that_is_not_connected_yet_is_ended_later),
	    TEST(the_streams_that_may_be_open_are_left_alone),
	    TEST(a_stream_without_subscribers_is_not_closed),
	    TEST(a_stream_is_ended_once_more_before_it_is_removed),
	    TEST(a_stream_that_is_gone_is_removed_without_an_event),
	    TEST(with_none_displaced_any_more_a_user_is_not_due),
	    TEST(what_fails_is_done_later),
	    TEST(all_users_that_are_due_have_their_turn),
	    TEST(without_a_limit_no_stream_is_ended),
	};

	return cmocka_run_group_tests_name("displaced_job", tests, open_all, close_all);
}
