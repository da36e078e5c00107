# SPDX-License-Identifier: MIT
"""A whole chair of the real programs for the system tests: chairsim, mosquitto, chaird, chair-mqtt.

Each Chair runs in a directory of its own under build/system/. $CHAIR_BIN names the directory of the
programs (default build/release), so that the same tests run on sanitized builds. Nothing sleeps for
something to have happened: everything waits for a condition with a deadline, and times are those of the
simulator (sim.get time_s) where it can see what is measured.
"""
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import asyncapi
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = ROOT / os.environ.get("CHAIR_BIN", "build/release")
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
ROLES = ("panel", "phone", "home", "service", "watch")
ROLLERS = ("back", "seat_left", "seat_right", "leg_left", "leg_right")
PADS = ("lower_back", "glute_left", "glute_right", "leg_left", "leg_right")
DRIVES = {"back_move": 1, "back_depth": 2, "seat_depth": 3, "seat_travel": 4,
          "seat_knead": 5, "leg_depth": 6, "leg_travel": 7, "leg_knead": 8}
LEVEL_N = (0, 6, 10, 14, 18, 22)        # config/chair.yaml force.levels_n

# Limits of the matrix (docs/safety.md, daemon/core/safety_limits.h) and of the chair's parts.
RELAY_FALL_S = 0.100    # after the last heartbeat edge
FEEDBACK_S = 0.100      # relay feedback may differ this long
EXCHANGE_S = 0.063      # one round over the four drives of a port
CYCLE_S = 0.010
DRIVE_SILENT_S = 0.300
SENSOR_SILENT_S = 3.0
SEAT_EMPTY_S = 1.0
RETRACT_S = 2.0
ACK_RELEASE_S = 3.0     # after an acknowledgement the armrest start is ignored until released so long
ASK_SETTLE_S = 1.0
ASK_S = 60
STATE_PACE_S = 0.03     # a client may ask 50 times a second


def is_sanitized():
    try:
        text = (BIN / "chaird").read_bytes()
    except OSError:
        return False
    return b"__asan_init" in text or b"__tsan_init" in text


# Where every recording is kept that a chaird wrote, for tests/replay/replay.sh; None = nowhere.
RECORDINGS = os.environ.get("CHAIR_RECORDINGS") and ROOT / os.environ["CHAIR_RECORDINGS"]
SANITIZED = is_sanitized()
# What a busy shared machine may add to a time: late threads, the sampling of this test itself.
ALLOWANCE_S = 0.200 if SANITIZED else 0.040


class Refused(Exception):
    """A JSON-RPC error; .reason is its stable word."""

    def __init__(self, error):
        super().__init__(json.dumps(error))
        self.code = error["code"]
        self.data = error.get("data", {})
        self.reason = self.data.get("reason")


def until(condition, what, deadline_s=10.0, pace_s=0.002):
    """The first true value of condition(), asked again and again."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        time.sleep(pace_s)      # the pace of looking


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connect_unix(path, timeout_s=10.0):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(timeout_s)
    s.connect(str(path))
    return s


class Rpc:
    """A JSON-RPC client that asks and waits for the answer. Notifications on the way are dropped."""

    def __init__(self, path):
        self.socket = connect_unix(path)
        self.rest = b""
        self.ids = itertools.count(1)

    def close(self):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def line(self):
        """The next line, or None at the end of the connection."""
        while b"\n" not in self.rest:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def call(self, method, **params):
        number = next(self.ids)
        self.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
        while True:
            reply = self.line()
            if reply is None:
                raise ConnectionError("the connection was closed")
            if reply.get("id") == number:
                break
        if "error" in reply:
            raise Refused(reply["error"])
        return reply["result"]

    def refusal(self, method, **params):
        """The reason word of a call that must be refused."""
        try:
            result = self.call(method, **params)
        except Refused as refused:
            return refused.reason
        raise AssertionError(f"{method} {params} was not refused: {result}")


class Sim(Rpc):
    """The simulated chair's control socket: the physical truth and the faults."""

    def get(self):
        return self.call("sim.get")

    def now_s(self):
        return self.get()["time_s"]

    def fault(self, name, on=True, **params):
        """Returns the simulator's time just before the fault."""
        before_s = self.now_s()
        self.call("sim.fault", name=name, on=on, **params)
        return before_s

    def clear(self):
        self.call("sim.clear")

    def press(self, button, hold_ms=200):
        before_s = self.now_s()
        self.call("sim.press", button=button, hold_ms=hold_ms)
        return before_s

    def seat(self, seated):
        before_s = self.now_s()
        self.call("sim.occupant", seated=seated)
        return before_s

    def until(self, condition, what, deadline_s=10.0):
        """The first sample for which condition(sample) holds; the deadline is in the simulator's time."""
        return self.trace(condition, what, deadline_s)[-1]

    def trace(self, condition, what, deadline_s=10.0, pace_s=0.001):
        """All samples up to and with the first for which condition(sample) holds."""
        samples = [self.get()]
        while not condition(samples[-1]):
            if samples[-1]["time_s"] - samples[0]["time_s"] > deadline_s:
                raise AssertionError(f"not within {deadline_s} s: {what}; {brief(samples[-1])}")
            time.sleep(pace_s)
            samples.append(self.get())
        return samples

    def watch_for(self, seconds, pace_s=0.02):
        """All samples of so many seconds."""
        end_s = self.now_s() + seconds
        return self.trace(lambda s: s["time_s"] >= end_s, "time passes", seconds + 10, pace_s)


