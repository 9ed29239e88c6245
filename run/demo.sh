# Checks the demo settings, which are refused where other machines can reach the shop; for the runner and secrets.sh.
# Reads BIND, ALLOW_DEMO, SEED_DEMO, OTP_CODE or OTP_CODE_FILE, and AUTH_REQUIRED.
# shellcheck shell=bash

# Whether all addresses of a list are loopback. Those of an empty one are: so is the default.
is_loopback() {
	[[ " ${1//,/ }" =~ ^([[:space:]]+(127(\.[0-9]{1,3}){3}|::1|\[::1\]))*[[:space:]]*$ ]]
}

# The one-time code that the user service will take; OTP_CODE_FILE names a file that holds it.
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
	local found
	! is_loopback "$BIND" && [[ $ALLOW_DEMO != yes ]] || return 0
	found=$(demo_settings)
	[[ -z $found ]] || printf '%s\nBIND=%q lets other machines reach the shop: %s\n' "$found" "$BIND" \
		"change the settings above, or set ALLOW_DEMO=yes"
}
