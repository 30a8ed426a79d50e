"""Runs the introduction's programs; for test_introduction.py, inside a namespace of their own."""
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
import unittest

import clients

FOLDER = sys.argv[1]
del sys.argv[1:]
ADDRESS = ("127.0.0.1", 40713)


class Server:
    """Running, from when it takes connections until the end of the block."""

    def __init__(self, name, backend=None):
        environment = os.environ | ({"EDDY_BACKEND": backend} if backend else {})
        self.process = subprocess.Popen([os.path.join(FOLDER, name)], env=environment,
                                        start_new_session=True)

    def __enter__(self):
        # It does not say when it is ready; connecting does.
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(ADDRESS).close()
                return self
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                os.sched_yield()

    def __exit__(self, *_):
        # The fork server's children are of the same session.
        os.killpg(self.process.pid, 9)
        self.process.wait()
        # The fork server's children hold its listener until they are gone as well.
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(ADDRESS).close()
                os.sched_yield()
            except ConnectionRefusedError:
                return
        raise AssertionError("the port of a server that was killed still takes connections")


class IntroductionTest(unittest.TestCase):
    def test_the_fork_server_answers_two_hundred_clients(self):
        with Server("fork"):
            self.assertEqual(clients.drive(ADDRESS, 200, 5, longest=1000), 1000)

    def test_the_select_server_answers_two_hundred_clients(self):
        with Server("select"):
            self.assertEqual(clients.drive(ADDRESS, 200, 5, longest=1000), 1000)

    def test_the_event_server_answers_two_hundred_clients_on_every_backend(self):
        # The original sets its counters to 1 instead of 0 after an answer, so its buffer grows by
        # nothing but keeps one byte of the past in front: the answers are right all the same.
        for backend in ("select", "poll", "epoll", "io_uring"):
            with self.subTest(backend=backend), Server("event", backend) as server:
                self.assertEqual(clients.drive(ADDRESS, 200, 5, longest=1000), 1000)
                with open(f"/proc/{server.process.pid}/maps", encoding="utf-8") as maps:
                    self.assertIn("libeddy.so", maps.read())

    def test_the_bufferevent_server_answers_nine_hundred_clients_on_every_backend(self):
        for backend in ("select", "poll", "epoll", "io_uring"):
            with self.subTest(backend=backend), Server("bufferevent", backend) as server:
                self.assertEqual(clients.drive(ADDRESS, 900, 5, longest=1000), 4500)
                with open(f"/proc/{server.process.pid}/maps", encoding="utf-8") as maps:
                    self.assertIn("libeddy.so", maps.read())

    def test_the_blocking_client_prints_the_answer(self):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"a page of " + self.headers["Host"].encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 80), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run([os.path.join(FOLDER, "blocking")], capture_output=True, check=False,
                              timeout=30)
        server.shutdown()
        server.server_close()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.endswith(b"a page of www.google.com"), done.stdout)


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hosts = os.path.join(FOLDER, "hosts")
    with open(hosts, "w", encoding="ascii") as file:
        file.write("127.0.0.1 localhost www.google.com\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    unittest.main(verbosity=2)
