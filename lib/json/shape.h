/*
 * Shapes: a table of a struct's fields drives JSON input (with validation), JSON output, and BSON
 * in both directions. A member without a field is never output, and handlers get typed, valid
 * values.
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
 * A field's type follows from the C type of its member. Its name is the member's.
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

/* An array of `n` structs of the shape `of` of the field. */
struct list {
	void *items;
	size_t n;
};

enum field_type {
	FIELD_STRING, /* const char *: UTF-8; NULL if absent */
	FIELD_INT,    /* int64_t */
	FIELD_BOOL,   /* bool */
	FIELD_MONEY,  /* struct money */
	FIELD_ID,     /* bson_oid_t: 24 hexadecimal digits in JSON */
	FIELD_TIME,   /* struct timestamp; output only */
	FIELD_ENUM,   /* int: index into the field's values; their text in JSON and BSON */
	FIELD_LIST,   /* struct list of the shape `of` */
	FIELD_TEXTS,  /* struct json_object *: an object of strings; JSON output only, borrowed */
};

/* The part of a request that a field is read from. */
enum field_source { FROM_BODY, FROM_PATH, FROM_QUERY };

/* Converts a string to the form that is stored and compared, as the functions of text.h do. */
typedef enum err field_form(const char **formed, struct arena *arena, const char *value);

/* Checks the form of a string that has the right length. Returns what is wrong, for people, or
 * NULL. */
typedef const char *field_check(const char *value);

/*
 * A string of the input is bound in these steps:
 *
 *  1. Unless the field is raw: trim the string, then refuse control and hidden characters (utf8.h),
 *     before a form can drop them. If `min` is set, require a visible character (text.h).
 *  2. Convert the string to NFC (unless the field is raw), then to the field's form.
 *  3. Check the length. `max` limits the characters in NFC, because folding for a search may add
 *     some; of a raw string those in its form. `min` holds for the same text and for the input,
 * both without ignorable characters (text_length()).
 *  4. Call `check` with the form, which is also what the handler gets.
 */
struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	enum field_source from;
	bool optional;      /* input: may be absent or null, the value is then zero or MONEY_NONE;
			       output: left out if it is NULL or MONEY_NONE */
	bool secret;        /* input: never logged (shape_to_log()) */
	bool no_null;       /* input: null is an error, although the field is optional */
	size_t given;       /* input: GIVEN(struct, member) of a bool: set if an optional field is
			       present, for fields where zero is a value. null is then an error.
			       0: none */
	bool raw;           /* input: a string is not trimmed, not converted to NFC, and its
			       characters are not checked: see above */
	field_form *form;   /* input: of a string; NULL: NFC, or the input if it is raw */
	int64_t min, max;   /* input: value of an int; characters of a string, see above; items of
			       a list; max 0: no limit */
	field_check *check; /* input: of a string's form; may be NULL */
	enum err unknown;   /* input: the error for a malformed id; OK: a validation error */
	const char *absent; /* from BSON: the value for a document without the field, such as an
			       older one: a string's text, or the value as JSON. Not for lists, ids,
			       times and money. NULL: such a document is unreadable, unless the
			       field is optional */
	const char *const *values; /* FIELD_ENUM: NULL-terminated; of a string only for the API's
				      description */
	const struct shape *of;    /* FIELD_LIST */
	bool lenient;              /* input: of a list: invalid items are left out and recorded in
				      the binding's `omitted` */
	/* For the API's description (openapi.h). */
	const char *example;   /* JSON, but a string without quotes; required for strings */
	const char *pattern;   /* of a string: a JavaScript regular expression */
	const char *format;    /* of a string: a format of JSON Schema, such as email */
	const char *about;     /* anything else */
	const char *enum_name; /* name of the schema for `values`; NULL: described in place */
};

/* A shape of a single field without a name stands for the bare value instead of an object, for
 * example for the items of a list. */
