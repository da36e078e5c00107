# SPDX-License-Identifier: MIT
"""flood.py PORT RATE - so many messages a second, half of them on a topic that the gateway reads.

One packet of five messages at a time, QoS 0. Prints the rate that it kept when it is told to end.
"""
import signal
import sys
import time

import rig

AT_ONCE = 5
PAYLOAD = b'{"value": 21.5, "unit": "C", "time": "2026-11-21T06:12:00.120Z"}'


def main():
    port, rate = int(sys.argv[1]), int(sys.argv[2])
    read = rig.mqtt_publish(rig.PREFIX + "set/lamp", PAYLOAD)  # no such thing: looked at and ignored
    other = rig.mqtt_publish("home/kitchen/temperature", PAYLOAD)
    packets = [read + other + read + other + read, other + read + other + read + other]
    link = rig.Mqtt(port, "bench-flood").link
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    begun = time.monotonic()
    sent = 0
    while not ended:
        link.sendall(packets[sent & 1])
        sent += 1
        left = begun + sent * AT_ONCE / rate - time.monotonic()
        if left > 0:
            time.sleep(left)
    print(f"{sent * AT_ONCE / (time.monotonic() - begun):.0f}")


main()
