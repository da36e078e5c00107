#!/bin/sh
# SPDX-License-Identifier: MIT
# simulated-config.sh DIR CONFIG - the reference chair.yaml with its GPIO and ports in DIR, where a
# chairsim runs. Everything else stays as it is.
set -eu
programs=$(cd "$(dirname "$2")" && pwd)/programs
sed -e "s|^  backend: libgpiod .*|  backend: simulator\n  socket: $1/gpio.sock|" \
	-e "s|^    device: /dev/chair/\(.*\)|    device: $1/ports/\1|" \
	-e "s|^  directory: programs .*|  directory: $programs|" "$2"
