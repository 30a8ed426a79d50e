"""One example server: test_servers.py NAME PROGRAM"""
import os
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest

import clients

NAME, PROGRAM = sys.argv[1], sys.argv[2]
del sys.argv[1:]
MAX_LINE = 16384


class Server:
    def __init__(self, *arguments, descriptors=None):
        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        self.process = subprocess.Popen([PROGRAM, "--port", "0", *arguments], stdout=subprocess.PIPE,
                                        text=True, preexec_fn=limit)
        said = self.process.stdout.readline()
        found = re.match(r"listening on (\S+) port (\d+)$", said)
        if not found:
            raise AssertionError(f"the server said {said!r}")
        self.port = int(found.group(2))
        self.address = ("127.0.0.1", self.port)

    def connect(self):
        return socket.create_connection(self.address, timeout=20)

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        return status


class ServerTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()

    def tearDown(self):
        if self.server.process.poll() is None:
            self.assertEqual(self.server.stop(), 0)

    def test_two_hundred_clients_get_right_answers(self):
        self.assertEqual(clients.drive(self.server.address, 200, 5), 1000)

    def test_lines_up_to_the_limit_come_back(self):
        with self.server.connect() as c:
            for size in (1, 2, 1023, 1024, 1025, MAX_LINE - 1, MAX_LINE):
                line = b"n" * (size - 1) + b"\n"
                self.assertEqual(clients.exchange(c, line, size), b"a" * (size - 1) + b"\n", size)

    def test_a_longer_line_is_answered_in_pieces(self):
        with self.server.connect() as c:
            line = b"n" * (MAX_LINE + 10) + b"\n"
            expected = b"a" * MAX_LINE + b"\n" + b"a" * 10 + b"\n"
            self.assertEqual(clients.exchange(c, line, len(expected)), expected)

    def test_bytes_that_come_one_by_one_make_a_line(self):
        with self.server.connect() as c:
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"Hello, world\n":
                c.send(bytes([byte]))
            self.assertEqual(clients.receive(c, 13), b"Uryyb, jbeyq\n")

    def test_who_has_stopped_sending_still_gets_all_answers(self):
        with self.server.connect() as c:
            lines = b"".join(b"line %d\n" % i for i in range(500))
            c.sendall(lines + b"no line")
            c.shutdown(socket.SHUT_WR)
            self.assertEqual(clients.receive_all(c), clients.rot13(lines))

    def test_who_does_not_read_gets_everything_later(self):
        lines = b"".join(b"%0*d\n" % (random.Random(i).randrange(1, 3000), i) for i in range(2000))
        with self.server.connect() as c:
            sender = threading.Thread(target=c.sendall, args=(lines,))
            sender.start()
            # The server must not stop for this client: another one is served meanwhile.
            clients.drive(self.server.address, 3, 3)
            self.assertEqual(clients.receive(c, len(lines)), lines)
            sender.join()

    def test_a_reset_hurts_nobody_else(self):
        for _ in range(20):
            c = self.server.connect()
            c.send(b"half a line")
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.close()
        clients.drive(self.server.address, 10, 3)

    def test_the_protocol_is_served_over_ipv6_too(self):
        try:
            c = socket.create_connection(("::1", self.server.port), timeout=20)
        except OSError as error:
            self.skipTest(f"this machine has no IPv6: {error}")
        with c:
            self.assertEqual(clients.exchange(c, b"six\n", 4), b"fvk\n")

    def test_it_ends_well_when_told_to(self):
        with self.server.connect() as c:
            clients.exchange(c, b"x\n", 2)
            self.assertEqual(self.server.stop(), 0)

    @unittest.skipIf(NAME == "fork", "each client has a process of its own there")
    def test_without_descriptors_it_waits_and_serves_those_it_has(self):
        limited = Server(descriptors=24)
        try:
            held = []
            for _ in range(40):
                held.append(limited.connect())
            self.assertEqual(clients.exchange(held[0], b"first\n", 6), b"svefg\n")
            if NAME != "polling":  # whose very idea is to spin
                before = limited.cpu_seconds()
                for _ in range(100):
                    clients.exchange(held[0], b"x\n", 2)
                self.assertLess(limited.cpu_seconds() - before, 1.0)
            for c in held[:-1]:
                c.close()
            self.assertEqual(clients.exchange(held[-1], b"last\n", 5), b"ynfg\n")
            held[-1].close()
        finally:
            self.assertEqual(limited.stop(), 0)

    @unittest.skipIf(NAME in ("fork", "polling"), "nothing there depends on the descriptors' size")
    def test_more_clients_than_select_can_watch(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 3000:
            self.skipTest("a process may not have enough descriptors here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 5000), hard))
        wide = Server(descriptors=3000)
        try:
            held = [wide.connect() for _ in range(1100)]
            self.assertEqual(clients.exchange(held[0], b"first\n", 6), b"svefg\n")
            if NAME == "select":
                self.assertRegex(clients.receive_all(held[-1]),
                                 rb"^server full: select\(\) cannot watch descriptor \d+ ")
            else:
                self.assertEqual(clients.exchange(held[-1], b"last\n", 5), b"ynfg\n")
            for c in held:
                c.close()
        finally:
            self.assertEqual(wide.stop(), 0)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class CommandLineTest(unittest.TestCase):
    def test_help_explains_the_options(self):
        done = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True)
        self.assertIn("--port", done.stdout)

    def test_a_wrong_option_is_an_error(self):
        for wrong in (["--nothing"], ["word"], ["--port", "words"]):
            done = subprocess.run([PROGRAM, *wrong], capture_output=True, text=True, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertTrue(done.stderr)

    @unittest.skipIf(NAME not in ("event", "bufferevent", "coroutine"), "only those on events have backends")
    def test_an_unknown_backend_is_an_error(self):
        done = subprocess.run([PROGRAM, "--port", "0", "--backend", "abacus"], capture_output=True,
                              text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
