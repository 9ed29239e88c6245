/*
 * Settings: rows of a table. A program reads them from the environment once, when it starts, and
 * reports all errors together. `--config` prints the table, of which docs/settings.md is made.
 */
#ifndef LIB_CONFIG_H
#define LIB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"

enum setting_type {
	SETTING_TEXT,   /* const char *; min and max are bytes; max 0: no limit */
	SETTING_NUMBER, /* int64_t, min to max */
	SETTING_SWITCH, /* bool: on or off */
	SETTING_ENUM,   /* int: index into `values` */
};

struct setting {
	const char *name; /* of the environment variable */
	enum setting_type type;
	void *value;          /* of that type; a text is borrowed from the environment */
	const char *fallback; /* the default as text; NULL: the setting is required */
	int64_t min, max;
	bool secret; /* its value is never printed */
	const char *help;
	const char *const *values; /* SETTING_ENUM: NULL-terminated */
	const char *demo;          /* a value that config_refuse_demo() forbids; or NULL */
	bool may_lack_file; /* of a secret: a missing file in NAME_FILE means that it is not set,
			       and is no error */
	const char *const *unlike; /* names of earlier settings that must have another value,
				      NULL-terminated; or NULL */
	/* Checks a value of the right type. Returns what is wrong, for people, or NULL. May be
	 * NULL. */
	const char *(*check)(const char *text);
};

/* Forbids the settings' demo values from now on, because other machines can reach this process. */
void config_refuse_demo(void);

/* The value of a setting as text, unchecked: the environment's, or else the default. */
const char *config_text(const struct setting *row);

/*
 * Stores the values of all settings. If any is wrong, it stores none, prints one line for each
 * error to `errors`, and returns ERR_INVALID. An empty variable counts as not set. A secret may
 * also be in the file that the variable NAME_FILE names. Not thread-safe.
 */
enum err config_load(const struct setting *settings, size_t n, FILE *errors) MUST_CHECK;

/* Prints `NAME<TAB>default<TAB>help`, one line for each setting; `required` if it has no default.
 */
void config_print(const struct setting *settings, size_t n, FILE *out);

#endif
