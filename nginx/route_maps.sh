# Makes the parts of nginx's configuration that follow from the services' routes and errors, for render.sh. The tables
# are read from standard input, one row a line, fields separated by tabs:
#
#     POOL METHOD PATH ACCESS CLASS FLAGS    a route, as its service prints it for --routes (lib/http/route.h)
#     error STATUS CODE TEXT                 an error of the gateway, as a service prints it for --errors
#
# No template names the path of a service's route (tests/check/gateway_paths.py).
# shellcheck shell=bash

ROUTE_VARIABLES=(ROUTE_RULES COST_RULES HEALTH_PATHS LARGE_BODY_PATHS RETRY_CALLS CACHED_PATHS STREAM_PATHS STREAM_POOL
	PUBLISH_PATH PUBLISH_POOL ERROR_RULES ERROR_STATUSES WEBSOCKET_ERROR)

# has WORD LIST: whether a list, separated by commas, has the word.
has() {
	[[ ,$2, == *,$1,* ]]
}

# Prints a path of the tables as a regular expression; fails if the path is malformed.
path_regex() {
	[[ $1 =~ ^[A-Za-z0-9/_{}-]+$ ]] || return 1
	sed 's/{[a-z_]*}/[^\/]+/g' <<<"$1"
}

# Prints the input's lines, without duplicates, as the alternatives of one regular expression.
alternatives() {
	sort -u | paste -sd '|'
}

# Prints a row for each path and its pool; reads the tables. Routes that every service has (flag `common`) belong to no pool.
# Internal routes get the pool's name with the prefix internal_.
route_rules() {
	local pool path access flags pattern rows=0
	declare -A seen=()
	while IFS=$'\t' read -r pool _ path access _ flags; do
		if has common "$flags" || [[ -n ${seen[$path]:-} ]]; then
			continue
		fi
		seen[$path]=1
		! has internal "$access" || pool=internal_$pool
		pattern=$(path_regex "$path") || return 1
		[[ $path != *"{"* ]] || pattern="\"~^$pattern\$\""
		printf '    %-51s %s;\n' "$pattern" "$pool"
		((++rows))
	done
	((rows > 0))
}

# Prints the rows of a call whose class is not the default, `api`. A map finds whole words faster than patterns, but
# ignores their case: a class with a higher limit than `api` would also apply to paths in another case.
cost_rule() {
	local method=$1 path=$2 class=$3 pattern
	pattern=$(path_regex "$path") || return 1
	if [[ $pattern != "$path" ]]; then
		printf '    "~^%s %s$" %s;\n' "${method/#GET/(GET|HEAD)}" "$pattern" "$class"
		return
	fi
	printf '    "%s %s" %s;\n' "$method" "$path" "$class"
	[[ $method != GET ]] || cost_rule HEAD "$path" "$class"
}

# Prints the rows of calls whose class is not the default, `api`; reads the tables. Fails at a class without a zone in
# limits.conf.in, whose calls would have no limit of their own.
cost_rules() {
	local method path class
	while IFS=$'\t' read -r _ method path _ class _; do
		[[ $class != api ]] || continue
		grep -q " zone=$class:" "$TEMPLATES/snippets/limits.conf.in" || return 1
		cost_rule "$method" "$path" "$class" || return 1
	done | sort -u
}

# ---- the paths of each kind; all these functions read the tables ----

# Health checks: frequent, and allowed under any host name.
health_paths() {
	local path class
	while IFS=$'\t' read -r _ _ path _ class _; do
		[[ $class != health ]] || path_regex "$path" || return 1
	done | alternatives
}

# Public routes with a larger limit of the body than customers and anonymous clients have.
large_body_paths() {
	local path access flags
	while IFS=$'\t' read -r _ _ path access _ flags; do
		has internal "$access" || ! has large-body "$flags" || path_regex "$path" || return 1
	done | alternatives
}

# Methods and paths of writes that may be repeated with an idempotency key.
retry_calls() {
	local method path flags pattern
	while IFS=$'\t' read -r _ method path _ _ flags; do
		has idempotent "$flags" || continue
		pattern=$(path_regex "$path") || return 1
		printf '%s %s\n' "$method" "$pattern"
	done | alternatives
}

# Public lists with an ETag, which are the same for all clients. Paths with a parameter are excluded: the cache would need
# an entry for each value.
cached_paths() {
	local path access flags
	while IFS=$'\t' read -r _ _ path access _ flags; do
		if has public "$access" && has etag "$flags" && [[ $path != *"{"* ]]; then
			path_regex "$path" || return 1
		fi
	done | alternatives
}

# Prints the pool and the path of each route that has the flag $1.
flagged() {
	local pool path flags pattern
	while IFS=$'\t' read -r pool _ path _ _ flags; do
		has "$1" "$flags" || continue
		pattern=$(path_regex "$path") || return 1
		printf '%s\t%s\n' "$pool" "$pattern"
	done
}

# Sets STREAM_* and PUBLISH_*; the tables are $1. Fails unless exactly one pool has streams, and one has channels.
read_streams() {
	local streams publish
	streams=$(flagged stream <<<"$1") && publish=$(flagged publish <<<"$1") || return 1
	STREAM_PATHS=$(cut -f2 <<<"$streams" | alternatives)
	STREAM_POOL=$(cut -f1 <<<"$streams" | alternatives)
	IFS=$'\t' read -r PUBLISH_POOL PUBLISH_PATH <<<"$publish"
	[[ $STREAM_POOL =~ ^[a-z_]+$ && $publish =~ ^[a-z_]+$'\t'[a-z/-]+$ ]]
}

# ---- errors ----

error_body() {
	[[ $1$2 =~ ^[A-Za-z\ _-]+$ ]] || return 1
	printf '{"detail":"%s","code":"%s"}' "$2" "$1"
}

# Prints a row with the response body for each status: its first error. The first row is also the default, for statuses
# without an error. Reads the tables.
error_rules() {
	local status code text body
	declare -A seen=()
	while IFS=$'\t' read -r _ status code text; do
		[[ -z ${seen[$status]:-} ]] || continue
		body=$(error_body "$code" "$text") || return 1
		((${#seen[@]})) || printf "    default '%s';\n" "$body"
		printf "    %s '%s';\n" "$status" "$body"
		seen[$status]=1
	done
}

# Prints the statuses that use the common error page; reads the tables. 429 has a page of its own.
error_statuses() {
	cut -f2 | grep -vx 429 | sort -u | paste -sd ' '
}

# Prints the response body of the error with code $1; reads the tables.
error_of() {
	local code text
	while IFS=$'\t' read -r _ _ code text; do
		[[ $code == "$1" ]] || continue
		error_body "$code" "$text"
		return
	done
	return 1
}

# Sets ROUTE_VARIABLES; reads the tables, or fails.
read_tables() {
	local routes errors
	errors=$(cat)
	routes=$(grep -v $'^error\t' <<<"$errors") && errors=$(grep $'^error\t' <<<"$errors") || return 1
	ROUTE_RULES=$(route_rules <<<"$routes") && COST_RULES=$(cost_rules <<<"$routes") &&
		HEALTH_PATHS=$(health_paths <<<"$routes") && LARGE_BODY_PATHS=$(large_body_paths <<<"$routes") &&
		RETRY_CALLS=$(retry_calls <<<"$routes") && CACHED_PATHS=$(cached_paths <<<"$routes") &&
		read_streams "$routes" &&
		ERROR_RULES=$(error_rules <<<"$errors") && ERROR_STATUSES=$(error_statuses <<<"$errors") &&
		WEBSOCKET_ERROR=$(error_of websocket_not_supported <<<"$errors")
}