def brief(sample):
    rollers = {n: (r["travel_mm"], r["depth_mm"], r["force_n"]) for n, r in sample["rollers"].items()}
    return f"at {sample['time_s']} s relay_closed={sample['relay_closed']} travel, depth, force {rollers}"


def touching(sample):
    return [name for name, roller in sample["rollers"].items() if roller["contact"]]


def off_the_body(sample):
    return not touching(sample)


def home(sample):
    """Every roller's depth is back at its stop."""
    return all(r["depth_mm"] < 0.3 and not r["contact"] for r in sample["rollers"].values())


def relay_open(sample):
    return not sample["relay_closed"]


def at_rest(sample):
    """No drive has been told to turn."""
    return all(d["target_rpm"] == [0, 0] for d in sample["drives"].values())


def positions(sample):
    return {name: (r["travel_mm"], r["depth_mm"]) for name, r in sample["rollers"].items()}


def has_moved(before, after, mm=0.5):
    a, b = positions(before), positions(after)
    return [n for n in a if abs(a[n][0] - b[n][0]) > mm or abs(a[n][1] - b[n][1]) > mm]


def all_over(doc):
    """No fault of a state document is active any more, latched as it may be."""
    return not any(fault["active"] for fault in doc["faults"])


class Watcher:
    """state.watch on one socket, read by a thread. Keeps events, and the last state and telemetry."""

    def __init__(self, path, telemetry_hz=0):
        self.rpc = Rpc(path)
        self.changed = threading.Condition()
        self.events = []
        self.states = []
        self.telemetry = []
        self.rpc.call("state.watch", telemetry_hz=telemetry_hz)
        self.rpc.socket.settimeout(None)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while (message := self.rpc.line()) is not None:
                with self.changed:
                    kind = message.get("method")
                    if kind == "event":
                        self.events.append(message["params"])
                    elif kind == "state":
                        self.states.append(message["params"])
                    elif kind == "telemetry":
                        self.telemetry.append(message["params"])
                    self.changed.notify_all()
        except (OSError, ValueError):
            pass        # the tests that need more will see that nothing comes

    def close(self):
        try:
            self.rpc.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass        # chaird has closed it already
        self.thread.join()
        self.rpc.close()

    def mark(self):
        with self.changed:
            return len(self.events)

    def find(self, since, kind, **fields):
        with self.changed:
            return [e for e in self.events[since:] if e["kind"] == kind
                    and all(e.get(k) == v for k, v in fields.items())]

    def wait(self, since, kind, deadline_s=10.0, **fields):
        """The first such event since a mark()."""
        end = time.monotonic() + deadline_s
        with self.changed:
            while True:
                for event in self.events[since:]:
                    if event["kind"] == kind and all(event.get(k) == v for k, v in fields.items()):
                        return event
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no event {kind} {fields} within {deadline_s} s; since then: "
                                         f"{self.events[since:]}")
                self.changed.wait(left)


def expires(seconds):
    """MQTT 5 properties of a message that is void after so long."""
    properties = Properties(PacketTypes.PUBLISH)
    properties.MessageExpiryInterval = seconds
    return properties


