#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "route.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum err run(struct req *rq)
{
	(void)rq;
	return OK;
}

/* ---- inputs ---- */

struct ids {
	const char *a, *b;
	int64_t n;
};

static const struct field ab_fields[] = {
    {FIELD(struct ids, a), .from = FROM_PATH},
    {FIELD(struct ids, b), .from = FROM_PATH},
    {FIELD(struct ids, n), .from = FROM_QUERY, .optional = true},
};
static const struct shape ab_in = SHAPE(struct ids, ab_fields);

static const struct field a_fields[] = {{FIELD(struct ids, a), .from = FROM_PATH}};
static const struct shape a_in = SHAPE(struct ids, a_fields);

static const struct field body_fields[] = {{FIELD(struct ids, n)}};
static const struct shape body_in = SHAPE(struct ids, body_fields);

/* ---- matching ---- */

static struct route rows[] = {
    {GET, "/a", ROUTE_PUBLIC, NULL, run},
    {POST, "/a", ROLE_ADMIN, NULL, run},
    {GET, "/a/{a}", ROUTE_PUBLIC, &a_in, run, .flags = ROUTE_STREAM, .cost = COST_STREAM},
    {DELETE, "/a/{a}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &a_in, run, .cost = COST_LIST},
    {PUT, "/a/{a}/b/{b}", ROLE_SERVICE | ROUTE_INTERNAL, &ab_in, run},
    {PUT, "/a/{a}/c", ROLE_ADMIN, &a_in, run, .flags = ROUTE_IDEMPOTENT | ROUTE_LIMITED},
    {GET, "/", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_ETAG | ROUTE_NO_ACCESS_LOG},
};
static const struct routes table = ROUTES(rows);

static void assert_row(const struct match *match, size_t i)
{
	assert_ptr_equal(match->route, &rows[i]);
}

static void test_row_is_found_by_method_and_path(void **state)
{
	static const struct {
		enum method method;
		const char *path;
		size_t row;
	} cases[] = {{GET, "/a", 0},          {POST, "/a", 1},      {GET, "/a/x", 2},
		     {DELETE, "/a/x", 3},     {PUT, "/a/x/b/y", 4}, {PUT, "/a/x/c", 5},
		     {GET, "/a/%2F.. \n", 2}, {GET, "/", 6}};
	struct match match;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(route_match(&match, arena, &table, cases[i].method, cases[i].path),
				 OK);
		assert_row(&match, cases[i].row);
	}
}

static void test_path_parameters_are_named(void **state)
{
	struct match match;

	(void)state;
	assert_int_equal(route_match(&match, arena, &table, PUT, "/a/one/b/two"), OK);
	assert_int_equal(match.n, 2);
	assert_string_equal(match.params[0], "one");
	assert_string_equal(match.params[1], "two");
	assert_int_equal(match.names[0].len, 1);
	assert_memory_equal(match.names[0].text, "a", 1);
	assert_memory_equal(match.names[1].text, "b", 1);
	assert_int_equal(route_match(&match, arena, &table, GET, "/a"), OK);
	assert_int_equal(match.n, 0);
}

static void test_unknown_paths_are_404(void **state)
{
	static const char *const paths[] = {"",      "a",       "/b",         "/A",     "/aa",
					    "/a/",   "//a",     "/a//",       "/a/x/",  "/a/x/b",
					    "/a//c", "/a/x/b/", "/a/x/b/y/z", "/a/x/C", "//"};
	struct match match;

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		for (enum method m = METHOD_OTHER; m < METHOD_COUNT; m++)
			assert_int_equal(route_match(&match, arena, &table, m, paths[i]),
					 ERR_NOT_FOUND);
		assert_null(match.route);
		assert_int_equal(match.allowed, 0);
	}
}

static void test_allowed_methods_are_listed(void **state)
{
	struct match match;

	(void)state;
	assert_int_equal(route_match(&match, arena, &table, DELETE, "/a"), ERR_METHOD_NOT_ALLOWED);
	assert_int_equal(match.allowed, 1 << GET | 1 << POST);
	assert_int_equal(route_match(&match, arena, &table, METHOD_OTHER, "/a/x"),
			 ERR_METHOD_NOT_ALLOWED);
	assert_int_equal(match.allowed, 1 << GET | 1 << DELETE);
	assert_null(match.route);
}

