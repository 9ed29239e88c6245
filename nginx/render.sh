#!/bin/bash
# Generates the configurations of nginx from the templates beside this script and from services.tsv:
#
#     render.sh OUT_DIR      writes OUT_DIR/{gateway,internal,streams}.conf and OUT_DIR/snippets/
#
# All of VARIABLES must be in the environment. Optional are
#
#   CORS_ORIGINS, TRUSTED_PROXIES, SERVER_NAMES   lists of words separated by spaces or commas
#   STREAMS_REDIS        redis://…
#   STREAMS_ACCESS_LOG, INTERNAL_ACCESS_LOG   default: ACCESS_LOG
#   API_DOCS             off: neither /openapi.json nor /docs is served
#   SECURITY_CONTACT     mailto:… or https://…, for /.well-known/security.txt
#
# Reads the services' routes and errors from standard input (route_maps.sh). Other scripts source this file for its
# checks.
set -euo pipefail
TEMPLATES=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=nginx/route_maps.sh
. "$TEMPLATES/route_maps.sh"
# shellcheck source=run/services.sh
. "$TEMPLATES/../run/services.sh"

# BIND and the ports      addresses (a list) and ports for clients
# INTERNAL_BIND           addresses for calls between services, on INTERNAL_PORT
# *_POOL                  address of a pool: unix:/path or host:port
# STREAMS                 address of the streams' nginx, as the gateway reaches it, in the same form
# STREAMS_LISTEN          address on which the streams' nginx listens
# STATUS_LISTEN           address on which the gateway serves probes and metrics
# GATEWAY_STATUS          the same address, as the nginx of internal calls reaches it
# FILES_ROOT, *_LOG       paths; relative ones begin at nginx's prefix
# RATE_LIMIT              on or off
# STREAMS_PER_ADDRESS     event streams of an address; 0: any number
VARIABLES=(GATEWAY_PORT "${SERVICE_PORTS[@]}" INTERNAL_PORT "${SERVICE_POOLS[@]}" NGINX_WORKERS
	FILES_ROOT ERROR_LOG ACCESS_LOG RATE_LIMIT STREAMS STREAMS_LISTEN STREAMS_ERROR_LOG
	STREAMS_PER_ADDRESS INTERNAL_ERROR_LOG STATUS_LISTEN GATEWAY_STATUS)
MADE_VARIABLES=("${ROUTE_VARIABLES[@]}" CORS_ORIGIN_RULES TRUSTED_PROXY_RULES
	STREAMS_REDIS_UPSTREAM STREAMS_REDIS_PASS STREAMS_ACCESS_LOG INTERNAL_ACCESS_LOG LOG_BUFFER
	GATEWAY_LISTEN "${SERVICE_PORTS[@]/%_PORT/_LISTEN}" INTERNAL_LISTEN SERVICE_NAMES SERVICE_PATTERN
	STREAMS_LIMIT TRUSTED_GEO_RULES SERVER_NAME_RULES OTHER_NAMES API_DOCS_INCLUDE)

# Allowed characters of a variable: none that ends a word or a directive.
VALUE_PATTERN='^[][A-Za-z0-9._/:@-]*$'
ORIGIN_PATTERN='^(https?://([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\]))(:([0-9]{1,5}|\*))?$'
NUMBER_PATTERN='^(0|[1-9][0-9]{0,8})$'
# nginx counts connections in 16 bits.
STREAMS_MAX=65535
REDIS_PATTERN='^rediss?://([A-Za-z0-9._~%-]*:[A-Za-z0-9._~%-]*@)?[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[0-9]+)?$'
IPV4_PATTERN='((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
IPV6_PATTERN='[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}'
NAME_PATTERN='^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$'
CONTACT_PATTERN='^(mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+|https://[A-Za-z0-9._~/-]+)$'
ADDRESS_PATTERN="^($IPV4_PATTERN|$IPV6_PATTERN)\$"
PROXY_PATTERN="^($IPV4_PATTERN(/(3[0-2]|[12]?[0-9]))?|$IPV6_PATTERN(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)\$"

