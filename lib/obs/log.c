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
	LOG_LINE_MAX = 4096, /* PIPE_BUF: lines of several processes don't mix in a pipe */
	METHOD_MAX = 16,     /* characters of a method: it is whatever the client sent */
	INPUT_MAX = 2048,    /* bytes of a call's input, before they are escaped */
	FIELD_MAX = 47,      /* bytes of NAME=CONVERSION */
	TAIL_SIZE = 8,       /* kept free for the end of a text and of the line */
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

/* Appends a piece of valid JSON whole, or not at all where it doesn't fit. */
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

/* Appends one character as it may stand in a JSON string, and returns how many bytes it had. 0: no
 * more room. */
static size_t line_add_char(struct line *line, const char *s, size_t len)
{
	char escape[8];
	uint32_t c = 0;
	size_t n = utf8_decode(&c, s, len);

	if (!n) /* a byte that isn't UTF-8 */
		return line_add(line, "\\ufffd", 6) ? 1 : 0;
	if (c == '"' || c == '\\')
		snprintf(escape, sizeof escape, "\\%c", (int)c);
	else if (c < 0x20 || c == 0x7F)
		snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
	else
		return line_add(line, s, n) ? n : 0;
	return line_add(line, escape, strlen(escape)) ? n : 0;
}

static void line_add_escaped(struct line *line, const char *s, size_t len)
{
	for (size_t n = 1; len && n; s += n, len -= n)
		n = line_add_char(line, s, len);
}

/* Appends a member whose text is not ours, cut where the line is full; nothing where its name has
 * no room either. */
static void line_add_text(struct line *line, const char *name, const char *s, size_t len)
{
	if (!line_printf(line, ",\"%s\":\"", name))
		return;
	line_add_escaped(line, s, len);
	line->text[line->len++] = '"'; /* of the tail's bytes, where the line is full */
}

/* What there is of them: work may be logged before it has any. */
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

/* Ends the line, for which there is always room, and writes it out. What can't be written is lost:
 * there is nowhere to say so. */
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

static void line_add_string(struct line *line, const char *name, const char *s)
{
	line_add_text(line, name, s, strlen(s));
}

static void line_add_bytes(struct line *line, const char *name, int len, const char *s)
{
	line_add_text(line, name, s, strnlen(s, (size_t)len));
}

/* Appends the field of NAME=CONVERSION, of `len` bytes, and takes its value from `args`. */
static void line_add_field(struct line *line, const char *field, size_t len, va_list *args)
{
	char name[FIELD_MAX + 1], *conversion;

	snprintf(name, sizeof name, "%.*s", (int)len, field);
	conversion = strchr(name, '=');
	if (!conversion)
		return;
	*conversion = '\0';
	conversion += 2;
	if (strcmp(conversion, "s") == 0)
		line_add_string(line, name, va_arg(*args, const char *));
	else if (strcmp(conversion, "d") == 0)
		line_add_number(line, name, va_arg(*args, int));
	else if (strcmp(conversion, "u") == 0)
		line_add_number(line, name, va_arg(*args, unsigned));
	else if (strcmp(conversion, "ld") == 0)
		line_add_number(line, name, va_arg(*args, long));
	else if (strcmp(conversion, "lld") == 0)
		line_add_number(line, name, va_arg(*args, long long));
	else if (strcmp(conversion, "zu") == 0)
		line_add_number(line, name, (long long)va_arg(*args, size_t));
	else if (strcmp(conversion, ".*s") == 0) {
		int n = va_arg(*args, int);

		line_add_bytes(line, name, n, va_arg(*args, const char *));
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
	/* All that follows is ours, and has nothing to escape. */
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
	/* What nobody asked for is a round of a job, and many come to nothing. */
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
