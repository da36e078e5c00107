#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh BINARIES DIR - a whole simulated chair in the foreground: chairsim, a private broker,
# chaird, chair-mqtt, chair-web. Ctrl-C stops everything. KEEP=1 keeps the history of the last run.
set -eu
bin=$(cd "$1" && pwd)
[ "${KEEP:-}" = 1 ] || rm -rf "$2/history"
mkdir -p "$2"
dir=$(cd "$2" && pwd)
top=$(cd "$(dirname "$0")/../.." && pwd)
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
pids=()

fail() {
	echo "run: $*" >&2
	exit 1
}

stop_all() {
	trap '' INT TERM
	# In reverse: the controller takes the rollers off the body while its motors still answer.
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null || true
		wait "${pids[i]}" 2>/dev/null || true
	done
	rm -f "$dir/endpoints.json"
}
trap stop_all EXIT
trap 'exit 0' INT TERM

# wait_for SECONDS WHAT COMMAND... - until the command succeeds.
wait_for() {
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		for pid in "${pids[@]}"; do
			kill -0 "$pid" 2>/dev/null || fail "a program ended early; see $dir/*.log"
		done
		[ $SECONDS -lt $deadline ] || fail "$what did not happen; see $dir/*.log"
		read -rt 0.05 <> <(:) || true
	done
}

# A child that ignores the terminal's Ctrl-C: stop_all ends it in order.
launch() {
	local log=$1
	shift
	setsid "$@" >"$dir/$log.log" 2>&1 </dev/null &
	pids+=($!)
}

free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

rm -f "$dir"/*.sock "$dir/endpoints.json"
launch chairsim "$bin/chairsim" run --dir "$dir"
wait_for 10 "the simulated chair" grep -q ready "$dir/chairsim.log"

port=$(free_port)
printf 'listener %s 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n' \
	"$port" >"$dir/mosquitto.conf"
launch mosquitto "$mosquitto" -c "$dir/mosquitto.conf"

sh "$top/hw/sim/simulated-config.sh" "$dir" "$top/config/chair.yaml" >"$dir/chair.yaml"
chair=$(sed -n 's/^chair: *\([a-z0-9-]*\).*/\1/p' "$dir/chair.yaml")
mkdir -p "$dir/sockets"
launch chaird "$bin/chaird" --config "$dir/chair.yaml" --profiles "$top/hw/profiles" \
	--runtime-dir "$dir/sockets" --storage "$dir/history"
printf 'chair: %s\nsocket: %s/sockets/home.sock\nbroker: mqtt://127.0.0.1:%s\ndetail: full\n' \
	"$chair" "$dir" "$port" >"$dir/chair-mqtt.yaml"
launch chair-mqtt "$bin/chair-mqtt" --config "$dir/chair-mqtt.yaml"

mkdir -p "$dir/web"
web=$(free_port)
printf 'port: %s\npanel: %s\nsockets: %s/sockets\nstate: %s/web\n' "$web" "$top/panel/dist" "$dir" "$dir" >"$dir/chair-web.yaml"
launch chair-web "$bin/chair-web" --config "$dir/chair-web.yaml"

# READY, and said so to everybody.
ready_on_mqtt() {
	mosquitto_sub -h 127.0.0.1 -p "$port" -V 5 -t "chair/$chair/state" -C 1 -W 2 | grep -q '"state":"ready"'
}
wait_for 20 "READY" ready_on_mqtt
cat >"$dir/endpoints.json.new" <<EOF
{
  "chair": "$chair",
  "mqtt": "mqtt://127.0.0.1:$port",
  "panel": "http://127.0.0.1:$web/",
  "sim": "$dir/sim.sock",
  "socket": "$dir/sockets/panel.sock",
  "sockets": {
    "panel": "$dir/sockets/panel.sock",
    "phone": "$dir/sockets/phone.sock",
    "home": "$dir/sockets/home.sock",
    "service": "$dir/sockets/service.sock",
    "watch": "$dir/sockets/watch.sock"
  }
}
EOF
mv "$dir/endpoints.json.new" "$dir/endpoints.json"

cat <<EOF
The chair is READY. Its touch panel: http://127.0.0.1:$web/
Three more things to try, in another terminal:

1. Watch its state:
   mosquitto_sub -p $port -t 'chair/$chair/state' -V 5
2. Start a session, then press the armrest button of the simulated chair within a minute:
   mosquitto_pub -p $port -V 5 -t chair/$chair/set/start -m piriformis/left
   $bin/chairsim ctl --dir $dir press start
3. Press stop:
   mosquitto_pub -p $port -V 5 -t chair/$chair/set/stop -m now

Ctrl-C ends it. Logs and endpoints.json are in $dir.
EOF
wait -n "${pids[@]}" || true
fail "a program ended; see $dir/*.log"
