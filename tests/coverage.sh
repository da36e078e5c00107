#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh - lines and branches of daemon/core that its unit tests reach: all, or it fails.
# Measured with -DNDEBUG, since a live assertion counts as a branch.
set -eu
cd "$(dirname "$0")/.."
dir=build/coverage
rm -rf $dir
# -fno-... : one branch in the source is one branch in the count.
make --no-print-directory -j"$(nproc)" VARIANT=coverage \
	CFLAGS='--coverage -DNDEBUG -O0 -U_FORTIFY_SOURCE -Wno-unused-parameter -Wno-error' \
	LDFLAGS='--coverage' core-tests >$dir.log 2>&1 || { tail -20 $dir.log; exit 1; }
for test in $dir/unit/test_core_*; do
	"$test" >"$test.log" 2>&1 || { cat "$test.log"; exit 1; }
done
failed=0
for source in daemon/core/*.c; do
	report=$(gcov -b -n -o "$dir/${source%.c}.gcda" "$source" |
		awk -v file="File '$source'" '$0 == file {on = 1; next} /^File/ {on = 0} on')
	lines=$(sed -n '0,/^Lines/s/^Lines executed:\([0-9.]*\)%.*/\1/p' <<<"$report")
	branches=$(sed -n '0,/^Taken/s/^Taken at least once:\([0-9.]*\)%.*/\1/p' <<<"$report")
	printf '%-28s lines %7s %%   branches %7s %%\n' "$source" "$lines" "${branches:-none}"
	[ "$lines" = 100.00 ] && { [ -z "$branches" ] || [ "$branches" = 100.00 ]; } || failed=1
done
[ $failed = 0 ] || echo "coverage: not everything in daemon/core is reached" >&2
exit $failed
