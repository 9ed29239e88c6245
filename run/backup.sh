#!/bin/bash
# Backs up and restores the databases of an instance:
#
#     backup.sh backup [FOLDER]     while the shop runs; default: RUN_DIR/backup/<now>
#     backup.sh restore FOLDER      stops the pools of a local run meanwhile
#
# The database is that of the instance in RUN_DIR, or that of MONGODB_URI. Restore doesn't stop pools that run elsewhere,
# as in containers: stop them before.
# shellcheck source=run/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
umask 077

RUN_DIR=${RUN_DIR:-.run}
[[ $RUN_DIR == /* ]] || RUN_DIR=$ROOT/$RUN_DIR
BIN_DIR=${BIN_DIR:-$ROOT/build/${BUILD:-release}/bin}

# Stops or starts the pools in parallel.
pools() {
	local name started=()
	[[ $LOCAL == yes ]] || return 0
	for name in "${SERVICES[@]}"; do
		supervisorctl -c "$RUN_DIR/supervisord.conf" "$1" "$name" >/dev/null &
		started+=($!)
	done
	for name in "${started[@]}"; do
		wait "$name" || die "not all pools obeyed: supervisorctl $1"
	done
}

# Prints the database address of the shop in RUN_DIR. A copied RUN_DIR contains the address of the original:
# then it prints nothing.
own_database() (
	ours=$(realpath -m -- "$RUN_DIR")
	. "$RUN_DIR/env"
	[[ $RUN_DIR != "$ours" ]] || printf '%s' "$MONGODB_URI"
)

# Sets MONGODB_URI, and LOCAL to whether a local run's pools use it.
find_database() {
	local own=
	LOCAL=no
	[[ ! -s $RUN_DIR/env ]] || own=$(own_database)
	MONGODB_URI=${MONGODB_URI:-$own}
	[[ -n $MONGODB_URI ]] || die "no shop is running in $RUN_DIR: start it, or set MONGODB_URI"
	[[ $MONGODB_URI != "$own" ]] || LOCAL=yes
}

seed() {
	MONGODB_URI=$MONGODB_URI "$BIN_DIR/seed" "$@"
}

# Whether there are demo accounts: a local run's own setting, else the caller's.
demo_accounts() {
	[[ $LOCAL == no ]] || . "$RUN_DIR/env"
	printf '%s' "${SEED_DEMO:-}"
}

backup() {
	local folder=${1:-}
	[[ -n $folder ]] || folder=$RUN_DIR/backup/$(date -u +%Y-%m-%dT%H%M%SZ)
	mkdir -p -- "$(dirname -- "$folder")"
	progress "copying the databases"
	seed --backup "$folder" || die "no backup was made"
	progress_end
}

# If nothing was written, the pools start again.
restore_files() {
	local status=0
	seed --restore "$1" || status=$?
	((status != 0)) || return 0
	((status == 3)) && die "restored in part: the pools stay stopped; $AGAIN"
	pools start
	die "not restored, and nothing was changed"
}

# Indexes are created before the pools start.
restore() {
	[[ -d $1 ]] || die "there is no folder $1"
	# Holds the lock: `make up` or `make down` meanwhile would start pools or stop the database.
	[[ $LOCAL == no ]] || lock
	seed --check-backup "$1" || die "$1 is not a complete backup: nothing was changed"
	[[ $LOCAL == yes ]] || say "backup: the pools of this database must be stopped; this script doesn't stop them"
	progress "stopping the pools"
	pools stop
	progress "putting the backup into the databases"
	restore_files "$1"
	progress "making indexes, catalogue and accounts in the database"
	SEED_DATA=${SEED_DATA:-$ROOT/seed/products.json} SEED_DEMO=$(demo_accounts) seed ||
		die "restored, but not seeded: the pools stay stopped; $AGAIN"
	progress "starting the pools"
	pools start
	# The nginx of the streams holds statuses from before the restore.
	[[ $LOCAL == no ]] || supervisorctl -c "$RUN_DIR/supervisord.conf" restart streams >/dev/null
	progress_end
}

AGAIN="mend the error above and restore again"
USAGE="usage: make backup [TO=FOLDER] | make restore FROM=FOLDER"
trap progress_end EXIT
check_run_dir
case ${1:-} in
backup) ;;
restore) [[ -n ${2:-} ]] || die "$USAGE" ;;
*) die "$USAGE" ;;
esac
find_database
"$@"
