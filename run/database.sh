# The local database: its port, its accounts, and the reasons of failures in its log. No start depends on an address
# that an earlier one wrote.
# shellcheck shell=bash

# Creates the passwords of the accounts, and the key with which the scripts create the accounts, once. Only the
# scripts read them. mongod makes the path of its key file absolute.
choose_accounts() {
	local name
	mkdir -p "$RUN_DIR/accounts"
	for name in key root seed "${SERVICES[@]}"; do
		[[ -s $RUN_DIR/accounts/$name ]] || {
			random_secret >"$RUN_DIR/accounts/$name.new"
			mv "$RUN_DIR/accounts/$name.new" "$RUN_DIR/accounts/$name"
		}
	done
	cp "$RUN_DIR/accounts/key" "$SOCKET_DIR/key"
	own_file "$SOCKET_DIR/key" "$DB_USER"
}

# Warnings of the seed that a start prints, at most.
SEED_WARNINGS=20

# Keeps the port of the last start, unless another program uses it.
choose_mongo_port() {
	local kept=()
	[[ ! -s $RUN_DIR/mongo_port ]] || kept=("$(<"$RUN_DIR/mongo_port")")
	MONGO_PORT=$("$PYTHON" "$ROOT/run/ports.py" choose "${kept[@]}")
	export MONGO_PORT
}

keep_mongo_port() {
	printf '%s\n' "$MONGO_PORT" >"$RUN_DIR/mongo_port"
}

mongod_listens() {
	(exec 3<>"/dev/tcp/127.0.0.1/$MONGO_PORT") 2>/dev/null
}

# mongod may run for seconds before it fails; supervisord then starts it again.
mongod_answers() {
	local log=$RUN_DIR/log/mongod.log
	mongod_listens && return 0
	[[ -z $(known_reason "$log") ]] || fail "the database does not start" "$log"
	return 1
}

# The key file of the replica set has all rights, and is the only login before the accounts exist.
key_uri() {
	printf 'mongodb://__system:%s@127.0.0.1:%s/?replicaSet=rs0&authSource=local&authMechanism=%s' \
		"$(<"$RUN_DIR/accounts/key")" "$MONGO_PORT" SCRAM-SHA-256
}

# become_seed SECONDS ADDRESS [OPTION]: as the database's user, which can read all that the seed writes.
become_seed() {
	without_secrets
	export MONGODB_URI=$2
	as_user "$DB_USER" none
	exec timeout "$1" "${AS[@]}" "$BIN_DIR/seed" "${@:3}"
}

set_up_database() {
	become_seed 90 "$(key_uri)" --accounts < <(
		for name in root seed "${SERVICES[@]}"; do
			printf '%s %s\n' "$name" "$(<"$RUN_DIR/accounts/$name")"
		done
	)
}

start_database() {
	local log=$RUN_DIR/log/seed.log
	start NAME.log mongod
	await "the database does not answer" "$RUN_DIR/log/mongod.log" mongod_answers
	in_background "$log" set_up_database ||
		fail "the database can't be made a replica set with accounts" "$log" "$RUN_DIR/log/mongod.log"
	keep_mongo_port
}

seed_database() {
	local log=$RUN_DIR/log/seed.log
	in_background "$log" become_seed 120 "$(database_uri seed)" && return 0
	((OWN_DATABASE)) && fail "the database can't be seeded" "$log" "$(log_if_at_fault "$log")"
	fail "the database at MONGODB_URI can't be reached or seeded (it must be a replica set)" "$log"
}

# Prints the path of mongod's log if the seed failed because of mongod, or nothing.
log_if_at_fault() {
	local log=$RUN_DIR/log/mongod.log
	mongod_listens && [[ -z $(known_reason "$log") ]] && ! grep -qs 'temporarily unavailable' "$1" ||
		printf '%s' "$log"
}

# Prints the warnings of the seed at the end of a start, such as documents that a migration left unchanged.
print_seed_warnings() {
	local log=$RUN_DIR/log/seed.log lines
	mapfile -t lines < <(sed -n -e '/"level":"warning"/ { s/^.*"msg":"//; s/"}$//; s/","/ /g; s/":"/=/g; p }' \
		-e '/^seed: migrations .* left /p' "$log")
	((${#lines[@]} > 0)) || return 0
	say "warnings of the seed ($log):"
	say "$(printf '  %s\n' "${lines[@]:0:SEED_WARNINGS}")"
	((${#lines[@]} <= SEED_WARNINGS)) || say "  … and $((${#lines[@]} - SEED_WARNINGS)) more"
}

# ---- reasons ----

# pattern in a log | meaning; the first match counts. @ stands for RUN_DIR.
REASONS=(
	'DBPathInUse|another program has the database in @/mongo open: end it, or set RUN_DIR to another folder'
	'No space left on device|the disk of @ is full'
	'Read-only file system|the file system of @ is read-only: set RUN_DIR to a folder that can be written to'
	'Permission denied|files below @ belong to another user'
	'Address already in use|another program took a port at this moment: start again'
	'under any compatibility version|the files in @/mongo are damaged, or of another version of MongoDB than run/mongodb.txt names'
	'UPGRADE PROBLEM|the files in @/mongo are of another version of MongoDB than run/mongodb.txt names'
	'Invalid featureCompatibilityVersion|the files in @/mongo are of another version of MongoDB than run/mongodb.txt names'
	'Cannot allocate memory|there is not enough memory'
	'replica_set.waiting|another program has the address that the database had before (127.0.0.1, the port in @/mongo_port) and does not answer: end it, then start again'
)

# Prints the reason of a failure if a log of this start has one.
known_reason() {
	local row text
	text=$(new_lines "$1")
	for row in "${REASONS[@]}"; do
		[[ $text != *"${row%%|*}"* ]] || { row=${row#*|}; printf '%s' "${row//@/"$RUN_DIR"}"; return; }
	done
}
