#!/bin/bash
# Keeps the logs that programs write themselves below a size. supervisord rotates the others: those
# written at every request would keep it busy.
# shellcheck source=run/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# docs/operations.md (Logs) adds up what these two bound.
LIMIT=$((20 * 1024 * 1024))
INTERVAL=1

# Copied and truncated, not renamed: all writers append, so none has to reopen the file.
rotate() {
	cp -f "$1" "$1.1"
	: >"$1"
}

cd "$RUN_DIR/log"
# A pause without a process that would outlive this one.
exec {never}<> <(:)
logs=(access.log internal_access.log streams_access.log error.log "${SERVICES[@]/%/.log}")
while true; do
	read -rt "$INTERVAL" -u "$never" || true
	while read -r size log; do
		((size <= LIMIT)) || rotate "$log" || true
	done < <(stat -c '%s %n' "${logs[@]}" 2>/dev/null)
done