static void test_first_matching_row_wins(void **state)
{
	static struct route two[] = {
	    {GET, "/a/special", ROUTE_PUBLIC, NULL, run},
	    {GET, "/a/{a}", ROUTE_PUBLIC, &a_in, run},
	};
	static const struct routes both = ROUTES(two);
	struct match match;

	(void)state;
	assert_int_equal(route_match(&match, arena, &both, GET, "/a/special"), OK);
	assert_ptr_equal(match.route, &two[0]);
	assert_int_equal(match.n, 0);
	assert_int_equal(route_match(&match, arena, &both, GET, "/a/other"), OK);
	assert_ptr_equal(match.route, &two[1]);
}

static void test_template_does_not_match_literal_path(void **state)
{
	static struct route three[] = {
	    {POST, "/a/special", ROUTE_PUBLIC, NULL, run},
	    {GET, "/a/{a}", ROUTE_PUBLIC, &a_in, run},
	    {PUT, "/a/special", ROUTE_PUBLIC, NULL, run},
	};
	static const struct routes all = ROUTES(three);
	struct match match;

	(void)state;
	assert_int_equal(route_match(&match, arena, &all, GET, "/a/special"),
			 ERR_METHOD_NOT_ALLOWED);
	assert_int_equal(match.allowed, 1 << POST | 1 << PUT);
	assert_int_equal(route_match(&match, arena, &all, PUT, "/a/special"), OK);
	assert_ptr_equal(match.route, &three[2]);
}

static void test_no_memory_is_reported(void **state)
{
	struct match match;

	(void)state;
	while (arena_alloc(arena, 1024))
		;
	while (arena_alloc(arena, 1))
		;
	assert_int_equal(route_match(&match, arena, &table, GET, "/a/x"), ERR_NO_MEMORY);
	assert_null(match.route);
	assert_int_equal(route_match(&match, arena, &table, GET, "/a"), OK);
}

static void test_methods_are_case_sensitive(void **state)
{
	static const char *const others[] = {"",        "get",   "GETT", "PATCH",
					     "OPTIONS", "OTHER", "TRACE"};

	(void)state;
	for (enum method m = GET; m < METHOD_COUNT; m++)
		assert_int_equal(method_parse(method_name(m)), m);
	assert_int_equal(method_parse("HEAD"), GET);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(method_parse(others[i]), METHOD_OTHER);
}

/* ---- checks of a table ---- */

/* The error message for one row, or "" for a valid row. */
static const char *error_of(const struct route *row)
{
	static char text[256];
	struct route copy[] = {*row};
	struct routes one = ROUTES(copy);
	FILE *errors = fmemopen(text, sizeof text, "w");
	enum err e;

	assert_non_null(errors);
	text[0] = '\0';
	e = routes_check(&one, errors);
	fclose(errors);
	assert_int_equal(e, *text ? ERR_INVALID : OK);
	return text;
}

static void test_valid_table_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(routes_check(&table, stderr), OK);
}

static void test_row_without_roles_is_refused(void **state)
{
	static const unsigned nobody[] = {0, ROUTE_AUTH_OPTIONAL, ROUTE_INTERNAL,
					  ROUTE_AUTH_OPTIONAL | ROUTE_INTERNAL};

	(void)state;
	for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++)
		assert_string_equal(error_of(&(struct route){GET, "/a", nobody[i], NULL, run}),
				    "route /a: the roles that may call it are missing\n");
	assert_string_equal(error_of(&(struct route){GET, "/a", ROLE_SERVICE, NULL, run}), "");
}

