#!/bin/bash
# Fails the build of an image whose packages have other versions than the tested ones:
#
#     check-libraries.sh TABLE PACKAGE...
#
# Security updates are allowed. Another series of a library may behave differently.
set -euo pipefail

# 1:1.23.1+dfsg-1 belongs to the series 1.23, and 0.16-2 to 0.16.
series() {
	local upstream=${1#*:}
	upstream=${upstream%%[-+]*}
	[[ $upstream != *.*.* ]] || upstream=${upstream%.*}
	printf '%s' "$upstream"
}

check() {
	local package=$1 tried found
	tried=$(awk -v name="$package" '$1 == name { print $2 }' "$table")
	found=$(dpkg-query -W -f '${Version}' "$package")
	if [[ -z $tried ]]; then
		echo "$package: not in $table"
	elif [[ $(series "$found") != "$(series "$tried")" ]]; then
		echo "$package: $found is of another series than $tried, which was tested"
	elif dpkg --compare-versions "$found" lt "$tried"; then
		echo "$package: $found is older than $tried"
	fi
}

table=$1
problems=$(for package in "${@:2}"; do check "$package"; done)
[[ -z $problems ]] || {
	echo "$problems" >&2
	exit 1
}
