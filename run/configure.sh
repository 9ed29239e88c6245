# Makes an instance's folder: its sockets, secret, database port and configuration files.
# shellcheck shell=bash

# Longest name below it: supervisor.sock.PID, which supervisord makes on its way. A socket's path
# has 107 bytes.
SOCKET_DIR_LIMIT=80

is_socket_dir() {
	[[ $1 =~ $VALUE_PATTERN ]] && ((${#1} <= SOCKET_DIR_LIMIT))
}

# Sockets are in RUN_DIR, or, where its path is too long for one or has characters that
# configuration files give a meaning, in a private folder elsewhere whose name RUN_DIR keeps.
choose_socket_dir() {
	SOCKET_DIR=$RUN_DIR/sock
	if is_socket_dir "$SOCKET_DIR"; then
		mkdir -p "$SOCKET_DIR"
	else
		remove_socket_dir
		SOCKET_DIR=$(mktemp -d "${TMPDIR:-/tmp}/shop.XXXXXXXX")
		if ! is_socket_dir "$SOCKET_DIR"; then
			rmdir "$SOCKET_DIR"
			die "RUN_DIR and TMPDIR are too long or unusual for sockets: set one to a plain path"
		fi
		printf '%s\n' "$SOCKET_DIR" >"$RUN_DIR/socket_dir"
	fi
	export SOCKET_DIR
}

remove_socket_dir() {
	local dir
	rm -rf "$RUN_DIR/sock"
	[[ -f $RUN_DIR/socket_dir ]] || return 0
	dir=$(<"$RUN_DIR/socket_dir")
	[[ $dir == */shop.???????? && -O $dir && ! -L $dir ]] && rm -rf "$dir"
	rm -f "$RUN_DIR/socket_dir"
}

# Makes a secret up where none is given, once: choose_secret JWT_SECRET jwt_secret
choose_secret() {
	local name=$1 file=$RUN_DIR/$2 given_file=$1_FILE
	[[ -z ${!name} && -z ${!given_file:-} ]] || return 0
	[[ -s $file ]] || "$PYTHON" -c 'import secrets; print(secrets.token_hex(32))' >"$file"
	chmod 0600 "$file"
	printf -v "$name" '%s' "$(<"$file")"
}

# The port that the database had before, unless somebody else has it now.
choose_mongo_port() {
	local kept=()
	[[ ! -s $RUN_DIR/mongo_port ]] || kept=("$(<"$RUN_DIR/mongo_port")")
	MONGO_PORT=$("$PYTHON" "$ROOT/run/ports.py" choose "${kept[@]}")
	printf '%s\n' "$MONGO_PORT" >"$RUN_DIR/mongo_port"
	export MONGO_PORT
	MONGODB_URI="mongodb://127.0.0.1:$MONGO_PORT/?replicaSet=rs0"
}

configure_supervisord() {
	USER_ID=$(id -u) envsubst '${SOCKET_DIR} ${USER_ID}' <"$ROOT/run/supervisord.conf.in" \
		>"$RUN_DIR/supervisord.conf"
}

# The tables of all services, for the gateway.
print_routes() {
	local name
	for name in "${POOLS[@]}"; do
		"$BIN_DIR/$name" --routes | sed "s/^/$name\t/"
	done
}

# As root the workers stay root: www-data could not enter a clone or a RUN_DIR of mode 0700.
configure_nginx() {
	local user='' address=$BIND
	[[ $EUID -ne 0 ]] || user=root
	[[ $BIND != *:* ]] || address="[$BIND]"
	ln -sfn "$ROOT/nginx/www" "$RUN_DIR/www"
	mkdir -p "$RUN_DIR/api"
	ln -sfn "$ROOT/build/$BUILD/openapi.json" "$RUN_DIR/api/openapi.json"
	ln -sfn "$ROOT/.deps/swagger-ui" "$RUN_DIR/api/docs"
	rm -rf "$RUN_DIR/nginx"
	mkdir -p "$RUN_DIR/nginx" "$RUN_DIR/tmp" "$RUN_DIR/streams/tmp"
	BIND=$address INTERNAL_BIND=127.0.0.1 NGINX_USER=$user NGINX_WORKERS=2 WWW_ROOT=www \
		ERROR_LOG=log/error.log ACCESS_LOG=log/access.log STREAMS_ERROR_LOG=stderr \
		STREAMS_ACCESS_LOG=../log/streams_access.log \
		STREAMS=unix:$SOCKET_DIR/streams.sock STREAMS_LISTEN=unix:$SOCKET_DIR/streams.sock \
		USER_POOL=unix:$SOCKET_DIR/user.sock PRODUCT_POOL=unix:$SOCKET_DIR/product.sock \
		CART_ORDER_POOL=unix:$SOCKET_DIR/cart_order.sock \
		DELIVERY_POOL=unix:$SOCKET_DIR/delivery.sock "$ROOT/nginx/render.sh" "$RUN_DIR/nginx" \
		< <(print_routes)
}

# What other programs may want to know of this instance, in the shell's form.
write_env() {
	local name
	for name in GATEWAY_PORT USER_PORT PRODUCT_PORT CART_ORDER_PORT DELIVERY_PORT INTERNAL_PORT \
		BIND MONGODB_URI SEED_DEMO BUILD RUN_DIR GATEWAY_URL; do
		printf '%s=%q\n' "$name" "${!name}"
	done >"$RUN_DIR/env"
}

# Everything an instance needs before its first program starts.
configure() {
	mkdir -p "$RUN_DIR/log" "$RUN_DIR/mongo"
	choose_socket_dir
	choose_secret JWT_SECRET jwt_secret
	choose_secret SERVICE_SECRET service_secret
	[[ -n $MONGODB_URI ]] || choose_mongo_port
	configure_supervisord
	configure_nginx
	write_env
}
