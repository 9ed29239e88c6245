/*
 * Shapes: a struct's fields, declared once, drive JSON in (with validation), JSON out, and BSON
 * both ways. A field that is not in the shape can't leak, and a handler sees typed, valid values.
 *
 *	struct cart_add_in {
 *		const char *user_id;
 *		bson_oid_t product_id;
 *		int64_t quantity;
 *	};
 *
 *	static const struct field cart_add_fields[] = {
 *		{FIELD(struct cart_add_in, user_id), .check = check_user_id},
 *		{FIELD(struct cart_add_in, product_id), .unknown = ERR_PRODUCT_NOT_FOUND},
 *		{FIELD(struct cart_add_in, quantity), .min = 1, .max = 99},
 *	};
 *	const struct shape cart_add_in = SHAPE(struct cart_add_in, cart_add_fields);
 *
 * A field's type follows from its member's C type, and its name is the member's.
 */
#ifndef LIB_SHAPE_H
#define LIB_SHAPE_H

#include <bson/bson.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "money.h"

/* Milliseconds since 1970: ISO 8601 in JSON, a date in BSON. */
struct timestamp {
	int64_t ms;
};

/* `n` structs of the field's `of`, one after the other. */
struct list {
	void *items;
	size_t n;
};

enum field_type {
	FIELD_STRING, /* const char *: UTF-8, NULL where it is absent */
	FIELD_INT,    /* int64_t */
	FIELD_BOOL,   /* bool */
	FIELD_MONEY,  /* struct money */
	FIELD_ID,     /* bson_oid_t: 24 hexadecimal digits in JSON */
	FIELD_TIME,   /* struct timestamp; out only */
	FIELD_ENUM,   /* int: index into the field's values; their text in JSON and BSON */
	FIELD_LIST,   /* struct list of the shape `of` */
	FIELD_TEXTS,  /* struct json_object *: an object of texts by name; to JSON only, borrowed */
};

/* Where an input's field comes from. */
enum field_source { FROM_BODY, FROM_PATH, FROM_QUERY };

/* Makes the form of a string that is stored and compared, as the functions of text.h. */
typedef enum err field_form(const char **formed, struct arena *arena, const char *value);

/* Looks at the form of a string that has the right length: NULL, or what is wrong with it, for
 * people. */
typedef const char *field_check(const char *value);

/*
 * A string of the input is bound in these steps:
 *
 *  1. Unless it is raw: it is trimmed, then control and hidden characters (utf8.h) are refused,
 *     before any form drops them. With a `min` it must have a visible character (text.h).
 *  2. Its form is made.
 *  3. Its length: `max` counts the characters of its NFC, of a raw string those of its form, as
 *     a search may grow by folding. `min` counts both there and in the input, without
 *     ignorable characters (text_length()).
 *  4. `check` looks at the form, which is what the handler gets.
 */
struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	enum field_source from;
	bool optional;      /* in: may be absent or null: zero then, of money MONEY_NONE; out:
			       left out where it is NULL or that */
	bool secret;        /* in: never in a log (shape_to_log()) */
	bool no_null;       /* in: null is a fault, though it is optional */
	size_t given;       /* in: GIVEN(struct, member), a bool: whether an optional field is
			       there, for where zero is a value; null is none then. 0: not asked */
	bool raw;           /* in: a string is neither trimmed nor looked at, and not
			       brought into NFC: see below */
	field_form *form;   /* in: of a string, made of its NFC, or of what came where it is
			       raw; NULL: that itself is the form */
	int64_t min, max;   /* in: value of an int; characters of a string, see below;
			       max 0: no limit */
	field_check *check; /* in: of a string's form */
	enum err unknown;   /* in: the error that a malformed id brings; none: 422 */
	const char *absent; /* from BSON: what a document has that lacks the field, as older
			       ones may: the text, or the value as it stands in JSON. No
			       list, id, time or money. NULL: such a document can't be read,
			       unless the field is optional */
	const char *const *values; /* FIELD_ENUM: NULL behind the last; of a string: in the
				     API's description alone */
	const struct shape *of;    /* FIELD_LIST */
	bool lenient;              /* in: of a list: an item that is wrong is left out, and noted
				      in the binding's `omitted` */
	/* In the API's description (openapi.h), as it stands in JSON but for the quotes. */
	const char *example;   /* strings have one; others may */
	const char *pattern;   /* of a string: a regular expression, as in JavaScript */
	const char *format;    /* of a string: a word of JSON Schema's, email */
	const char *about;     /* what the rest does not say */
	const char *enum_name; /* of `words`: its own schema; NULL: described where it is used */
};

/* One field without a name is no object: the value itself, as items of a list may be. */
struct shape {
	size_t size;
	const struct field *fields;
	size_t n;
	const char *name; /* in the API's description; NULL: it is described where it is used */
	bool bounded;     /* from BSON: what input may be (form, min, max and check; money from 0)
			     holds for a document too, and one beyond it can't be read */
};

