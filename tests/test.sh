#!/bin/bash
# SPDX-License-Identifier: MIT
# test.sh - all tests in the order in which a failure is cheapest to find. FULL=1: the long ones too.
set -eu
cd "$(dirname "$0")/.."
jobs=$(nproc)
started=$SECONDS

section() {
	echo
	echo "=== $* (after $((SECONDS - started)) s)"
}

section "build"
make --no-print-directory -j"$jobs" programs unit-programs
make --no-print-directory panel node-red

section "unit tests"
make --no-print-directory unit

section "unit tests under ASan and UBSan"
make --no-print-directory -j"$jobs" VARIANT=asan programs unit-programs
make --no-print-directory VARIANT=asan unit

section "hand-over between threads under TSan"
make --no-print-directory -j"$jobs" VARIANT=tsan programs build/tsan/unit/test_mailbox build/tsan/unit/test_bus_port \
	build/tsan/unit/test_recorder_threads
build/tsan/unit/test_mailbox
build/tsan/unit/test_bus_port
build/tsan/unit/test_recorder_threads

section "coverage of core"
bash tests/coverage.sh

section "mutation of core"
if [ "${FULL:-}" = 1 ]; then
	/usr/bin/python3 tests/mutate.py --all
else
	# Some of what has changed since the last landing; on a fresh clone of it, in the last commit.
	/usr/bin/python3 tests/mutate.py --most 200 --changed "$(git rev-parse --verify -q origin/main || echo HEAD~1)"
fi

section "fuzz targets"
FUZZ_SECONDS=$([ "${FULL:-}" = 1 ] && echo 60 || echo 10) bash tests/fuzz.sh

section "every interleaving of the chair as a small model"
bash tests/model/check.sh "$PWD/build/model"

# system WORKERS NAME BINARIES ARGUMENTS... - these tests run in real time, and a machine that stands still for a third
# of a second is a fault that chaird is right to report. With some WORKERS modules run side by side: most of their time is
# waiting. What failed runs once more, alone and said so; what fails twice has failed.
system() {
	section "system tests: $2"
	local cache beside=()
	cache=build/pytest-$(basename "$3")
	[ "$1" = 1 ] || beside=(-n "$1" --dist loadfile)
	CHAIR_BIN=$3 /usr/bin/python3 -m pytest -q -o cache_dir="$cache" tests/system "${beside[@]}" "${@:4}" && return
	section "system tests: $2: ONCE MORE what failed"
	CHAIR_BIN=$3 /usr/bin/python3 -m pytest -q -o cache_dir="$cache" tests/system "${@:4}" --last-failed
}
# What chaird records meanwhile is replayed below.
rm -rf build/recordings
export CHAIR_RECORDINGS=build/recordings
system 4 "the real binaries" build/release -m "not timing"
system 1 "what compares times" build/release -m timing
brief='sanitized and not timing'
system 2 "under TSan" build/tsan -m "$brief" -k "test_session or test_bad_input"
if [ "${FULL:-}" = 1 ]; then
	system 1 "under ASan and UBSan" build/asan -m "not timing"
else
	system 2 "under ASan and UBSan" build/asan -m "$brief" -k "test_session or test_bad_input"
fi
unset CHAIR_RECORDINGS

section "the touch panel in a browser"
CHAIR_BIN=build/release node --test --test-reporter=spec --test-concurrency=1 tests/panel/*.test.mjs

section "campaign: random people and faults in virtual time"
CORES=2 make --no-print-directory campaign HOURS=60 SEED=3
section "campaign: every episode's recording replays bit for bit"
build/release/chair-campaign --hours 6 --seed 5 --record --out build/campaign
section "every recording comes out again, here and on arm64"
ls build/recordings/*.chairrec >/dev/null # the system tests have left some
make --no-print-directory replay-arm64 EPISODES="$([ "${FULL:-}" = 1 ] && echo 150 || echo 15)"
if [ "${FULL:-}" = 1 ]; then
	make --no-print-directory campaign-mutants
fi

section "virtual time: the plot"
bash tests/campaign/plot.sh build/release build/plot

section "done"
