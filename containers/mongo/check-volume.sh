#!/bin/bash
# Refuses a volume that another version of MongoDB has written:
#
#     check-volume.sh FOLDER
#
# mongod 8.0 does not start on data of 6.0, and on data of 7.0 it makes changes that 7.0 can't read. The
# file shop-mongodb-version in the volume contains the last version that ran on it; a volume without the file was
# written by 6.0. MONGO_UPGRADE_FROM, set to that version, allows the next version to start.
set -euo pipefail

mark=$1/shop-mongodb-version
program=$(mongod --version | sed -n 's/^db version v\([0-9]*\.[0-9]*\).*/\1/p')
if [[ -s $mark ]]; then
	volume=$(<"$mark")
elif [[ -e $1/WiredTiger ]]; then
	volume=6.0
else
	volume=$program
fi
if [[ $volume != "$program" && $volume != "${MONGO_UPGRADE_FROM:-}" ]]; then
	cat >&2 <<-END
		This volume was written by MongoDB $volume, and this is MongoDB $program. Nothing was changed.
		To stay with $volume, use the image mongo:$volume (MONGO_IMAGE). For an upgrade, see
		docs/operations.md, "From MongoDB 6.0 to 8.0".
	END
	exit 1
fi
printf '%s\n' "$program" >"$mark"
