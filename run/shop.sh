#!/bin/bash
# Runs the shop: shop.sh run | up | down | status | logs | settings
# For `make dev`: shop.sh restart POOL... | reload
#
# The state of an instance is in RUN_DIR, and a supervisord of its own supervises its programs.
set -euo pipefail
HERE=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/common.sh"
. "$HERE/../nginx/render.sh"
. "$HERE/demo.sh"
. "$HERE/settings.sh"
. "$HERE/configure.sh"
. "$HERE/database.sh"
. "$HERE/steps.sh"
. "$HERE/refresh.sh"
umask 077

PROGRAMS=(nginx mongod multiwatch spawn-fcgi "${SERVICES[@]}")
SUPERVISOR_PID=
# Whether this script stops the shop when it ends.
OWNED=no
# Whether `run` got a signal to end.
ASKED=no

# ---- supervisord ----

# Whether a process is this instance's supervisord.
is_supervisor() {
	local -a words=()
	[[ $1 =~ ^[0-9]+$ ]] && mapfile -d '' -t words 2>/dev/null <"/proc/$1/cmdline" || return 1
	[[ " ${words[*]##*/} " == *" supervisord -c supervisord.conf "* && /proc/$1/cwd -ef $RUN_DIR ]]
}

find_supervisor() {
	local pid=$SUPERVISOR_PID
	[[ -n $pid || ! -s $RUN_DIR/supervisord.pid ]] || pid=$(<"$RUN_DIR/supervisord.pid")
	is_supervisor "$pid" || return 1
	SUPERVISOR_PID=$pid
}

supervisor() {
	timeout 30 supervisorctl -c "$RUN_DIR/supervisord.conf" "$@"
}

# With `run` the supervisor ends when this script ends for any reason; with `up` it stays.
start_supervisor() {
	local -a tie=()
	[[ $1 == up ]] || tie=(--pdeathsig TERM)
	forget_log "$RUN_DIR/log/supervisord.out"
	cd "$RUN_DIR"
	setsid setpriv --no-new-privs "${tie[@]}" -- supervisord -c supervisord.conf </dev/null \
		>"$RUN_DIR/log/supervisord.out" 2>&1 {LOCK}>&- &
	SUPERVISOR_PID=$!
	# Before exec it is a copy of this shell.
	until is_supervisor "$SUPERVISOR_PID"; do
		kill -0 "$SUPERVISOR_PID" 2>/dev/null || break
		sleep 0.01
	done
	await "the supervisor does not start" "$RUN_DIR/log/supervisord.out" supervisor_answers
}

# Sends a request to supervisord; any response will do. supervisord checks its programs once a second, and at each request.
ask_supervisor() {
	curl -s --noproxy '*' --max-time 1 -o /dev/null --unix-socket "$(supervisor_socket)" http://supervisor/ask
}

supervisor_socket() {
	sed -n 's|^serverurl=unix://||p' "$RUN_DIR/supervisord.conf"
}

supervisor_answers() {
	[[ -e $RUN_DIR/supervisord.pid ]] && ask_supervisor
}

# Starts programs in parallel. The first argument is the log that contains the reason if one does not start; NAME in it
# stands for the program's name.
start() {
	local log=$1 started=$RUN_DIR/log/start.log name
	shift
	in_background "$started" "$PYTHON" "$ROOT/run/start.py" "$(supervisor_socket)" "$@" && return 0
	name=$(head -n 1 "$started")
	fail "$name does not start" "$RUN_DIR/log/${log/NAME/$name}"
}

# ---- starting and stopping ----

# The URL of a port for a browser, with the first address: localhost may resolve to ::1 only.
url() {
	local hosts host
	# Reads all words: with SIGPIPE ignored, a writer without a reader prints an error.
	mapfile -t hosts < <(words "$BIND")
	host=${hosts[0]:-}
	[[ " ${hosts[*]} " =~ \ (::|::1)\  ]] && [[ $host == 127.0.0.1 || $host == 0.0.0.0 ]] && host=localhost
	case $host in
	0.0.0.0) host=127.0.0.1 ;;
	::) host="[::1]" ;;
	*:*) host="[$host]" ;;
	esac
	printf 'http://%s:%s' "$host" "$1"
}

