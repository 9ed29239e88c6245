# Shared by the scripts of this folder: paths, messages, the folder of an instance and its processes.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

ROOT=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=run/users.sh
. "$ROOT/run/users.sh"
# shellcheck source=run/services.sh
. "$ROOT/run/services.sh"
export LC_ALL=C.UTF-8
# nginx lives in /usr/sbin, which an ordinary user's path leaves out.
export PATH="$PATH:/usr/sbin:/sbin"
# pyenv and the like may come first on the path, without Debian's modules.
PYTHON=/usr/bin/python3
# The MongoDB driver makes a file of counters in /dev/shm before main(), and a killed worker leaves it there.
export MONGOC_DISABLE_SHM=1

# Never fails: the reader (`make up | head -1`) or the terminal may be closed.
say() (
	trap '' PIPE
	printf '%s\n' "$*" 2>/dev/null || true
)

complain() {
	say "$@" >&2
}

die() {
	progress_end
	complain "$@"
	exit 1
}

# ---- progress ----

PROGRESS_SECONDS=3
PROGRESS_PID=

# Prints what the script does next, and again every PROGRESS_SECONDS until the next call, progress_end, or
# the end of the script.
progress() {
	progress_end
	say "$1 …"
	progress_repeat "$1" &
	PROGRESS_PID=$!
	disown "$PROGRESS_PID"
}

progress_end() {
	[[ -z $PROGRESS_PID ]] || kill -KILL "$PROGRESS_PID" 2>/dev/null || true
	PROGRESS_PID=
}

# Starts no process, which could outlive this one. The parent is compared, since an ended script may still exist as a
# zombie.
progress_repeat() {
	local never parent begun=$SECONDS
	[[ -z ${LOCK:-} ]] || exec {LOCK}>&-
	exec {never}<> <(:)
	while true; do
		read -rt "$PROGRESS_SECONDS" -u "$never" || true
		read -r _ _ _ parent _ <"/proc/$BASHPID/stat"
		[[ $parent == "$$" ]] || return 0
		say "… still $1 ($((SECONDS - begun)) s)"
	done
}

# ---- the folder of an instance ----

# Exits if another user can write to RUN_DIR, whose files are read and executed: its owner, or everybody by its mode.
# This holds for root, too.
check_run_dir() {
	local owner folder
	[[ -e $RUN_DIR ]] || return 0
	printf -v folder '%q' "$RUN_DIR"
	owner=$(stat -L -c %U "$RUN_DIR")
	[[ -d $RUN_DIR ]] || die "RUN_DIR=$folder is not a folder"
	[[ -O $RUN_DIR ]] || die \
		"RUN_DIR=$folder belongs to $owner: run this as $owner, or set RUN_DIR to a folder of yours"
	[[ -z $(find -L "$RUN_DIR" -maxdepth 0 -perm -o+w) ]] ||
		die "RUN_DIR=$folder can be written to by everybody: chmod o-w it, or set another RUN_DIR"
}

# Waits until no other command runs on this instance.
lock() {
	exec {LOCK}>"$RUN_DIR/lock"
	flock -n "$LOCK" && return 0
	say "waiting for another command on $RUN_DIR to end"
	flock -w 180 "$LOCK" || die "another command on $RUN_DIR does not end: see its terminal"
}

unlock() {
	exec {LOCK}>&-
}

# processes_in FOLDERS NAME...: the processes of the named programs that work in one of the folders, which are
# the lines of a text. A shell or an editor in such a folder does not count.
processes_in() {
	local folders=$'\n'$1$'\n' user pid kind target
	local -a users=('')
	local -A found=()
	shift
	sees_all_links || users+=("${RUN_USERS[@]}")
	for user in "${users[@]}"; do
		local -A named=()
		while IFS=$'\t' read -r pid kind target; do
			pid=${pid#/proc/}
			target=${target% (deleted)}
			[[ $kind != exe || " $* " != *" ${target##*/} "* ]] || named[$pid]=yes
			[[ $kind == cwd && $folders == *$'\n'"$target"$'\n'* && -n ${named[$pid]:-} ]] || continue
			[[ -z $user || $(stat -c %U "/proc/$pid" 2>/dev/null) == "$user" ]] || continue
			found[$pid]=yes
		done < <(links_seen_by "$user")
	done
	((${#found[@]} == 0)) || printf '%s\n' "${!found[@]}"
}

CAP_SYS_PTRACE=$((1 << 19)) # capabilities(7)

# Whether this process can read all /proc links that it needs. Root without CAP_SYS_PTRACE (containers) can't
# read those of other users: each program user reads its own. Other users run no programs as another user.
sees_all_links() {
	local name value
	((EUID == 0)) || return 0
	while read -r name value; do
		[[ $name == CapEff: ]] && break
	done </proc/self/status
	((16#$value & CAP_SYS_PTRACE))
}

# Prints PID, `exe` or `cwd`, and the link's target, with tabs between; all `exe` rows first: a program of ours
# is in its folder before it is executed, so the folder that is read later is its own.
links_seen_by() {
	local -a list=(bash -c "find /proc/[0-9]*/exe /proc/[0-9]*/cwd -maxdepth 0 -printf '%h\\t%f\\t%l\\n'")
	[[ -z $1 ]] || list=(as "$1" "${list[@]}")
	"${list[@]}" 2>/dev/null || true
}

# Processes of this instance. The nginx of the streams and that of internal calls run in subfolders.
processes_here() {
	processes_in "$RUN_DIR"$'\n'"$RUN_DIR/streams"$'\n'"$RUN_DIR/internal" "$@"
}

# ---- the accounts of our own database ----

# The address of the local database for one of its accounts.
account_uri() {
	printf 'mongodb://%s:%s@127.0.0.1:%s/?replicaSet=rs0&authSource=admin' "$1" \
		"$(<"$RUN_DIR/accounts/$1")" "$MONGO_PORT"
}

# The address of the database for a program: MONGODB_URI, or the local one.
database_uri() {
	if [[ -n $MONGODB_URI ]]; then
		printf '%s' "$MONGODB_URI"
	else
		account_uri "$1"
	fi
}

# nginx and the database need more than the usual soft limit of 1024.
allow_all_files() {
	ulimit -Sn "$(ulimit -Hn)"
}
