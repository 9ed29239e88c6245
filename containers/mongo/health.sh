#!/bin/bash
# Succeeds if the database is set up and accepts writes. mongosh would start a complete Node.js for that, so this script
# sends the message itself: {hello: 1, $db: "admin"}, as an OP_MSG of MongoDB's wire protocol.
set -euo pipefail

HELLO='\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0'
HELLO+='\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0'

[[ -e /data/db/shop-is-set-up ]]
exec 3<>/dev/tcp/127.0.0.1/27017
# shellcheck disable=SC2059 # the whole text is a format
printf "$HELLO" >&3
dd bs=64K count=1 status=none <&3 | LC_ALL=C grep -qaP 'isWritablePrimary\x00\x01'
