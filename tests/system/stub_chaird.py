# SPDX-License-Identifier: MIT
"""A stand-in for chaird's home.sock (docs/rpc.md): answers, notifies and remembers what it was asked.

As a module: with StubChaird(path) as chair: …; chair.requests, chair.set_state(…), chair.event(…).
As a program: stub_chaird.py PATH, until interrupted.
"""
import datetime
import json
import os
import socket
import sys
import threading
import time

PROGRAMS = [{"id": "piriformis", "title": "Piriformis", "sides": ["left", "right", "both"], "minutes": 15,
             "phases": [{"name": "warm-up", "minutes": 3, "technique": "stroke", "zones": ["lower_back"]}]}]


def utc():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class StubChaird:
    def __init__(self, path, state_period_s=0.25):
        self.path = str(path)
        self.state_period_s = state_period_s
        self.requests = []      # (time, request) of every line received
        self.silent = False     # keep the connection, say nothing
        self.lock = threading.RLock()
        self.clients = {}       # socket -> telemetry_hz, or None before state.watch
        self.seq = 0
        self.started = time.monotonic()
        self.state = {"chair": "chair-1", "state": "massage", "program": "piriformis", "side": "left",
                      "phase": {"name": "warm-up", "index": 0, "count": 6, "technique": "stroke",
                                "remaining_s": 100},
                      "progress_pct": 12, "remaining_s": 790, "level": 2, "level_aim": 3,
                      "levels": {"lower_back": 1, "glute_left": 2, "glute_right": 0},
                      "heat": {"on": True, "set_c": 38.0, "pads": {"lower_back": {"pad_c": 36.5, "heating": True}}},
                      "seat_occupied": True,
                      "permits": {"power": True, "motion": True, "heat": True, "start": True},
                      "inhibits": [], "faults": [], "ask": None, "resume": None}

    # --- life ---
    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *_):
        self.close()

    def open(self):
        self.running = True
        self.listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()
        self.ticker = threading.Thread(target=self.tick, daemon=True)
        self.ticker.start()

    def close(self):
        self.running = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)
        with self.lock:
            for client in list(self.clients):
                client.shutdown(socket.SHUT_RDWR)
        self.ticker.join()

    # --- what the tests turn ---
    def set_state(self, **changes):
        with self.lock:
            self.state.update(changes)
            self.notify("state", self.document())

    def event(self, kind, **fields):
        with self.lock:
            self.seq += 1
            self.notify("event", {"id": self.seq, "time": utc(), "kind": kind, **fields})

    def calls(self, method):
        return [request for _, request in list(self.requests) if request.get("method") == method]

    # --- the socket ---
    def document(self):
        self.seq += 1
        return {"schema": "chair.state/1", "seq": self.seq, "time": utc(),
                "uptime_s": int(time.monotonic() - self.started), **self.state}

    def telemetry(self):
        self.seq += 1
        return {"schema": "chair.telemetry/1", "seq": self.seq, "time": utc(),
                "rollers": {"back": {"travel_mm": 120.1, "depth_mm": 18.2, "knead_rpm": 20.0, "force_n": 6.1,
                                     "set_n": 6.0, "stage": "hold"}},
                "pads": {"lower_back": {"a_c": 36.4, "b_c": 36.6, "heating": True}},
                "bus": {"rollers_a": {"open": True, "round_ms": 63.1, "errors": 0}},
                "cycle": {"count": self.seq, "overruns": 0, "late_max_us": 180}}

    def send(self, client, message):
        if self.silent:
            return
        try:
            client.sendall((json.dumps({"jsonrpc": "2.0", **message}) + "\n").encode())
        except OSError:
            pass                # its reader notices

    def notify(self, method, params):
        for client, hz in list(self.clients.items()):
            if hz is not None:
                self.send(client, {"method": method, "params": params})

    def tick(self):
        state_due = telemetry_due = 0.0
        while self.running:
            now = time.monotonic()
            with self.lock:
                if now >= state_due:
                    state_due = now + self.state_period_s
                    self.notify("state", self.document())
                if now >= telemetry_due:
                    telemetry_due = now + 0.5
                    for client, hz in list(self.clients.items()):
                        if hz:
                            self.send(client, {"method": "telemetry", "params": self.telemetry()})
            time.sleep(max(0.0, min(state_due, telemetry_due) - time.monotonic()))

    def accept(self):
        while self.running:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.clients[client] = None
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            for line in client.makefile("rb"):
                request = json.loads(line)
                self.requests.append((time.monotonic(), request))
                with self.lock:
                    self.answer(client, request)
        except OSError:
            pass
        with self.lock:
            del self.clients[client]
        client.close()

    def answer(self, client, request):
        reply = self.result(client, request["method"], request.get("params", {}))
        if "id" in request:
            self.send(client, {"id": request["id"], **reply})
        if request["method"] == "state.watch":
            self.send(client, {"method": "state", "params": self.document()})

    def result(self, client, method, params):
        plain = {"session.stop": {"stopping": True}, "session.pause": {"pausing": True},
                 "session.resume": {"asked": True, "expires_s": 60}, "heat.preheat": {"preheating": True},
                 "program.list": {"programs": PROGRAMS}}
        if method in plain:
            return {"result": plain[method]}
        if method == "state.watch":
            self.clients[client] = params.get("telemetry_hz", 0)
            return {"result": {}}
        if method == "state.get":
            return {"result": self.document()}
        if method == "session.level":
            return {"result": {"level": params["level"]}}
        if method == "session.start":
            if params["program"] != "piriformis":
                return {"error": {"code": -32000, "message": "There is no such program.",
                                  "data": {"reason": "unknown_program", "text": "There is no such program."}}}
            return {"result": {"asked": True, "expires_s": 60}}
        return {"error": {"code": -32601, "message": "no such method",
                          "data": {"reason": "unknown_method", "text": "no such method"}}}


def main():
    with StubChaird(sys.argv[1]):
        threading.Event().wait()


if __name__ == "__main__":
    main()
