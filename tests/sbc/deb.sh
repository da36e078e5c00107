#!/bin/bash
# SPDX-License-Identifier: MIT
# deb.sh SUITE [arm64] - build the Debian packages in a clean root of that release, check them with
# lintian, and leave them in build/deb/SUITE. arm64: cross-built, its unit tests under qemu. Run as root.
set -eu
cd "$(dirname "$0")/../.."
suite=$1
arch=${2:-}
cache=${CHAIR_SBC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chair-sbc}
mkdir -p "$cache"
root=$(bash tests/sbc/root.sh "$cache" "$suite" "$([ -n "$arch" ] && echo cross || echo build)" 2> >(cat >&2))
out=build/deb/$suite
work=/build/chaird

# What is in the tree, committed or not, without what is ignored.
rm -rf "$root/build"
mkdir -p "$root$work"
git ls-files -z --cached --others --exclude-standard | tar c --null --ignore-failed-read -T - | tar x -C "$root$work"
make --no-print-directory panel >&2 # with npm, which the package's own build does without
cp -r panel/dist "$root$work/panel"

inside() {
	unshare --mount --pid --fork --mount-proc="$root/proc" sh -c 'mount --bind /dev/pts "$0/dev/pts" && exec chroot "$0" env -i "$@"' "$root" \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEB_BUILD_OPTIONS="parallel=$(nproc) ${arch:+nocheck}" "$@"
}

inside sh -c "cd $work && dpkg-buildpackage -us -uc -b ${arch:+-a$arch -Pcross,nocheck}"
inside sh -c "cd /build && lintian --fail-on error,warning --allow-root --no-tag-display-limit --info *.changes"
mkdir -p "$out"
rm -f "$out"/*"_${arch:-amd64}.deb"
cp "$root"/build/*.deb "$out"
if [ -n "$arch" ]; then
	inside sh -c "cd $work && make -s -j$(nproc) CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar \
		PKG_CONFIG=aarch64-linux-gnu-pkg-config unit-programs &&
		for t in build/release/unit/*; do case \$t in *.[do] | *.log) continue ;; esac; echo == \$t; qemu-aarch64-static \$t || exit 1; done"
fi
rm -rf "$root/build"
ls -l "$out"
