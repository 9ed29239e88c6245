# What the gateway's configuration has of the services' routes and errors, for render.sh. The tables come
# from standard input, a row a line, fields separated by tabs:
#
#     POOL METHOD PATH ACCESS CLASS FLAGS    a route, as its service prints it for --routes (lib/http/route.h)
#     error STATUS CODE TEXT                 an error of the gateway, as a service prints it for --errors
#
# No template names the path of a service's route (tests/check/gateway_paths.py).
# shellcheck shell=bash

ROUTE_VARIABLES=(ROUTE_RULES COST_RULES HEALTH_PATHS LARGE_BODY_PATHS RETRY_CALLS CACHED_PATHS STREAM_PATHS STREAM_POOL
	PUBLISH_PATH PUBLISH_POOL ERROR_RULES ERROR_STATUSES WEBSOCKET_ERROR)

# has WORD LIST: whether a list of words with commas has one.
has() {
	[[ ,$2, == *,$1,* ]]
}

# Prints a path of the tables as a regular expression; fails where it is none.
path_regex() {
	[[ $1 =~ ^[A-Za-z0-9/_{}-]+$ ]] || return 1
	sed 's/{[a-z_]*}/[^\/]+/g' <<<"$1"
}

# Prints lines as one regular expression, each once.
alternatives() {
	sort -u | paste -sd '|'
}

# Prints a row for each path that a pool answers; reads the tables. What every service has is not a pool's own,
# and what is internal alone has a name of its own.
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

# Prints the rows of a call whose class isn't the usual one. Whole words are found faster than patterns, and
# in whatever case: a looser class than `api` would hold for paths that are spelled otherwise, too.
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

# Prints the rows of calls whose class isn't the usual one; reads the tables. Fails at a class that has no
# zone: its calls would have no limit of their own.
cost_rules() {
	local method path class
	while IFS=$'\t' read -r _ method path _ class _; do
		[[ $class != api ]] || continue
		grep -q " zone=$class:" "$TEMPLATES/snippets/limits.conf.in" || return 1
		cost_rule "$method" "$path" "$class" || return 1
	done | sort -u
}

# ---- the paths of each kind; all read the tables ----

# Asked all the time, by callers who know no name of the shop.
health_paths() {
	local path class
	while IFS=$'\t' read -r _ _ path _ class _; do
		[[ $class != health ]] || path_regex "$path" || return 1
	done | alternatives
}

# Their bodies may be larger than those of strangers and customers.
large_body_paths() {
	local path access flags
	while IFS=$'\t' read -r _ _ path access _ flags; do
		has internal "$access" || ! has large-body "$flags" || path_regex "$path" || return 1
	done | alternatives
}

# Methods and paths of writes that a key makes harmless to repeat.
retry_calls() {
	local method path flags pattern
	while IFS=$'\t' read -r _ method path _ _ flags; do
		has idempotent "$flags" || continue
		pattern=$(path_regex "$path") || return 1
		printf '%s %s\n' "$method" "$pattern"
	done | alternatives
}

# Lists that are the same for all who ask, and have a tag. A path with a parameter is none: its answers are as
# many as its values.
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

# Sets STREAM_* and PUBLISH_*; the tables are $1. Fails where streams or channels are of several pools, or of none.
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

# Prints the body of a status a row: the first error of each. That of the first row holds for all statuses that
# have none. Reads the tables.
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

# Prints the statuses whose page is the usual one; reads the tables. A 429 has a page of its own.
error_statuses() {
	cut -f2 | grep -vx 429 | sort -u | paste -sd ' '
}

# Prints the body of one code; reads the tables.
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
