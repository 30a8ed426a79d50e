"""An example server, built for Windows, under Wine: test_servers_under_wine.py WINE PROGRAM"""
import re
import socket
import struct
import subprocess
import sys
import unittest

import clients

WINE, PROGRAM = sys.argv[1:3]
del sys.argv[1:]
MAX_LINE = 16384


class ServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process = subprocess.Popen([WINE, "--live", PROGRAM, "--port", "0", "--bind", "127.0.0.1"],
                                       stdout=subprocess.PIPE, text=True)
        said = cls.process.stdout.readline().strip()
        found = re.match(r"listening on (\S+) port (\d+)$", said)
        if not found:
            raise AssertionError(f"the server said {said!r}")
        cls.address = ("127.0.0.1", int(found.group(2)))

    @classmethod
    def tearDownClass(cls):
        running = cls.process.poll() is None
        cls.process.kill()
        cls.process.wait(timeout=20)
        cls.process.stdout.close()
        if not running:
            raise AssertionError(f"the server has ended by itself: {cls.process.returncode}")

    def connect(self):
        return socket.create_connection(self.address, timeout=60)

    def test_two_hundred_clients_get_right_answers(self):
        self.assertEqual(clients.drive(self.address, 200, 5), 1000)

    def test_lines_up_to_the_limit_come_back(self):
        with self.connect() as c:
            for size in (1, 2, 1023, 1024, 1025, MAX_LINE - 1, MAX_LINE):
                line = b"n" * (size - 1) + b"\n"
                self.assertEqual(clients.exchange(c, line, size), b"a" * (size - 1) + b"\n", size)

    def test_who_has_stopped_sending_still_gets_all_answers(self):
        with self.connect() as c:
            lines = b"".join(b"line %d\n" % i for i in range(500))
            c.sendall(lines + b"no line")
            c.shutdown(socket.SHUT_WR)
            self.assertEqual(clients.receive_all(c), clients.rot13(lines))

    def test_a_reset_hurts_nobody_else(self):
        for _ in range(20):
            c = self.connect()
            c.send(b"half a line")
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.close()
        clients.drive(self.address, 10, 3)


unittest.main(verbosity=2)