class Mqtt:
    """An MQTT 5 client that remembers what it received, for paho-mqtt 1.6 and 2."""
    ids = itertools.count()

    def __init__(self, port, prefix, topics="chair/#"):
        name = f"test-{os.getpid()}-{next(self.ids)}"
        if hasattr(mqtt, "CallbackAPIVersion"):
            self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        else:
            self.mqtt = mqtt.Client(client_id=name, protocol=mqtt.MQTTv5)
        self.prefix = prefix
        self.reply_to = f"{prefix}reply/{name}"
        self.messages = []
        self.correlations = itertools.count(1)
        self.ready = threading.Event()
        self.mqtt.on_message = lambda c, u, message: self.messages.append(message)
        self.mqtt.on_connect = lambda c, *_: c.subscribe(topics, options=SubscribeOptions(qos=1))
        self.mqtt.on_subscribe = lambda *_: self.ready.set()
        self.mqtt.connect("127.0.0.1", port)
        self.mqtt.loop_start()
        assert self.ready.wait(10), "the broker does not take our subscription"

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def violations(self):
        """What was wrong, by docs/asyncapi.yaml, with messages that the chair has published."""
        heard = (f"{self.prefix}set/", f"{self.prefix}command")
        return {f"{m.topic}: {problem}" for m in self.messages
                if m.topic.startswith((self.prefix, "homeassistant/device/")) and not m.topic.startswith(heard)
                for problem in [asyncapi.problem(m.topic, m.payload)] if problem is not None}

    def on(self, topic):
        return [m for m in list(self.messages) if m.topic == self.prefix + topic]

    def last(self, topic):
        """The last payload on a topic, parsed where it is JSON."""
        messages = self.on(topic)
        if not messages or not messages[-1].payload:
            return None
        text = messages[-1].payload.decode()
        return json.loads(text) if text[0] in "{[" else text

    def events(self, kind):
        return [e for e in (json.loads(m.payload) for m in self.on("event")) if e["kind"] == kind]

    def publish(self, topic, payload="", properties=None, retain=False):
        info = self.mqtt.publish(self.prefix + topic, payload, qos=1, retain=retain, properties=properties)
        info.wait_for_publish(10)

    def expecting_answer(self):
        """New correlation data, and the properties of a message that is to be answered to us with it."""
        correlation = f"c{next(self.correlations)}".encode()
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self.reply_to
        properties.CorrelationData = correlation
        return correlation, properties

    def thing(self, topic, payload):
        """The answer to a plain payload on set/<thing>."""
        correlation, properties = self.expecting_answer()
        self.publish(topic, payload, properties)
        return until(lambda: self.answers(correlation), f"an answer to {payload} on {topic}")[0]

    def ask(self, method, params=None, expiry_s=None, retain=False):
        """Publish a JSON-RPC request on `command`; returns the correlation data to wait for."""
        correlation, properties = self.expecting_answer()
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        request = {"jsonrpc": "2.0", "id": correlation.decode(), "method": method}
        if params is not None:
            request["params"] = params
        self.publish("command", json.dumps(request), properties, retain)
        return correlation

    def answers(self, correlation):
        return [json.loads(m.payload) for m in list(self.messages) if m.topic == self.reply_to
                and getattr(m.properties, "CorrelationData", None) == correlation]

    def command(self, method, params=None):
        """The answer to a JSON-RPC request on `command`."""
        correlation = self.ask(method, params)
        return until(lambda: self.answers(correlation), f"an answer to {method}")[0]


def bound(*command):
    """A command line whose program is killed when the tests are."""
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL"] if setpriv else []), *map(str, command)]


def clean_environment():
    """Without what make or systemd told the tests themselves."""
    ours = ("JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "KEEP")
    return {k: v for k, v in os.environ.items() if k not in ours}


class Program:
    """One running program and its log."""

    def __init__(self, log, *command):
        self.log_path = log
        self.began = log.stat().st_size if log.exists() else 0
        with open(log, "ab") as out:
            self.process = subprocess.Popen(bound(*command), stdout=out, stderr=out, cwd=log.parent,
                                            stdin=subprocess.DEVNULL, env=clean_environment(),
                                            start_new_session=True)
        self.pid = self.process.pid

    def log(self):
        with open(self.log_path, errors="replace") as log:
            log.seek(self.began)
            return log.read()

    def alive(self):
        return self.process.poll() is None

    def says(self, text, deadline_s=10.0):
        def said():
            log = self.log()
            assert text in log or self.alive(), f"it ended with {self.process.returncode}:\n{log}"
            return text in log
        until(said, f'"{text}" in {self.log_path.name}', deadline_s)

    def end(self, sig=signal.SIGTERM, deadline_s=10.0):
        """Signal it and wait; the exit code."""
        if self.alive():
            os.kill(self.pid, sig)
        try:
            return self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.log_path.name}: still there {deadline_s} s after {sig!r}") from None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def memory_kib(self):
        """What this process alone occupies."""
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(int(line.split()[1]) for line in text.splitlines()
                   if line.startswith(("Private_Clean", "Private_Dirty", "Swap:")))


