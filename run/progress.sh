#!/bin/bash
# Runs a command, and prints every few seconds that it still runs: progress.sh TEXT COMMAND...
# shellcheck source=run/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

trap progress_end EXIT
progress "$1"
"${@:2}"