# Prints the words of a list, one a line.
words() {
	local -a list
	IFS=$', \t\n' read -rd '' -a list <<<"$1" || true
	((${#list[@]} == 0)) || printf '%s\n' "${list[@]}"
}

is_address() {
	[[ $1 =~ $ADDRESS_PATTERN ]]
}

# Prints the `listen` line of a port at one address, or fails. By default [::] excludes IPv4. An explicit `ipv6only=on` would
# make nginx bind [::1] as well as [::], which fails.
listen_rule() {
	is_address "$1" || return 1
	case $1 in
	*:*) printf '        listen [%s]:%s;\n' "$1" "$2" ;;
	*) printf '        listen %s:%s;\n' "$1" "$2" ;;
	esac
}

# Sets NAME_LISTEN, the `listen` lines of NAME_PORT, or fails. Without an address nginx would open port 80 on all addresses.
listen_rules() {
	local port=$1_PORT address lines=''
	while read -r address; do
		lines+=$(listen_rule "$address" "${!port}")$'\n' || return 1
	done < <(words "$2")
	[[ -n $lines ]] || return 1
	declare -g "$1_LISTEN=${lines%$'\n'}"
}

# Sets the `listen` lines of each listener, or fails.
read_addresses() {
	local name
	for name in GATEWAY_PORT "${SERVICE_PORTS[@]}"; do
		listen_rules "${name%_PORT}" "${BIND:-}" || return 1
	done
	listen_rules INTERNAL "${INTERNAL_BIND:-}"
}

escape_regex() {
	local text=${1//./\\.}
	text=${text//\[/\\[}
	printf '%s' "${text//\]/\\]}"
}

# Prints the row of an allowed origin, or fails. `:*` stands for any port, or none.
origin_rule() {
	[[ $1 =~ $ORIGIN_PATTERN ]] || return 1
	local host=${BASH_REMATCH[1]}
	if [[ $1 == *':*' ]]; then
		printf '    "~*^%s(:[0-9]{1,5})?$" $http_origin;\n' "$(escape_regex "$host")"
	else
		printf '    "%s" $http_origin;\n' "$1"
	fi
}

# Prints the directive for a proxy whose X-Forwarded-For is trusted, or fails.
proxy_rule() {
	[[ $1 =~ $PROXY_PATTERN ]] || return 1
	printf 'set_real_ip_from %s;\n' "$1"
}

# Prints the row of a proxy whose request ids and X-Forwarded-Proto are trusted, or fails.
proxy_geo_rule() {
	[[ $1 =~ $PROXY_PATTERN ]] || return 1
	printf '    %s yes;\n' "$1"
}

# Prints the row of a host name of the shop, such as "\\shop.example.com" "", or fails. nginx removes a final dot from
# $host. `default` and `include` are keywords of a map; a leading backslash makes them names. The backslash is doubled
# because nginx reads \t as a tab.
name_rule() {
	[[ $1 =~ $NAME_PATTERN ]] || return 1
	printf '    "%s%s" "";\n' '\\' "${1,,}"
}

# rules RULE LIST: prints the row that RULE makes for each word of a list, or fails at the first invalid word.
rules() {
	local word
	while read -r word; do
		"$1" "$word" || {
			echo "render: $word is not valid here" >&2
			return 1
		}
	done < <(words "$2")
}

# Sets the directives with which several gateways share one Redis for their streams (empty without STREAMS_REDIS), or
# fails.
redis_rules() {
	STREAMS_REDIS_UPSTREAM='' STREAMS_REDIS_PASS=''
	[[ -n $1 ]] || return 0
	[[ $1 =~ $REDIS_PATTERN ]] || return 1
	STREAMS_REDIS_UPSTREAM="    upstream streams_redis {
        nchan_redis_server $1;
    }"
	STREAMS_REDIS_PASS='            nchan_redis_pass streams_redis;'
}

# Prints the maximum number of open streams of an address, or fails. STREAMS_MAX is more than a gateway can hold.
streams_limit() {
	[[ $STREAMS_PER_ADDRESS =~ $NUMBER_PATTERN ]] && ((STREAMS_PER_ADDRESS <= STREAMS_MAX)) || return 1
	if [[ $RATE_LIMIT == off ]] || ((STREAMS_PER_ADDRESS == 0)); then
		echo "$STREAMS_MAX"
	else
		echo "$STREAMS_PER_ADDRESS"
	fi
}

check_variables() {
	local name bad=0
	for name in "${VARIABLES[@]}"; do
		if [[ ! -v $name ]]; then
			echo "render: $name is not set" >&2
			bad=1
		elif [[ ! ${!name} =~ $VALUE_PATTERN ]]; then
			echo "render: $name has a character that is not allowed" >&2
			bad=1
		fi
	done
	if [[ ${RATE_LIMIT:-} != on && ${RATE_LIMIT:-} != off ]]; then
		echo 'render: RATE_LIMIT is neither on nor off' >&2
		bad=1
	fi
	return "$bad"
}

render() {
	local source=$1 target=$2
	services_expand <"$source" |
		envsubst "$(printf '${%s} ' "${VARIABLES[@]}" "${MADE_VARIABLES[@]}")" >"$target"
}

# Writes security.txt (RFC 9116), which names the contact for vulnerabilities and expires in 300 days. Without a
# contact there is no file.
write_security_txt() {
	local file=$1/.well-known/security.txt
	rm -f "$file"
	[[ -n $2 ]] || return 0
	[[ $2 =~ $CONTACT_PATTERN ]] || return 1
	mkdir -p "${file%/*}"
	printf 'Contact: %s\nExpires: %s\nPreferred-Languages: en\n' "$2" \
		"$(date -u -d '+300 days' +%Y-%m-%dT00:00:00Z)" >"$file"
}

main() {
	local out=$1 template name
	check_variables
	for name in STREAMS_ACCESS_LOG INTERNAL_ACCESS_LOG; do
		declare -g "$name=${!name:-$ACCESS_LOG}"
		[[ ${!name} =~ $VALUE_PATTERN ]] || {
			echo "render: $name has a character that is not allowed" >&2
			return 1
		}
	done
	# With several workers on one pipe, only writes of at most 4k are atomic.
	# shellcheck disable=SC2034
	LOG_BUFFER=${LOG_BUFFER:-32k}
	[[ $LOG_BUFFER =~ $VALUE_PATTERN ]] || {
		echo "render: LOG_BUFFER has a character that is not allowed" >&2
		return 1
	}
	read_addresses || {
		echo "render: BIND or INTERNAL_BIND is not a list of IPv4 and IPv6 addresses" >&2
		return 1
	}
	read_tables || {
		echo "render: no routes or errors on standard input, malformed ones, or a class without a zone" >&2
		return 1
	}
	# shellcheck disable=SC2034
	CORS_ORIGIN_RULES=$(rules origin_rule "${CORS_ORIGINS:-}")
	# shellcheck disable=SC2034
	TRUSTED_PROXY_RULES=$(rules proxy_rule "${TRUSTED_PROXIES:-}")
	# shellcheck disable=SC2034
	TRUSTED_GEO_RULES=$(rules proxy_geo_rule "${TRUSTED_PROXIES:-}")
	# shellcheck disable=SC2034
	SERVER_NAME_RULES=$(rules name_rule "${SERVER_NAMES:-}")
	# shellcheck disable=SC2034
	OTHER_NAMES=${SERVER_NAME_RULES:+unknown}
	# shellcheck disable=SC2034
	API_DOCS_INCLUDE=
	[[ ${API_DOCS:-on} == off ]] || API_DOCS_INCLUDE='include snippets/docs.conf;'
	# shellcheck disable=SC2034
	STREAMS_LIMIT=$(streams_limit) || {
		echo "render: STREAMS_PER_ADDRESS is not a number from 0 to $STREAMS_MAX" >&2
		return 1
	}
	redis_rules "${STREAMS_REDIS:-}" || {
		echo "render: STREAMS_REDIS is not valid" >&2
		return 1
	}
	# shellcheck disable=SC2034
	SERVICE_NAMES=${SERVICES[*]}
	SERVICE_PATTERN=${SERVICE_NAMES// /|}
	export "${MADE_VARIABLES[@]}"
	mkdir -p "$out/snippets"
	write_security_txt "$out/site" "${SECURITY_CONTACT:-}" || {
		echo "render: SECURITY_CONTACT is not valid" >&2
		return 1
	}
	for template in "$TEMPLATES"/*.conf.in "$TEMPLATES"/snippets/*.conf.in; do
		name=${template#"$TEMPLATES/"}
		render "$template" "$out/${name%.in}"
	done
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	main "$@"
fi
