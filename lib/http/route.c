#include "route.h"

#include <string.h>

static const char *const method_names[METHOD_COUNT] = {
    [METHOD_OTHER] = "OTHER", [GET] = "GET", [POST] = "POST", [PUT] = "PUT", [DELETE] = "DELETE",
};

enum method method_parse(const char *name)
{
	if (strcmp(name, "HEAD") == 0)
		return GET;
	for (enum method m = GET; m < METHOD_COUNT; m++) {
		if (strcmp(name, method_names[m]) == 0)
			return m;
	}
	return METHOD_OTHER;
}

const char *method_name(enum method method)
{
	return method_names[method];
}

/* Whether a template matches the path. Writes the parameters' positions and lengths in it. */
static bool path_fits(struct match *match, size_t lens[static ROUTE_PARAMS_MAX],
		      const char *template, const char *path)
{
	match->n = 0;
	while (*template == '/' && *path == '/') {
		size_t want = strcspn(++template, "/"), have = strcspn(++path, "/");

		if (*template == '{') {
			if (!have || match->n == ROUTE_PARAMS_MAX)
				return false;
			match->params[match->n] = path;
			lens[match->n] = have;
			match->names[match->n] = (struct match_names){template + 1, want - 2};
			match->n++;
		} else if (want != have || memcmp(template, path, want) != 0) {
			return false;
		}
		template += want;
		path += have;
	}
	return !*template && !*path;
}

enum err route_match(struct match *match, struct arena *arena, const struct routes *routes,
		     enum method method, const char *path)
{
	size_t lens[ROUTE_PARAMS_MAX];
	struct route *found = NULL;
	const char *template = NULL; /* the first that matches the path */

	*match = (struct match){0};
	for (size_t i = 0; i < routes->n && !found; i++) {
		struct route *route = &routes->rows[i];

		if (template ? strcmp(template, route->path) != 0
			     : !path_fits(match, lens, route->path, path))
			continue;
		template = route->path;
		match->allowed |= 1U << route->method;
		if (route->method == method)
			found = route;
	}
	if (!found)
		return match->allowed ? ERR_METHOD_NOT_ALLOWED : ERR_NOT_FOUND;
	for (size_t i = 0; i < match->n; i++) {
		match->params[i] = arena_strndup(arena, match->params[i], lens[i]);
		if (!match->params[i])
			return ERR_NO_MEMORY;
	}
	match->route = found;
	return OK;
}

/* ---- checks of a table ---- */

/* Whether the template's parameters and the input's path fields correspond. */
static bool params_fit(const struct route *route)
{
	const struct shape *input = route->input;
	size_t n_params = 0, n_fields = 0;

	for (const char *p = route->path; (p = strchr(p, '{')); n_params++) {
		size_t len = strcspn(++p, "}");
		bool found = false;

		for (size_t i = 0; input && i < input->n; i++) {
			const struct field *f = &input->fields[i];

			found |= f->from == FROM_PATH && strlen(f->name) == len &&
				 memcmp(f->name, p, len) == 0;
		}
		if (!found)
			return false;
	}
	for (size_t i = 0; input && i < input->n; i++)
		n_fields += input->fields[i].from == FROM_PATH;
	return n_params <= ROUTE_PARAMS_MAX && n_params == n_fields;
}

enum {
	READS = 1 << GET,
	WRITES = 1 << POST | 1 << PUT | 1 << DELETE,
	ANY_METHOD = READS | WRITES,
};

static const struct {
	unsigned flag;
	const char *word;
	unsigned methods; /* that may have it, as 1 << enum method */
} flags[] = {
    {ROUTE_ETAG, "etag", READS},          {ROUTE_IDEMPOTENT, "idempotent", WRITES},
    {ROUTE_STREAM, "stream", READS},      {ROUTE_NO_ACCESS_LOG, "no-access-log", ANY_METHOD},
    {ROUTE_DEVICE, "device", ANY_METHOD}, {ROUTE_LIMITED, "limited", ANY_METHOD},
    {ROUTE_COMMON, "common", ANY_METHOD}, {ROUTE_PUBLISH, "publish", READS},
};

