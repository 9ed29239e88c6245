#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "utf8.h"

enum {
	LOG_LINE_MAX = 4096, /* PIPE_BUF: writes of several processes to a pipe don't mix */
	METHOD_MAX = 16,     /* bytes of a method, which a client can choose freely */
	INPUT_MAX = 2048,    /* bytes of a request's input, before escaping */
	FIELD_MAX = 47,      /* bytes of NAME=CONVERSION */
	TAIL_SIZE = 8,       /* reserved for the end of a text and of the line */
};

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARNING] = "warning",
    [LOG_ERROR] = "error",
};

static const char *service_name = "-";
static enum log_level least_level = LOG_INFO;

void log_init(const char *service, enum log_level least)
{
	service_name = service;
	least_level = least;
}

/* ---- the line ---- */

struct line {
	size_t len;
	char text[LOG_LINE_MAX];
};

/* Appends a piece of valid JSON. Appends nothing and returns false if it doesn't fit. */
static bool line_add(struct line *line, const char *piece, size_t len)
{
	if (line->len + len > sizeof line->text - TAIL_SIZE)
		return false;
	memcpy(line->text + line->len, piece, len);
	line->len += len;
	return true;
}

__attribute__((format(printf, 2, 3))) static bool line_printf(struct line *line, const char *format,
							      ...)
{
	char piece[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(piece, sizeof piece, format, args);
	va_end(args);
	return len > 0 && (size_t)len < sizeof piece && line_add(line, piece, (size_t)len);
}

/* Appends the content of a JSON string: escapes it, and stops before the first character that
 * doesn't fit. */
static void line_add_escaped(struct line *line, const char *s, size_t len)
{
	while (len) {
		char escape[8];
		uint32_t c = 0;
		size_t n = utf8_decode(&c, s, len);
		bool added;

		if (!n) { /* a byte that isn't UTF-8 */
			n = 1;
			added = line_add(line, "\\ufffd", 6);
		} else if (c == '"' || c == '\\') {
			snprintf(escape, sizeof escape, "\\%c", (int)c);
			added = line_add(line, escape, strlen(escape));
		} else if (c < 0x20 || c == 0x7F) {
			snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
			added = line_add(line, escape, strlen(escape));
		} else {
			added = line_add(line, s, n);
		}
		if (!added)
			return;
		s += n;
		len -= n;
	}
}

/* Appends a member with an untrusted text, truncated if the line is full. Appends nothing if there
 * is no room for the name. */
static void line_add_text(struct line *line, const char *name, const char *s, size_t len)
{
	if (!line_printf(line, ",\"%s\":\"", name))
		return;
	line_add_escaped(line, s, len);
	line->text[line->len++] = '"'; /* in the reserved tail if the line is full */
}

/* Appends the ids that the context has. It has none before ctx_set_ids(). */
static void line_add_ids(struct line *line, const struct ctx *ctx, const char *traceparent,
			 const char *parent_id)
{
	bool traced = traceparent[0];

	line_printf(line, ",\"request_id\":\"%s\",\"trace_id\":\"%.*s\"", ctx->request_id,
		    TRACE_ID_LEN, traced ? traceparent + TRACE_ID_AT : "");
	if (traced)
		line_printf(line, ",\"span_id\":\"%.*s\"", SPAN_ID_LEN, traceparent + SPAN_ID_AT);
	if (parent_id[0])
		line_printf(line, ",\"parent_id\":\"%.*s\"", SPAN_ID_LEN, parent_id);
	if (ctx->user_id)
		line_add_text(line, "user_id", ctx->user_id, strlen(ctx->user_id));
}

static void line_begin(struct line *line, enum log_level level, const struct ctx *ctx)
{
	char time[ISO_TIME_SIZE];

	line->len = 0;
	clock_format_iso(time, clock_now_ms());
	line_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"service\":\"%s\"", time,
		    level_names[level], service_name);
	if (ctx)
		line_add_ids(line, ctx, ctx->traceparent, ctx->parent_id);
}

/* Appends the tail, for which there is always room, and writes the line. An error has no effect,
 * because it could be reported only here. */
static void line_end(struct line *line, const char *tail)
{
	size_t done = 0, len = strlen(tail);

	memcpy(line->text + line->len, tail, len);
	line->len += len;
	while (done < line->len) {
		ssize_t n = write(STDERR_FILENO, line->text + done, line->len - done);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			done += (size_t)n;
	}
}

/* ---- events ---- */

