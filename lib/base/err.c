/* The table of errors, and which of them the gateway sends. */
#include "err.h"

#include "http_status.h"

static const struct err_info infos[ERR_COUNT] = {[OK] = {HTTP_200, "ok", "OK"},
#define X(name, status, code, text) [name] = {HTTP_##status, code, text},
						 ERRORS(X)
#undef X
};

bool err_is_temporary(enum err e)
{
	return e == ERR_UNAVAILABLE || e == ERR_TIMEOUT || e == ERR_BAD_ANSWER ||
	       e == ERR_NO_MEMORY;
}

const struct err_info *err_info(enum err e)
{
	return (unsigned)e < ERR_COUNT ? &infos[e] : &infos[ERR_INTERNAL];
}

static const enum err gateway_errors[] = {
    ERR_BAD_REQUEST,        ERR_UNAUTHORIZED,      ERR_FORBIDDEN,       ERR_NOT_FOUND,
    ERR_METHOD_NOT_ALLOWED, ERR_LENGTH_REQUIRED,   ERR_PRECONDITION,    ERR_BODY_TOO_LARGE,
    ERR_URI_TOO_LONG,       ERR_UNSUPPORTED_MEDIA, ERR_RANGE,           ERR_UNKNOWN_HOST,
    ERR_TOO_MANY_REQUESTS,  ERR_HEADER_TOO_LARGE,  ERR_INTERNAL,        ERR_NOT_IMPLEMENTED,
    ERR_BAD_GATEWAY,        ERR_UNAVAILABLE,       ERR_GATEWAY_TIMEOUT, ERR_HTTP_VERSION,
    ERR_WEBSOCKET,
};

void errors_print_gateway(FILE *out)
{
	for (size_t i = 0; i < sizeof gateway_errors / sizeof gateway_errors[0]; i++) {
		const struct err_info *info = err_info(gateway_errors[i]);

		fprintf(out, "%d\t%s\t%s\n", info->status, info->code, info->text);
	}
}
