#!/bin/bash
# SPDX-License-Identifier: MIT
# campaign.sh BINARIES HOURS SEED - chair-campaign on every core, each with its part of the hours.
set -eu
cd "$(dirname "$0")/../.."
cores=${CORES:-$(nproc)} # which also decides what happens: each has its own seed
hours=$(awk -v h="$2" -v n="$cores" 'BEGIN { print h / n }')
mkdir -p build/campaign
rm -f build/campaign/core-*.txt
pids=()
for ((i = 0; i < cores; i++)); do
	"$1/chair-campaign" --hours "$hours" --seed $(($3 * 1000 + i)) \
		>"build/campaign/core-$i.txt" 2>&1 &
	pids+=($!)
done
failed=0
for ((i = 0; i < cores; i++)); do
	wait "${pids[$i]}" || failed=1
	grep -v '^campaign:' "build/campaign/core-$i.txt" || true
done
# The sum of what each of them said last.
grep -h '^campaign:' build/campaign/core-*.txt | tr -d , | awk '
	{ hours += $2; episodes += $4; faults += $6; broken += $9; n++ }
	END { printf "campaign: %.1f chair-hours, %d episodes, %d faults injected, %d broken\n", hours, episodes, faults, broken }'
exit $failed
