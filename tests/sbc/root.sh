#!/bin/bash
# SPDX-License-Identifier: MIT
# root.sh CACHE SUITE build|board - a Debian root to build the packages in, or the one that the virtual
# board boots. Prints its path; made once, then only copied from. Run as root.
set -eu
cache=$1
suite=$2
kind=$3

# What the package itself depends on is installed with it; here only what a test looks through.
board=systemd,systemd-sysv,udev,dbus,mosquitto,mosquitto-clients,gpiod,procps,python3,python3-pytest,python3-paho-mqtt,python3-jsonschema,python3-yaml,kmod,acl
build=build-essential,debhelper,fakeroot,lintian,pkgconf,libcmocka-dev,libgpiod-dev,libjansson-dev,libmodbus-dev,libncurses-dev,libpaho-mqtt-dev,libsqlite3-dev,libssl-dev,libsystemd-dev,libwebsockets-dev,libyaml-dev,udev,systemd
libraries=libgpiod3,libmodbus5,libncursesw6,libpaho-mqtt1.3,libyaml-0-2,libjansson4,libsqlite3-0,adduser
case $suite in
bookworm) libraries=$libraries,libwebsockets17,libssl3 ;;
*) libraries=$libraries,libwebsockets19t64,libssl3t64 ;;
esac

# Debian is taken from wherever this machine takes it.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
	awk '$3 == "main" && $2 !~ /-/ && $1 ~ /debian\/?$/ { print $1; exit }')
[ -n "$mirror" ] || {
	echo "root.sh: no apt source of this machine serves Debian" >&2
	exit 1
}
lines=("deb $mirror $suite main")
hooks=()
if [ "$suite" = bookworm ]; then
	# libgpiod 2 comes from its backports.
	lines+=("deb $mirror $suite-backports main")
	hooks+=(--setup-hook='mkdir -p "$1/etc/apt/preferences.d"; printf "Package: *gpiod*\nPin: release n=bookworm-backports\nPin-Priority: 900\n" >"$1/etc/apt/preferences.d/gpiod"')
fi
case $kind in
build)
	[ "$suite" = bookworm ] || build=$build,systemd-dev
	include=$build
	;;
board) include=$board,$libraries ;;
cross)
	# The same for arm64: its libraries beside those of this machine, and what runs its programs.
	hooks+=(--architectures=amd64,arm64)
	include=$build,systemd-dev,crossbuild-essential-arm64,pkgconf:arm64,qemu-user-static
	for library in libc6 libcmocka libgpiod libjansson libmodbus libncurses libpaho-mqtt libsqlite3 libssl libsystemd libwebsockets libyaml; do
		include=$include,$library-dev:arm64
	done
	;;
esac
key=$(cat "$0" | sha256sum | cut -c1-12)
root=$cache/$suite-$kind-$key
[ -d "$root" ] || {
	echo "making a Debian root ($suite, $kind; a minute, once)" >&2
	rm -rf "$root.new" "$cache/$suite-$kind"-*
	printf '%s\n' "${lines[@]}" |
		mmdebstrap --mode=root --variant=minbase --include="$include" "${hooks[@]}" \
			--aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' \
			"$suite" "$root.new" - >"$cache/$suite-$kind.log" 2>&1 || {
		tail -20 "$cache/$suite-$kind.log" >&2
		exit 1
	}
	rm -f "$root.new/etc/machine-id"
	rm -rf "$root.new/var/cache/apt/archives"/*.deb
	mv "$root.new" "$root"
}
echo "$root"
