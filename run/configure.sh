# Makes an instance's folder: its sockets, secret, database port and configuration files.
# shellcheck shell=bash

# The longest name below it is supervisor.sock.PID, a temporary name of supervisord. The path of a socket has at most
# 107 bytes.
SOCKET_DIR_LIMIT=80
# The place for a folder of root that other users can reach.
REACHED_DIR=/var/lib

is_socket_dir() {
	[[ $1 =~ $VALUE_PATTERN ]] && ((${#1} <= SOCKET_DIR_LIMIT))
}

# Sockets are in RUN_DIR, or in a private folder elsewhere, whose name is stored in RUN_DIR, if its path
#   - is too long for a socket,
#   - has characters that mean something in configuration files, or
#   - leads through a folder that is closed to the users of the programs.
choose_socket_dir() {
	local elsewhere=${TMPDIR:-/tmp}
	((EUID != 0)) || elsewhere=$REACHED_DIR
	SOCKET_DIR=$RUN_DIR/sock
	if ! is_socket_dir "$SOCKET_DIR" || ! as "$POOL_USER" test -x "$RUN_DIR"; then
		remove_socket_dir
		SOCKET_DIR=$(mktemp -d "$elsewhere/shop.XXXXXXXX")
		if ! is_socket_dir "$SOCKET_DIR"; then
			rmdir "$SOCKET_DIR"
			die "RUN_DIR and TMPDIR are too long or unusual for sockets: set one to a plain path"
		fi
		printf '%s\n' "$SOCKET_DIR" >"$RUN_DIR/socket_dir"
		printf '%s\n' "$RUN_DIR" "$(identity)" >"$SOCKET_DIR/run_dir"
	fi
	pass_folder "$SOCKET_DIR"
	meeting_folder "$SOCKET_DIR/pools" "$POOL_USER" "$WEB_USER"
	own_folder "$SOCKET_DIR/web" "$WEB_USER"
	export SOCKET_DIR
}

# An identity of RUN_DIR that a renamed folder keeps and a copy does not have.
identity() {
	stat -c %d:%i -- "$RUN_DIR"
}

# A copy of RUN_DIR names the folder of the original: the file run_dir in the folder names its owner.
remove_socket_dir() {
	local dir owner
	rm -rf "$RUN_DIR/sock"
	[[ -f $RUN_DIR/socket_dir ]] || return 0
	dir=$(<"$RUN_DIR/socket_dir")
	if [[ $dir == */shop.???????? && -O $dir && ! -L $dir && -f $dir/run_dir ]]; then
		mapfile -t owner <"$dir/run_dir"
		[[ ${owner[0]:-} != "$RUN_DIR" && ${owner[1]:-} != "$(identity)" ]] || rm -rf "$dir"
	fi
	rm -f "$RUN_DIR/socket_dir"
}

random_secret() {
	od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# Reads a secret's file here: it may be readable for root only, and services that root starts do not run as root.
read_secret_files() {
	local name file
	((EUID == 0)) || return 0
	for name in JWT_SECRET{,_OLD} SERVICE_SECRET{,_OLD} OTP_CODE; do
		file=${name}_FILE
		[[ -n ${!file:-} && -z ${!name:-} ]] || continue
		export "$name=$(<"${!file}")"
		unset "$file"
	done
}

# Creates a random secret once, if none is given: choose_secret JWT_SECRET jwt_secret
choose_secret() {
	local name=$1 file=$RUN_DIR/$2 given_file=$1_FILE
	[[ -z ${!name} && -z ${!given_file:-} ]] || return 0
	[[ -s $file ]] || random_secret >"$file"
	chmod 0600 "$file"
	printf -v "$name" '%s' "$(<"$file")"
}

configure_supervisord() {
	# Only root needs the line. Without it an ordinary user needs no entry in /etc/passwd.
	services_expand <"$ROOT/run/supervisord.conf.in" | USER_LINE=$( ((EUID != 0)) || echo user=root) \
		envsubst '${SOCKET_DIR} ${USER_LINE}' >"$RUN_DIR/supervisord.conf"
}

# The routes of all services and the errors of the gateway (nginx/route_maps.sh).
print_tables() {
	local name
	for name in "${SERVICES[@]}"; do
		"$BIN_DIR/$name" --routes | sed "s/^/$name\t/"
	done
	"$BIN_DIR/$name" --errors | sed "s/^/error\t/"
}

# A configuration may hold the password of STREAMS_REDIS.
configure_nginx() {
	local name pools=()
	rm -rf "$RUN_DIR/nginx"
	mkdir -p "$RUN_DIR/nginx"
	for name in "${SERVICES[@]}"; do
		pools+=("${name^^}_POOL=unix:$SOCKET_DIR/pools/$name.sock")
	done
	env "${pools[@]}" INTERNAL_BIND="$(loopback_addresses)" NGINX_WORKERS=2 FILES_ROOT=files \
		ERROR_LOG=log/error.log ACCESS_LOG=log/access.log STREAMS_ERROR_LOG=stderr \
		STREAMS_ACCESS_LOG=../log/streams_access.log \
		INTERNAL_ERROR_LOG=stderr INTERNAL_ACCESS_LOG=../log/internal_access.log \
		STATUS_LISTEN="unix:$SOCKET_DIR/web/status.sock" GATEWAY_STATUS="unix:$SOCKET_DIR/web/status.sock" \
		STREAMS="unix:$SOCKET_DIR/web/streams.sock" STREAMS_LISTEN="unix:$SOCKET_DIR/web/streams.sock" \
		"$ROOT/nginx/render.sh" "$RUN_DIR/nginx" < <(print_tables)
	((EUID != 0)) || chgrp -R "$WEB_USER" "$RUN_DIR/nginx"
	chmod -R g+rX "$RUN_DIR/nginx"
}

# The folders that nginx serves and writes to.
configure_web_folders() {
	local log name
	"$ROOT/nginx/files.sh" "$RUN_DIR/files" "$ROOT/build/$BUILD/openapi.json" "$ROOT/.deps/swagger-ui"
	own_folder "$RUN_DIR/tmp" "$WEB_USER"
	for name in streams internal; do
		own_folder "$RUN_DIR/$name" "$WEB_USER"
		(cd "$RUN_DIR/$name" && as "$WEB_USER" mkdir -p tmp)
	done
	for log in access internal_access streams_access error; do
		own_file "$RUN_DIR/log/$log.log" "$WEB_USER"
	done
}

# Paths of programs and their data that their users can read.
choose_programs() {
	BIN_DIR=$(within_reach "$POOL_USER" "$BIN_DIR")
	MONGOD=$(within_reach "$DB_USER" "$MONGOD")
	SEED_DATA=$(within_reach "$DB_USER" "$SEED_DATA")
}

# Settings of this instance for other programs, as shell assignments. The address of the local database is that of the
# administrator.
write_env() {
	local name
	rm -f "$RUN_DIR/env"
	(
		((!OWN_DATABASE)) || MONGODB_URI=$(account_uri root)
		for name in GATEWAY_PORT "${SERVICE_PORTS[@]}" INTERNAL_PORT \
			BIND MONGODB_URI SEED_DEMO BUILD RUN_DIR GATEWAY_URL; do
			printf '%s=%q\n' "$name" "${!name}"
		done
	) >"$RUN_DIR/env"
}

# Everything an instance needs before its first program starts.
configure() {
	open_run_dir
	pass_folder "$RUN_DIR/log"
	choose_socket_dir
	read_secret_files
	choose_secret JWT_SECRET jwt_secret
	choose_secret SERVICE_SECRET service_secret
	if ((OWN_DATABASE)); then
		own_folder "$RUN_DIR/mongo" "$DB_USER"
		choose_accounts
		choose_mongo_port
	fi
	choose_programs
	configure_supervisord
	configure_web_folders
	configure_nginx
	write_env
}
