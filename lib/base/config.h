/*
 * Settings: rows of a table, read from the environment once at start-up, all errors reported at
 * once. `--config` prints the table, and the README's is held against it.
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
	SETTING_ENUM,   /* int: index into `words` */
};

struct setting {
	const char *name; /* of the environment variable */
	enum setting_type type;
	void *value;          /* of that type; a text is borrowed from the environment */
	const char *fallback; /* as text; NULL: must be given */
	int64_t min, max;
	bool secret; /* its value is never printed */
	const char *help;
	const char *const *values; /* SETTING_ENUM: NULL behind the last */
	const char *demo;          /* a value that is refused after config_refuse_demo(); or NULL */
	bool may_lack_file; /* a secret: where NAME_FILE names a file that is not there, it is not
			       set */
	const char *const *unlike; /* settings before it whose values it must not have; or NULL */
	/* What is wrong with a value of the right type, for people, or NULL; no check: NULL. */
	const char *(*check)(const char *text);
};

/* From now on the settings' demo values are refused: other machines can reach this process. */
void config_refuse_demo(void);

/* The text that holds for a setting, unchecked: what is given, else its default. */
const char *config_text(const struct setting *row);

/* Fills in the values; or leaves them as they are, says on `errors`, a line each, what is wrong
 * with every one of them, and returns ERR_INVALID. An empty variable counts as not set. That of a
 * secret may also be what the file holds that NAME_FILE names. For a process of one thread. */
enum err config_load(const struct setting *settings, size_t n, FILE *errors) MUST_CHECK;

/* Prints `NAME<TAB>default<TAB>help` a line; `required` where there is no default. */
void config_print(const struct setting *settings, size_t n, FILE *out);

#endif
