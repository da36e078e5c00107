# SPDX-License-Identifier: MIT
"""The real programs around a simulated chair, started for one measurement and stopped after it."""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CHAIR = "chair-1"
PREFIX = f"chair/{CHAIR}/"
# The ten devices on one line at 115200 baud; the temperature modules cannot really go that fast.
LINE_BAUD = 115200


def now_us():
    """The clock of the simulator's time stamps."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def wait_for(what, seconds, ready, step_s=0.01):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = ready()
        if value:
            return value
        time.sleep(step_s)
    raise RuntimeError(f"{what}: not within {seconds} s")


MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Rpc:
    """One JSON-RPC connection; an answer is waited for, notifications are kept."""

    def __init__(self, path, seconds=5.0):
        def connect():
            link = socket.socket(socket.AF_UNIX)
            try:
                link.connect(str(path))
                return link
            except OSError:
                link.close()
                return None

        self.link = wait_for(f"{path}", seconds, connect, 0.001)
        self.link.settimeout(10.0)
        self.rest = b""
        self.id = 0
        self.notes = []

    def line(self):
        while b"\n" not in self.rest:
            got = self.link.recv(65536)
            if not got:
                raise RuntimeError("connection closed")
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def ask(self, method, **params):
        """The whole answer: result or error."""
        self.id += 1
        request = {"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}
        self.link.sendall(json.dumps(request).encode() + b"\n")
        while True:
            message = self.line()
            if message.get("id") == self.id:
                return message
            self.notes.append(message)

    def call(self, method, **params):
        answer = self.ask(method, **params)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def note(self, method):
        """The next notification of this kind."""
        while True:
            message = self.notes.pop(0) if self.notes else self.line()
            if message.get("method") == method:
                return message["params"]

    def close(self):
        self.link.close()


def _text(text):
    return struct.pack(">H", len(text)) + text.encode()


def _packet(kind, body):
    length, size = b"", len(body)
    while True:
        size, low = size >> 7, size & 127
        length += bytes([low | (128 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def mqtt_publish(topic, payload, packet_id=0):
    """A PUBLISH packet of MQTT 5; QoS 1 when it has an id."""
    qos = 1 if packet_id else 0
    mark = struct.pack(">H", packet_id) if packet_id else b""
    return _packet(0x30 | qos << 1, _text(topic) + mark + b"\0" + payload)


class Mqtt:
    """As little of MQTT 5 as it takes. No library: its queues and threads would be measured too."""

    def __init__(self, port, name):
        self.link = socket.create_connection(("127.0.0.1", port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.sendall(_packet(0x10, _text("MQTT") + bytes([5, 2, 0, 0, 0]) + _text(name)))
        answer = self.link.recv(64)
        if answer[0] != 0x20 or answer[3] != 0:
            raise RuntimeError("the broker refuses the connection")
        self.id = 0

    def publish_once(self, topic, payload=b"now"):
        """QoS 1; returns the moment just before, after the broker has it."""
        self.id = self.id % 65535 + 1
        packet = mqtt_publish(topic, payload, self.id)
        before_us = now_us()
        self.link.sendall(packet)
        self.link.recv(64)  # its receipt
        return before_us

    def close(self):
        self.link.close()


def one_line_config(text, directory):
    """All ten devices of @text on the one port `line`."""
    start = text.index("\nports:\n") + 1
    end = text.index("\n\n", start)
    devices = re.findall(r"^ {6}\w+: *\{profile: .*$", text[start:end], re.M)
    if len(devices) != 10:
        raise RuntimeError("config/chair.yaml: not ten devices")
    port = ["ports:", "  line:", f"    device: {directory}/ports/line", f"    baud: {LINE_BAUD}",
            "    parity: none", "    devices:"]
    return text[:start] + "\n".join(port + devices) + text[end:]


def bench_profiles(directory):
    """Our profiles, with temperature modules that know the line's rate."""
    shutil.copytree(TOP / "hw/profiles", directory)
    for name in "r4dcb08.yaml", "mb8art.yaml":
        path = directory / name
        text = re.sub(r"^(default_baud|max_baud): *\d+", rf"\1: {LINE_BAUD}", path.read_text(), flags=re.M)
        path.write_text(text)


