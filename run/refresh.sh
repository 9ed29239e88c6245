# Applies new builds and edited files to a running shop, for `make dev`.
# shellcheck shell=bash

# Sets SOCKET_DIR as the start chose it.
find_socket_dir() {
	SOCKET_DIR=$RUN_DIR/sock
	[[ ! -s $RUN_DIR/socket_dir ]] || SOCKET_DIR=$(<"$RUN_DIR/socket_dir")
	export SOCKET_DIR
}

# Restarts pools with their present programs. Exits if one does not answer.
restart_pools() {
	# start_pools starts those of this list.
	local -a POOLS=("$@")
	local name
	# If the programs run from a copy, this renews it.
	within_reach "$POOL_USER" "$BIN_DIR" >/dev/null
	for name in "${POOLS[@]}"; do
		supervisor stop "$name" >/dev/null {LOCK}>&- &
	done
	wait
	start_pools
}

check_configurations() {
	check_nginx nginx . gateway.conf
	check_nginx internal internal internal.conf
	check_nginx streams streams streams.conf
}

# Serves the present pages and configuration. With an invalid configuration nginx keeps the old one, and the script
# exits.
reload_nginx() {
	local old=$RUN_DIR/nginx.old
	configure_web_folders
	rm -rf "$old"
	mv "$RUN_DIR/nginx" "$old"
	if ! (configure_nginx && check_configurations); then
		rm -rf "$RUN_DIR/nginx"
		mv "$old" "$RUN_DIR/nginx"
		die "nginx keeps its present configuration"
	fi
	rm -rf "$old"
	supervisor signal HUP internal streams nginx >/dev/null
}
