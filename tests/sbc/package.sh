#!/bin/bash
# SPDX-License-Identifier: MIT
# package.sh SUITE - the packages through their life in a clean root: installed, upgraded with conffiles
# that both sides changed, removed, purged; nothing stays. Run as root.
set -eu
cd "$(dirname "$0")/../.."
suite=$1
cache=${CHAIR_SBC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chair-sbc}
root=$PWD/build/sbc/$suite-package
rm -rf "$root"
mkdir -p "$(dirname "$root")"
cp -a "$(bash tests/sbc/root.sh "$cache" "$suite" board)" "$root"
mkdir "$root/debs"
cp build/deb/"$suite"/chaird{,-sim}_*_amd64.deb build/deb/"$suite"/chaird-kiosk_*_all.deb "$root/debs"
passed=0

inside() {
	unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

fail() {
	echo "package $suite: FAILED: $*" >&2
	exit 1
}

ok() {
	echo "package $suite: $*"
	passed=$((passed + 1))
}

# What a system is: its files, and who it knows. Logs and caches of dpkg itself are not ours.
everything() {
	(cd "$root" && find . -xdev \( -path ./debs -o -path ./proc -o -path ./sys -o -path ./dev -o -path './var/lib/dpkg' \
		-o -path './var/log' -o -path './var/cache' -o -path './run' \) -prune -o -print)
	# Files of accounts are compared by their content; their backups (passwd-) remember the last change.
	sort "$root"/etc/{passwd,group,shadow,gshadow} | sed 's/:[0-9]*:[0-9]*:[0-9]*:[0-9]*:::$//'
}

everything | grep -vE '^\./etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' | sort >"$root.before"
# The screen's compositor and browser are not in this root: half a gigabyte that has nothing to do with the package.
inside sh -c 'dpkg -i --force-depends /debs/*.deb' >"$root.log" 2>&1 || fail "install: $(tail -5 "$root.log")"
inside chaird --check >/dev/null || fail "the installed configuration is not valid"
inside chair-mqtt --config /etc/chaird/chair-mqtt.yaml --check || fail "the gateway's configuration is not valid"
[ "$(inside stat -c '%U %a' /var/lib/chaird)" = "chaird 700" ] || fail "/var/lib/chaird belongs to the service alone"
[ "$(inside stat -c '%U %a' /var/lib/chair-web)" = "chair-web 700" ] || fail "/var/lib/chair-web belongs to the service alone"
inside chair-web --config /etc/chaird/chair-web.yaml --check || fail "the panel server's configuration is not valid"
inside id chair-kiosk >/dev/null || fail "nobody shows the panel"
said=$(inside systemd-analyze verify --man=no chair-kiosk.service 2>&1) && [ -z "$said" ] || fail "chair-kiosk.service: $said"
for link in chaird chair-mqtt chair-web chair-kiosk; do
	[ ! -e "$root/etc/systemd/system/multi-user.target.wants/$link.service" ] || fail "$link was enabled unasked"
done
inside man -w chaird >/dev/null 2>&1 || [ -e "$root/usr/share/man/man8/chaird.8.gz" ] || fail "no manual"
ok "installs; nothing is enabled; the configuration is valid"

# A newer version with another chair.yaml, over one that the owner has changed.
newer=$root.newer
rm -rf "$newer"
dpkg-deb -R "$root"/debs/chaird_*_amd64.deb "$newer"
sed -i 's/^Version: .*/Version: 99/' "$newer/DEBIAN/control"
sed -i 's/^chair: .*/chair: chair-new/' "$newer/etc/chaird/chair.yaml"
echo '# also new' >>"$newer/etc/chaird/programs/piriformis.yaml"
dpkg-deb -b "$newer" "$root/debs/newer.deb" >/dev/null
sed -i 's/^chair: .*/chair: my-own/' "$root/etc/chaird/chair.yaml"
inside dpkg --force-confdef --force-confold -i /debs/newer.deb >>"$root.log" 2>&1 || fail "upgrade: $(tail -5 "$root.log")"
grep -q '^chair: my-own' "$root/etc/chaird/chair.yaml" || fail "the owner's chair.yaml was lost"
grep -q '^chair: chair-new' "$root/etc/chaird/chair.yaml.dpkg-dist" || fail "the new chair.yaml is not beside it"
grep -q 'also new' "$root/etc/chaird/programs/piriformis.yaml" || fail "an untouched program was not renewed"
ok "upgrades; the owner's file stays, the new one lies beside it, untouched ones are renewed"

echo history >"$root/var/lib/chaird/history.db"
inside dpkg -r chaird-kiosk chaird chaird-sim >>"$root.log" 2>&1 || fail "remove: $(tail -5 "$root.log")"
[ -e "$root/etc/chaird/chair.yaml" ] && [ -e "$root/var/lib/chaird/history.db" ] || fail "removing lost configuration or history"
[ ! -e "$root/usr/sbin/chaird" ] || fail "the program is still there"
ok "is removed; configuration and history stay"

inside dpkg -P chaird-kiosk chaird chaird-sim >>"$root.log" 2>&1 || fail "purge: $(tail -5 "$root.log")"
everything | grep -vE '^\./etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' | sort >"$root.after"
diff "$root.before" "$root.after" || fail "purging left or took the lines above"
ok "is purged; nothing is left"
rm -rf "$root" "$newer"
echo "$passed passed, 0 failed"
