#include "err.h"

static const struct err_info infos[ERR_COUNT] = {[OK] = {200, "ok", "OK"},
#define X(name, status, code, text) [name] = {status, code, text},
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
