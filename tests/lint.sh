#!/bin/bash
# SPDX-License-Identifier: MIT
# lint.sh - everything that can be said about the sources without running them.
set -eu
cd "$(dirname "$0")/.."
export CI=true # warnings are errors here
failed=0

step() {
	echo "== $*"
}

bad() {
	echo "lint: $*" >&2
	failed=1
}

mapfile -t sources < <(git ls-files '*.c' '*.h')

# Formatting and clang-tidy differ between releases; version 14 (Debian 12) is the one that counts.
llvm=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$llvm" = 14 ]; then
	step "format"
	clang-format --dry-run -Werror "${sources[@]}" || bad "format: run make format"
else
	echo "== format and clang-tidy: left out, they are checked with LLVM 14, this is $llvm"
fi

step "gcc builds without warnings, clang has none either"
make --no-print-directory -j"$(nproc)" programs unit-programs || bad "gcc"
make --no-print-directory CC=clang VARIANT=clang build/clang/fault_pages.inc # it is included
flags=$(make --no-print-directory -s print-cflags CC=clang VARIANT=clang)
# shellcheck disable=SC2086 # a list of words
git ls-files 'daemon/*.c' 'hw/*.c' 'console/*.c' 'tests/unit/*.c' 'tests/fault/*.c' 'tests/campaign/*.c' 'tests/replay/*.c' |
	xargs -P "$(nproc)" -n 8 clang $flags -fsyntax-only || bad "clang"

step "layers: core depends on nothing of ours and on no I/O, clock, heap, thread or libm"
undefined=$(nm -u build/release/libcore.a | awk '$1 == "U" {print $2}' | sort -u)
defined=$(nm --defined-only build/release/libcore.a | awk 'NF == 3 {print $3}' | sort -u)
allowed='^(memcpy|memset|memmove|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$'
foreign=$(comm -23 <(echo "$undefined") <(echo "$defined") | grep -Ev "$allowed" || true)
[ -z "$foreign" ] || bad "core uses: $foreign"
above=$(nm --defined-only build/release/libchaird.a | awk 'NF == 3 && $2 == "T" {print $3}' | sort -u)
for lib in hw rpc sim record; do
	back=$(comm -12 <(nm -u build/release/lib$lib.a | awk '$1 == "U" {print $2}' | sort -u) <(echo "$above"))
	[ -z "$back" ] || bad "lib$lib depends on chaird: $back"
done
network=$(nm -D -u build/release/chaird | grep -wE 'getaddrinfo|gethostbyname|inet_pton|connect_tcp' || true)
[ -z "$network" ] || bad "chaird uses the network: $network"

step "core rules: no goto, recursion is not looked for, no mutable file-scope data"
if grep -nE '\bgoto\b|\b(malloc|calloc|free|printf)\b *\(' daemon/core/*.c; then
	bad "core: goto, heap or output"
fi
mutable=$(size -A build/release/libcore.a | awk '($1 == ".data" || $1 == ".bss") && $2 > 0')
[ -z "$mutable" ] || bad "core has mutable data: $mutable"

step "gcc -fanalyzer on hw and chaird"
flags=$(make --no-print-directory -s print-cflags)
# shellcheck disable=SC2086 # a list of words
printf '%s\n' hw/*.c daemon/chaird/*.c daemon/rpc/*.c daemon/record/*.c |
	xargs -P "$(nproc)" -n 1 gcc $flags -fanalyzer -Wno-analyzer-too-complex -Werror -c -o /dev/null || bad "analyzer"

step "cppcheck"
cppcheck --quiet -j "$(nproc)" --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
	--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -Idaemon/core -Ihw -Ihw/sim \
	-Idaemon/chaird -Idaemon/rpc -Idaemon/mqtt -Idaemon/program -Idaemon/record daemon hw console tests/campaign || bad "cppcheck"

if [ "$llvm" = 14 ]; then
	step "clang-tidy"
	make --no-print-directory -s print-cflags CC=clang VARIANT=clang | tr ' ' '\n' | sed '/^$/d' >build/compile_flags.txt
	cp build/compile_flags.txt compile_flags.txt
	printf '%s\n' daemon/*/*.c hw/*.c hw/sim/*.c console/*.c tests/campaign/*.c |
		xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p . 2>/dev/null || bad "clang-tidy"
	rm -f compile_flags.txt
fi

step "configuration"
build/release/chaird --config config/chair.yaml --profiles hw/profiles --check || bad "config/chair.yaml"

step "the journal's catalogue is current"
make --no-print-directory -s build/release/catalog && build/release/catalog | cmp - systemd/chaird.catalog || bad "run make catalog"

step "recordings know what the core's structures consist of"
/usr/bin/python3 daemon/record/layout.py daemon/core | cmp - daemon/record/layout_table.h || bad "run make record-table"

step "every row of the matrix has a test, and every test a row"
rows=$(sed -n 's/^\tROW([A-Z_]*, "[a-z_]*", "\(F[0-9]*\)".*/\1/p' daemon/core/fault.c | sort)
documented=$(sed -n 's/^| \(F[0-9]*\) | [a-z_]* |.*/\1/p' docs/safety.md | sort)
tested=$(grep -ohE 'F[0-9]{3}' -r tests/unit tests/system --include='test_*' | sort -u)
[ "$rows" = "$documented" ] || bad "docs/safety.md and daemon/core/fault.c differ: $(comm -3 <(echo "$rows") <(echo "$documented"))"
missing=$(comm -3 <(echo "$rows") <(echo "$tested"))
[ -z "$missing" ] || bad "rows without a test, or tests without a row: $missing"

step "hw/io-map.md says what config/chair.yaml says; hw/fmea.md names tests that exist"
lines=$(sed -n 's/^    \([a-z_]*\): *{line: \([A-Z0-9]*\), *active: \([a-z]*\).*/\2 \1 \3/p' config/chair.yaml | sort)
mapped=$(awk -F ' *[|] *' '$2 ~ /^GPIO/ { print $2, $4, $6 }' hw/io-map.md | sort)
[ "$lines" = "$mapped" ] || bad "hw/io-map.md: $(diff <(echo "$lines") <(echo "$mapped"))"
for name in $(grep -oE 'test_[a-z0-9_]+' hw/fmea.md | sort -u); do
	grep -qrE "def $name\b" tests/system tests/sbc/guest || bad "hw/fmea.md: no test $name"
done

step "docs/therapy.md names tests that exist"
for name in $(sed -n '/^## Claims/,/^## Programs/p' docs/therapy.md | grep -oE '`[a-z0-9_]{15,}`' | tr -d '`' | sort -u); do
	grep -qrE "\\b$name\\b" tests/unit tests/system tests/fault || bad "docs/therapy.md: no test $name"
done

step "docs/asyncapi.yaml by the official parser"
[ -d tests/asyncapi/node_modules ] || (cd tests/asyncapi && npm ci --silent --no-audit --no-fund)
node tests/asyncapi/check.mjs || bad "docs/asyncapi.yaml"

step "words that have no place here"
if git grep -nIE 'TODO|FIXME' -- ':!tests/lint.sh'; then
	bad "unfinished words"
fi

[ $failed = 0 ] && echo "lint: 0 problems"
exit $failed
