#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz.sh [TARGET...] - every fuzz target for FUZZ_SECONDS (default 20) with ASan and UBSan, beginning with
# tests/fuzz/seeds/<target>/. What is found goes to build/fuzz/corpus/<target>/ and is used again there.
# KEEP=1: afterwards put the smallest inputs that reach all that has been reached into the seeds, as
# files that are to be committed. An input that crashed belongs there too, once it is mended.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-20}
longest=4096
make --no-print-directory -j"$(nproc)" VARIANT=fuzz CC=clang fuzz-programs

# fuzz TARGET - one of them, for so many seconds.
fuzz() {
	local target=$1 name corpus kept seeds=()
	name=$(basename "$target")
	corpus=build/fuzz/corpus/$name
	kept=tests/fuzz/seeds/$name
	mkdir -p "$corpus"
	[ -d "$kept" ] && seeds=("$kept")
	case $name in # real files are the best seeds
	fuzz_profile | fuzz_schema) seeds+=(hw/profiles config/programs) ;;
	esac
	"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-max_len=$longest -artifact_prefix="build/fuzz/$name-" "$corpus" "${seeds[@]}" \
		>"build/fuzz/$name.log" 2>&1 ||
		{ tail -40 "build/fuzz/$name.log"; return 1; }
	echo "$name, $seconds s: $(grep -o 'number_of_executed_units.*' "build/fuzz/$name.log")"
	if [ "${KEEP:-}" = 1 ]; then
		# Lines reached, not how often; what the seeds reach already needs no new file.
		mkdir -p "$kept"
		"$target" -merge=1 -use_counters=0 -max_len=512 -rss_limit_mb=1024 "$kept" "$corpus" >"build/fuzz/$name-merge.log" 2>&1
		echo "$kept: $(find "$kept" -type f | wc -l) files, $(du -sb "$kept" | cut -f1) bytes"
	fi
}
export -f fuzz
export seconds longest

for target in build/fuzz/fuzz/fuzz_*; do
	[ -x "$target" ] || continue
	[ $# = 0 ] || [[ " $* " == *" $(basename "$target") "* ]] || continue
	echo "$target"
done | xargs -P "$(nproc)" -I TARGET bash -euc 'fuzz TARGET' # one a core
