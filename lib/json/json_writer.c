#include "json_writer.h"

#include <assert.h>
#include <inttypes.h>

static void quote(struct json_writer *w, const char *text)
{
	fputc('"', w->out);
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20)
			fprintf(w->out, "\\u%04x", (unsigned)*text);
		else
			fprintf(w->out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
	}
	fputc('"', w->out);
}

/* Writes the comma and the name before a value. */
static void begin(struct json_writer *w, const char *name)
{
	if (w->needs_comma)
		fputc(',', w->out);
	w->needs_comma = true;
	if (name) {
		quote(w, name);
		fputc(':', w->out);
	}
}

static void enter(struct json_writer *w, const char *name, bool array)
{
	assert(w->depth < JSON_WRITER_DEPTH_MAX);
	begin(w, name);
	fputc(array ? '[' : '{', w->out);
	w->arrays &= ~(UINT64_C(1) << w->depth);
	w->arrays |= (uint64_t)array << w->depth++;
	w->needs_comma = false;
}

void json_write_object(struct json_writer *w, const char *name)
{
	enter(w, name, false);
}

void json_write_array(struct json_writer *w, const char *name)
{
	enter(w, name, true);
}

void json_write_end(struct json_writer *w)
{
	assert(w->depth);
	fputc(w->arrays >> --w->depth & 1 ? ']' : '}', w->out);
	w->needs_comma = true;
}

void json_write_text(struct json_writer *w, const char *name, const char *text)
{
	begin(w, name);
	quote(w, text);
}

void json_write_int(struct json_writer *w, const char *name, int64_t value)
{
	begin(w, name);
	fprintf(w->out, "%" PRId64, value);
}

void json_write_bool(struct json_writer *w, const char *name, bool value)
{
	json_write_raw(w, name, value ? "true" : "false");
}

void json_write_raw(struct json_writer *w, const char *name, const char *json)
{
	begin(w, name);
	fputs(json, w->out);
}
