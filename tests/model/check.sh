#!/bin/bash
# SPDX-License-Identifier: MIT
# check.sh [DIR] - check chair.pml with spin, in DIR (default build/model): no error and no dead code,
# every property, and for each property a model with a mistake in it that must be found.
set -eu
cd "$(dirname "$0")/../.."
here=$PWD/tests/model
dir=${1:-build/model}
rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"

fail() {
	echo "model: $*" >&2
	exit 1
}

# build NAME MODEL COMPILER-OPTIONS... - NAME.pan from MODEL, in a directory of its own.
build() {
	mkdir -p "$1"
	(
		cd "$1"
		spin -a "$2" >spin.log 2>&1 || exit 1
		cc -w "${@:3}" -o pan pan.c >cc.log 2>&1
	) || { cat "$1/spin.log" "$1/cc.log" 2>/dev/null; fail "$1: spin or cc failed"; }
}

# search DIRECTORY NAME OPTIONS... - what pan finds goes to NAME.log.
search() {
	(cd "$1" && ./pan -m500000 -w22 "${@:3}" >"../$2.log" 2>&1) || true
}

# No error in the whole of the states: no depth or memory limit was met.
holds() {
	grep -q 'errors: 0$' "$1.log" && ! grep -qE 'depth too small|not completed|out of memory|pan: reached' "$1.log"
}

# Properties about what happens in the end hold only if no process sleeps for ever.
fairness() {
	case $1 in
	estop_cuts | stop_arrives) echo -f ;;
	esac
}

build safety "$here/chair.pml" -O1 -DSAFETY -DNOCLAIM
search safety safety
holds safety || { cat safety.log; fail "the model has an error"; }
dead=$(sed -n '/^unreached in proctype/,$p' safety.log | grep 'chair.pml:' | grep -v '"-end-"' || true)
[ -z "$dead" ] || fail "never reached:
$dead"

properties=$(sed -n 's/^ltl \([a-z_]*\) .*/\1/p' "$here/chair.pml")
build properties "$here/chair.pml" -O2 -DNFAIR=3
held=0
for property in $properties; do
	# shellcheck disable=SC2046 # none or one word
	search properties "$property" -a -n $(fairness "$property") -N "$property"
	holds "$property" || { cat "$property.log"; fail "$property does not hold"; }
	held=$((held + 1))
done

# mutant PROPERTY NUMBER FROM TO - the model with this one mistake must break PROPERTY.
found=0
mutant() {
	local name=$1-$2
	[ "$(grep -cF -- "$3" "$here/chair.pml")" = 1 ] || fail "$name: \"$3\" is not there exactly once"
	mkdir -p "$name"
	FROM=$3 TO=$4 perl -pe 's/\Q$ENV{FROM}\E/$ENV{TO}/' "$here/chair.pml" |
		sed "/^ltl $1 /!{/^ltl /d}" >"$name/chair.pml"
	build "$name" chair.pml -O0 -DNFAIR=3
	# shellcheck disable=SC2046 # none or one word
	search "$name" "$name" -a -n $(fairness "$1") -N "$1"
	grep -q 'errors: 1$' "$name.log" || { cat "$name.log"; fail "$name was not found"; }
	found=$((found + 1))
	mutated="${mutated:-} $1"
}
mutant estop_cuts 1 ':: cut = estop' ':: cut = estop && state != RETRACTING'
mutant fault_is_silent 1 'latched = latched || cut' 'latched = cut'
mutant fault_is_silent 2 ':: (!latched) -> edge = true; g_beat = true' ':: (true) -> edge = true; g_beat = true'
mutant fault_stays_dark 1 'latched = latched || cut' 'latched = cut'
mutant reset_is_no_start 1 'blocked = true;' 'skip;'
mutant stop_stops 1 '(queued == START && !overtaken)' '(queued == START)'
mutant stop_stops 2 'state == HOMING && stop) -> state = RETRACTING' 'state == HOMING && stop) -> skip'
mutant stop_stays 1 '(!latched && state == HOMING && stop) -> state = RETRACTING' '(!latched && state == HOMING && stop) -> state = MASSAGE'
mutant stop_arrives 1 ':: (lost == SILENCE) -> turning = false' ':: (lost == SILENCE) -> skip'
mutant nothing_by_itself 1 'ask = ask || (state == READY && !latched && !stop)' 'state = (state == READY && !latched && !stop -> HOMING : state)'
mutant reset_is_no_start 2 ':: (!latched && state == FAULT) -> state = INHIBITED' ':: (!latched && state == FAULT) -> state = HOMING'
mutant configured_first 1 ':: (relay && !configured) -> configured = true; turning = false' ':: (relay && !configured) -> turning = fetched'
for property in $properties; do
	[[ " $mutated " == *" $property "* ]] || fail "$property has no mutant"
done
echo "model: $held properties hold, $found mutants found"
