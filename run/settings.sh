# The settings of a local run: a table, read from the environment. All errors are reported at once.
# shellcheck shell=bash

# name | default | kind | meaning. An empty variable counts as not set.
SETTINGS=('GATEWAY_PORT|8080|port|port of the gateway')
for name in "${SERVICES[@]}"; do
	SETTINGS+=("${name^^}_PORT|${SERVICE[$name.port]}|port|public port of the ${SERVICE[$name.title]} service")
done
SETTINGS+=(
	'INTERNAL_PORT|8090|port|port of calls between services, on loopback only'
	'BIND|127.0.0.1,::1|addresses|addresses on which the ports are opened; the default has ::1 if the machine has IPv6'
	'CORS_ORIGINS|http://localhost:*,http://127.0.0.1:*|origins|origins whose pages may call the API; `:*` is any port'
	'TRUSTED_PROXIES||proxies|addresses or networks of proxies whose X-Forwarded-For is trusted'
	'SERVER_NAMES||names|host names of the shop, others get 421; empty: any name'
	'API_DOCS|on|switch|on: the description of the API is served at /openapi.json and /docs'
	'SECURITY_CONTACT||contact|mailto: or https: address for reports of vulnerabilities, in /.well-known/security.txt; empty: no such file'
	'RATE_LIMIT|on|switch|limits of calls, connections and streams of an address, of failed logins, and of calls and streams of an account; off: for load tests'
	'PROCESSES|2|count|worker processes of each pool'
	'STREAMS_PER_ADDRESS|200|streams|event streams that an address (IPv6: a /64) may have open; 0: any number'
	'STREAMS_REDIS||redis|a Redis that several gateways share for their streams, redis://host:port; empty: none'
	'MONGODB_URI||database|address of an existing replica set; empty: the local run starts its own database'
	"JWT_SECRET||secret|signs people's tokens, 32 bytes or more; empty: generated once and stored in RUN_DIR"
	'JWT_SECRET_OLD||secret|a second secret whose tokens are accepted; empty: none'
	'SERVICE_SECRET||secret|signs the tokens of calls between services, likewise; must differ from JWT_SECRET'
	'SERVICE_SECRET_OLD||secret|a second secret whose tokens of services are accepted; empty: none'
	'SEED_DEMO|on|switch|demo accounts for a shopper, a courier and an admin; default off if other machines can reach the shop'
	'ALLOW_DEMO|no|answer|yes: demo settings are allowed even if other machines can reach the shop'
	'DELIVERY_SIMULATION|on|switch|a simulator moves deliveries to their next status'
	'RUN_DIR|.run|folder|state, logs and sockets; a second instance needs one of its own'
	'BUILD|release|build|the build that runs: release or asan'
)

settings_print() {
	local row name default meaning
	for row in "${SETTINGS[@]}"; do
		IFS='|' read -r name default _ meaning <<<"$row"
		printf '%s\t%s\t%s\n' "$name" "$default" "$meaning"
	done
}

# Each check prints the error of a value, or nothing.

check_port() {
	[[ $1 =~ ^[1-9][0-9]{0,4}$ ]] && (($1 <= 65535)) || echo "must be a port, 1 to 65535"
}

# check_words RULE WHAT LIST: checks each word of a list by a rule of render.sh.
check_words() {
	local word
	while read -r word; do
		"$1" "$word" >/dev/null || echo "holds $(shown "$word"), not $2"
	done < <(words "$3")
}

check_addresses() {
	[[ -n $(words "$1") ]] || echo "has no address"
	check_words is_address 'an IPv4 or IPv6 address' "$1"
}

check_origins() {
	check_words origin_rule 'an origin such as https://shop.example:8443' "$1"
}

check_proxies() {
	check_words proxy_rule 'an address or a network such as 10.0.0.0/8' "$1"
}

check_names() {
	check_words name_rule 'a name such as shop.example.com' "$1"
}

check_contact() {
	[[ -z $1 || $1 =~ $CONTACT_PATTERN ]] ||
		echo "must be mailto:address or https://page"
}

check_switch() {
	[[ $1 == on || $1 == off ]] || echo "must be on or off"
}

check_answer() {
	[[ $1 == yes || $1 == no ]] || echo "must be yes or no"
}

check_count() {
	[[ $1 =~ ^[1-9][0-9]?$ ]] && (($1 <= 64)) || echo "must be a number, 1 to 64"
}

check_streams() {
	[[ $1 =~ $NUMBER_PATTERN ]] && (($1 <= STREAMS_MAX)) ||
		echo "must be a number, 0 to $STREAMS_MAX"
}

