#!/bin/sh
# SPDX-License-Identifier: MIT
# gpio-sim.sh - the kernel simulates the GPIO chip of a Raspberry Pi 5: its label, 28 lines of its names.
set -eu
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
bank=/sys/kernel/config/gpio-sim/board/bank0
mkdir -p "$bank"
echo 28 >"$bank/num_lines"
echo pinctrl-rp1 >"$bank/label"
n=0
while [ $n -lt 28 ]; do
	mkdir "$bank/line$n"
	echo GPIO$n >"$bank/line$n/name"
	n=$((n + 1))
done
echo 1 >/sys/kernel/config/gpio-sim/board/live
# Pseudo terminals as udev would give serial ports: to the group dialout.
mount -o remount,gid="$(getent group dialout | cut -d: -f3)",mode=660 /dev/pts
mkdir -p /dev/chair
for port in rollers_a rollers_b heat; do
	ln -sf /run/sim/ports/$port /dev/chair/$port
done
