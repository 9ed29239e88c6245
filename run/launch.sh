#!/bin/bash
# Becomes one of the programs that supervisord watches: launch.sh
# mongod|pool NAME|nginx|streams|rotate.
# They are told to end when supervisord dies, whatever it dies of.
# shellcheck source=run/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$RUN_DIR"

without_secrets() {
	unset JWT_SECRET JWT_SECRET_OLD SERVICE_SECRET SERVICE_SECRET_OLD OTP_CODE MONGODB_URI
}

# A transaction that a killed worker left behind holds its locks until its lifetime ends. What takes
# long isn't logged: such lines, and those of a recovery, hold the documents. Messages are not compressed:
# servers with CVE-2025-14847 answer a malformed compressed one with parts of their memory.
launch_mongod() {
	without_secrets
	allow_all_files
	exec setpriv --pdeathsig TERM -- "$MONGOD" --quiet --bind_ip 127.0.0.1 --port "$MONGO_PORT" \
		--nounixsocket --dbpath mongo --replSet rs0 --oplogSize 256 \
		--wiredTigerCacheSizeGB 0.25 --setParameter diagnosticDataCollectionEnabled=false \
		--setParameter transactionLifetimeLimitSeconds=3 --slowOpSampleRate 0 \
		--networkMessageCompressors disabled
}

# multiwatch's own words go to supervisord; those of the workers are JSON lines in a file.
launch_pool() {
	local socket=$SOCKET_DIR/$1.sock
	# Workers of a pool that was killed may still listen here, and spawn-fcgi would give up.
	rm -f "$socket"
	# Fewer than threads, or memory is spread over as many; one is a lock that all wait for.
	export MALLOC_ARENA_MAX=2
	exec setpriv --pdeathsig TERM -- spawn-fcgi -n -s "$socket" -M 0660 -b 1024 -- \
		"$(type -P multiwatch)" -f "$PROCESSES" -r 1000000000 -- "$ROOT/run/launch.sh" worker "$1"
}

launch_worker() {
	export METRICS_FILE=$SOCKET_DIR/$1.metrics
	exec "$BIN_DIR/$1" >>"log/$1.log" 2>&1
}

# Becomes an nginx with its prefix in a folder. Workers outlive a master that is killed, and hold what
# it held: those that are here are sent a signal first.
become_nginx() {
	local folder=$1 config=$2 signal=$3 pid
	without_secrets
	allow_all_files
	export TZ=UTC
	cd "$folder"
	while read -r pid; do
		kill "-$signal" "$pid" 2>/dev/null || true
	done < <(processes_in "$folder" nginx)
	exec setpriv --pdeathsig TERM -- nginx -p "$folder/" -c "$RUN_DIR/nginx/$config" -e stderr
}

# They finish what they have and go.
launch_nginx() {
	become_nginx "$RUN_DIR" gateway.conf QUIT
}

# They go at once: nobody would tell their streams anything any more.
launch_streams() {
	rm -f "$SOCKET_DIR/streams.sock"
	become_nginx "$RUN_DIR/streams" streams.conf KILL
}

launch_rotate() {
	without_secrets
	exec setpriv --pdeathsig TERM -- "$ROOT/run/rotate.sh"
}

"launch_$1" "${@:2}"
