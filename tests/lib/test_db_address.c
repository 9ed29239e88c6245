/* What a database's address names beside hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

static void certificates_are_named(void **state)
{
	(void)state;
	assert_string_equal(files_of("mongodb://h/?replicaSet=rs0"), "-;-;");
	assert_string_equal(files_of("mongodb://h/?tls=true&tlsCAFile=/a/ca.pem"), "/a/ca.pem;-;");
	assert_string_equal(files_of("mongodb://h/?tls=true&tlsCAFile=/a/ca.pem"
				     "&tlsCertificateKeyFile=%2Fb%2Fkey.pem"),
			    "/a/ca.pem;/b/key.pem;");
	/* The driver's old names. */
	assert_string_equal(files_of("mongodb://h/?ssl=true"
				     "&sslCertificateAuthorityFile=/a/ca.pem"
				     "&sslClientCertificateKeyFile=/b/key.pem"),
			    "/a/ca.pem;/b/key.pem;");
}

static void errors_are_passed_on(void **state)
{
	(void)state;
	assert_int_equal(db_address_files("mongodb://h/", refuse), ERR_UNAVAILABLE);
	assert_int_equal(db_address_files("mongodb//", note), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(certificates_are_named),
	    cmocka_unit_test(errors_are_passed_on),
	};

	log_init("test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
