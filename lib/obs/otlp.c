#define _GNU_SOURCE /* open_memstream */
#include "otlp.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

enum {
	REQUEST_SPANS = 512,
	PAUSE_MS = 1000, /* between requests that are not full, and before a second try */
	CONNECT_TIMEOUT_MS = 1000,
	TIMEOUT_MS = 5000,
	LAST_MS = 1000, /* for all that is left at the end */
	SAY_AGAIN_MS = 60 * 1000,
};

static struct {
	char *url;
	const char *service;
	pthread_t thread;
	atomic_bool stopping;
	_Atomic int64_t end;              /* clock_mono_ms() when it is over, once it is stopping */
	struct span spans[REQUEST_SPANS]; /* of the thread alone */
	int64_t say_next;                 /* clock_mono_ms() when a failure is worth another line */
} sender;

/* ---- one request ---- */

static size_t ignore_answer(const char *data, size_t one, size_t n, void *into)
{
	(void)data;
	(void)into;
	return one * n;
}

static bool is_over(void)
{
	return sender.stopping && clock_mono_ms() >= sender.end;
}

/* libcurl's progress callback: a collector that doesn't answer holds up no end. */
static int cut_off(void *arg, curl_off_t to_come, curl_off_t came, curl_off_t to_go,
		   curl_off_t gone)
{
	(void)arg;
	(void)to_come;
	(void)came;
	(void)to_go;
	(void)gone;
	return is_over();
}

static struct curl_slist *json_header(void)
{
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
	struct curl_slist *longer = list ? curl_slist_append(list, "Expect:") : NULL;

	return longer ? longer : list;
}

static CURL *connection_new(struct curl_slist *headers)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* never waits for a silent name server */
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_answer);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, cut_off);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	/* No proxy from the environment either, and no certificate that isn't good. */
	if (curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") ||
	    curl_easy_setopt(curl, CURLOPT_PROXY, "") ||
	    curl_easy_setopt(curl, CURLOPT_URL, sender.url)) {
		curl_easy_cleanup(curl);
		return NULL;
	}
	return curl;
}

/* The status of the answer; 0: there was none. */
static long post(CURL *curl, const char *body, size_t len)
{
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	if (!curl_easy_perform(curl))
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* ---- requests ---- */

enum outcome { SENT, REFUSED, LATER };

/* Source: OTLP/HTTP, "Failures": these may be tried again, others may not. */
static enum outcome outcome_of(long status)
{
	if (status >= 200 && status < 300)
		return SENT;
	return !status || status == 429 || status == 502 || status == 503 || status == 504
		   ? LATER
		   : REFUSED;
}

static void say_failure(long status)
{
	int64_t now = clock_mono_ms();

	if (now < sender.say_next)
		return;
	sender.say_next = now + SAY_AGAIN_MS;
	/* Its address may hold a password. */
	log_event(LOG_WARNING, NULL, "spans.not_sent status=%ld dropped=%lld", status,
		  (long long)spans_dropped());
}

static enum outcome send_spans(CURL *curl, size_t n)
{
	char *body = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&body, &len);
	enum outcome outcome = REFUSED;
	long status = 0;

	if (!out)
		return LATER;
	otlp_print(out, sender.spans, n, sender.service);
	if (!fclose(out)) {
		status = post(curl, body, len);
		outcome = outcome_of(status);
	}
	if (outcome != SENT)
		say_failure(status);
	free(body);
	return outcome;
}

static void *run(void *arg)
{
	struct curl_slist *headers = json_header();
	CURL *curl = connection_new(headers);
	size_t n;

	(void)arg;
	do {
		enum outcome outcome = SENT;

		n = spans_peek(sender.spans, REQUEST_SPANS, PAUSE_MS);
		if (n)
			outcome = curl ? send_spans(curl, n) : REFUSED;
		if (outcome != LATER)
			spans_forget(n, outcome == REFUSED);
		else if (sender.stopping)
			n = 0;
		else
			clock_sleep_ms(PAUSE_MS);
	} while (!sender.stopping || (n && !is_over()));
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return NULL;
}

/* ---- life ---- */

static bool is_address(const char *endpoint)
{
	return strncmp(endpoint, "http://", 7) == 0 || strncmp(endpoint, "https://", 8) == 0;
}

/* The endpoint's path goes on at v1/traces, whether or not it ends in a slash. */
static char *url_of(const char *endpoint)
{
	static const char path[] = "/v1/traces";
	size_t len = strlen(endpoint);
	char *url;

	while (len && endpoint[len - 1] == '/')
		len--;
	url = malloc(len + sizeof path);
	if (!url)
		return NULL;
	memcpy(url, endpoint, len);
	memcpy(url + len, path, sizeof path);
	return url;
}

enum err otlp_start(const char *endpoint, const char *service)
{
	if (!*endpoint)
		return OK;
	if (!is_address(endpoint)) {
		log_event(LOG_ERROR, NULL, "setting.invalid name=%s reason=%s",
			  "OTEL_EXPORTER_OTLP_ENDPOINT", "should begin with http:// or https://");
		return ERR_INVALID;
	}
	sender.service = service;
	sender.stopping = false;
	sender.say_next = 0;
	sender.url = url_of(endpoint);
	if (sender.url && !spans_open()) {
		if (!pthread_create(&sender.thread, NULL, run, NULL))
			return OK;
		spans_close();
	}
	free(sender.url);
	sender.url = NULL;
	return ERR_UNAVAILABLE;
}

void otlp_stop(void)
{
	if (!sender.url)
		return;
	sender.end = clock_mono_ms() + LAST_MS;
	sender.stopping = true;
	spans_wake();
	pthread_join(sender.thread, NULL);
	spans_close();
	free(sender.url);
	sender.url = NULL;
}