check_database() {
	[[ -z $1 || $1 =~ ^mongodb(\+srv)?://[^[:space:][:cntrl:]]+$ ]] ||
		echo "must begin with mongodb:// or mongodb+srv:// and hold no blanks"
}

check_redis() {
	[[ -z $1 || $1 =~ $REDIS_PATTERN ]] || echo "must be redis://host:port, or with user:password@"
}

check_secret() {
	local LC_ALL=C
	[[ -z $1 ]] || ((${#1} >= 32)) || echo "must have 32 bytes or more"
}

# A configuration file contains it in one line.
check_folder() {
	[[ ! $1 =~ [[:cntrl:]] ]] || echo 'must be a path without control characters'
}

# The third is for `make chaos-proof` only: it turns a safeguard off.
check_build() {
	[[ $1 == release || $1 == asan || $1 == failpoint ]] || echo "must be release or asan"
}

# A value in the form that messages may contain.
shown() {
	printf '%q' "$1"
}

# The loopback addresses of this machine, a list: not every machine has IPv6.
loopback_addresses() {
	printf '127.0.0.1'
	! grep -qs '^0\{31\}1 ' /proc/net/if_inet6 || printf ',::1'
}

# Sets and exports every setting: the given value, or the default.
settings_read() {
	local row name default
	BIND=${BIND:-$(loopback_addresses)}
	[[ -z $(opened_by) ]] || SEED_DEMO=${SEED_DEMO:-off}
	for row in "${SETTINGS[@]}"; do
		IFS='|' read -r name default _ <<<"$row"
		declare -gx "$name=${!name:-$default}"
	done
	# Programs start in another folder.
	for name in JWT_SECRET{,_OLD}_FILE SERVICE_SECRET{,_OLD}_FILE OTP_CODE_FILE; do
		[[ -z ${!name:-} ]] || declare -gx "$name=$(realpath -m -- "${!name}")"
	done
	[[ $RUN_DIR == /* ]] || RUN_DIR=$ROOT/$RUN_DIR
	RUN_DIR=$(realpath -m -- "$RUN_DIR")
}

wrong_settings() {
	local row name kind problem
	for row in "${SETTINGS[@]}"; do
		IFS='|' read -r name _ kind _ <<<"$row"
		while read -r problem; do
			case $kind in
			secret | database | redis | addresses | origins | proxies | names) echo "$name $problem" ;;
			*) echo "$name=$(shown "${!name}") $problem" ;;
			esac
		done < <("check_$kind" "${!name}")
	done
}

# Two listeners on one port.
shared_ports() {
	local row name kind
	local -A owner=()
	for row in "${SETTINGS[@]}"; do
		IFS='|' read -r name _ kind _ <<<"$row"
		[[ $kind == port ]] || continue
		if [[ -n ${owner[${!name}]:-} ]]; then
			echo "$name and ${owner[${!name}]} are both ${!name}: each needs a port of its own"
		fi
		owner[${!name}]=$name
	done
}

# Otherwise a program that needs one of the two secrets could sign with both.
shared_secrets() {
	local service person
	for service in SERVICE_SECRET SERVICE_SECRET_OLD; do
		for person in JWT_SECRET JWT_SECRET_OLD; do
			[[ -z ${!service} || ${!service} != "${!person}" ]] ||
				echo "$service is the same as $person: each secret needs a value of its own"
		done
	done
}

# Prints the errors that the services find in their own settings, each line once. Secrets and the address of the local
# database, which the start creates, are placeholders here.
service_problems() (
	export MONGODB_URI=${MONGODB_URI:-mongodb://made-up}
	for name in JWT_SECRET SERVICE_SECRET; do
		file=${name}_FILE
		[[ -n ${!name} || -n ${!file:-} ]] || export "$name=$name-that-the-start-will-make-up"
	done
	for name in "${SERVICES[@]}"; do
		[[ ! -x $BIN_DIR/$name ]] || "$BIN_DIR/$name" --check 2>&1 || true
	done | sort -u
)

# Exits with all errors. The error of a setting is printed once, by the runner or by a service.
settings_check() {
	local problems line
	problems=$(
		wrong_settings; shared_ports; shared_secrets
		# An invalid BIND is reported alone: it opens no port.
		[[ -n $(check_addresses "$BIND") ]] || unsafe_settings
	)
	while read -r line; do
		[[ $'\n'$problems == *$'\n'"${line%%:*}"[=\ ]* ]] || problems+=${problems:+$'\n'}$line
	done < <(service_problems)
	[[ -z $problems ]] || die "$problems"
}

# ---- the settings of a running shop ----

# Prints a line with name and digest for each setting of the local run and of the programs. Some values are secret.
settings_given() {
	local row name default
	local -A given=()
	for row in "${SETTINGS[@]}"; do
		name=${row%%|*}
		given[$name]=${!name}
	done
	while IFS='|' read -r name default; do
		[[ -v given[$name] ]] || given[$name]=${!name:-$default}
		row=${name}_FILE
		given[$row]=${!row:-}
	done < <(for name in "${SERVICES[@]}" seed; do
		[[ ! -x $BIN_DIR/$name ]] || "$BIN_DIR/$name" --config
	done | cut -f 1,2 | tr '\t' '|')
	for name in "${!given[@]}"; do
		printf '%s\0%s\0' "$name" "${given[$name]}"
	done | "$PYTHON" -c 'import hashlib, sys
words = sys.stdin.buffer.read().split(b"\0")
for name, value in sorted(zip(words[::2], words[1::2])):
    print(name.decode(), hashlib.sha256(value).hexdigest())'
}

# The names of settings that differ from those of the running shop.
changed_settings() {
	[[ ! -s $RUN_DIR/settings ]] ||
		comm -3 <(sort "$RUN_DIR/settings") <(sort <<<"$SETTINGS_GIVEN") | awk '{ print $1 }' | sort -u
}