start_shop() {
	check_limits
	check_programs
	check_ports
	configure
	OWNED=yes
	note_logs
	if ((OWN_DATABASE)); then
		progress "starting the database"
	else
		progress "starting the supervisor"
	fi
	start_supervisor "$1"
	((!OWN_DATABASE)) || start_database
	progress "making indexes, catalogue and accounts in the database"
	seed_database
	progress "starting the services"
	start_pools
	progress "starting the gateway"
	start_gateway
	progress_end
	printf '%s\n' "$SETTINGS_GIVEN" >"$RUN_DIR/settings"
	printf '%s\n' "$GATEWAY_URL" >"$RUN_DIR/ready"
}

# Continues stopped processes: after SIGSTOP a process doesn't handle SIGTERM.
wake_frozen() {
	local pids
	mapfile -t pids < <(processes_here "${PROGRAMS[@]}")
	((${#pids[@]} == 0)) || kill -CONT "${pids[@]}" 2>/dev/null || true
}

# Ends remaining processes: first with SIGTERM, after 20 s with SIGKILL.
end_leftovers() {
	local begun=$SECONDS signal pids
	while ((SECONDS - begun < 30)); do
		mapfile -t pids < <(processes_here "${PROGRAMS[@]}")
		((${#pids[@]} > 0)) || return 0
		signal=TERM
		# supervisord gives the database the same time for its last writes.
		((SECONDS - begun < 20)) || signal=KILL
		kill "-$signal" "${pids[@]}" 2>/dev/null || true
		sleep 0.2
	done
}

# When supervisord ends, it takes a second for each program that is not running. The database is its last program, and
# is ended here if no other runs.
end_lone_database() {
	local pids
	[[ -z $(processes_here nginx multiwatch spawn-fcgi "${SERVICES[@]}") ]] || return 0
	mapfile -t pids < <(processes_here mongod)
	((${#pids[@]} == 0)) || kill -TERM "${pids[@]}" 2>/dev/null || true
}

# supervisord ends its programs in order and then itself.
stop_shop() {
	local deadline=$((SECONDS + 90))
	rm -f "$RUN_DIR/ready"
	wake_frozen
	if find_supervisor; then
		kill -TERM "$SUPERVISOR_PID" 2>/dev/null || true
		end_lone_database
		while is_supervisor "$SUPERVISOR_PID" && ((SECONDS <= deadline)); do
			ask_supervisor || true
			sleep 0.1
		done
		! is_supervisor "$SUPERVISOR_PID" || kill -KILL "$SUPERVISOR_PID" 2>/dev/null || true
	fi
	end_leftovers
	remove_socket_dir
	rm -f "$RUN_DIR/supervisord.pid" "$RUN_DIR/env"
}

# Runs at the end of `run` and `up`, also if the start failed.
on_exit() {
	local status=$?
	trap '' INT TERM HUP
	progress_end
	[[ -z ${STEP_PID:-} ]] || kill -TERM "$STEP_PID" 2>/dev/null || true
	if [[ $OWNED == yes ]]; then
		progress "stopping"
		stop_shop
		progress_end
		say "stopped"
	fi
	exit "$status"
}

catch_signals() {
	trap on_exit EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# ---- commands ----

prepare() {
	settings_check
	SETTINGS_GIVEN=$(settings_given)
	mkdir -p "$RUN_DIR" 2>/dev/null || die "can't make $RUN_DIR: set RUN_DIR to a folder of yours"
	check_run_dir
	lock
}

# Ends the rest of an interrupted start, and waits for programs that survived their supervisor: they use the ports and
# the database.
clear_broken_start() {
	if find_supervisor; then
		progress "an earlier start was interrupted: ending its programs first"
	elif [[ -n $(processes_here "${PROGRAMS[@]}") ]]; then
		progress "waiting for programs of an earlier run to end"
	else
		return 0
	fi
	stop_shop
	progress_end
	SUPERVISOR_PID=
}

# A supervisord that is stopping does not answer.
running() {
	find_supervisor && [[ -s $RUN_DIR/ready ]] && supervisor_answers
}

# The programs of a running shop that are stopped and will not be restarted.
stopped_programs() {
	local name state
	while read -r name state _; do
		[[ $state == STOPPED || $state == FATAL || $state == EXITED ]] || continue
		[[ $name == mongod && $OWN_DATABASE == 0 ]] || printf '%s\n' "$name"
	done < <(supervisor status)
}

# Exits if a running shop differs from what `up` would start.
check_running() {
	local stopped changed
	mapfile -t stopped < <(stopped_programs)
	((${#stopped[@]} == 0)) || die "running, but stopped: ${stopped[*]}. After a restore that failed:" \
		"make restore FROM= a complete backup; else make down, then make up"
	mapfile -t changed < <(changed_settings)
	((${#changed[@]} == 0)) || die "running with other settings (${changed[*]}): make down first, then" \
		"make up with all your settings"
}

# Prints `user http://localhost:8001, product …`.
service_addresses() {
	local name port list=''
	for name in "${SERVICES[@]}"; do
		port=${name^^}_PORT
		list+="${list:+, }${SERVICE[$name.title]} $(url "${!port}")"
	done
	printf '%s' "$list"
}

print_addresses() {
	say "  gateway     $GATEWAY_URL"
	say "  services    $(service_addresses)"
	[[ $SEED_DEMO == off ]] ||
		say "  accounts    shopper@example.com, courier@example.com, admin@example.com" \
			"(password demo-password)"
	say "  logs        $RUN_DIR/log"
}

command_up() {
	prepare
	if running; then
		check_running
		say "already running: $(<"$RUN_DIR/ready")"
		return 0
	fi
	catch_signals
	clear_broken_start
	start_shop up
	OWNED=no
	say "the shop is up"
	print_addresses
	say "  stop with   make down"
	print_seed_warnings
}

# Returns when supervisord has ended, or must end. A closed terminal doesn't always send a signal to this script: `make`,
# if it is the terminal's first process, doesn't pass it on.
watch_shop() {
	local terminal=no never
	[[ ! -t 0 ]] || terminal=yes
	exec {never}<> <(:)
	# A handler that exits in the middle of `read` makes bash crash at the next signal.
	trap 'ASKED=yes' INT TERM HUP
	while [[ $ASKED == no ]] && is_supervisor "$SUPERVISOR_PID"; do
		read -rt 1 -u "$never" || true
		[[ $terminal == no || -t 0 ]] || ASKED=yes
	done
}

command_run() {
	prepare
	! running || die "already running: $(<"$RUN_DIR/ready") (make down ends it)"
	catch_signals
	clear_broken_start
	start_shop run
	unlock
	say "the shop is up"
	print_addresses
	say "  stop with   Ctrl-C"
	print_seed_warnings
	watch_shop
	[[ $ASKED == no ]] || return 0
	[[ -e $RUN_DIR/ready ]] || { OWNED=no; say "stopped by another command"; return 0; }
	fail "the shop ended by itself" "$RUN_DIR/log/supervisord.log"
}

command_down() {
	[[ -d $RUN_DIR ]] || { say "not running"; return 0; }
	lock
	if find_supervisor; then
		progress "stopping"
		stop_shop
		progress_end
		say "stopped"
	else
		stop_shop
		say "not running"
	fi
}

command_status() {
	local states code=0
	if ! running; then
		say "not running"
		return 3
	fi
	say "running: $(<"$RUN_DIR/ready")"
	states=$(supervisor status) || code=$?
	say "$states"
	return "$code"
}

command_logs() {
	[[ -d $RUN_DIR/log ]] || die "there are no logs in $RUN_DIR"
	cd "$RUN_DIR/log"
	exec tail -n 20 -F ./*.log
}

# refresh COMMAND...: changes a running shop.
refresh() {
	lock
	running || die "not running"
	find_socket_dir
	note_logs
	"$@"
}

main() {
	case ${1:-} in
	settings) settings_print ;;
	run | up | down | status | logs)
		check_run_dir
		"command_$1"
		;;
	restart) refresh restart_pools "${@:2}" ;;
	reload) refresh reload_nginx ;;
	*) die "usage: run/shop.sh run|up|down|status|logs|settings" ;;
	esac
}

settings_read
OWN_DATABASE=$([[ -n $MONGODB_URI ]] && echo 0 || echo 1)
export BIN_DIR=${BIN_DIR:-$ROOT/build/$BUILD/bin} MONGOD=$ROOT/.deps/mongodb/bin/mongod
export ROOT SEED_DATA=${SEED_DATA:-$ROOT/seed/products.json}
export INTERNAL_URL=http://127.0.0.1:$INTERNAL_PORT
GATEWAY_URL=$(url "$GATEWAY_PORT")
main "$@"
