# The steps of starting, each of which ends the script with the reason where it fails.
# shellcheck shell=bash

# ---- waiting and failing ----

# Ends the script with a message and the end of the log that tells why.
fail() {
	local message=$1 log=${2:-}
	complain "$message"
	if [[ -s $log ]]; then
		complain "the end of $log:"
		tail -n 12 "$log" | cut -c 1-400 >&2 || true
	fi
	exit 1
}

# Waits for a command to succeed.
await() {
	local seconds=$1 message=$2 log=$3
	shift 3
	local deadline=$((SECONDS + seconds))
	until "$@"; do
		is_supervisor "$SUPERVISOR_PID" || fail "the supervisor ended while the shop was starting" \
			"$RUN_DIR/log/supervisord.log"
		((SECONDS <= deadline)) || fail "$message" "$log"
		sleep 0.1
	done
}

# Runs a command that may take long, its words going to a log, so that a signal to this script alone
# is answered at once.
in_background() {
	local log=$1 status=0
	shift
	"$@" >"$log" 2>&1 {LOCK}>&- &
	STEP_PID=$!
	wait "$STEP_PID" || status=$?
	STEP_PID=
	return "$status"
}

# ---- the steps of starting ----

check_programs() {
	local name missing=()
	check_users
	for name in "${POOLS[@]}" seed; do
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
		for name in GATEWAY_PORT USER_PORT PRODUCT_PORT CART_ORDER_PORT DELIVERY_PORT; do
			listeners "$name" "$BIND"
		done
	)
	"$PYTHON" "$ROOT/run/ports.py" check "${wanted[@]}" || exit 1
}

# What the services find wrong with their own settings: all of it, each line once.
check_service_settings() {
	local name line wrong=no
	while read -r line; do
		complain "$line"
		wrong=yes
	done < <(for name in "${POOLS[@]}"; do
		JWT_SECRET=$JWT_SECRET MONGODB_URI=$(database_uri "$name") "$BIN_DIR/$name" --check 2>&1 || true
	done | sort -u)
	[[ $wrong == no ]] || exit 1
}

mongod_listens() {
	(exec 3<>"/dev/tcp/127.0.0.1/$MONGO_PORT") 2>/dev/null
}

# Logs in with the replica set's key file, which has all rights; there is no other way in before the
# accounts exist.
key_uri() {
	printf 'mongodb://__system:%s@127.0.0.1:%s/?replicaSet=rs0&authSource=local&authMechanism=%s' \
		"$(<"$RUN_DIR/accounts/key")" "$MONGO_PORT" SCRAM-SHA-256
}

# become_seed SECONDS ADDRESS [OPTION]: as the database's user, which can read all that the seed writes.
become_seed() {
	without_secrets
	export MONGODB_URI=$2
	as_user "$DB_USER" none
	exec timeout "$1" "${AS[@]}" "$BIN_DIR/seed" "${@:3}"
}

set_up_database() {
	become_seed 60 "$(key_uri)" --accounts < <(
		for name in root seed "${POOLS[@]}"; do
			printf '%s %s\n' "$name" "$(<"$RUN_DIR/accounts/$name")"
		done
	)
}

start_database() {
	local log=$RUN_DIR/log/seed.log
	start NAME.log mongod
	await 60 "the database does not answer" "$RUN_DIR/log/mongod.log" mongod_listens
	in_background "$log" set_up_database ||
		fail "the database can't be made a replica set with accounts" "$log"
}

seed_database() {
	local log=$RUN_DIR/log/seed.log
	in_background "$log" become_seed 120 "$(database_uri seed)" && return 0
	((OWN_DATABASE)) && fail "the database can't be seeded" "$log"
	fail "the database at MONGODB_URI can't be reached or seeded (it must be a replica set)" "$log"
}

# Whether a pool's workers die as fast as they are started: multiwatch says a word for each.
keeps_dying() {
	(($(wc -l <"$RUN_DIR/log/pool-$1.log") > 30))
}

# A pool is judged by what it answers: its process may live with no worker that does.
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
	for name in "${POOLS[@]}"; do
		: >"$RUN_DIR/log/pool-$name.log"
	done
	start pool-NAME.log "${POOLS[@]}"
	for name in "${POOLS[@]}"; do
		await 20 "the $name service does not answer" "$RUN_DIR/log/$name.log" pool_answers "$name"
	done
}

gateway_is_ready() {
	as "$WEB_USER" curl -s --noproxy '*' --max-time 2 -w '\n%{http_code}\n' "$GATEWAY_URL/readyz" \
		>"$RUN_DIR/readyz" && [[ $(tail -n 1 "$RUN_DIR/readyz") == 200 ]]
}

streams_answer() {
	as "$WEB_USER" curl -sf --noproxy '*' --max-time 2 -o /dev/null \
		--unix-socket "$SOCKET_DIR/web/streams.sock" http://streams/healthz
}

# Ends the script with what nginx says where a configuration of ours is wrong.
check_nginx() {
	local log=$RUN_DIR/log/$1.log
	(become_nginx "$2" "$3" -t -q) >"$log" 2>&1 || fail "the $1 configuration is wrong" "$log"
}

start_gateway() {
	check_nginx nginx . gateway.conf
	check_nginx internal internal internal.conf
	check_nginx streams streams streams.conf
	start NAME.log internal streams nginx rotate
	await 20 "the nginx of the streams does not answer" "$RUN_DIR/log/streams.log" streams_answer
	await 20 "the gateway is not ready" "$RUN_DIR/readyz" gateway_is_ready
}
