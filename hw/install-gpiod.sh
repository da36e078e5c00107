#!/bin/sh
# SPDX-License-Identifier: MIT
# install-gpiod.sh - install libgpiod's development files, version 2 or newer.
#
# Debian 12 has 1.6 and keeps version 2 in its backports. That suite is taken from wherever this
# machine already takes Debian itself: same address, same key. Run as root. Does nothing when
# version 2 is there.
set -eu

readonly LIST=/etc/apt/sources.list.d/chair-backports.sources

die() {
	echo "install-gpiod: $*" >&2
	exit 1
}

codename() {
	# shellcheck source=/dev/null
	(. /etc/os-release && echo "${VERSION_CODENAME:-}")
}

have_gpiod_2() {
	pkg-config --atleast-version=2 libgpiod 2>/dev/null
}

# The version that apt would install, from any suite but backports.
candidate_is_2() {
	LC_ALL=C apt-cache policy libgpiod-dev 2>/dev/null |
		awk '$1 == "Candidate:" { found = ($2 ~ /^([2-9]|[1-9][0-9])/) } END { exit !found }'
}

# deb822 files: print "URIs:" and "Signed-By:" of the first enabled stanza that serves $1 main.
from_sources_files() {
	find /etc/apt -name '*.sources' ! -path "$LIST" -type f 2>/dev/null | sort |
		while read -r file; do
			cat "$file"
			echo
		done | awk -v suite="$1" '
		function flush(   n, i, part, right) {
			n = split(suites, part, " ")
			for (i = 1; i <= n; i++) {
				if (part[i] == suite) {
					right = 1
				}
			}
			if (right && binary && uris != "" && enabled && (" " components " ") ~ / main /) {
				print "URIs:" uris
				if (signed != "") {
					print "Signed-By:" signed
				}
				exit
			}
			uris = signed = suites = components = field = ""
			enabled = 1
			binary = 0
		}
		BEGIN { enabled = 1 }
		/^#/ { next }
		/^[[:space:]]*$/ { flush(); next }
		/^[[:space:]]/ { if (field == "signed-by") { signed = signed "\n" $0 } next }
		{
			field = tolower(substr($0, 1, index($0, ":") - 1))
			value = substr($0, index($0, ":") + 1)
			if (field == "uris") { uris = value }
			if (field == "signed-by") { signed = value }
			if (field == "suites") { suites = value }
			if (field == "components") { components = value }
			if (field == "types") { binary = (" " value " ") ~ /[[:space:]]deb[[:space:]]/ }
			if (field == "enabled") { enabled = tolower(value) !~ /no|false|0/ }
		}'
}

# One-line files: the same for "deb [signed-by=KEY] URI SUITE main".
from_list_files() {
	find /etc/apt -name '*.list' -type f 2>/dev/null | sort |
		while read -r file; do
			cat "$file"
			echo
		done | awk -v suite="$1" '
		$1 != "deb" { next }
		{
			signed = ""
			if (match($0, /\[[^]]*\]/)) {
				options = substr($0, RSTART + 1, RLENGTH - 2)
				$0 = substr($0, 1, RSTART - 1) " " substr($0, RSTART + RLENGTH)
				n = split(options, part, " ")
				for (i = 1; i <= n; i++) {
					if (part[i] ~ /^signed-by=/) {
						signed = substr(part[i], 11)
					}
				}
			}
			if ($3 == suite && (" " $0 " ") ~ / main /) {
				print "URIs: " $2
				if (signed != "") {
					print "Signed-By: " signed
				}
				exit
			}
		}'
}

add_backports() {
	origin=$(from_sources_files "$1")
	[ -n "$origin" ] || origin=$(from_list_files "$1")
	[ -n "$origin" ] || die "no apt source on this machine serves $1 main"
	{
		echo "Types: deb"
		echo "$origin"
		echo "Suites: $1-backports"
		echo "Components: main"
	} >"$LIST"
}

install_gpiod() {
	apt-get install -y --no-install-recommends pkg-config
	if have_gpiod_2; then
		return
	fi
	if candidate_is_2; then
		apt-get install -y --no-install-recommends libgpiod-dev
		return
	fi
	release=$(codename)
	[ -n "$release" ] || die "/etc/os-release names no release"
	add_backports "$release"
	apt-get update
	apt-get install -y --no-install-recommends -t "$release-backports" libgpiod-dev
}

have_gpiod_2 || install_gpiod
have_gpiod_2 || die "libgpiod 2 is needed; this release does not offer it"
