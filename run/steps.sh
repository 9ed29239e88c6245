# The steps of a start. Each ends the script with the reason if it fails.
# shellcheck shell=bash

# ---- waiting and failing ----

# Sizes of the logs before this start: earlier lines belong to earlier starts.
declare -A LOG_SIZES=()

note_logs() {
	local log
	LOG_SIZES=()
	for log in "$RUN_DIR"/log/*; do
		[[ ! -f $log ]] || LOG_SIZES[$log]=$(stat -c %s "$log")
	done
}

# Prints the lines that this start wrote to a log, or the whole log if it was truncated or rotated meanwhile.
new_lines() {
	local old=${LOG_SIZES[$1]:-0}
	[[ -s $1 ]] || return 0
	(($(stat -c %s "$1") >= old)) || old=0
	tail -c "+$((old + 1))" "$1" | tail -n 200 | tr -d '\0' || true
}

# For a log that will be overwritten.
forget_log() {
	unset "LOG_SIZES[\$1]"
}

# fail MESSAGE [LOG...]: ends the script with the message, the reason if one is known, and the ends of the logs.
fail() {
	local message=$1 log text reason
	progress_end
	complain "$message"
	for log in "${@:2}"; do
		[[ -n $log ]] || continue
		text=$(new_lines "$log")
		[[ -n $text ]] || continue
		reason=$(known_reason "$log")
		[[ -z $reason ]] || complain "$reason"
		complain "the end of $log:"
		complain "$(tail -n 12 <<<"$text" | cut -c 1-400)"
	done
	exit 1
}

# Limit for one program; a start on a slow or busy machine needs less.
ANSWER_SECONDS=60

# await MESSAGE LOG COMMAND...: waits until the command succeeds; fails after ANSWER_SECONDS, or when the supervisor ends.
await() {
	local message=$1 log=$2
	shift 2
	local deadline=$((SECONDS + ANSWER_SECONDS))
	until "$@"; do
		is_supervisor "$SUPERVISOR_PID" || fail "the supervisor ended while the shop was starting" \
			"$RUN_DIR/log/supervisord.out" "$RUN_DIR/log/supervisord.log"
		((SECONDS <= deadline)) || fail "$message" "$log"
		sleep 0.1
	done
}

# in_background LOG COMMAND...: runs a slow command with its output in a log, and returns its status. It runs in the
# background so that this script can handle signals meanwhile.
in_background() {
	local log=$1 status=0
	shift
	forget_log "$log"
	"$@" >"$log" 2>&1 {LOCK}>&- &
	STEP_PID=$!
	wait "$STEP_PID" || status=$?
	STEP_PID=
	return "$status"
}

# ---- the steps of starting ----

# The number of open files that supervisord requires.
FILES_LEAST=1024

# Programs raise the soft limit themselves. Root may be able to raise the hard limit.
check_limits() {
	local limit
	limit=$(ulimit -Hn)
	[[ $limit != unlimited ]] && ((limit < FILES_LEAST)) || return 0
	ulimit -Hn "$FILES_LEAST" 2>/dev/null || die "this shell may open $limit files at a time (ulimit -Hn)," \
		"and the shop needs $FILES_LEAST: start it from a shell with a higher limit"
}

check_programs() {
	local name missing=()
	check_users
	for name in "${SERVICES[@]}" seed; do
		[[ -x $BIN_DIR/$name ]] || missing+=("$name")
	done
	((${#missing[@]} == 0)) || die "not built: ${missing[*]} in $BIN_DIR: run make build"
	for name in supervisord spawn-fcgi multiwatch nginx setpriv envsubst cgi-fcgi curl flock; do
		type -P "$name" >/dev/null || die "$name is not installed: run run/setup.sh"
	done
	[[ -e /usr/lib/nginx/modules/ngx_nchan_module.so ]] ||
		die "nginx has no nchan module (libnginx-mod-nchan): run run/setup.sh"
	((!OWN_DATABASE)) || [[ -x $MONGOD ]] ||
		die "there is no database: run run/setup.sh, or set MONGODB_URI"
}

# Prints NAME=ADDRESS:PORT for each address of a list.
listeners() {
	local address
	while read -r address; do
		printf '%s=%s:%s\n' "$1" "$address" "${!1}"
	done < <(words "$2")
}

check_ports() {
	local name wanted
	mapfile -t wanted < <(
		listeners INTERNAL_PORT "$(loopback_addresses)"
		for name in GATEWAY_PORT "${SERVICE_PORTS[@]}"; do
			listeners "$name" "$BIND"
		done
	)
	"$PYTHON" "$ROOT/run/ports.py" check "${wanted[@]}" || exit 1
}

# Whether a pool's workers die as fast as they are started: multiwatch logs a line for each.
keeps_dying() {
	(($(wc -l <"$RUN_DIR/log/pool-$1.log") > 30))
}

# Whether a worker of the pool answers. A living pool process is not enough: it may have no worker that serves.
pool_answers() {
	local answer
	! keeps_dying "$1" || fail "the $1 service ends as soon as it starts" "$RUN_DIR/log/$1.log"
	answer=$(REQUEST_METHOD=GET DOCUMENT_URI=/healthz QUERY_STRING='' CONTENT_TYPE='' \
		CONTENT_LENGTH='' REQUEST_ID=start as "$WEB_USER" timeout 2 \
		cgi-fcgi -bind -connect "$SOCKET_DIR/pools/$1.sock" 2>/dev/null | tr -d '\0') || return 1
	[[ $answer == *'"status"'* && ! $answer =~ ^Status:\ [345] ]]
}

start_pools() {
	local name
	for name in "${SERVICES[@]}"; do
		: >"$RUN_DIR/log/pool-$name.log"
		forget_log "$RUN_DIR/log/pool-$name.log"
	done
	start pool-NAME.log "${SERVICES[@]}"
	for name in "${SERVICES[@]}"; do
		await "the $name service does not answer" "$RUN_DIR/log/$name.log" pool_answers "$name"
	done
}

# Ends the script if an nginx has ended. nginx retries for seconds to bind a port that is in use.
nginx_lives() {
	local name
	for name; do
		[[ $(new_lines "$RUN_DIR/log/supervisord.log") != *"exited: $name ("* ]] ||
			fail "nginx ($name) ended as soon as it started" "$RUN_DIR/log/$name.log"
	done
}

gateway_is_ready() {
	nginx_lives nginx internal
	as "$WEB_USER" curl -s --noproxy '*' --max-time 2 -w '\n%{http_code}\n' "$GATEWAY_URL/readyz" \
		>"$RUN_DIR/readyz" && [[ $(tail -n 1 "$RUN_DIR/readyz") == 200 ]]
}

streams_answer() {
	nginx_lives streams
	as "$WEB_USER" curl -sf --noproxy '*' --max-time 2 -o /dev/null \
		--unix-socket "$SOCKET_DIR/web/streams.sock" http://streams/healthz
}

# check_nginx NAME FOLDER CONFIG: ends the script with nginx's message if the configuration is invalid.
check_nginx() {
	local log=$RUN_DIR/log/$1.log
	forget_log "$log"
	(become_nginx "$2" "$3" -t -q) >"$log" 2>&1 || fail "the $1 configuration is wrong" "$log"
}

start_gateway() {
	check_nginx nginx . gateway.conf
	check_nginx internal internal internal.conf
	check_nginx streams streams streams.conf
	start NAME.log internal streams nginx rotate
	await "the nginx of the streams does not answer" "$RUN_DIR/log/streams.log" streams_answer
	await "the gateway is not ready" "$RUN_DIR/readyz" gateway_is_ready
}
