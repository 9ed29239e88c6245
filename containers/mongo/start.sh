#!/bin/bash
# Runs mongod as a replica set with authentication. Its secrets are in SECRETS: key, root_password, and a password for
# each account (set-up.js). Further arguments are mongod's.
set -euo pipefail

HERE=$(dirname "${BASH_SOURCE[0]}")
SECRETS=${SECRETS:-/run/secrets}
export SECRETS MONGO_HOST=${MONGO_HOST:-mongo:27017}

# Runs beside mongod, in its container: mongod allows only clients on its own machine to create the first account.
set_up() {
	until (exec 3<>/dev/tcp/127.0.0.1/27017) 2>/dev/null; do
		sleep 0.2
	done
	until mongosh --nodb --quiet --file "$HERE/set-up.js"; do
		sleep 1
	done
	touch /data/db/shop-is-set-up
}

"$HERE/check-volume.sh" /data/db
# mongod refuses a key file that other users can read.
install -m 0400 "$SECRETS/key" /tmp/key
[[ -e /data/db/shop-is-set-up ]] || set_up &
# The open transaction of a killed process holds its locks until transactionLifetimeLimitSeconds. Slow operations are
# not logged: these lines, and those of a recovery, contain documents. Messages are not compressed: servers with
# CVE-2025-14847 answer a malformed compressed one with parts of their memory.
exec mongod --replSet rs0 --keyFile /tmp/key --bind_ip_all --nounixsocket --quiet --slowOpSampleRate 0 \
	--networkMessageCompressors disabled \
	--setParameter transactionLifetimeLimitSeconds=3 \
	--setParameter diagnosticDataCollectionEnabled=false "$@"
