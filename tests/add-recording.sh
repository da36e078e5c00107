#!/bin/bash
# SPDX-License-Identifier: MIT
# add-recording.sh BINARIES FILE NOTE - make the trip in a recording a test (tests/recordings/README.md).
set -eu
[ -n "$2" ] && [ -n "$3" ] || { echo 'Usage: make add-recording FILE=... NOTE="what happened"' >&2; exit 2; }
to=$(dirname "$0")/recordings/$(basename "$2")
[ ! -e "$to" ] || { echo "add-recording: $to is there already" >&2; exit 1; }
trap 'rm -f "$to" "$to.told"' ERR
told=0
"$1/chairctl" replay "$2" --cut "$to" >/dev/null || told=$?
[ $told -lt 2 ] || exit 1 # it has said why
# The part that is kept has to show it too.
"$1/chairctl" replay "$to" >"$to.told" || [ $? -lt 2 ]
grep -q '^trip: .*; it comes again' "$to.told" || { echo "add-recording: no trip comes again in what was cut" >&2; false; }
{
	echo "$3"
	echo
	cat "$to.told"
} >"${to%.chairrec}.txt"
rm "$to.told"
echo "$to and ${to%.chairrec}.txt: look at them, then commit both"
