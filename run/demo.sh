# Checks the demo settings, which are refused where other machines can reach the shop; for the runner and secrets.sh.
# Reads BIND, TRUSTED_PROXIES, SERVER_NAMES, PUBLIC_URL, ALLOW_DEMO, SEED_DEMO, OTP_CODE or OTP_CODE_FILE, and
# AUTH_REQUIRED.
# shellcheck shell=bash

# Whether all addresses of a list are loopback, in any spelling. An empty list counts as loopback, the default.
is_loopback() {
	[[ " ${1//,/ }" =~ ^([[:space:]]+(127(\.[0-9]{1,3}){3}|[0:]*:0*1|\[[0:]*:0*1\]))*[[:space:]]*$ ]]
}

# Prints why other machines may reach the shop, or nothing. A proxy on this machine opens a BIND of loopback, too,
# and the other three settings are for such a shop.
opened_by() {
	if ! is_loopback "$BIND"; then
		printf 'BIND=%q lets other machines reach the shop' "$BIND"
	elif [[ -n ${TRUSTED_PROXIES:-} ]]; then
		printf 'TRUSTED_PROXIES means that a proxy opens the shop to other machines'
	elif [[ -n ${SERVER_NAMES:-} ]]; then
		printf 'SERVER_NAMES means that the shop is open to other machines'
	elif [[ ${PUBLIC_URL:-} == https://* ]]; then
		printf 'PUBLIC_URL means that the shop is open to other machines'
	fi
}

# The one-time code of the user service: OTP_CODE, or the content of OTP_CODE_FILE.
otp_code() {
	if [[ -z ${OTP_CODE:-} && -r ${OTP_CODE_FILE:-} ]]; then
		printf '%s' "$(<"$OTP_CODE_FILE")"
	else
		printf '%s' "${OTP_CODE:-1234}"
	fi
}

demo_settings() {
	[[ $(otp_code) != 1234 ]] || echo "OTP_CODE is the published 1234: set a code of your own"
	[[ ${AUTH_REQUIRED:-on} != off ]] ||
		echo "AUTH_REQUIRED=off opens carts and orders to anyone: leave it on"
	[[ $SEED_DEMO != on ]] || echo "SEED_DEMO=on creates staff accounts with a published password: turn it off"
}

# Prints the demo settings that are refused, or nothing. The services check OTP_CODE and AUTH_REQUIRED again in
# containers.
unsafe_settings() {
	local found why
	[[ $ALLOW_DEMO != yes ]] || return 0
	why=$(opened_by)
	[[ -n $why ]] || return 0
	found=$(demo_settings)
	[[ -z $found ]] || printf '%s\n%s: %s\n' "$found" "$why" \
		"change the settings above, or set ALLOW_DEMO=yes"
}
