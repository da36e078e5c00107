#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz.sh - every fuzz target for FUZZ_SECONDS (default 20) with ASan and UBSan.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-20}
make --no-print-directory -j"$(nproc)" VARIANT=fuzz CC=clang fuzz-programs
for target in build/fuzz/fuzz/fuzz_*; do
	[ -x "$target" ] || continue
	name=$(basename "$target")
	corpus=build/fuzz/corpus/$name
	mkdir -p "$corpus"
	seeds=()
	[ -d "tests/fuzz/seeds/$name" ] && seeds=("tests/fuzz/seeds/$name")
	echo "== $name, $seconds s"
	"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="build/fuzz/$name-" "$corpus" "${seeds[@]}" >"build/fuzz/$name.log" 2>&1 ||
		{ tail -40 "build/fuzz/$name.log"; exit 1; }
	grep -E 'stat::number_of_executed_units' "build/fuzz/$name.log"
done
