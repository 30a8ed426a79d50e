"""memcached on Debian's libevent and on eddy: test_memcached.py EDDY"""
import os
import random
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import sides

EDDY = sys.argv[1]
del sys.argv[1:]
MEMCACHED = sides.program("memcached")
KEYS = 10_000
CONNECTIONS = 100


class Memcached:
    def __init__(self, side, threads, backend=None):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "socket")
        environment = os.environ | ({"EDDY_BACKEND": backend} if backend else {})
        words = [MEMCACHED, "-s", self.path, "-t", str(threads), "-m", "256", "-c", "2000"]
        if os.getuid() == 0:
            words += ["-u", "root"]
        self.process = subprocess.Popen(sides.command(EDDY, side, words), env=environment)

    def __enter__(self):
        end = time.monotonic() + 20
        while True:
            try:
                self.connect().close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                os.sched_yield()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.folder.cleanup()

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        try:
            s.connect(self.path)
        except OSError:
            s.close()
            raise
        return s


def value_of(key):
    size = random.Random(key).choice([1, 10, 100, 1000, 5000, 20000])
    return (f"value {key} ".encode() * (size // 8 + 1))[:size]


def talk(server, requests):
    """Sends requests over many connections, several in flight on each; the answers, in order.
    A request is (bytes, how many bytes its answer has or None for one line)."""
    selector = selectors.DefaultSelector()
    answers = [b""] * len(requests)
    per = [list(range(i, len(requests), CONNECTIONS)) for i in range(CONNECTIONS)]
    left = 0
    for mine in per:
        s = server.connect()
        s.setblocking(False)
        state = {"to_send": b"".join(requests[i][0] for i in mine), "mine": mine, "got": b""}
        selector.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE, state)
        left += len(mine)
    end = time.monotonic() + 60
    while left and time.monotonic() < end:
        for key, what in selector.select(5):
            state = key.data
            if what & selectors.EVENT_WRITE:
                if state["to_send"]:
                    state["to_send"] = state["to_send"][key.fileobj.send(state["to_send"]):]
                else:
                    selector.modify(key.fileobj, selectors.EVENT_READ, state)
            if what & selectors.EVENT_READ:
                got = key.fileobj.recv(1 << 16)
                if not got:
                    raise AssertionError("memcached closed a connection")
                state["got"] += got
                while state["mine"]:
                    i = state["mine"][0]
                    size = requests[i][1]
                    if size is None:
                        place = state["got"].find(b"\r\n")
                        size = place + 2 if place >= 0 else None
                    if size is None or len(state["got"]) < size:
                        break
                    answers[i], state["got"] = state["got"][:size], state["got"][size:]
                    state["mine"].pop(0)
                    left -= 1
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    if left:
        raise AssertionError(f"{left} answers did not come")
    return answers


def outcome(side, threads, backend=None):
    keys = [f"key-{i}" for i in range(KEYS)]
    with Memcached(side, threads, backend) as server:
        library = sides.loaded_in(server.process.pid)
        sets = [(b"set %s 0 0 %d\r\n%s\r\n" % (k.encode(), len(value_of(k)), value_of(k)), None)
                for k in keys]
        result = {"set": talk(server, sets)}

        def gets(deleted):
            return [(b"get %s\r\n" % k.encode(),
                     5 if i in deleted else len(b"VALUE %s 0 %d\r\n" % (k.encode(), len(value_of(k))))
                     + len(value_of(k)) + 2 + 5) for i, k in enumerate(keys)]

        result["get"] = talk(server, gets(set()))
        deleted = set(range(0, KEYS, 3))
        result["delete"] = talk(server, [(b"delete key-%d\r\n" % i, None) for i in sorted(deleted)])
        result["get again"] = talk(server, gets(deleted))
    for i, k in enumerate(keys):
        assert value_of(k) in result["get"][i], k
    return library, result


class MemcachedTest(unittest.TestCase):
    def compare(self, threads, backend=None):
        library, theirs = outcome("libevent", threads)
        self.assertEqual(library, "libevent")
        library, ours = outcome("eddy", threads, backend)
        self.assertEqual(library, "eddy")
        self.assertEqual(ours, theirs)

    def test_ten_thousand_keys_are_set_read_deleted_and_read_again(self):
        self.compare(1)

    def test_the_same_with_four_threads(self):
        self.compare(4)

    def test_the_same_on_epoll(self):
        self.compare(4, "epoll")


if __name__ == "__main__":
    unittest.main(verbosity=2)
