#!/bin/bash
# Creates the secrets on first use: a folder for each program, with only the secrets that it needs. Existing ones are
# kept, unless JWT_SECRET or SERVICE_SECRET is given.
#
#     SECRETS/mongo/       key, root_password, and a password for each of the others
#     SECRETS/NAME/        mongodb_uri, and jwt_secret and service_secret for the services
#
# Every container with a published port waits for this job: it refuses demo settings where other machines
# can reach the shop.
set -euo pipefail
RUN=$(dirname "${BASH_SOURCE[0]}")/../run
# shellcheck source=run/demo.sh
. "$RUN/demo.sh"
# shellcheck source=run/services.sh
. "$RUN/services.sh"

SECRETS=${SECRETS:-/secrets}
MONGO_HOST=${MONGO_HOST:-mongo:27017}

random() {
	od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# Writes a file atomically.
write() {
	local file=$1
	cat >"$file.new"
	mv "$file.new" "$file"
}

make_once() {
	[[ -s $1 ]] || random | write "$1"
}

# Checks what the services would refuse, before it is written.
wrong_secrets() {
	local LC_ALL=C name secret
	for name in JWT_SECRET SERVICE_SECRET; do
		secret=${!name}
		[[ -z $secret ]] || ((${#secret} >= 32)) || echo "$name must have 32 bytes or more"
	done
	[[ -z $SERVICE_SECRET || $SERVICE_SECRET != "$JWT_SECRET" ]] ||
		echo "SERVICE_SECRET is the same as JWT_SECRET: each secret needs a value of its own"
}

BIND=${BIND:-} SEED_DEMO=${SEED_DEMO:-off} ALLOW_DEMO=${ALLOW_DEMO:-no}
JWT_SECRET=${JWT_SECRET:-} SERVICE_SECRET=${SERVICE_SECRET:-}
problems=$(unsafe_settings; wrong_secrets)
if [[ -n $problems ]]; then
	printf '%s\n' "$problems" >&2
	exit 1
fi

# Each program has a user of its own. A folder is a volume that only its program and root can read.
umask 022
[[ -z $JWT_SECRET ]] || printf '%s' "$JWT_SECRET" | write "$SECRETS/user/jwt_secret"
[[ -z $SERVICE_SECRET ]] || printf '%s' "$SERVICE_SECRET" | write "$SECRETS/user/service_secret"
make_once "$SECRETS/user/jwt_secret"
make_once "$SECRETS/user/service_secret"
make_once "$SECRETS/mongo/key"
make_once "$SECRETS/mongo/root_password"
for name in "${SERVICES[@]}" seed; do
	make_once "$SECRETS/mongo/$name"
	printf 'mongodb://%s:%s@%s/?replicaSet=rs0&authSource=admin' "$name" \
		"$(<"$SECRETS/mongo/$name")" "$MONGO_HOST" | write "$SECRETS/$name/mongodb_uri"
done
for name in "${SERVICES[@]}"; do
	[[ $name != user ]] || continue
	write "$SECRETS/$name/jwt_secret" <"$SECRETS/user/jwt_secret"
	write "$SECRETS/$name/service_secret" <"$SECRETS/user/service_secret"
done
