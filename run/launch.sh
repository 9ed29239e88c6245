#!/bin/bash
# Becomes one of the programs that supervisord watches: launch.sh
# mongod|pool NAME|nginx|internal|streams|rotate.
# Each gets SIGTERM when supervisord ends for any reason.
# shellcheck source=run/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$RUN_DIR"

# The open transaction of a killed worker holds its locks until transactionLifetimeLimitSeconds. Slow operations are
# not logged: these lines contain documents. Messages are not compressed:
# servers with CVE-2025-14847 answer a malformed compressed one with parts of their memory. Until
# accounts exist only the owner of the key file can create the first one; passwords are 32 random bytes,
# whose hashes need not be slow.
launch_mongod() {
	without_secrets
	allow_all_files
	become "$DB_USER" none "$MONGOD" --quiet --bind_ip 127.0.0.1 --port "$MONGO_PORT" \
		--nounixsocket --dbpath mongo --replSet rs0 --oplogSize 256 --keyFile "$SOCKET_DIR/key" \
		--setParameter enableLocalhostAuthBypass=false --setParameter scramSHA256IterationCount=5000 \
		--wiredTigerCacheSizeGB 0.25 --setParameter diagnosticDataCollectionEnabled=false \
		--setParameter transactionLifetimeLimitSeconds=3 --slowOpSampleRate 0 \
		--networkMessageCompressors disabled
}

# The output of multiwatch goes to supervisord. The workers write JSON lines to a file that is opened here, since they
# have no access to its folder.
launch_pool() {
	local socket=$SOCKET_DIR/pools/$1.sock
	# Workers of a pool that was killed may still listen here, and spawn-fcgi would give up.
	rm -f "$socket"
	exec 3>>"log/$1.log"
	MONGODB_URI=$(database_uri "$1")
	export MONGODB_URI METRICS_FILE=$SOCKET_DIR/pools/$1.metrics
	# One arena for each thread would waste memory; with a single one all threads would wait for its lock.
	export MALLOC_ARENA_MAX=2
	# shellcheck disable=SC2016 # for the worker's shell
	become "$POOL_USER" none spawn-fcgi -n -s "$socket" -M 0660 -b 1024 -- \
		"$(type -P multiwatch)" -f "$PROCESSES" -r 1000000000 -- \
		/bin/sh -c 'exec "$BIN_DIR/$0" >&3 2>&1 3>&-' "$1"
}

# Workers outlive a killed master, and keep its sockets open: they get a signal first.
end_nginx_in() {
	local pid
	while read -r pid; do
		kill "-$2" "$pid" 2>/dev/null || true
	done < <(processes_in "$1" nginx)
}

# Old workers finish their requests and exit.
launch_nginx() {
	rm -f "$SOCKET_DIR/web/status.sock"
	end_nginx_in "$RUN_DIR" QUIT
	become_nginx . gateway.conf
}

launch_internal() {
	end_nginx_in "$RUN_DIR/internal" QUIT
	become_nginx internal internal.conf
}

# Old workers are killed at once: no more events would reach their streams.
launch_streams() {
	rm -f "$SOCKET_DIR/web/streams.sock"
	end_nginx_in "$RUN_DIR/streams" KILL
	become_nginx streams streams.conf
}

# With dac_override: some logs belong to the user of nginx.
launch_rotate() {
	without_secrets
	become root dac_override "$ROOT/run/rotate.sh"
}

"launch_$1" "${@:2}"