enum { N_FLAGS = sizeof flags / sizeof flags[0] };

static const char *route_error(const struct routes *routes, size_t i)
{
	const struct route *route = &routes->rows[i];
	size_t lens[ROUTE_PARAMS_MAX];

	if (route->method == METHOD_OTHER || !route->path || *route->path != '/' || !route->run)
		return "method, path or handler is missing";
	if (!(route->access & (ROLES_ANY | ROUTE_PUBLIC)))
		return "the roles that may call it are missing";
	if (!params_fit(route))
		return "path parameters and fields differ";
	if (route->method == GET && route->input && shape_has(route->input, FROM_BODY))
		return "GET has no body";
	for (size_t j = 0; j < N_FLAGS; j++) {
		if (route->flags & flags[j].flag && !(flags[j].methods & 1U << route->method))
			return "a flag does not fit its method";
	}
	for (size_t j = 0; j < i; j++) {
		const struct route *earlier = &routes->rows[j];

		if (strcmp(earlier->path, route->path) != 0 &&
		    path_fits(&(struct match){0}, lens, earlier->path, route->path))
			return "an earlier row takes its path";
		if (strcmp(earlier->path, route->path) == 0 && earlier->method == route->method)
			return "it is a duplicate of an earlier row";
	}
	return NULL;
}

enum err routes_check(const struct routes *routes, FILE *errors)
{
	enum err e = OK;

	for (size_t i = 0; i < routes->n; i++) {
		const char *error = route_error(routes, i);
		const char *path = routes->rows[i].path;

		if (!error)
			continue;
		fprintf(errors, "route %s: %s\n", path ? path : "?", error);
		e = ERR_INVALID;
	}
	return e;
}

_Static_assert((int)ROLES_ANY < (int)ROUTE_PUBLIC, "bits of roles and of enum access differ");

static const struct {
	unsigned bit;
	const char *name;
} access_names[] = {
    {ROUTE_PUBLIC, "public"},
#define X(name, word, kind) {ROLE_##name, word},
    ROLES(X)
#undef X
	{ROUTE_AUTH_OPTIONAL, "auth-optional"},
    {ROUTE_INTERNAL, "internal"},
};

void access_text(char *text, size_t size, unsigned access, const char *separator)
{
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < sizeof access_names / sizeof access_names[0] && len < size; i++) {
		if (access & access_names[i].bit)
			len += (size_t)snprintf(text + len, size - len, "%s%s",
						len ? separator : "", access_names[i].name);
	}
}

size_t route_body_max(const struct route *route)
{
	return route->access & (ROUTE_PUBLIC | ROLES_PERSON) ? BODY_PUBLIC_MAX : BODY_MAX;
}

static const char *const cost_names[COST_COUNT] = {
    [COST_API] = "api",       [COST_LOGIN] = "login", [COST_REGISTER] = "register",
    [COST_SEARCH] = "search", [COST_LIST] = "list",   [COST_STREAM] = "stream",
    [COST_HEALTH] = "health",
};

void routes_print(const struct routes *routes, FILE *out)
{
	char access[ACCESS_TEXT_SIZE];

	for (size_t i = 0; i < routes->n; i++) {
		const struct route *route = &routes->rows[i];
		const char *separator = "";

		access_text(access, sizeof access, route->access, ",");
		fprintf(out, "%s\t%s\t%s\t%s\t", method_name(route->method), route->path, access,
			cost_names[route->cost]);
		for (size_t j = 0; j < N_FLAGS; j++) {
			if (route->flags & flags[j].flag) {
				fprintf(out, "%s%s", separator, flags[j].word);
				separator = ",";
			}
		}
		if (route->method != GET && route_body_max(route) > BODY_PUBLIC_MAX) {
			fprintf(out, "%slarge-body", separator);
			separator = ",";
		}
		fputs(*separator ? "\n" : "-\n", out);
	}
}
