#!/bin/bash
# The nginx of a container:
#
#     nginx.sh gateway    the gateway
#     nginx.sh internal   the nginx of the calls between services
#     nginx.sh streams    the nginx that holds the streams
#     nginx.sh health     checks the health of the running one
#
# Makes the configuration from the environment (nginx/render.sh), waits until its host names resolve, for a limited
# time, and runs nginx. nginx resolves a name only when it reads its configuration. The address of a container
# changes when it is restarted, another service may then have the old one, and a stopped container has no name. So
# this script resolves the names again and again, and reloads nginx after a change.
set -euo pipefail

SHOP=/usr/local/share/shop
# shellcheck source=run/services.sh
. "$SHOP/run/services.sh"
RUN=/run/shop
PAUSE=2       # seconds between two checks
FIRST_LOOKS=5 # checks before it starts without the hosts that don't resolve
REDIS_LOOKS=3 # checks between two for an optional Redis
PLACES=("${SERVICE_POOLS[@]}" STREAMS GATEWAY_STATUS)
NOWHERE=127.0.0.1:1 # a port without a listener
# The resolver forwards unknown names to servers that may not answer.
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

# A host's addresses in a stable order; fails if it doesn't resolve.
addresses() {
	getent ahosts "$1" | cut -d' ' -f1 | sort -u
}

# The address of a name that is this container's own.
own_address() {
	comm -12 <(addresses "$1") <(hostname -I | tr ' ' '\n' | sort -u) | head -n 1
}

# ---- the configuration ----

# Sets defaults, and uses an optional Redis if it exists: Compose has one in a profile.
complete_settings() {
	export FILES_ROOT=$SHOP/files ERROR_LOG=stderr STREAMS_ERROR_LOG=stderr INTERNAL_ERROR_LOG=stderr \
		ACCESS_LOG=/dev/stdout LOG_BUFFER=4k RATE_LIMIT=${RATE_LIMIT:-on} \
		STREAMS_PER_ADDRESS=${STREAMS_PER_ADDRESS:-200} \
		CORS_ORIGINS=${CORS_ORIGINS:-http://localhost:*,http://127.0.0.1:*}
	# A container with several addresses serves calls between services on the address of this name.
	[[ -z ${INTERNAL_NAME:-} ]] || INTERNAL_BIND=$(own_address "$INTERNAL_NAME")
	has_redis || return 0
	export STREAMS_REDIS=${STREAMS_REDIS:-$STREAMS_REDIS_IF_THERE}
}

has_redis() {
	[[ -n ${STREAMS_REDIS:-} ]] || {
		[[ -n ${STREAMS_REDIS_IF_THERE:-} ]] &&
			addresses "$(redis_host "$STREAMS_REDIS_IF_THERE")" >/dev/null
	}
}

# nginx refuses a configuration with a name that doesn't resolve: such an address is replaced by NOWHERE.
render() (
	local name host
	for name in "${PLACES[@]}"; do
		host=$(hosts "${!name}")
		[[ -z $host || -n ${known[$host]:-} ]] || export "$name=$NOWHERE"
	done
	mkdir -p "$RUN/nginx" "$RUN/tmp"
	"$SHOP/nginx/render.sh" "$RUN/nginx" <"$SHOP/routes"
)

# Sets `needed`, the hosts in the configuration, and `followed`, those whose changes need a reload.
choose_hosts() {
	local pools=() name
	for name in "${SERVICE_POOLS[@]}"; do
		pools+=("${!name}")
	done
	case $1 in
	gateway)
		mapfile -t needed < <(hosts "${pools[@]}" "$STREAMS")
		followed=("${needed[@]}")
		;;
	internal) # the gateway may start later
		mapfile -t needed < <(hosts "${pools[@]}" "$STREAMS")
		mapfile -t followed < <(hosts "${pools[@]}" "$STREAMS" "$GATEWAY_STATUS")
		;;
	streams)
		mapfile -t needed < <(hosts "${pools[@]}")
		mapfile -t followed < <(hosts "$DELIVERY_POOL")
		[[ -z ${STREAMS_REDIS:-} ]] || followed+=("$(redis_host "$STREAMS_REDIS")")
		;;
	esac
}

# Sets `known`: the addresses of all hosts, empty for one that doesn't resolve.
learn() {
	local host
	for host in "${needed[@]}" "${followed[@]}"; do
		known[$host]=$(addresses "$host") || known[$host]=
	done
}

await_hosts() {
	local look host
	for ((look = 0; look < FIRST_LOOKS; look++)); do
		learn
		((${#needed[@]})) || return 0
		for host in "${needed[@]}"; do
			[[ -n ${known[$host]} ]] || break
		done
		[[ -z ${known[$host]} ]] || return 0
		((look)) || words "nginx.sh: waiting until $host resolves" >&2
		pause
	done
	words "nginx.sh: $host doesn't resolve: starting without it" >&2
}

# ---- the process ----

# Waits PAUSE seconds, or until nginx ends or a signal arrives.
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

# A reload keeps the connections of the gateway. It would end streams, so their nginx is restarted; clients
# reconnect.
renew() {
	words "nginx.sh: addresses have changed: renewing $1" >&2
	complete_settings
	choose_hosts "$1"
	learn
	render
	if [[ $1 != streams ]]; then
		kill -HUP "$nginx_pid"
		return
	fi
	kill -TERM "$nginx_pid"
	wait "$nginx_pid" || true
	[[ $ending == no ]] || exit 0
	start_nginx "$1"
	[[ $ending == no ]] || end
}

redis_has_come() {
	[[ -z ${STREAMS_REDIS:-} ]] && ((looks % REDIS_LOOKS == 0)) && has_redis
}

# Whether a host has another address. A host that doesn't resolve is being restarted, and is skipped.
has_moved() {
	local host now
	for host in "${followed[@]}"; do
		now=$(addresses "$host") || continue
		[[ $now == "${known[$host]}" ]] || return 0
	done
	return 1
}

look_after() {
	looks=$((looks + 1))
	if has_moved || redis_has_come; then
		renew "$1"
	fi
}

run() {
	local kind=$1 nginx_pid='' ending=no looks=0 status=0 needed followed
	local -A known=()
	trap end QUIT TERM INT
	ulimit -Sn "$(ulimit -Hn)" # the usual limit of 1024 is too low for nginx
	complete_settings
	choose_hosts "$kind"
	await_hosts
	render
	case $kind in
	gateway) words "localhost ${STATUS_LISTEN##*:} /readyz" ;;
	internal) words "$INTERNAL_BIND $INTERNAL_PORT /healthz" ;;
	streams) words "localhost ${STREAMS_LISTEN##*:} /healthz" ;;
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
	local host port path line
	read -r host port path <"$RUN/health"
	exec 3<>"/dev/tcp/$host/$port"
	printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$path" >&3
	read -rt 4 -u 3 line
	words "$line"
	[[ $line == 'HTTP/1.'*' 200 '* ]]
}

case ${1:-} in
gateway | internal | streams) run "$1" ;;
health) health ;;
*)
	words "usage: nginx.sh gateway | internal | streams | health" >&2
	exit 2
	;;
esac