class Rig:
    """with Rig(binaries) as rig: chairsim, chaird and, if asked for, a broker and the gateway."""

    def __init__(self, binaries, one_line=False, relay_held=False, gateway=False, daemon=True, program=None):
        self.bin = Path(binaries).resolve()
        self.one_line = one_line
        self.relay_held = relay_held
        self.gateway = gateway
        self.daemon = daemon
        self.program = program  # the file of one program, in place of all others
        self.dir = Path(tempfile.mkdtemp(prefix="chair-bench-"))
        self.programs = {}
        self.links = []
        self.port = 0

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def run(self, name, *command, env=None):
        with open(self.dir / f"{name}.log", "wb") as log:
            program = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, env=env, start_new_session=True)
        self.programs[name] = program
        return program

    def log(self, name):
        return (self.dir / f"{name}.log").read_text(errors="replace")

    def alive(self):
        for name, program in self.programs.items():
            if program.poll() is not None:
                raise RuntimeError(f"{name} ended early:\n{self.log(name)}")
        return True

    def start(self):
        options = [o for o, on in (("--one-line", self.one_line), ("--relay-held", self.relay_held)) if on]
        self.run("chairsim", self.bin / "chairsim", "run", "--dir", self.dir, *options)
        wait_for("chairsim", 10, lambda: self.alive() and "ready" in self.log("chairsim"))
        self.sim = self.rpc(self.dir / "sim.sock")
        config = subprocess.run(["sh", TOP / "hw/sim/simulated-config.sh", self.dir, TOP / "config/chair.yaml"],
                                stdout=subprocess.PIPE, check=True).stdout.decode()
        self.profiles = TOP / "hw/profiles"
        if self.program:
            (self.dir / "programs").mkdir()
            shutil.copy(self.program, self.dir / "programs")
            config = re.sub(r"^( *directory:) .*$", rf"\1 {self.dir}/programs", config, flags=re.M)
            config = re.sub(r"^( *default:) .*$", rf"\1 {self.program.stem}", config, flags=re.M)
        if self.one_line:
            config = one_line_config(config, self.dir)
            self.profiles = self.dir / "profiles"
            bench_profiles(self.profiles)
        (self.dir / "chair.yaml").write_text(config)
        if self.gateway:
            self.start_broker()
        if self.daemon:
            self.start_chaird()
            self.panel = self.rpc(self.dir / "panel.sock")
            wait_for("READY", 20, lambda: self.alive() and self.state() == "ready")
        if self.gateway:
            self.start_gateway()

    def chaird_command(self):
        return [self.bin / "chaird", "--config", self.dir / "chair.yaml", "--profiles", self.profiles,
                "--runtime-dir", self.dir, "--storage", self.dir]

    def start_chaird(self):
        self.run("chaird", *self.chaird_command())

    def start_broker(self):
        self.port = free_port()
        (self.dir / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n")
        self.run("mosquitto", MOSQUITTO, "-c", self.dir / "mosquitto.conf")
        wait_for("the broker", 10, lambda: listens(self.port))

    def start_gateway(self):
        (self.dir / "chair-mqtt.yaml").write_text(
            f"chair: {CHAIR}\nsocket: {self.dir}/home.sock\nbroker: mqtt://127.0.0.1:{self.port}\ndetail: full\n")
        self.run("chair-mqtt", self.bin / "chair-mqtt", "--config", self.dir / "chair-mqtt.yaml")
        wait_for("the gateway", 10, lambda: self.alive() and "controller is connected" in self.log("chair-mqtt")
                 and "connected to the broker" in self.log("chair-mqtt"))

    def rpc(self, path, seconds=5.0):
        link = Rpc(path, seconds)
        self.links.append(link)
        return link

    def state(self):
        return self.panel.ask("state.get").get("result", {}).get("state")

    def reach(self, state, seconds):
        """Wait for a state; asked gently, the daemon counts requests."""
        def reached():
            self.alive()
            now = self.state()
            if now == "fault" and state != "fault":
                raise RuntimeError(f"a fault: {self.panel.call('fault.list')}")
            return now == state

        wait_for(state, seconds, reached, 0.025)

    def pids(self):
        return [self.programs[n].pid for n in ("chaird", "chair-mqtt") if n in self.programs]

    def stop(self):
        for link in self.links:
            link.close()
        for program in reversed(self.programs.values()):
            if program.poll() is None:
                program.send_signal(signal.SIGTERM)
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self.programs = {}
        shutil.rmtree(self.dir, ignore_errors=True)
