#!/bin/bash
# The nginx of a container:
#
#     nginx.sh gateway    the gateway
#     nginx.sh streams    the nginx that holds the streams
#     nginx.sh health     whether that which runs here is well
#
# Makes the configuration of the environment (nginx/render.sh), waits until all names in it are known, and
# runs nginx with it. nginx asks for a name's address once. In containers it changes when one is started
# anew, and may be another service's by then: this looks after that.
set -euo pipefail

SHOP=/usr/local/share/shop
RUN=/run/shop
PAUSE=2       # seconds between two looks
REDIS_LOOKS=15 # as many of them between two for a Redis that may come
# An unknown name is asked for elsewhere, maybe where nobody answers.
export RES_OPTIONS='timeout:1 attempts:1'

words() {
	printf '%s\n' "$@"
}

# The hosts of addresses HOST:PORT; a socket's path has none.
hosts() {
	local address
	for address in "$@"; do
		[[ $address == unix:* ]] || words "${address%:*}" | tr -d '[]'
	done
}

# The host of redis://user:password@host:port/1.
redis_host() {
	local rest=${1#*://}
	rest=${rest##*@}
	hosts "${rest%%/*}:" | cut -d: -f1
}

# The addresses of hosts, in an order that stays; fails where one isn't known.
addresses() {
	(($#)) || return 0
	getent ahosts "$@" | sort -u
}

# ---- the configuration ----

# Settings that may be left out, and a Redis that is used where it is there: Compose has one in a profile.
complete_settings() {
	export NGINX_USER='' WWW_ROOT=$SHOP/nginx/www ERROR_LOG=stderr STREAMS_ERROR_LOG=stderr \
		ACCESS_LOG=/dev/stdout API_ROOT=$SHOP/api LOG_BUFFER=4k RATE_LIMIT=${RATE_LIMIT:-on} \
		CORS_ORIGINS=${CORS_ORIGINS:-http://localhost:*,http://127.0.0.1:*}
	has_redis || return 0
	export STREAMS_REDIS=${STREAMS_REDIS:-$STREAMS_REDIS_IF_THERE}
}

has_redis() {
	[[ -n ${STREAMS_REDIS:-} ]] || {
		[[ -n ${STREAMS_REDIS_IF_THERE:-} ]] &&
			addresses "$(redis_host "$STREAMS_REDIS_IF_THERE")" >/dev/null
	}
}

render() {
	complete_settings
	mkdir -p "$RUN/nginx" "$RUN/tmp"
	"$SHOP/nginx/render.sh" "$RUN/nginx" <"$SHOP/routes"
}

# All hosts that the configuration names, and those whose new addresses this nginx has to learn of.
choose_hosts() {
	local pools=("$USER_POOL" "$PRODUCT_POOL" "$CART_ORDER_POOL" "$DELIVERY_POOL")
	if [[ $1 == gateway ]]; then
		mapfile -t needed < <(hosts "${pools[@]}" "$STREAMS")
		followed=("${needed[@]}")
	else
		mapfile -t needed < <(hosts "${pools[@]}")
		mapfile -t followed < <(hosts "$DELIVERY_POOL")
		[[ -z ${STREAMS_REDIS:-} ]] || followed+=("$(redis_host "$STREAMS_REDIS")")
	fi
}

await_hosts() {
	local told=no
	until addresses "${needed[@]}" >/dev/null; do
		[[ $told == yes ]] || words "nginx.sh: waiting for ${needed[*]} to be known" >&2
		told=yes
		pause
	done
}

# ---- the process ----

# Until nginx ends, a signal comes, or for a while.
pause() {
	sleep "$PAUSE" &
	wait -n || true
}

start_nginx() {
	nginx -p "$RUN/" -c "$RUN/nginx/$1.conf" -e stderr &
	nginx_pid=$!
}

end() {
	ending=yes
	[[ -n $nginx_pid ]] || exit 0
	kill -QUIT "$nginx_pid" 2>/dev/null || true
}

# The gateway's connections stay; streams would be cut by a reload, too, and come back by themselves.
renew() {
	words "nginx.sh: other addresses: $1 is renewed" >&2
	if [[ $1 == gateway ]]; then
		kill -HUP "$nginx_pid"
		return
	fi
	kill -TERM "$nginx_pid"
	wait "$nginx_pid" || true
	[[ $ending == no ]] || exit 0
	render
	choose_hosts "$1"
	start_nginx "$1"
}

redis_has_come() {
	[[ -z ${STREAMS_REDIS:-} ]] && ((looks % REDIS_LOOKS == 0)) && has_redis
}

# Where a name isn't known, its service is away for a moment.
look_after() {
	local now
	looks=$((looks + 1))
	now=$(addresses "${followed[@]}") || return 0
	if [[ $now != "$known" ]] || redis_has_come; then
		renew "$1"
		known=$(addresses "${followed[@]}") || known=
	fi
}

run() {
	local kind=$1 nginx_pid='' ending=no looks=0 status=0 known needed followed
	trap end QUIT TERM INT
	ulimit -Sn "$(ulimit -Hn)" # the usual 1024 is less than nginx wants
	render
	choose_hosts "$kind"
	await_hosts
	known=$(addresses "${followed[@]}") || known=
	case $kind in
	gateway) words "$GATEWAY_PORT /readyz" ;;
	streams) words "${STREAMS_LISTEN##*:} /healthz" ;;
	esac >"$RUN/health"
	start_nginx "$kind"
	while kill -0 "$nginx_pid" 2>/dev/null; do
		pause
		[[ $ending == yes ]] || look_after "$kind"
	done
	wait "$nginx_pid" || status=$?
	exit "$status"
}

health() {
	local port path line
	read -r port path <"$RUN/health"
	exec 3<>"/dev/tcp/localhost/$port"
	printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$path" >&3
	read -rt 4 -u 3 line
	words "$line"
	[[ $line == 'HTTP/1.'*' 200 '* ]]
}

case ${1:-} in
gateway | streams) run "$1" ;;
health) health ;;
*)
	words "usage: nginx.sh gateway | streams | health" >&2
	exit 2
	;;
esac