static void line_add_number(struct line *line, const char *name, long long value)
{
	line_printf(line, ",\"%s\":%lld", name, value);
}

/* Appends a field. `field` is NAME=CONVERSION, of `len` bytes; the value is the next of `args`. */
static void line_add_field(struct line *line, const char *field, size_t len, va_list *args)
{
	char name[FIELD_MAX + 1], *conversion;
	const char *text;
	int most;

	snprintf(name, sizeof name, "%.*s", (int)len, field);
	conversion = strchr(name, '=');
	if (!conversion)
		return;
	*conversion = '\0';
	conversion += 2;
	if (strcmp(conversion, "s") == 0) {
		text = va_arg(*args, const char *);
		line_add_text(line, name, text, strlen(text));
	} else if (strcmp(conversion, ".*s") == 0) {
		most = va_arg(*args, int);
		text = va_arg(*args, const char *);
		line_add_text(line, name, text, strnlen(text, (size_t)most));
	} else if (strcmp(conversion, "d") == 0) {
		line_add_number(line, name, va_arg(*args, int));
	} else if (strcmp(conversion, "u") == 0) {
		line_add_number(line, name, va_arg(*args, unsigned));
	} else if (strcmp(conversion, "ld") == 0) {
		line_add_number(line, name, va_arg(*args, long));
	} else if (strcmp(conversion, "lld") == 0) {
		line_add_number(line, name, va_arg(*args, long long));
	} else if (strcmp(conversion, "zu") == 0) {
		line_add_number(line, name, (long long)va_arg(*args, size_t));
	}
}

void log_event(enum log_level level, const struct ctx *ctx, const char *format, ...)
{
	size_t len = strcspn(format, " ");
	struct line line;
	va_list args;

	if (level < least_level)
		return;
	line_begin(&line, level, ctx);
	line_add_text(&line, "msg", format, len);
	va_start(args, format);
	while (format[len]) {
		format += len + 1;
		len = strcspn(format, " ");
		line_add_field(&line, format, len, &args);
	}
	va_end(args);
	line_end(&line, "}\n");
}

/* ---- other lines ---- */

static void line_add_duration(struct line *line, int64_t us)
{
	line_printf(line, ",\"duration_ms\":%" PRId64 ".%03d", us / 1000, (int)(us % 1000));
}

void log_request(const struct ctx *ctx, const char *method, const char *route, int status,
		 int64_t duration_us, const char *code)
{
	struct line line;

	if (LOG_INFO < least_level)
		return;
	line_begin(&line, LOG_INFO, ctx);
	line_add_text(&line, "method", method, strnlen(method, METHOD_MAX));
	/* The other values are constants of the program, without characters to escape. */
	line_printf(&line, ",\"route\":\"%s\",\"status\":%d", route, status);
	line_add_duration(&line, duration_us);
	if (code)
		line_printf(&line, ",\"code\":\"%s\"", code);
	line_end(&line, "}\n");
}

void log_staff_write(const struct ctx *ctx, const char *role, const char *method, const char *route,
		     const char *input)
{
	struct line line;

	if (LOG_INFO < least_level)
		return;
	line_begin(&line, LOG_INFO, ctx);
	line_printf(&line, ",\"role\":\"%s\",\"method\":\"%s\",\"route\":\"%s\"", role, method,
		    route);
	line_printf(&line, ",\"msg\":\"staff.write\"");
	line_add_text(&line, "input", input ? input : "", input ? strnlen(input, INPUT_MAX) : 0);
	line_end(&line, "}\n");
}

void log_call(const struct ctx *ctx, const char *traceparent, const char *method, const char *path,
	      int status, int64_t duration_us)
{
	/* Calls without a parent are of jobs that run all the time, mostly without any effect. */
	enum log_level level = ctx->parent_id[0] ? LOG_INFO : LOG_DEBUG;
	char parent_id[SPAN_ID_LEN + 1] = "";
	struct line line;

	if (level < least_level)
		return;
	if (ctx->traceparent[0])
		memcpy(parent_id, ctx->traceparent + SPAN_ID_AT, SPAN_ID_LEN);
	line_begin(&line, level, NULL);
	line_add_ids(&line, ctx, traceparent, parent_id);
	line_printf(&line, ",\"calls\":\"%s ", method);
	line_add_escaped(&line, path, strlen(path));
	line_printf(&line, "\",\"status\":%d", status);
	line_add_duration(&line, duration_us);
	line_end(&line, "}\n");
}
