#!/bin/bash
# SPDX-License-Identifier: MIT
# sbc.sh SUITE - the packages on a virtual board: a kernel with simulated GPIO lines and that Debian
# release, systemd as PID 1, the simulated chair around it. Scenarios are in guest/. Run as root.
set -eu
cd "$(dirname "$0")/../.."
suite=$1
cache=${CHAIR_SBC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chair-sbc}
mkdir -p "$cache"
kernel=$(bash tests/sbc/kernel.sh "$cache")
base=$(bash tests/sbc/root.sh "$cache" "$suite" board)
root=$PWD/build/sbc/$suite
log=$root/sbc

fail() {
	echo "sbc $suite: $*" >&2
	tail -60 "$log"/*.log >&2 2>/dev/null || true
	exit 1
}

rm -rf "$root"
mkdir -p "$(dirname "$root")"
cp -a "$base" "$root"
mkdir -p "$log/tests/system" "$log/docs" "$log/debs"
cp build/deb/"$suite"/chaird{,-sim}_*_amd64.deb "$log/debs"
cp -r tests/sbc/guest "$log"
cp tests/system/{chair,asyncapi}.py "$log/tests/system"
cp docs/asyncapi.yaml "$log/docs"
chroot "$root" sh -c 'dpkg -i /sbc/debs/*.deb' >"$log/install.log" 2>&1 || fail "the packages do not install"
# A simulated line has one pull, and that is its switch: asking for a bias would open every contact.
sed -i 's/bias: pull_down/bias: as_is/' "$root/etc/chaird/chair.yaml"
cp tests/sbc/guest/*.service "$root/etc/systemd/system"
# The root is a folder of the host, which knows no owners; what must survive a power cut has a disk.
truncate -s 32M "$log/state.img"
mkfs.ext4 -q -F "$log/state.img"
echo "/sbc/state.img /var/lib/chaird ext4 loop 0 0" >"$root/etc/fstab"
{
	chroot "$root" systemctl enable chairsim.service sbc.service chaird.service chair-mqtt.service mosquitto.service
	chroot "$root" systemctl mask systemd-networkd-wait-online.service e2scrub_reap.service
} >>"$log/install.log" 2>&1

# boot PHASE - until it powers itself off, or asks for its power to be cut.
boot() {
	local pid
	echo "$1" >"$log/phase"
	echo "${SBC_ONLY:-}" >"$log/only" # for whoever works on a scenario: the -k of pytest
	rm -f "$log/cut-me" "$root/etc/machine-id"
	# With an infinitely fast processor only waiting takes time, so a busy machine changes nothing.
	setsid "$kernel" mem=512M ${SBC_TIME-time-travel=inf-cpu} rootfstype=hostfs "rootflags=$root" rw con=null con0=fd:0,fd:1 \
		systemd.show_status=false quiet </dev/null >"$log/console-$1.log" 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		if [ -e "$log/cut-me" ]; then
			kill -KILL -- -$pid
			wait $pid 2>/dev/null || true
			return
		fi
		sleep 0.2
	done
}

started=$SECONDS
boot first
[ -e "$log/cut-me" ] || fail "a scenario failed"
first=$((SECONDS - started))
boot second
grep -q ' passed' "$log/second.log" && ! grep -qE 'FAILED|ERROR' "$log/second.log" || fail "a scenario after the power cut failed"
echo "== virtual board, Debian $suite: $first s to the power cut, $((SECONDS - started)) s in all"
grep -h PASSED "$log/first.log" "$log/second.log"
cat "$log/figures.txt"
