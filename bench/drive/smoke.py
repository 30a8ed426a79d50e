#!/usr/bin/env python3
"""Runs one benchmark program at a tiny size and checks what it prints or answers. No figure is
judged: a test must not depend on how fast a machine is.

    smoke.py PROGRAM json OPTIONS...         prints one JSON object of numbers that are not negative
    smoke.py PROGRAM server                  answers lines with ROT13, on a free port
    smoke.py PROGRAM shimmed-server SHIM     the same, its bind redirected by the preloaded SHIM
    smoke.py PROGRAM peer OPTIONS... -- PEER OPTIONS...
                                             serves PEER, which prints the figures
    smoke.py PROGRAM shimmed-peer SHIM OPTIONS... -- PEER OPTIONS...
                                             the same, its bind redirected"""

import codecs
import json
import os
import socket
import subprocess
import sys

SKIP = 77


def check(holds, what):
    if not holds:
        raise SystemExit(f"smoke: {what}")


def check_json(program, options):
    ran = subprocess.run([program, *options], capture_output=True, text=True, timeout=50)
    check_figures(program, ran)


def check_figures(program, ran):
    check(ran.returncode == 0, f"{program} ended with {ran.returncode}: {ran.stderr.strip()}")
    figures = json.loads(ran.stdout)
    numbers = {name: value for name, value in figures.items() if not isinstance(value, str)}
    check(len(numbers) >= 3, f"only {len(numbers)} figures: {ran.stdout}")
    for name, value in numbers.items():
        check(value >= 0, f"{name} is {value}")


def received(peer, count):
    answer = b""
    while len(answer) < count:
        piece = peer.recv(65536)
        check(piece != b"", f"the server closed after {len(answer)} of {count} bytes")
        answer += piece
    return answer


def turned(text):
    return codecs.encode(text.decode("ascii"), "rot13").encode("ascii")


def check_answers(port):
    """One line, a line in two pieces, several lines at once, a long line, on two connections."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one, socket.create_connection(
        ("127.0.0.1", port), timeout=20
    ) as other:
        exchanges = [
            [b"Hello, World 123\n"],
            [b"The first half, ", b"and the second\n"],
            [b"one\ntwo\nthree\n"],
            [b"x" * 9000 + b"\n"],
            [b"and after it\n"],
        ]
        for pieces in exchanges:
            for peer in (one, other):
                for piece in pieces:
                    peer.sendall(piece)
                sent = b"".join(pieces)
                check(received(peer, len(sent)) == turned(sent), f"wrong answer to {sent[:40]!r}")


class Server:
    """A started server; where it cannot run here, the test is skipped."""

    def __init__(self, program, options=(), shim=None):
        environment = dict(os.environ, LD_PRELOAD=shim) if shim else None
        self.process = subprocess.Popen([program, *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)

    def __enter__(self):
        line = self.process.stdout.readline()
        if line.startswith("port "):
            self.port = int(line.split()[1])
            return self
        reason = self.process.communicate(timeout=10)[1].strip()
        if "io_uring" in reason:
            print(f"skipped: this kernel or its settings refuse it: {reason}")
            sys.exit(SKIP)
        raise SystemExit(f"smoke: the server did not say its port: {line!r} {reason}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def check_server(program, shim):
    with Server(program, shim=shim) as server:
        check_answers(server.port)


def check_peer(program, words, shim=None):
    place = words.index("--")
    with Server(program, words[:place], shim) as server:
        command = [*words[place + 1:], "--port", str(server.port), "--pid", str(server.process.pid)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=50)
        check_figures(command[0], ran)


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, kind, *rest = sys.argv[1:]
    if kind == "json":
        check_json(program, rest)
    elif kind in ("server", "shimmed-server"):
        check_server(program, rest[0] if rest else None)
    elif kind == "peer" and "--" in rest:
        check_peer(program, rest)
    elif kind == "shimmed-peer" and "--" in rest:
        check_peer(program, rest[1:], shim=rest[0])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
