#!/bin/bash
# SPDX-License-Identifier: MIT
# plot.sh BINARIES DIR - a 15-minute piriformis session, left side, in virtual time, as DIR/session.svg.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p "$2"
"$1/chair-virtual" --config config/chair.yaml --profiles hw/profiles --program piriformis --side left \
	--level 3 --ceiling 3 --csv "$2/session.csv"
# Where the phases begin, for labels and lines.
awk -F, 'NR > 1 && $3 != "-" && $3 != last { print $1, $3; last = $3 }' OFS=, "$2/session.csv" >"$2/phases.csv"
gnuplot -e "dir='$2'" tests/campaign/session.gp
echo "$2/session.svg"
