#!/bin/bash
# Creates the folder of the files that the gateway serves:
#
#     files.sh OUT_DIR OPENAPI SWAGGER_UI
#
# It has the storefront and the pictures (www/ beside this script), the API's description (a file), and Swagger UI
# (a folder; without it the page at /docs has no viewer). Each text has a compressed copy beside it, which nginx sends
# to clients that accept gzip: compressing a file for each request would cost more than any other call.
set -euo pipefail
out=$1 openapi=$2 swagger_ui=$3
umask 022

[[ ! -e $out ]] || chmod -R u+w "$out"
rm -rf "$out"
mkdir -p "$out"
# nginx derives ETags from modification times. A source tree may be read-only, so its modes are not copied.
copy() { cp -R --preserve=timestamps --no-preserve=mode -- "$@"; }
copy "$(dirname "${BASH_SOURCE[0]}")/www/." "$out"
copy "$openapi" "$out/openapi.json"
if [[ -e $swagger_ui/swagger-ui-bundle.js ]]; then
	copy "$swagger_ui"/swagger-ui* "$out/docs"
fi
chmod -R a+rX "$out"
# Smaller files fit into one packet without compression.
find "$out" -type f -size +255c \( -name '*.html' -o -name '*.css' -o -name '*.js' -o -name '*.json' \
	-o -name '*.svg' \) -exec gzip -9 --no-name --keep -- {} +
