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
	PAUSE_MS = 1000, /* between requests that are not full, and before another attempt */
	CONNECT_TIMEOUT_MS = 1000,
	TIMEOUT_MS = 5000,
	STOP_MS = 1000, /* for sending the remaining spans when it stops */
	LOG_INTERVAL_MS = 60 * 1000,
};

static struct {
	char *url;
	const char *service;
	pthread_t thread;
	atomic_bool stopping;
	_Atomic int64_t stop_deadline;    /* clock_mono_ms(); valid while stopping */
	struct span spans[REQUEST_SPANS]; /* used only by the thread */
	int64_t next_log;                 /* clock_mono_ms() from which a failure is logged again */
} sender;

/* ---- one request ---- */

static size_t ignore_response(const char *data, size_t one, size_t n, void *into)
{
	(void)data;
	(void)into;
	return one * n;
}

static bool stop_is_due(void)
{
	return sender.stopping && clock_mono_ms() >= sender.stop_deadline;
}

/* libcurl's progress callback. It aborts a request to a silent collector when the stop is due. */
static int on_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
		       curl_off_t up)
{
	(void)arg;
	(void)down_total;
	(void)down;
	(void)up_total;
	(void)up;
	return stop_is_due();
}

static CURL *connection_new(struct curl_slist *headers)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* don't wait for a silent name server */
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_response);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	/* "" ignores proxies in the environment. libcurl verifies certificates by default. */
	if (curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") ||
	    curl_easy_setopt(curl, CURLOPT_PROXY, "") ||
	    curl_easy_setopt(curl, CURLOPT_URL, sender.url)) {
		curl_easy_cleanup(curl);
		return NULL;
	}
	return curl;
}

enum outcome { SENT, REFUSED, RETRY };

static enum outcome send_spans(CURL *curl, size_t n)
{
	char *body = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&body, &len);
	enum outcome outcome = REFUSED;
	long status = 0; /* 0: no response */
	int64_t now;

	if (!out)
		return RETRY;
	otlp_print(out, sender.spans, n, sender.service);
	if (!fclose(out)) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		if (!curl_easy_perform(curl))
			curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		/* Source: OTLP/HTTP, "Failures": other statuses forbid another attempt. */
		if (status >= 200 && status < 300)
			outcome = SENT;
		else if (!status || status == 429 || status == 502 || status == 503 ||
			 status == 504)
			outcome = RETRY;
	}
	now = clock_mono_ms();
	if (outcome != SENT && now >= sender.next_log) {
		sender.next_log = now + LOG_INTERVAL_MS;
		/* Without the address, which may contain a password. */
		log_event(LOG_WARNING, NULL, "spans.not_sent status=%ld dropped=%lld", status,
			  (long long)spans_dropped());
	}
	free(body);
	return outcome;
}

/* ---- the thread ---- */

static void *run(void *arg)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct curl_slist *more = headers ? curl_slist_append(headers, "Expect:") : NULL;
	CURL *curl;
	size_t n;

	(void)arg;
	if (more)
		headers = more;
	curl = connection_new(headers);
	do {
		enum outcome outcome = SENT;

		n = spans_peek(sender.spans, REQUEST_SPANS, PAUSE_MS);
		if (n)
			outcome = curl ? send_spans(curl, n) : REFUSED;
		if (outcome != RETRY)
			spans_forget(n, outcome == REFUSED);
		else if (sender.stopping)
			n = 0;
		else
			clock_sleep_ms(PAUSE_MS);
	} while (!sender.stopping || (n && !stop_is_due()));
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return NULL;
}

enum err otlp_start(const char *endpoint, const char *service)
{
	static const char path[] = "/v1/traces";
	size_t len = strlen(endpoint);

	if (!len)
		return OK;
	if (strncmp(endpoint, "http://", 7) != 0 && strncmp(endpoint, "https://", 8) != 0) {
		log_event(LOG_ERROR, NULL, "setting.invalid name=%s reason=%s",
			  "OTEL_EXPORTER_OTLP_ENDPOINT", "should begin with http:// or https://");
		return ERR_INVALID;
	}
	sender.service = service;
	sender.stopping = false;
	sender.next_log = 0;
	while (len && endpoint[len - 1] == '/')
		len--;
	sender.url = malloc(len + sizeof path);
	if (!sender.url)
		return ERR_UNAVAILABLE;
	memcpy(sender.url, endpoint, len);
	memcpy(sender.url + len, path, sizeof path);
	if (!spans_open()) {
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
	sender.stop_deadline = clock_mono_ms() + STOP_MS;
	sender.stopping = true;
	spans_wake();
	pthread_join(sender.thread, NULL);
	spans_close();
	free(sender.url);
	sender.url = NULL;
}
