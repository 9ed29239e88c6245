/* Options and passwords of database addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db.h"
#include "log.h"

static char named[256];

static enum err note(const char *path)
{
	size_t len = strlen(named);

	snprintf(named + len, sizeof named - len, "%s;", path ? path : "-");
	return OK;
}

static enum err refuse(const char *path)
{
	(void)path;
	return ERR_UNAVAILABLE;
}

static const char *files_of(const char *uri)
{
	named[0] = '\0';
	assert_int_equal(db_address_files(uri, note), OK);
	return named;
}

static void test_certificate_files_are_listed(void **state)
{
	(void)state;
	assert_string_equal(files_of("mongodb://h/?replicaSet=rs0"), "-;-;");
	assert_string_equal(files_of("mongodb://h/?tls=true&tlsCAFile=/a/ca.pem"), "/a/ca.pem;-;");
	assert_string_equal(files_of("mongodb://h/?tls=true&tlsCAFile=/a/ca.pem"
				     "&tlsCertificateKeyFile=%2Fb%2Fkey.pem"),
			    "/a/ca.pem;/b/key.pem;");
	/* The driver's old option names. */
	assert_string_equal(files_of("mongodb://h/?ssl=true"
				     "&sslCertificateAuthorityFile=/a/ca.pem"
				     "&sslClientCertificateKeyFile=/b/key.pem"),
			    "/a/ca.pem;/b/key.pem;");
}

static void test_callback_error_is_returned(void **state)
{
	(void)state;
	assert_int_equal(db_address_files("mongodb://h/", refuse), ERR_UNAVAILABLE);
	assert_int_equal(db_address_files("mongodb//", note), ERR_INVALID);
}

static const char *completed(const char *uri, const char *password)
{
	static char text[256];
	const char *complete = uri;

	assert_int_equal(db_address_complete(&complete, password, stderr), OK);
	snprintf(text, sizeof text, "%s", complete);
	if (complete != uri)
		free((void *)(uintptr_t)complete);
	return text;
}

static void test_password_is_inserted(void **state)
{
	(void)state;
	assert_string_equal(completed("mongodb://user@h1,h2:1/?replicaSet=rs0", "p@:/ss%"),
			    "mongodb://user:p%40%3A%2Fss%25@h1,h2:1/?replicaSet=rs0");
	assert_string_equal(completed("mongodb://user@h/", "\xc3\xa9"), "mongodb://user:%C3%A9@h/");
	assert_string_equal(completed("mongodb+srv://a%40b@h", "x"), "mongodb+srv://a%40b:x@h");
}

static void test_empty_password_keeps_address(void **state)
{
	(void)state;
	assert_string_equal(completed("mongodb://user:own@h/", ""), "mongodb://user:own@h/");
	assert_string_equal(completed("mongodb://h/", ""), "mongodb://h/");
}

static void test_address_without_account_is_refused(void **state)
{
	static const char *const wrong[] = {"mongodb://h/", "mongodb://user:own@h/",
					    "mongodb://h/?authSource=a@b", "nonsense"};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		const char *uri = wrong[i];

		assert_int_equal(db_address_complete(&uri, "secret", stderr), ERR_INVALID);
		assert_ptr_equal(uri, wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_certificate_files_are_listed),
	    cmocka_unit_test(test_callback_error_is_returned),
	    cmocka_unit_test(test_password_is_inserted),
	    cmocka_unit_test(test_empty_password_keeps_address),
	    cmocka_unit_test(test_address_without_account_is_refused),
	};

	log_init("test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
