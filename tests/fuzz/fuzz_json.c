/*
 * JSON. The input is a text. The check agrees with jansson, which reads RFC 8259 strictly too; what
 * it accepts survives printing and reading, by json-c and by the project's own writer.
 */
#include "fuzz.h"
#include "json.h"
#include "json_writer.h"
#include "with_jansson.h"

/* Whether the reason is a limit of the project, which a valid text may exceed. */
static bool beyond_a_limit(const char *why)
{
	static const char *const limits[] = {"too many values", "too many names in an object",
					     "a number is too long", "nested too deeply"};

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		if (strcmp(why, limits[i]) == 0)
			return true;
	}
	return false;
}

static struct json_object *parse(struct arena *arena, const char *text, size_t len)
{
	struct json_object *object = NULL;
	size_t at;

	REQUIRE(json_parse(&object, &at, arena, text, len) == OK);
	return object;
}

/* jansson accepts the same texts, except for limits, and reads the same values. */
static void compare_with_jansson(struct arena *arena, const char *text, size_t len, bool valid,
				 struct json_object *object)
{
	char *printed = NULL;
	enum jansson_result other = jansson_read(&printed, text, len);

	if (valid)
		REQUIRE(other != JANSSON_REFUSED);
	else
		REQUIRE(other != JANSSON_READ || beyond_a_limit(json_reason(text, len)));
	if (valid && printed)
		REQUIRE(json_object_equal(parse(arena, printed, strlen(printed)), object));
	free(printed);
}

/* ---- round trips ---- */

static void write_value(struct json_writer *w, const char *name, struct json_object *value);

static void write_object(struct json_writer *w, const char *name, struct json_object *value)
{
	json_write_object(w, name);
	json_object_object_foreach(value, key, member)
	{
		write_value(w, key, member);
	}
	json_write_end(w);
}

static void write_array(struct json_writer *w, const char *name, struct json_object *value)
{
	json_write_array(w, name);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		write_value(w, NULL, json_object_array_get_idx(value, i));
	json_write_end(w);
}

static void write_value(struct json_writer *w, const char *name, struct json_object *value)
{
	enum json_type type = json_object_get_type(value);

	if (type == json_type_object)
		write_object(w, name, value);
	else if (type == json_type_array)
		write_array(w, name, value);
	else if (type == json_type_string)
		json_write_text(w, name, json_object_get_string(value));
	else if (type == json_type_boolean)
		json_write_bool(w, name, json_object_get_boolean(value));
	else
		json_write_raw(w, name, value ? json_object_get_string(value) : "null");
}

static void survives_the_writer(struct arena *arena, struct json_object *object)
{
	struct json_writer w = {0};
	size_t len = 0;
	char *text = NULL;

	w.out = open_memstream(&text, &len);
	REQUIRE(w.out);
	write_value(&w, NULL, object);
	fclose(w.out);
	REQUIRE(json_object_equal(parse(arena, text, len), object));
	free(text);
}

static void survives_printing(struct arena *arena, struct json_object *object)
{
	struct json_object *again;
	const char *text, *text_again;
	size_t len, len_again;

	if (!object) /* null */
		return;
	text = json_text(&len, object);
	REQUIRE(text);
	again = parse(arena, text, len);
	REQUIRE(json_object_equal(again, object));
	text_again = json_text(&len_again, again);
	REQUIRE(len_again == len && memcmp(text_again, text, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = fuzz_arena();
	struct fuzz_input in = {data, size};
	const char *text = fuzz_rest(&in, arena);
	struct json_object *object = NULL;
	size_t at = 0;
	enum err e = json_parse(&object, &at, arena, text, size);

	REQUIRE(e == OK || (e == ERR_INVALID && at <= size));
	REQUIRE(json_check(&at, text, size) == e);
	REQUIRE((e == OK) == !json_reason(text, size));
	compare_with_jansson(arena, text, size, e == OK, object);
	if (!e) {
		survives_printing(arena, object);
		survives_the_writer(arena, object);
	}
	return 0;
}