static void test_incomplete_row_is_refused(void **state)
{
	static const struct route gaps[] = {
	    {METHOD_OTHER, "/a", ROUTE_PUBLIC, NULL, run}, {GET, NULL, ROUTE_PUBLIC, NULL, run},
	    {GET, "a", ROUTE_PUBLIC, NULL, run},           {GET, "", ROUTE_PUBLIC, NULL, run},
	    {GET, "/a", ROUTE_PUBLIC, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++)
		assert_non_null(strstr(error_of(&gaps[i]), "is missing"));
}

static void test_path_parameters_and_fields_must_match(void **state)
{
	static const struct route rows_of_both[] = {
	    {GET, "/a/{a}", ROUTE_PUBLIC, NULL, run},
	    {GET, "/a/{a}", ROUTE_PUBLIC, &ab_in, run},
	    {GET, "/a/{b}", ROUTE_PUBLIC, &a_in, run},
	    {GET, "/a/{aa}", ROUTE_PUBLIC, &a_in, run},
	    {GET, "/a", ROUTE_PUBLIC, &a_in, run},
	    {GET, "/a/{a}/{b}", ROUTE_PUBLIC, &a_in, run},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows_of_both / sizeof rows_of_both[0]; i++)
		assert_non_null(strstr(error_of(&rows_of_both[i]), "differ"));
}

static void test_get_with_body_is_refused(void **state)
{
	(void)state;
	assert_string_equal(error_of(&(struct route){GET, "/a", ROUTE_PUBLIC, &body_in, run}),
			    "route /a: GET has no body\n");
	assert_string_equal(error_of(&(struct route){POST, "/a", ROUTE_PUBLIC, &body_in, run}), "");
}

static void test_unreachable_row_is_refused(void **state)
{
	struct route rows_of_both[] = {
	    {GET, "/a/{a}", ROUTE_PUBLIC, &a_in, run},
	    {POST, "/a/special", ROUTE_PUBLIC, NULL, run},
	};
	struct routes both = ROUTES(rows_of_both);
	FILE *nowhere = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(nowhere);
	assert_int_equal(routes_check(&both, nowhere), ERR_INVALID);
	both.n = 1;
	assert_int_equal(routes_check(&both, nowhere), OK);
	fclose(nowhere);
}

static void test_duplicate_row_is_refused(void **state)
{
	struct route twice[] = {
	    {GET, "/a", ROUTE_PUBLIC, NULL, run},
	    {POST, "/a", ROUTE_PUBLIC, NULL, run},
	    {GET, "/a", ROLE_ADMIN, NULL, run},
	};
	struct routes both = ROUTES(twice);
	FILE *nowhere = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(nowhere);
	assert_int_equal(routes_check(&both, nowhere), ERR_INVALID);
	both.n = 2;
	assert_int_equal(routes_check(&both, nowhere), OK);
	fclose(nowhere);
}

static void test_flag_must_fit_method(void **state)
{
	static const struct route misfits[] = {
	    {POST, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_ETAG},
	    {PUT, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_LIMITED | ROUTE_ETAG},
	    {POST, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_STREAM},
	    {DELETE, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_STREAM},
	    {GET, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_IDEMPOTENT},
	    {POST, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_PUBLISH},
	};
	static const struct route fits[] = {
	    {GET, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_ETAG | ROUTE_LIMITED},
	    {PUT, "/a", ROUTE_PUBLIC, NULL, run, .flags = ROUTE_IDEMPOTENT | ROUTE_DEVICE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof misfits / sizeof misfits[0]; i++)
		assert_string_equal(error_of(&misfits[i]),
				    "route /a: a flag does not fit its method\n");
	for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++)
		assert_string_equal(error_of(&fits[i]), "");
}

static void test_print_shows_access_class_and_flags(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	routes_print(&table, out);
	fclose(out);
	assert_string_equal(text, "GET\t/a\tpublic\tapi\t-\n"
				  "POST\t/a\tadmin\tapi\tlarge-body\n"
				  "GET\t/a/{a}\tpublic\tstream\tstream\n"
				  "DELETE\t/a/{a}\tcustomer,courier,admin,auth-optional\tlist\t-\n"
				  "PUT\t/a/{a}/b/{b}\tservice,internal\tapi\tlarge-body\n"
				  "PUT\t/a/{a}/c\tadmin\tapi\tidempotent,limited,large-body\n"
				  "GET\t/\tpublic\tapi\tetag,no-access-log\n");
	free(text);
}

static void test_large_body_needs_staff_or_service(void **state)
{
	static const struct {
		unsigned access;
		size_t most;
	} cases[] = {
	    {ROUTE_PUBLIC, 4096},
	    {ROLE_CUSTOMER, 4096},
	    {ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, 4096},
	    {ROLES_ANY, 4096},
	    {ROUTE_PUBLIC | ROUTE_INTERNAL, 4096},
	    {ROLE_ADMIN, 65536},
	    {ROLE_COURIER | ROLE_ADMIN | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL, 65536},
	    {ROLE_SERVICE | ROUTE_INTERNAL, 65536},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(route_body_max(&(struct route){.access = cases[i].access}),
				 cases[i].most);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_row_is_found_by_method_and_path),
	    TEST(test_path_parameters_are_named),
	    TEST(test_unknown_paths_are_404),
	    TEST(test_allowed_methods_are_listed),
	    TEST(test_first_matching_row_wins),
	    TEST(test_template_does_not_match_literal_path),
	    TEST(test_no_memory_is_reported),
	    TEST(test_methods_are_case_sensitive),
	    TEST(test_valid_table_is_accepted),
	    TEST(test_row_without_roles_is_refused),
	    TEST(test_incomplete_row_is_refused),
	    TEST(test_path_parameters_and_fields_must_match),
	    TEST(test_get_with_body_is_refused),
	    TEST(test_flag_must_fit_method),
	    TEST(test_duplicate_row_is_refused),
	    TEST(test_unreachable_row_is_refused),
	    TEST(test_print_shows_access_class_and_flags),
	    TEST(test_large_body_needs_staff_or_service),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
