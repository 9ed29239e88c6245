#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 128, SECRET_FILE_MAX = 8192 };

/* ---- types ---- */

struct value {
	const char *text;
	int64_t number;
	bool on;
	int index; /* of an enum's value */
};

/* Parses a text as the type of a setting. False if it isn't one, or is out of range. */
static bool parse_value(struct value *value, const struct setting *row, const char *text)
{
	const char *digits = text + (*text == '-');
	size_t n_digits = strspn(digits, "0123456789");
	int64_t len = (int64_t)strlen(text);

	switch (row->type) {
	case SETTING_TEXT:
		value->text = text;
		/* Only a default can be empty. The length of other texts is limited. */
		return !len || (len >= row->min && (!row->max || len <= row->max));
	case SETTING_NUMBER:
		/* strtoll() alone accepts white space, a plus sign and an empty text. */
		if (!n_digits || digits[n_digits])
			return false;
		errno = 0;
		value->number = strtoll(text, NULL, 10);
		return !errno && value->number >= row->min && value->number <= row->max;
	case SETTING_SWITCH:
		value->on = strcmp(text, "on") == 0;
		return value->on || strcmp(text, "off") == 0;
	case SETTING_ENUM:
		for (value->index = 0; row->values[value->index]; value->index++) {
			if (strcmp(row->values[value->index], text) == 0)
				return true;
		}
		break;
	}
	return false;
}

/* Prints which texts parse_value() accepts. */
static void print_expected(FILE *errors, const struct setting *row)
{
	switch (row->type) {
	case SETTING_TEXT:
		fprintf(errors, "at least %" PRId64, row->min);
		if (row->max)
			fprintf(errors, " and at most %" PRId64, row->max);
		fputs(" bytes long", errors);
		break;
	case SETTING_NUMBER:
		fprintf(errors, "a number from %" PRId64 " to %" PRId64, row->min, row->max);
		break;
	case SETTING_SWITCH:
		fputs("on or off", errors);
		break;
	case SETTING_ENUM:
		for (int i = 0; row->values[i]; i++)
			fprintf(errors, "%s%s",
				!i                   ? ""
				: row->values[i + 1] ? ", "
						     : " or ",
				row->values[i]);
		break;
	}
}

/* ---- secrets in files ---- */

/* Reads a file's text without trailing line ends; false with errno. */
static bool read_secret(char text[static SECRET_FILE_MAX], const char *path)
{
	FILE *file = fopen(path, "r");
	size_t len;
	bool ok;

	if (!file)
		return false;
	len = fread(text, 1, SECRET_FILE_MAX, file);
	ok = !ferror(file);
	fclose(file);
	if (!ok)
		return false;
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	errno = EFBIG;
	if (len == SECRET_FILE_MAX)
		return false;
	text[len] = '\0';
	errno = EILSEQ;
	return strlen(text) == len;
}

/* If NAME_FILE is set, puts the content of that file into the environment variable NAME. */
static bool secret_from_file(const struct setting *row, FILE *errors)
{
	char name[NAME_SIZE], text[SECRET_FILE_MAX];
	const char *path, *given = getenv(row->name);

	snprintf(name, sizeof name, "%s_FILE", row->name);
	path = getenv(name);
	if (!row->secret || !path || !*path)
		return true;
	if (row->may_lack_file && access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if (given && *given)
		fprintf(errors, "%s: %s is set, too: only one of them can hold\n", name, row->name);
	else if (!read_secret(text, path))
		fprintf(errors, "%s: %s: %s\n", name, path, strerror(errno));
	else if (setenv(row->name, text, 1))
		fprintf(errors, "%s: %s\n", name, strerror(errno));
	else
		return true;
	return false;
}

/* ---- all settings ---- */

static bool demo_refused;

void config_refuse_demo(void)
{
	demo_refused = true;
}

const char *config_text(const struct setting *row)
{
	const char *given = getenv(row->name);

	return given && *given ? given : row->fallback;
}

/* Checks a value of the right type: demo values, equal secrets, the row's own check. */
static bool check_value(const struct setting *row, const char *text, FILE *errors)
{
	const char *wrong;
	bool differs = true;

	if (demo_refused && row->demo && strcmp(text, row->demo) == 0) {
		fprintf(errors,
			"%s: %s is for a demo, and other machines can reach this program: "
			"set another value, or ALLOW_DEMO=yes\n",
			row->name, row->demo);
		return false;
	}
	/* If two secrets were equal, a program that has only one of them could sign with both. */
	for (size_t i = 0; *text && row->unlike && row->unlike[i]; i++) {
		const char *other = getenv(row->unlike[i]);

		if (!other || strcmp(text, other) != 0)
			continue;
		fprintf(errors, "%s: is the same as %s: each secret needs a value of its own\n",
			row->name, row->unlike[i]);
		differs = false;
	}
	if (!differs)
		return false;
	/* Without the value, which may contain a password. */
	wrong = row->check ? row->check(text) : NULL;
	if (wrong)
		fprintf(errors, "%s: %s\n", row->name, wrong);
	return !wrong;
}

/* Checks the value of a setting, and prints what is wrong with it. */
static bool check_setting(const struct setting *row, FILE *errors)
{
	const char *text = config_text(row);
	struct value value;

	if (!text) {
		fprintf(errors, "%s: is required\n", row->name);
		return false;
	}
	if (parse_value(&value, row, text))
		return check_value(row, text, errors);
	fprintf(errors, "%s: should be ", row->name);
	print_expected(errors, row);
	if (!row->secret)
		fprintf(errors, ", not \"%s\"", text);
	fputc('\n', errors);
	return false;
}

enum err config_load(const struct setting *settings, size_t n, FILE *errors)
{
	struct value value;
	bool valid = true;

	for (size_t i = 0; i < n; i++)
		valid = secret_from_file(&settings[i], errors) &&
			check_setting(&settings[i], errors) && valid;
	if (!valid)
		return ERR_INVALID;
	for (size_t i = 0; i < n; i++) {
		const struct setting *row = &settings[i];

		if (!parse_value(&value, row, config_text(row)))
			continue;
		switch (row->type) {
		case SETTING_TEXT:
			*(const char **)row->value = value.text;
			break;
		case SETTING_NUMBER:
			*(int64_t *)row->value = value.number;
			break;
		case SETTING_SWITCH:
			*(bool *)row->value = value.on;
			break;
		case SETTING_ENUM:
			*(int *)row->value = value.index;
			break;
		}
	}
	return OK;
}

void config_print(const struct setting *settings, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct setting *row = &settings[i];

		fprintf(out, "%s\t%s\t%s\n", row->name, row->fallback ? row->fallback : "required",
			row->help);
	}
}
