# The users that programs run as, and their files. If root starts the shop, all programs that read input from outside
# run without uid 0 and without capabilities; supervisord and the scripts stay root. If an ordinary user starts it,
# all programs run as that user.
# shellcheck shell=bash disable=SC2034

# All three are in the group of POOL_USER, whose members may traverse RUN_DIR.
DB_USER=shop-db   # mongod, and the seed program before the shop serves
WEB_USER=shop-web # nginx
POOL_USER=shop    # the services
RUN_GROUP=$POOL_USER
RUN_USERS=("$DB_USER" "$WEB_USER" "$POOL_USER")

check_users() {
	local name
	((EUID == 0)) || return 0
	for name in "${RUN_USERS[@]}"; do
		id -u "$name" >/dev/null 2>&1 || die "there is no user $name to run programs as: run run/setup.sh"
	done
}

# as_user USER CAPABILITY|none: sets AS to the prefix of a command, which runs as that user with no other capability
# and no way to gain privileges.
as_user() {
	local capabilities=-all,+$2
	[[ $2 != none ]] || capabilities=-all
	AS=(setpriv --no-new-privs)
	((EUID != 0)) || AS+=(--reuid "$1" --regid "$1" --init-groups --bounding-set "$capabilities"
		--inh-caps "$capabilities" --ambient-caps "$capabilities")
	AS+=(--)
}

# as USER COMMAND...: runs a command as a user, without capabilities and without the secrets in the environment.
as() (
	without_secrets
	as_user "$1" none
	exec "${AS[@]}" "${@:2}"
)

# become USER CAPABILITY|none COMMAND...: executes a program that gets SIGTERM when its parent ends. The kernel
# clears PDEATHSIG when a process changes its user, so --pdeathsig is set last.
become() {
	as_user "$1" "$2"
	exec "${AS[@]}" setpriv --pdeathsig TERM -- "${@:3}"
}

without_secrets() {
	unset JWT_SECRET JWT_SECRET_OLD SERVICE_SECRET SERVICE_SECRET_OLD OTP_CODE MONGODB_URI STREAMS_REDIS
}

# become_nginx FOLDER CONFIG [OPTION...]: in a folder of RUN_DIR, which is its prefix. All its paths are
# relative: a folder above RUN_DIR may be closed to its user.
become_nginx() {
	without_secrets
	allow_all_files
	export TZ=UTC
	cd "$RUN_DIR/$1" || die "there is no $RUN_DIR/$1"
	become "$WEB_USER" "$(port_capability)" nginx -p ./ -c "$([[ $1 == . ]] || echo ../)nginx/$2" \
		-e stderr "${@:3}"
}

# Prints the capability that nginx needs if one of its ports is privileged.
port_capability() {
	local name first=1024
	[[ ! -r /proc/sys/net/ipv4/ip_unprivileged_port_start ]] ||
		first=$(</proc/sys/net/ipv4/ip_unprivileged_port_start)
	for name in GATEWAY_PORT "${SERVICE_PORTS[@]}" INTERNAL_PORT; do
		((${!name} >= first)) || { echo net_bind_service; return; }
	done
	echo none
}

# ---- folders ----

# Makes a folder that belongs to a user with all its content. Afterwards only that user accesses the content: a link
# in it may lead anywhere.
own_folder() {
	mkdir -p "$1"
	((EUID == 0)) || return 0
	# chown changes the folder last: after an interruption this runs again.
	[[ $(stat -Lc %U "$1") == "$2" ]] || chown -RH "$2:$2" "$1"
	chmod 0700 "$1"
}

# Makes a folder of the caller that the users can traverse, but not list or write to.
pass_folder() {
	mkdir -p "$1"
	((EUID == 0)) || return 0
	chgrp "$RUN_GROUP" "$1"
	chmod 0710 "$1"
}

# Makes a folder of one user whose files only that user and a second user's group may access.
meeting_folder() {
	mkdir -p "$1"
	((EUID == 0)) || return 0
	chown "$2:$3" "$1"
	chmod 2710 "$1"
}

# Makes a file of a user in a folder of the caller.
own_file() {
	[[ -e $1 ]] || : >"$1"
	((EUID != 0)) || chown "$2:$2" "$1"
	chmod 0600 "$1"
}

# RUN_DIR keeps its owner and all other permissions.
open_run_dir() {
	((EUID == 0)) || return 0
	chgrp "$RUN_GROUP" "$RUN_DIR"
	chmod g=x "$RUN_DIR"
}

# ---- what programs read ----

# Whether a user can read a file or a whole folder, and execute the programs in it. find fails in a working directory
# to which it cannot return.
reads() {
	[[ -z $(cd / && as "$1" find -L "$2" \( ! -readable -o -type f -perm -u=x ! -executable \) \
		-print -quit 2>&1) ]]
}

# nginx derives ETags from modification times.
copy_readable() (
	umask 022
	rm -rf "$3"
	! cp -RLl -- "$2" "$3" 2>/dev/null || ! reads "$1" "$3" || return 0
	rm -rf "$3"
	cp -RL --preserve=timestamps,mode -- "$2" "$3" && chmod -R a+rX,go-w "$3"
)

# Prints a path at which a user can read a file or folder: its own, or that of a copy in SOCKET_DIR if the user has no
# access. Hard links are used where possible: they take no space.
within_reach() {
	local user=$1 source=$2 copy=$SOCKET_DIR/copy/${2##*/}
	if ((EUID != 0)) || [[ ! -e $source ]] || reads "$user" "$source"; then
		printf '%s' "$source"
		return
	fi
	mkdir -p "${copy%/*}"
	chmod 0755 "${copy%/*}"
	copy_readable "$user" "$source" "$copy" || die "$source can't be copied to $copy"
	printf '%s' "$copy"
}
