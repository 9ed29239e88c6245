#!/bin/bash
# Limits the size of the logs that programs write themselves. supervisord rotates the others; logs with a line for each
# request would cost it too much time.
# shellcheck source=run/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# docs/operations.md (Logs) computes the disk space from these two limits.
LIMIT=$((20 * 1024 * 1024))
INTERVAL=1

# Copied and truncated, not renamed: all writers append, so none has to reopen the file.
rotate() {
	cp -f "$1" "$1.1"
	: >"$1"
}

cd "$RUN_DIR/log"
# Pauses without a process, which could outlive this one.
exec {never}<> <(:)
logs=(access.log internal_access.log streams_access.log error.log "${SERVICES[@]/%/.log}")
while true; do
	read -rt "$INTERVAL" -u "$never" || true
	while read -r size log; do
		((size <= LIMIT)) || rotate "$log" || true
	done < <(stat -c '%s %n' "${logs[@]}" 2>/dev/null)
done
