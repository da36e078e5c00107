#!/bin/bash
# SPDX-License-Identifier: MIT
# replay.sh BINARIES ARM64_BINARIES EPISODES - every recording comes out again, on this machine and on arm64 (under
# qemu), with the same words and digests: those in tests/recordings, what the system tests left in build/recordings,
# and so many episodes of a campaign.
set -eu
cd "$(dirname "$0")/../.."
kept=build/recordings # by tests/system, with CHAIR_RECORDINGS
out=build/replay
rm -rf "$out"
mkdir -p "$out" "$kept"

for ((e = 0; e < $3; e++)); do
	"$1/chair-campaign" --seed 11 --episode "$e" --record --out "$out" >"$out/campaign.txt" || {
		cat "$out/campaign.txt" >&2
		exit 1
	}
done
find tests/recordings "$kept" "$out" -name '*.chairrec' | sort >"$out/list"

# replay NAME COMMAND... - one process a core, each with files of its own; the lines are sorted again.
replay() {
	xargs -P "$(nproc)" -n 1 "${@:2}" <"$out/list" >"$out/$1.unsorted" || {
		grep -v ' identical ' "$out/$1.unsorted" >&2
		echo "replay: on $1 not everything comes out again" >&2
		exit 1
	}
	sort "$out/$1.unsorted" >"$out/$1.txt"
}

replay amd64 "$1/replay"
replay arm64 qemu-aarch64 -L /usr/aarch64-linux-gnu "$2/replay"
diff "$out/amd64.txt" "$out/arm64.txt" || { echo "replay: the two machines differ" >&2; exit 1; }
# Only what is kept in tests/recordings may be of another core.
if other=$(grep -v -e '^tests/recordings/' -e ' identical ' "$out/amd64.txt"); then
	echo "$other" >&2
	exit 1
fi
awk -v kept="^$kept/" -v campaign="^$out/" '
	{ n[$1 ~ kept ? "kept" : $1 ~ campaign ? "campaign" : "tests"]++ }
	match($0, /[0-9]+ cycles/) { cycles += substr($0, RSTART) }
	END { printf "replay: %d recordings of tests/recordings, %d of the system tests, %d of the campaign, %.1f h: the same on amd64 and arm64\n",
		n["tests"], n["kept"], n["campaign"], cycles / 360000 }' "$out/amd64.txt"