#define FIELD_TYPE(member)                \
	_Generic((member),                \
	    const char *: FIELD_STRING,   \
	    int64_t: FIELD_INT,           \
	    bool: FIELD_BOOL,             \
	    struct money: FIELD_MONEY,    \
	    bson_oid_t: FIELD_ID,         \
	    struct timestamp: FIELD_TIME, \
	    int: FIELD_ENUM,              \
	    struct list: FIELD_LIST,      \
	    struct json_object *: FIELD_TEXTS)

#define FIELD(st, member) \
	.name = #member, .offset = offsetof(st, member), .type = FIELD_TYPE(((st *)0)->member)

/* The same for a member of the struct `part` in the struct `st`: a field of the same object. */
#define FIELD_IN(st, part, member)                            \
	.name = #member, .offset = offsetof(st, part.member), \
	.type = FIELD_TYPE(((st *)0)->part.member)

/* The member isn't the struct's first. */
#define GIVEN(st, member) .given = offsetof(st, member)

#define SHAPE(st, field_array) NAMED_SHAPE(NULL, st, field_array)

#define NAMED_SHAPE(name_of_it, st, field_array)                                          \
	{                                                                                 \
		.size = sizeof(st), .fields = (field_array),                              \
		.n = sizeof(field_array) / sizeof((field_array)[0]), .name = (name_of_it) \
	}

/* One that is stored, and whose documents are read within its limits. */
#define BOUNDED_SHAPE(st, field_array)                                               \
	{                                                                            \
		.size = sizeof(st), .fields = (field_array),                         \
		.n = sizeof(field_array) / sizeof((field_array)[0]), .bounded = true \
	}

/* ---- in ---- */

/* Texts of an input's fields from path and query: the value, or NULL where it is absent. */
typedef const char *shape_text(void *source, const struct field *field);

/* An item that was left out of a lenient list. */
struct omitted_item {
	const struct omitted_item *next;
	const char *list;  /* the list's name */
	const char *id;    /* its `_id`, as sent; NULL where that is none */
	const char *field; /* the first that is wrong, and why; NULL: not known */
	const char *wrong;
};

/* What a binding reads, and what it found wrong. */
struct binding {
	struct arena *arena;
	struct json_object *body; /* checked as json_check() does; NULL: there is none */
	shape_text *text;
	void *source;                /* of text() */
	struct json_object *invalid; /* FastAPI's list of faults; NULL where there are none */
	const struct omitted_item *omitted; /* of all lenient lists, the last first */
};

/* Binds to a zeroed struct of the shape's size in the arena: every wrong field is listed at once.
 * ERR_INVALID with the list; else a field's `unknown`; ERR_NO_MEMORY without memory. */
enum err shape_bind(void **out, struct binding *binding, const struct shape *shape) MUST_CHECK;

/* Adds a fault to a list in FastAPI's form: {"type", "loc": [where, name], "msg"}. `name` may be
 * NULL. */
enum err shape_error(struct binding *binding, const char *type, const char *where, const char *name,
		     const char *msg) MUST_CHECK;

/* Whether a shape has a field from there. */
bool shape_has(const struct shape *shape, enum field_source from);

/* ---- out ---- */

/* Whether a shape is that of a value, not of an object. */
bool shape_is_value(const struct shape *shape);

/* A JSON object of a struct; the caller puts it (json_object_put). NULL without memory. */
struct json_object *shape_to_json(const struct shape *shape, const void *in);

/* A JSON array of `n` structs, likewise. */
struct json_object *shape_list_to_json(const struct shape *shape, const void *items, size_t n);

/* The same object's text, in the arena. NULL without memory. */
const char *shape_to_text(struct arena *arena, const struct shape *shape, const void *in);

/* The same without the fields that are secret. */
const char *shape_to_log(struct arena *arena, const struct shape *shape, const void *in);

/* ---- BSON ---- */

/* Appends the fields to a document. ERR_INTERNAL where it grows too large. */
enum err shape_to_bson(bson_t *doc, const struct shape *shape, const void *in) MUST_CHECK;

/* Reads a document into a zeroed struct, strings and lists into the arena. A field
 * that is absent has the value of its row's `absent`, or stays zero where it is optional. One that
 * is missing or of another type is ERR_INTERNAL: the data are not ours; so is one beyond the limits
 * of a bounded shape, whose texts are read trimmed and in their form. An integer may have any
 * type of number (a double, where somebody multiplied it by hand) as long as it is one. A shape
 * that is stored has 64 fields at the most. */
enum err shape_from_bson(void *out, struct arena *arena, const struct shape *shape,
			 const bson_t *doc) MUST_CHECK;

/* The first field that keeps a document from being read; NULL: there is none. */
const char *shape_unreadable(struct arena *arena, const struct shape *shape, const bson_t *doc);

#endif
