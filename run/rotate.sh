#!/bin/bash
# Keeps the logs that programs write themselves below a size. supervisord rotates the others: those
# written at every request would keep it busy.
# shellcheck source=run/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

LIMIT=$((32 * 1024 * 1024))
INTERVAL=10

# Copied and emptied, not renamed: all who write append, and nobody has to be told.
rotate() {
	local log=$1
	(($(stat -c %s "$log" 2>/dev/null || echo 0) > LIMIT)) || return 0
	cp -f "$log" "$log.1"
	: >"$log"
}

cd "$RUN_DIR/log"
# A pause without a process that would outlive this one.
exec {never}<> <(:)
while true; do
	read -rt "$INTERVAL" -u "$never" || true
	for name in access streams_access error "${POOLS[@]}"; do
		rotate "$name.log" || true
	done
done
