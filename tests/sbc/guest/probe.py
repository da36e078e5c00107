# SPDX-License-Identifier: MIT
"""Run in place of chaird by its unit: tries what chaird has no business with, writes what worked."""
import ctypes
import os
import socket

worked = []


def attempt(name, action):
    try:
        action()
        worked.append(name)
    except OSError:
        pass


libc = ctypes.CDLL(None, use_errno=True)


def call(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


for path in ("/dev/mem", "/dev/watchdog", "/dev/kmsg", "/dev/tty0", "/dev/loop0", "/etc/shadow",
             "/root/.profile", "/proc/1/environ"):
    attempt(f"reads {path}", lambda: os.close(os.open(path, os.O_RDONLY)))
for path in ("/etc/chaird/chair.yaml", "/usr/sbin/chaird", "/etc/passwd", "/proc/sys/kernel/panic"):
    attempt(f"writes {path}", lambda: os.close(os.open(path, os.O_WRONLY)))
attempt("creates in /etc", lambda: os.close(os.open("/etc/new", os.O_WRONLY | os.O_CREAT)))
attempt("IPv4", lambda: socket.socket(socket.AF_INET))
attempt("IPv6", lambda: socket.socket(socket.AF_INET6))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("becomes root", lambda: os.setuid(0))
attempt("mounts", lambda: call(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None)))
attempt("a namespace of its own", lambda: call(libc.unshare(0x10000000)))
attempt("sets the clock", lambda: os.clock_settime(0, 0)) if hasattr(os, "clock_settime") else None
# And what it must be able to do, so that the probe is known to work.
for path in ("/dev/gpiochip0", "/dev/chair/heat", "/etc/chaird/chair.yaml"):
    try:
        os.close(os.open(path, os.O_RDWR if path.startswith("/dev") else os.O_RDONLY))
    except OSError as e:
        worked.append(f"cannot open {path}: {e}")
with open("/var/lib/chaird/probe.txt", "w", encoding="ascii") as out:
    out.write("".join(f"{what}\n" for what in worked) + "done\n")
