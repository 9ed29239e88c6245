#!/bin/bash
# Creates the root file system of an image, with only the given programs and the files that they load:
#
#     make-root.sh ROOT PROGRAM...
#
# It has the libraries, the certificate authorities, a user, and the list of packages in the place where scanners
# expect it.
set -euo pipefail

root=$1
shift

# The loader and the libraries of all programs, each once.
libraries() {
	ldd "$@" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' | sort -u
}

copy() {
	install -D -m "$(stat -L -c %a "$1")" "$1" "$root$1"
}

# /lib is a link to /usr/lib here, and dpkg knows a file by either name.
package_of() {
	dpkg-query -S "$(readlink -f "$1")" 2>/dev/null || dpkg-query -S "$1"
}

while read -r library; do
	copy "$library"
	package=$(package_of "$library" | cut -d: -f1)
	mkdir -p "$root/var/lib/dpkg/status.d"
	dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
done < <(libraries "$@")
copy /etc/ssl/certs/ca-certificates.crt
mkdir -p "$root/etc"
echo 'shop:x:10001:10001::/:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'shop:x:10001:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
