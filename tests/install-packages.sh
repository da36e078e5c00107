#!/bin/sh
# SPDX-License-Identifier: MIT
# install-packages.sh SET... - install by apt what is missing of the named sets (build, run, test,
# lint, bench, model, sbc, arm64, panel, browser). Says what and why; uses sudo when not root.
set -eu
cd "$(dirname "$0")/.."

build="gcc make pkg-config libc6-dev libmodbus-dev libpaho-mqtt-dev libsystemd-dev libyaml-dev libjansson-dev libsqlite3-dev libwebsockets-dev libssl-dev libncurses-dev"
run="mosquitto mosquitto-clients python3"
test="clang libclang-rt-dev libcmocka-dev gnuplot-nox mosquitto mosquitto-clients mbpoll python3-pytest python3-pytest-xdist python3-paho-mqtt python3-pyte python3-yaml python3-jinja2 python3-jsonschema openssl prometheus prometheus-mqtt-exporter"
lint="clang-format clang-tidy cppcheck"
model="spin gcc libc6-dev"
sbc="mmdebstrap linux-source-6.12 flex bison bc libelf-dev xz-utils gcc make libc6-dev git"
arm64="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
bench="valgrind gnuplot-nox mosquitto mosquitto-clients python3 python3-paho-mqtt"

# npm builds the panel; where a newer one is already there, whoever put it, that one does.
panel=
command -v npm >/dev/null || panel="nodejs npm"
# cage and what belongs to it: the kiosk on a screen in memory.
browser="chromium cage xwayland curl iproute2 procps"

missing=
for set in "$@"; do
	eval "packages=\$$set"
	# shellcheck disable=SC2154 # set by eval
	for package in $packages; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' ||
			missing="$missing $package"
	done
done
gpiod=yes
case "$*" in sbc | panel*) true ;; *) false ;; esac || pkg-config --atleast-version=2 libgpiod 2>/dev/null || gpiod=no
[ -n "$missing" ] || [ $gpiod = no ] || exit 0

root=
if [ "$(id -u)" != 0 ]; then
	root=sudo
	command -v sudo >/dev/null || {
		echo "These packages are missing and I am not root:$missing libgpiod-dev (>= 2)" >&2
		exit 1
	}
fi
export DEBIAN_FRONTEND=noninteractive
if [ -n "$missing" ]; then
	echo "Installing what this project needs ($*):$missing"
	$root apt-get update -qq
	# The package would start a broker of its own on port 1883; nobody asked for that here.
	# shellcheck disable=SC2086 # a list of words
	$root env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
if [ $gpiod = no ]; then
	echo "Installing libgpiod 2 (on Debian 12 from its backports)"
	$root sh hw/install-gpiod.sh
fi