def system_directory():
    """build/system/<pid>; below the temporary directory where paths of Unix sockets get too long."""
    base = ROOT / "build" / "system"
    if len(str(base)) > 60:
        base = pathlib.Path(tempfile.gettempdir()) / "chair-system"
    base.mkdir(parents=True, exist_ok=True)
    for old in base.iterdir():
        if old.name.isdigit() and not pathlib.Path("/proc", old.name).exists():
            shutil.rmtree(old, ignore_errors=True)
    made = base / str(os.getpid())
    made.mkdir(exist_ok=True)
    return made


class Chair:
    """A simulated chair with its programs. Nothing runs until told; stop() ends whatever runs."""
    numbers = itertools.count(1)
    open_chairs = []

    def __init__(self, name="chair"):
        self.dir = system_directory() / f"{next(self.numbers)}-{name}"
        self.dir.mkdir()
        self.sockets = self.dir / "sockets"
        self.sockets.mkdir()
        self.id = "chair-1"
        self.prefix = f"chair/{self.id}/"
        self.programs = {}      # running, in the order of their start
        self.clients = {}
        self.mqtts = []
        self.sim = None
        self.watcher = None
        self.port = free_port()
        self.acknowledged_s = None
        self.expected_exit = {}
        self.configure()
        Chair.open_chairs.append(self)

    # --- configuration ---
    def configure(self):
        """The reference chair.yaml, made for this directory as `make run` does, and our own programs."""
        source = self.dir / "source"
        shutil.copytree(ROOT / "config" / "programs", source / "programs")
        for program in (HERE / "programs").glob("*.yaml"):
            shutil.copy(program, source / "programs")
        shutil.copytree(ROOT / "config" / "after-care", source / "after-care")
        for name in ("chair.yaml", "check-in.yaml", "after-care.yaml"):
            shutil.copy(ROOT / "config" / name, source)
        made = subprocess.run(["sh", str(ROOT / "hw/sim/simulated-config.sh"), str(self.dir),
                               str(source / "chair.yaml")], check=True, capture_output=True, text=True)
        (self.dir / "chair.yaml").write_text(made.stdout)
        (self.dir / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n")
        (self.dir / "chair-mqtt.yaml").write_text(
            f"chair: {self.id}\nsocket: {self.sockets}/home.sock\nbroker: mqtt://127.0.0.1:{self.port}\n"
            "detail: full\nreconnect_min_ms: 100\nreconnect_max_ms: 500\n")

    # --- programs ---
    def launch(self, name, *command):
        self.programs[name] = Program(self.dir / f"{name}.log", *command)
        return self.programs[name]

    def start_sim(self, *options):
        self.launch("chairsim", BIN / "chairsim", "run", "--dir", self.dir, *options).says("ready")
        self.sim = Sim(self.dir / "sim.sock")
        return self

    def start_broker(self):
        broker = self.launch("mosquitto", MOSQUITTO, "-c", self.dir / "mosquitto.conf")

        def listens():
            assert broker.alive(), broker.log()
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0
        until(listens, "mosquitto listens")
        return self

    def chaird_command(self, *options):
        return (BIN / "chaird", "--config", self.dir / "chair.yaml", "--profiles", ROOT / "hw/profiles",
                "--runtime-dir", self.sockets, "--storage", self.dir / "history", *options)

    def start_chaird(self, *options):
        self.launch("chaird", *self.chaird_command(*options)).says("programs, ", 20)
        return self.start_watching()

    def start_watching(self):
        self.watcher = Watcher(self.sockets / "watch.sock", telemetry_hz=10)
        return self

    def start_gateway(self):
        self.launch("chair-mqtt", BIN / "chair-mqtt", "--config", self.dir / "chair-mqtt.yaml")
        return self

    def start_all(self):
        self.start_sim().start_broker().start_chaird().start_gateway()
        until(lambda: "connected to the broker" in self.programs["chair-mqtt"].log(), "the gateway connects")
        return self

    def close_clients(self):
        for client in self.clients.values():
            client.close()
        self.clients = {}
        if self.watcher is not None:
            self.watcher.close()
            self.watcher = None

    def end(self, name, sig=signal.SIGTERM, deadline_s=10.0):
        """End one program; its exit code."""
        if name == "chaird":
            self.close_clients()
        return self.programs.pop(name).end(sig, deadline_s)

    def stop(self):
        """End everything, whatever state it is in. Complains about a program that ended badly."""
        wrong = set()
        for client in self.mqtts:
            client.close()
            wrong |= client.violations()
        self.mqtts = []
        self.close_clients()
        if self.sim is not None:
            self.sim.close()
            self.sim = None
        bad = sorted(wrong)
        for name in reversed(list(self.programs)):
            program = self.programs.pop(name)
            died = not program.alive()
            try:
                code = program.end()
            except AssertionError as error:
                bad.append(str(error))
                continue
            if died or (code != 0 and name != "mosquitto"):
                bad.append(f"{name} {'had ended' if died else 'ended'} with {code}:\n{program.log()[-3000:]}")
        self.keep_recordings()
        for log in self.dir.glob("*.log"):
            text = log.read_text(errors="replace")
            if "Sanitizer" in text or "runtime error:" in text:
                bad.append(f"{log.name}:\n{text[-6000:]}")
        if self in Chair.open_chairs:
            Chair.open_chairs.remove(self)
        assert not bad, "\n".join(bad)

    def keep_recordings(self):
        """Copy what chaird has recorded to where all recordings are replayed together."""
        if RECORDINGS is None:
            return
        RECORDINGS.mkdir(parents=True, exist_ok=True)
        for made in (self.dir / "history" / "recordings").glob("*.chairrec"):
            shutil.copy(made, RECORDINGS / f"{os.getpid()}-{self.dir.name}-{made.name}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.stop()
        except AssertionError:
            if kind is None:
                raise

    # --- clients ---
    def role(self, name):
        """A connection to one role's socket, kept."""
        if name not in self.clients:
            self.clients[name] = Rpc(self.sockets / f"{name}.sock")
        return self.clients[name]

    @property
    def panel(self):
        return self.role("panel")

    def mqtt(self, topics="chair/#"):
        client = Mqtt(self.port, self.prefix, topics)
        self.mqtts.append(client)
        return client

    def state(self):
        """The state document, over a connection that is used for nothing else."""
        if "state" not in self.clients:
            self.clients["state"] = Rpc(self.sockets / "watch.sock")
        return self.clients["state"].call("state.get")

    def wait_for(self, condition, what, deadline_s=15.0):
        """The first state document for which condition(document) holds."""
        last = []

        def holds():
            last[:] = [self.state()]
            return last[0] if condition(last[0]) else None
        try:
            return until(holds, what, deadline_s, STATE_PACE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; the last state is {json.dumps(last)}") from None

    def wait_state(self, *words, deadline_s=15.0):
        """Until the state is one of these; the document."""
        return self.wait_for(lambda doc: doc["state"] in words, f"state {' or '.join(words)}", deadline_s)

    def faults(self):
        """Causes in force that are not inhibits, by name."""
        return {f["cause"]: f for f in self.state()["faults"]}

    def press_start(self):
        """The armrest's start, once it is no longer ignored after an acknowledgement."""
        if self.acknowledged_s is not None:
            free_s = self.acknowledged_s + ACK_RELEASE_S + 0.5
            self.sim.until(lambda s: s["time_s"] >= free_s, "start is free again")
            self.acknowledged_s = None
        return self.sim.press("start")

    def acknowledge(self):
        """Press the armrest's start in FAULT; when the press was over."""
        mark = self.watcher.mark()
        self.sim.press("start")
        self.sim.until(lambda s: not s["inputs"]["button_start"], "the button is released")
        self.acknowledged_s = self.sim.now_s()
        return mark

    def sit_down_anew(self):
        """The person leaves the seat, is seen to have left it, and sits down again."""
        self.sim.seat(False)
        self.wait_for(lambda d: not d["seat_occupied"], "the seat is empty")
        self.sim.seat(True)
        self.wait_for(lambda d: d["seat_occupied"], "somebody is seated")

    def make_ready(self):
        """From wherever a test left it, back to READY with nothing broken and somebody seated."""
        self.keep_recordings()      # chaird itself keeps but the last few
        self.sim.clear()
        if "chaird" not in self.programs:
            self.start_chaird()
        self.sim.call("sim.occupant", seated=True, contact_mm=0)
        self.sim.call("sim.key", on=False)
        self.panel.call("session.stop")
        self.wait_for(lambda d: d["permits"]["start"] or (d["state"] == "fault" and all_over(d)), "ready or fault", 20)
        if self.state()["state"] == "fault":
            self.acknowledge()
            self.wait_for(lambda d: d["permits"]["start"], "ready after an acknowledgement")
        self.sim.call("sim.reset_peaks")

    def start(self, program="everywhere", side="both", level=1, until_touching=ROLLERS):
        """A session from the panel, until these rollers press on the body; the last sample."""
        assert self.panel.call("session.start", program=program, side=side, level=level) == {"accepted": True}
        self.wait_state("massage", deadline_s=60)
        wanted = set(until_touching)
        return self.sim.until(lambda s: all(s["rollers"][r]["force_n"] > 3.0 for r in wanted),
                              f"{sorted(wanted)} press", 20)
