#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 128, SECRET_FILE_MAX = 8192 };

struct value {
	const char *text;
	int64_t number;
	bool on;
	int word;
};

static bool read_text(struct value *value, const struct setting *row, const char *text)
{
	int64_t len = (int64_t)strlen(text);

	value->text = text;
	if (!len) /* the default of what need not be given: any other is held to its length */
		return true;
	return len >= row->min && (!row->max || len <= row->max);
}

static bool read_number(struct value *value, const struct setting *row, const char *text)
{
	const char *digits = text + (*text == '-');
	size_t n = strspn(digits, "0123456789");

	/* strtoll alone takes white space, a plus sign and nothing at all. */
	if (!n || digits[n])
		return false;
	errno = 0;
	value->number = strtoll(text, NULL, 10);
	return !errno && value->number >= row->min && value->number <= row->max;
}

static bool read_switch(struct value *value, const struct setting *row, const char *text)
{
	(void)row;
	value->on = strcmp(text, "on") == 0;
	return value->on || strcmp(text, "off") == 0;
}

static bool read_enum(struct value *value, const struct setting *row, const char *text)
{
	for (value->word = 0; row->values[value->word]; value->word++) {
		if (strcmp(row->values[value->word], text) == 0)
			return true;
	}
	return false;
}

static void store_text(void *to, const struct value *value)
{
	*(const char **)to = value->text;
}

static void store_number(void *to, const struct value *value)
{
	*(int64_t *)to = value->number;
}

static void store_switch(void *to, const struct value *value)
{
	*(bool *)to = value->on;
}

static void store_enum(void *to, const struct value *value)
{
	*(int *)to = value->word;
}

static void expect_text(FILE *errors, const struct setting *row)
{
	fprintf(errors, "at least %" PRId64, row->min);
	if (row->max)
		fprintf(errors, " and at most %" PRId64, row->max);
	fputs(" bytes long", errors);
}

static void expect_number(FILE *errors, const struct setting *row)
{
	fprintf(errors, "a number from %" PRId64 " to %" PRId64, row->min, row->max);
}

static void expect_switch(FILE *errors, const struct setting *row)
{
	(void)row;
	fputs("on or off", errors);
}

static void expect_enum(FILE *errors, const struct setting *row)
{
	for (int i = 0; row->values[i]; i++)
		fprintf(errors, "%s%s",
			!i                   ? ""
			: row->values[i + 1] ? ", "
					     : " or ",
			row->values[i]);
}

static const struct {
	bool (*read)(struct value *value, const struct setting *row, const char *text);
	void (*store)(void *to, const struct value *value);
	void (*expect)(FILE *errors, const struct setting *row);
} types[] = {
    [SETTING_TEXT] = {read_text, store_text, expect_text},
    [SETTING_NUMBER] = {read_number, store_number, expect_number},
    [SETTING_SWITCH] = {read_switch, store_switch, expect_switch},
    [SETTING_ENUM] = {read_enum, store_enum, expect_enum},
};

/* ---- secrets in files ---- */

/* Reads a file's text without the end of its last line; false with errno. */
static bool read_secret(char text[static SECRET_FILE_MAX], const char *path)
{
	FILE *file = fopen(path, "r");
	size_t len;
	bool whole;

	if (!file)
		return false;
	len = fread(text, 1, SECRET_FILE_MAX, file);
	whole = !ferror(file);
	fclose(file);
	if (!whole)
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

/* Where NAME_FILE is set, what is in that file is taken for NAME. */
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

/* ---- all of them ---- */

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

static bool check_demo(const struct setting *row, const char *text, FILE *errors)
{
	if (!demo_refused || !row->demo || strcmp(text, row->demo) != 0)
		return true;
	fprintf(errors,
		"%s: %s is for a demo, and other machines can reach this program: "
		"set another value, or ALLOW_DEMO=yes\n",
		row->name, row->demo);
	return false;
}

/* Otherwise a program that needs one of the two secrets could sign with both. */
static bool check_unlike(const struct setting *row, const char *text, FILE *errors)
{
	bool differs = true;

	for (size_t i = 0; *text && row->unlike && row->unlike[i]; i++) {
		const char *other = getenv(row->unlike[i]);

		if (!other || strcmp(text, other) != 0)
			continue;
		fprintf(errors, "%s: is the same as %s: each secret needs a value of its own\n",
			row->name, row->unlike[i]);
		differs = false;
	}
	return differs;
}

/* The value itself may hold a password. */
static bool check_value(const struct setting *row, const char *text, FILE *errors)
{
	const char *wrong = row->check ? row->check(text) : NULL;

	if (wrong)
		fprintf(errors, "%s: %s\n", row->name, wrong);
	return !wrong;
}

static bool setting_check(const struct setting *row, FILE *errors)
{
	const char *text = config_text(row);
	struct value value;

	if (!text) {
		fprintf(errors, "%s: is required\n", row->name);
		return false;
	}
	if (types[row->type].read(&value, row, text))
		return check_demo(row, text, errors) && check_unlike(row, text, errors) &&
		       check_value(row, text, errors);
	fprintf(errors, "%s: should be ", row->name);
	types[row->type].expect(errors, row);
	if (!row->secret)
		fprintf(errors, ", not \"%s\"", text);
	fputc('\n', errors);
	return false;
}

static void setting_store(const struct setting *row)
{
	struct value value;

	if (types[row->type].read(&value, row, config_text(row)))
		types[row->type].store(row->value, &value);
}

enum err config_load(const struct setting *settings, size_t n, FILE *errors)
{
	bool valid = true;

	for (size_t i = 0; i < n; i++)
		valid = secret_from_file(&settings[i], errors) &&
			setting_check(&settings[i], errors) && valid;
	if (!valid)
		return ERR_INVALID;
	for (size_t i = 0; i < n; i++)
		setting_store(&settings[i]);
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
