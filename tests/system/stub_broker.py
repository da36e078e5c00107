# SPDX-License-Identifier: MIT
"""A broker that misbehaves on purpose: MQTT 5 by hand, so that every packet can be left out, late or wrong.

with StubBroker(behave) as broker: behave(peer) is called for each connection, in a thread of its own; when it returns,
the connection is closed. mqtt://127.0.0.1:<broker.port> is its address.
"""
import socket
import struct
import threading

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
EXPIRY = 0x02        # a property


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(value)) + value


def packet(kind, body, flags=0):
    length, size = b"", len(body)
    while True:
        size, low = size >> 7, size & 127
        length += bytes([low | (128 if size else 0)])
        if not size:
            return bytes([kind << 4 | flags]) + length + body


class Peer:
    """One connection of the gateway."""

    def __init__(self, link):
        self.link = link
        self.stream = link.makefile("rb")
        self.ids = 0
        self.ended = threading.Event()      # for who wants to wait

    def receive(self):
        """(kind, flags, body) of the next packet, or None at the end of the connection."""
        try:
            first = self.stream.read(1)
            size, shift = 0, 0
            while first:
                byte = self.stream.read(1)[0]
                size |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return first[0] >> 4, first[0] & 15, self.stream.read(size)
        except (OSError, IndexError):
            pass
        return None

    def send(self, data):
        self.link.sendall(data)

    def accept(self):
        """The whole beginning: CONNECT and SUBSCRIBE, answered well. False where the gateway has gone."""
        while (got := self.receive()) is not None:
            self.answer(*got)
            if got[0] == SUBSCRIBE:
                return True
        return False

    def answer(self, kind, flags, body):
        """As a good broker would."""
        if kind == CONNECT:
            self.send(packet(CONNACK, b"\0\0\0"))
        elif kind == SUBSCRIBE:
            topics, at = 0, 3
            while at < len(body):
                at += 2 + struct.unpack_from(">H", body, at)[0] + 1
                topics += 1
            self.send(packet(SUBACK, body[:2] + b"\0" + b"\1" * topics))
        elif kind == PUBLISH and flags & 6:
            self.send(packet(PUBACK, self.message(body)[2]))
        elif kind == PINGREQ:
            self.send(packet(PINGRESP, b""))

    @staticmethod
    def message(body):
        """(topic, payload, packet id) of a PUBLISH with QoS 1."""
        size, = struct.unpack_from(">H", body)
        at = 2 + size
        return body[2:at].decode(), body[at + 3 + body[at + 2]:], body[at:at + 2]      # properties under 128 bytes

    def serve(self):
        """A good broker until the gateway leaves."""
        while (got := self.receive()) is not None:
            self.answer(*got)

    def publish(self, topic, payload=b"", again=False, properties=b""):
        """QoS 1."""
        self.ids += 1
        self.send(packet(PUBLISH, text(topic) + struct.pack(">H", self.ids) + bytes([len(properties)]) + properties + payload,
                         2 | (8 if again else 0)))

    def disconnect(self, reason):
        self.send(packet(DISCONNECT, bytes([reason, 0])))


class StubBroker:
    def __init__(self, behave):
        self.behave = behave
        self.server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.server.getsockname()[1]
        self.connections = 0
        self.peers = []

    def __enter__(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()
        for peer in self.peers:
            self.cut(peer)

    def run(self):
        while True:
            try:
                link, _ = self.server.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            peer = Peer(link)
            self.peers = self.peers[-8:] + [peer]       # of thousands
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer):
        try:
            self.behave(peer)
        except OSError:
            pass        # the gateway has gone
        self.cut(peer)

    @staticmethod
    def cut(peer):
        try:
            peer.link.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass        # closed already
        peer.stream.close()
        peer.link.close()


# Each as often as its time allows: what the library takes a second for comes once.
ENDS = ("at once", "at once", "going down", "commands", "no receipts", "at once", "at once", "going down", "commands",
        "no receipts", "at once", "at once", "refused", "half an answer", "reset", "closed")


def end_badly(peer, number):
    """One of the ways in which a connection ends."""
    end = ENDS[number % len(ENDS)]
    if end == "at once":
        return
    if end in ("refused", "half an answer", "reset"):
        peer.receive()
        if end == "reset":
            peer.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif end == "refused":
            peer.send(packet(CONNACK, b"\0\x86\0"))     # bad user name or password
        else:
            peer.send(packet(CONNACK, b"\0\0\0")[:3])
        return
    if not peer.accept():
        return
    for _ in range(4):      # discovery, state and so on
        got = peer.receive()
        if got is None:
            return
        if end != "no receipts":
            peer.answer(*got)
    if end == "going down":
        peer.disconnect(0x8B)
    if end == "commands":
        peer.publish("chair/chair-1/set/level", b"1")
        peer.receive()


def memory_kib(pid):
    """What a process has made for itself."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
