"""The examples of the coroutine face, as a user runs them: test_coroutine_examples.py FOLDER"""
import hashlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

FOLDER = sys.argv[1]
del sys.argv[1:]
PATIENCE = 20


class Program:
    """One that says "port N" when it is ready; it ends with 0 when it is asked to."""

    def __init__(self, name, *arguments):
        self.process = subprocess.Popen([os.path.join(FOLDER, name), *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        found = re.match(r"port (\d+)$", said)
        if not found:
            raise AssertionError(f"{name} said {said!r}, {self.process.communicate()}")
        self.port = int(found.group(1))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.errors = self.process.communicate(timeout=PATIENCE)[1]
        if self.process.returncode != 0:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.errors}")


def read_all(peer):
    parts = []
    while part := peer.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


class CommandLines(unittest.TestCase):
    def test_help_is_a_usage_and_mistakes_are_told(self):
        for name in ("rot13_server", "chat_room", "tcp_proxy", "file_server",
                     "libevent_program_with_a_coroutine"):
            program = os.path.join(FOLDER, name)
            done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
            self.assertIn(f"usage: {name}", done.stdout)
            done = subprocess.run([program, *("x" * 9)], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("usage: ", done.stderr)
        done = subprocess.run([os.path.join(FOLDER, "file_server"), "0", "/no/such/folder"],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "file_server: /no/such/folder: No such file or directory\n"))


class ChatRoom(unittest.TestCase):
    def enter(self, room, name):
        member = room.connect()
        lines = member.makefile("rwb")
        self.assertEqual(lines.readline(), b"your name?\n")
        lines.write(name + b"\n")
        lines.flush()
        return member, lines

    def test_what_one_says_all_others_read(self):
        with Program("chat_room") as room:
            ann, ann_lines = self.enter(room, b"ann")
            self.assertEqual(ann_lines.readline(), b"* ann enters\n")
            bob, bob_lines = self.enter(room, b"bob")
            self.assertEqual(ann_lines.readline(), b"* bob enters\n")
            self.assertEqual(bob_lines.readline(), b"* bob enters\n")
            bob.sendall(b"hello\n")
            self.assertEqual(ann_lines.readline(), b"bob: hello\n")
            ann.sendall(b"good day\n")
            self.assertEqual(bob_lines.readline(), b"ann: good day\n")
            again, lines = self.enter(room, b"bob")
            self.assertEqual(lines.readline(), b"that name is taken, or none\n")
            self.assertEqual(lines.readline(), b"")
            for closed in (again, lines, bob_lines, bob):
                closed.close()
            self.assertEqual(ann_lines.readline(), b"* bob leaves\n")
            ann_lines.close()
            ann.close()

    def test_who_does_not_keep_up_is_put_out_and_delays_nobody(self):
        with Program("chat_room") as room:
            loud, loud_lines = self.enter(room, b"loud")
            self.assertEqual(loud_lines.readline(), b"* loud enters\n")
            slow, slow_lines = self.enter(room, b"slow")
            self.assertEqual(loud_lines.readline(), b"* slow enters\n")
            said = threading.Thread(target=lambda: [loud.sendall(b"x" * 900 + b"\n") for _ in range(30_000)])
            said.start()
            self.assertEqual(loud_lines.readline(), b"* slow leaves\n")
            loud.shutdown(socket.SHUT_RD)
            said.join(PATIENCE)
            self.assertFalse(said.is_alive())
            for closed in (slow_lines, slow, loud_lines, loud):
                closed.close()


class Proxy(unittest.TestCase):
    def test_both_directions_are_passed_on_to_their_ends(self):
        data = os.urandom(8 << 20)
        with socket.create_server(("127.0.0.1", 0)) as target:
            with Program("tcp_proxy", "0", "127.0.0.1", str(target.getsockname()[1])) as proxy:
                client = proxy.connect()
                target.settimeout(PATIENCE)
                server, _ = target.accept()
                sends = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
                sends.start()
                self.assertEqual(hashlib.sha256(read_all(server)).digest(), hashlib.sha256(data).digest())
                sends.join()
                # The other direction is open still.
                server.sendall(b"answer")
                server.close()
                self.assertEqual(read_all(client), b"answer")
                client.close()

    def test_who_cannot_be_connected_is_let_go_with_a_message(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        proxy = Program("tcp_proxy", "0", "127.0.0.1", str(port))
        with proxy:
            with proxy.connect() as client:
                self.assertEqual(read_all(client), b"")
        self.assertEqual(proxy.errors, f"tcp_proxy: connect to 127.0.0.1:{port}: Connection refused\n")


class FileServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.outer = tempfile.TemporaryDirectory()
        cls.folder = os.path.join(cls.outer.name, "site")
        os.makedirs(os.path.join(cls.folder, "sub"))
        cls.big = os.urandom(1 << 20)
        for name, content in (("site/big.bin", cls.big), ("site/a b.txt", b"hello\n"), ("site/empty", b""),
                              ("site/sub/<x>.html", b"<p>"), ("secret", b"not this")):
            with open(os.path.join(cls.outer.name, name), "wb") as file:
                file.write(content)
        os.symlink("../secret", os.path.join(cls.folder, "way_out"))
        os.symlink("big.bin", os.path.join(cls.folder, "link"))
        os.mkfifo(os.path.join(cls.folder, "pipe"))
        cls.server = Program("file_server", "0", cls.folder)

    @classmethod
    def tearDownClass(cls):
        with cls.server:
            pass
        cls.outer.cleanup()

    def setUp(self):
        self.http = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)

    def tearDown(self):
        self.http.close()

    def ask(self, path, method="GET", **fields):
        self.http.request(method, path, headers={k.replace("_", "-"): v for k, v in fields.items()})
        answer = self.http.getresponse()
        return answer.status, answer.read(), answer

    def test_files_are_served_on_one_connection(self):
        for _ in range(3):
            status, body, answer = self.ask("/big.bin")
            self.assertEqual((status, body == self.big), (200, True))
            self.assertEqual(answer.getheader("Content-Type"), "application/octet-stream")
            self.assertEqual(self.ask("/a%20b.txt?q=1")[:2], (200, b"hello\n"))
            self.assertEqual(self.ask("/empty")[:2], (200, b""))
            self.assertEqual(self.ask("/link")[1] == self.big, True)
        status, body, answer = self.ask("/big.bin", "HEAD")
        self.assertEqual((status, body, answer.getheader("Content-Length")), (200, b"", str(1 << 20)))

    def test_parts_are_served(self):
        for asked, begin, end in (("0-9", 0, 10), ("1000-", 1000, 1 << 20), ("-5", (1 << 20) - 5, 1 << 20),
                                  ("1048570-2000000", 1048570, 1 << 20)):
            status, body, answer = self.ask("/big.bin", Range="bytes=" + asked)
            self.assertEqual((status, body == self.big[begin:end]), (206, True), asked)
            self.assertEqual(answer.getheader("Content-Range"), f"bytes {begin}-{end - 1}/{1 << 20}")
        for asked in ("1048576-", "-0", "9-3"):
            self.assertEqual(self.ask("/big.bin", Range="bytes=" + asked)[0], 416, asked)

    def test_what_has_not_changed_is_not_sent(self):
        date = self.ask("/big.bin")[2].getheader("Last-Modified")
        self.assertEqual(self.ask("/big.bin", If_Modified_Since=date)[:2], (304, b""))
        self.assertEqual(self.ask("/a%20b.txt")[1], b"hello\n")

    def test_folders_are_listed(self):
        page = self.ask("/")[1].decode()
        self.assertIn('<a href="./a%20b.txt">a b.txt</a>', page)
        self.assertIn('<a href="./sub/">sub', page)
        page = self.ask("/sub/")[1].decode()
        self.assertIn("&#60;x&#62;.html", page)
        self.assertEqual(self.ask("/sub/%3Cx%3E.html")[1], b"<p>")

    def test_there_is_no_way_out_of_the_folder(self):
        for path in ("/../secret", "/%2e%2e/secret", "/sub/../../secret", "/way_out", "//../secret",
                     "/none", "/sub/%2e%2e/%2e%2e/secret"):
            self.assertEqual(self.ask(path)[0], 404, path)
        self.assertEqual(self.ask("/pipe")[0], 403)

    def raw(self, text):
        with self.server.connect() as peer:
            peer.sendall(text)
            return read_all(peer)

    def test_bad_requests_get_a_clear_answer(self):
        self.assertTrue(self.raw(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 "))
        self.assertTrue(self.raw(b"GET / HTTP/3.0\r\n\r\n").startswith(b"HTTP/1.1 505 "))
        self.assertTrue(self.raw(b"GET /%0 HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400 "))
        self.assertTrue(self.raw(b"GET /%00 HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400 "))
        self.assertTrue(self.raw(b"PUT / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx").startswith(b"HTTP/1.1 501 "))
        self.assertTrue(self.raw(b"GET / HTTP/1.0\r\n" + b"A: b\r\n" * 101 + b"\r\n").startswith(b"HTTP/1.1 400 "))
        self.assertEqual(self.raw(b"GET /" + b"x" * 10_000 + b" HTTP/1.0\r\n\r\n"), b"")
        self.assertEqual(self.raw(b"GET /a%20b.txt HTTP/1.0\r\n\r\n").rsplit(b"\r\n\r\n", 1)[1], b"hello\n")


class LibeventProgram(unittest.TestCase):
    def test_it_asks_and_counts(self):
        with Program("libevent_program_with_a_coroutine") as quiz:
            first, second = quiz.connect(), quiz.connect()
            for peer, answers, right in ((first, (b"ready\n", b"done\n", b"1\n"), b"right: 3\n"),
                                         (second, (b"what\n", b"done\n", b"2\n"), b"right: 1\n")):
                lines = peer.makefile("rwb")
                for answer in answers:
                    self.assertTrue(lines.readline().endswith(b"?\n"))
                    lines.write(answer)
                    lines.flush()
                self.assertEqual(lines.readline(), right)
                self.assertEqual(lines.readline(), b"")
                lines.close()
                peer.close()

    def test_clients_that_leave_or_still_wait_at_the_end_do_no_harm(self):
        with Program("libevent_program_with_a_coroutine") as quiz:
            with quiz.connect() as leaves:
                self.assertTrue(leaves.recv(1))
            waits = quiz.connect()
            self.assertTrue(waits.recv(1))
        waits.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
