/* The bodies of OTLP requests. Source: the JSON mapping of
 * opentelemetry/proto/trace/v1/trace.proto: 64-bit numbers are strings, ids are hexadecimal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json_writer.h"
#include "otlp.h"
#include "version.h"

enum { NUMBER_SIZE = 24, STATUS_ERROR = 2 };

/* Values of enum Span.SpanKind. */
enum { KIND_INTERNAL = 1, KIND_SERVER = 2, KIND_CLIENT = 3 };

static const struct {
	int kind;
	const char *verb, *target; /* names of the attributes; NULL: only in the span's name */
	const char *system;        /* db.system.name */
} types[SPAN_TYPES] = {
    [SPAN_REQUEST] = {KIND_SERVER, "http.request.method", "http.route", NULL},
    [SPAN_CALL] = {KIND_CLIENT, "http.request.method", "url.path", NULL},
    [SPAN_DATABASE] = {KIND_CLIENT, "db.operation.name", "db.collection.name", "mongodb"},
    [SPAN_WORK] = {KIND_INTERNAL, NULL, NULL, NULL},
};

static void write_number(struct json_writer *w, const char *name, int64_t value, const char *zeros)
{
	char digits[NUMBER_SIZE];

	snprintf(digits, sizeof digits, "%" PRId64 "%s", value, zeros);
	json_write_text(w, name, digits);
}

/* Writes {key, value: {stringValue}}. Writes nothing without a key or a value. */
static void write_attribute(struct json_writer *w, const char *key, const char *value)
{
	if (!key || !value || !*value)
		return;
	json_write_object(w, NULL);
	json_write_text(w, "key", key);
	json_write_object(w, "value");
	json_write_text(w, "stringValue", value);
	json_write_end(w);
	json_write_end(w);
}

static void write_count(struct json_writer *w, const char *key, int64_t value)
{
	if (!value)
		return;
	json_write_object(w, NULL);
	json_write_text(w, "key", key);
	json_write_object(w, "value");
	write_number(w, "intValue", value, "");
	json_write_end(w);
	json_write_end(w);
}

/* Writes traceId and spanId. */
static void write_ids(struct json_writer *w, const char *traceparent)
{
	char id[TRACE_ID_LEN + 1];

	snprintf(id, sizeof id, "%.*s", TRACE_ID_LEN, traceparent + TRACE_ID_AT);
	json_write_text(w, "traceId", id);
	snprintf(id, sizeof id, "%.*s", SPAN_ID_LEN, traceparent + SPAN_ID_AT);
	json_write_text(w, "spanId", id);
}

static void write_span(struct json_writer *w, const struct span *span)
{
	char name[SPAN_VERB_MAX + SPAN_TARGET_MAX + 2];

	snprintf(name, sizeof name, "%s%s%s", span->verb, *span->target ? " " : "", span->target);
	json_write_object(w, NULL);
	write_ids(w, span->traceparent);
	if (*span->parent_id)
		json_write_text(w, "parentSpanId", span->parent_id);
	json_write_text(w, "name", name);
	json_write_int(w, "kind", types[span->type].kind);
	write_number(w, "startTimeUnixNano", span->start_us, "000");
	write_number(w, "endTimeUnixNano", span->start_us + span->duration_us, "000");
	json_write_array(w, "attributes");
	write_attribute(w, types[span->type].verb, span->verb);
	write_attribute(w, types[span->type].target, span->target);
	write_attribute(w, "db.system.name", types[span->type].system);
	write_attribute(w, "request.id", span->request_id);
	write_attribute(w, "client.request.id", span->client_request_id);
	write_count(w, "http.response.status_code", span->status);
	json_write_end(w);
	if (*span->link) {
		json_write_array(w, "links");
		json_write_object(w, NULL);
		write_ids(w, span->link);
		json_write_end(w);
		json_write_end(w);
	}
	json_write_object(w, "status");
	if (span->failed)
		json_write_int(w, "code", STATUS_ERROR);
	json_write_end(w);
	json_write_end(w);
}

void otlp_print(FILE *out, const struct span *spans, size_t n, const char *service)
{
	struct json_writer w = {.out = out};

	json_write_object(&w, NULL);
	json_write_array(&w, "resourceSpans");
	json_write_object(&w, NULL);
	json_write_object(&w, "resource");
	json_write_array(&w, "attributes");
	write_attribute(&w, "service.name", service);
	write_attribute(&w, "service.version", version);
	write_count(&w, "process.pid", getpid());
	json_write_end(&w);
	json_write_end(&w);
	json_write_array(&w, "scopeSpans");
	json_write_object(&w, NULL);
	json_write_array(&w, "spans");
	for (size_t i = 0; i < n; i++)
		write_span(&w, &spans[i]);
	for (int open = 0; open < 6; open++)
		json_write_end(&w);
}