struct shape {
	size_t size;
	const struct field *fields;
	size_t n;
	const char *name; /* of its schema in the API's description; NULL: described in place */
	bool bounded;     /* from BSON: the limits of input (form, min, max and check; money from 0)
			     apply to documents, too; a document outside them is unreadable */
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

/* The same for a member of the struct `part` inside the struct `st`. In JSON and BSON the field is
 * in the same object as the others. */
#define FIELD_IN(st, part, member)                            \
	.name = #member, .offset = offsetof(st, part.member), \
	.type = FIELD_TYPE(((st *)0)->part.member)

/* The member must not be the struct's first. */
#define GIVEN(st, member) .given = offsetof(st, member)

#define SHAPE(st, field_array) NAMED_SHAPE(NULL, st, field_array)

#define NAMED_SHAPE(name_of_it, st, field_array)                                          \
	{                                                                                 \
		.size = sizeof(st), .fields = (field_array),                              \
		.n = sizeof(field_array) / sizeof((field_array)[0]), .name = (name_of_it) \
	}

/* A stored shape whose limits apply to documents. */
#define BOUNDED_SHAPE(st, field_array)                                               \
	{                                                                            \
		.size = sizeof(st), .fields = (field_array),                         \
		.n = sizeof(field_array) / sizeof((field_array)[0]), .bounded = true \
	}

/* ---- input ---- */

/* Returns the text of a field in the path or query, or NULL if it is absent. */
typedef const char *shape_text(void *source, const struct field *field);

/* An item that was left out of a lenient list. */
struct omitted_item {
	const struct omitted_item *next;
	const char *list;  /* name of the list */
	const char *id;    /* the item's `_id`; NULL if it has no valid one */
	const char *field; /* the first invalid field and its error; NULL: unknown */
	const char *wrong;
};

/* Input and results of a binding. */
struct binding {
	struct arena *arena;
	struct json_object *body; /* of a text that json_check() accepts; NULL: none */
	shape_text *text;
	void *source;                       /* argument of text() */
	struct json_object *invalid;        /* FastAPI's list of errors; NULL: no error */
	const struct omitted_item *omitted; /* of all lenient lists, in reverse order */
};

/* Binds the input to a zeroed struct in the arena. Checks all fields. ERR_INVALID if any is
 * invalid, with all errors in `invalid`; else a field's `unknown`. ERR_NO_MEMORY if out of memory.
 */
enum err shape_bind(void **out, struct binding *binding, const struct shape *shape) MUST_CHECK;

/* Adds a validation error in FastAPI's form: {"type", "loc": [where, name], "msg"}. `name` may be
 * NULL. Returns ERR_INVALID, or ERR_NO_MEMORY if out of memory. */
enum err shape_error(struct binding *binding, const char *type, const char *where, const char *name,
		     const char *msg) MUST_CHECK;

/* Whether a shape has a field of that source. */
bool shape_has(const struct shape *shape, enum field_source from);

/* ---- output ---- */

/* Whether a shape stands for a bare value instead of an object. */
bool shape_is_value(const struct shape *shape);

/* Converts a struct to JSON. The caller calls json_object_put(). NULL if out of memory. */
struct json_object *shape_to_json(const struct shape *shape, const void *in);

/* Converts an array of `n` structs to JSON. Ownership and errors as above. */
struct json_object *shape_list_to_json(const struct shape *shape, const void *items, size_t n);

/* Converts a struct to JSON text in the arena. NULL if out of memory. */
const char *shape_to_text(struct arena *arena, const struct shape *shape, const void *in);

/* The same without the secret fields. */
const char *shape_to_log(struct arena *arena, const struct shape *shape, const void *in);

/* ---- BSON ---- */

/* Appends the fields to a document. ERR_INTERNAL if the document becomes too large. */
enum err shape_to_bson(bson_t *doc, const struct shape *shape, const void *in) MUST_CHECK;

/*
 * Reads a document into a zeroed struct; allocates strings and lists in the arena. An absent field
 * gets the value of `absent`, or stays zero if it is optional. ERR_INTERNAL if a required field is
 * missing, has another type, or is outside the limits of a bounded shape, whose strings are trimmed
 * and converted as in input. An integer may have any numeric type, because calculations in the
 * MongoDB shell store doubles. ERR_NO_MEMORY if out of memory. The shape has at most 64 fields.
 */
enum err shape_from_bson(void *out, struct arena *arena, const struct shape *shape,
			 const bson_t *doc) MUST_CHECK;

/* The name of the first field that makes a document unreadable; NULL: none, or out of memory. */
const char *shape_unreadable(struct arena *arena, const struct shape *shape, const bson_t *doc);

#endif
