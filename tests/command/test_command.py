"""The command eddy: test_command.py PROGRAM"""
import codecs
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

EDDY = sys.argv[1]
del sys.argv[1:]


def eddy(*arguments, **options):
    return subprocess.run([EDDY, *arguments], capture_output=True, text=True, check=False, timeout=120,
                          **options)


def running_servers():
    """Process ids of `eddy serve` of this very program."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if len(words) > 1 and words[1] == b"serve" and os.path.samefile(f"/proc/{pid}/exe", EDDY):
                found.append(pid)
        except OSError:
            pass
    return found


class Server:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([EDDY, "serve", "--port", "0", *arguments],
                                        stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        self.port = re.match(r"listening on \S+ port (\d+)$", said).group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        self.process.stdout.close()


class LyingServer:
    """Answers each chunk with answer(chunk); None closes the connection."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            while chunk := connection.recv(65536):
                said = self.answer(chunk)
                if said is None:
                    break
                connection.sendall(said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join(timeout=30)
        self.listener.close()


def rot13(chunk):
    return codecs.encode(chunk.decode("latin-1"), "rot13").encode("latin-1")


class InfoTest(unittest.TestCase):
    def test_it_lists_the_backends_with_one_marked(self):
        said = eddy("info").stdout
        for name in ("epoll", "poll", "select"):
            self.assertIn(name, said)
        self.assertEqual(len(re.findall(r"^  \* ", said, re.MULTILINE)), 1)

    def test_the_mark_follows_the_environment(self):
        for environment, name in (({"EDDY_BACKEND": "poll"}, "poll"),
                                  ({"EDDY_NO_IO_URING": "1"}, "epoll"),
                                  ({"EVENT_NOEPOLL": "1", "EVENT_NOPOLL": "1"}, "select")):
            said = eddy("info", env={**os.environ, **environment}).stdout
            self.assertRegex(said, rf"(?m)^  \* {name} ")
            said = json.loads(eddy("info", "--json", env={**os.environ, **environment}).stdout)
            self.assertEqual(said["chosen"], name)

    def test_what_the_environment_switched_off_is_named_with_the_variable(self):
        environment = {**os.environ, "EVENT_NOEPOLL": "yes", "EDDY_NO_IO_URING": "1"}
        done = eddy("info", env=environment)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^    epoll .*\n +switched off by EVENT_NOEPOLL=yes$")
        self.assertNotRegex(done.stdout, r"(?m)^  . poll .*\n +switched off")
        backends = {b["name"]: b for b in
                    json.loads(eddy("info", "--json", env=environment).stdout)["backends"]}
        self.assertEqual(backends["epoll"]["switched_off_by"], "EVENT_NOEPOLL=yes")
        self.assertIsNone(backends["poll"]["switched_off_by"])

    def test_it_fails_with_a_message_when_a_loop_can_have_none(self):
        for environment, said in (
                ({"EVENT_NOEPOLL": "1", "EVENT_NOPOLL": "1", "EVENT_NOSELECT": "1",
                  "EDDY_NO_IO_URING": "1"}, "switched off"),
                ({"EDDY_BACKEND": "abacus"}, "no backend of that name")):
            for words in (["info"], ["info", "--json"]):
                done = eddy(*words, env={**os.environ, **environment})
                self.assertEqual(done.returncode, 1)
                self.assertIn("eddy info: no loop can be made", done.stderr)
                self.assertIn(said, done.stderr)
                self.assertNotIn("  * ", done.stdout)

    def test_json_says_the_same(self):
        backends = {b["name"]: b for b in json.loads(eddy("info", "--json").stdout)["backends"]}
        self.assertTrue(backends["epoll"]["available"])
        self.assertIn("O(1)", backends["epoll"]["features"])
        self.assertNotIn("O(1)", backends["poll"]["features"])


class WordsTest(unittest.TestCase):
    def test_help_is_everywhere(self):
        for words in (["--help"], ["info", "--help"], ["serve", "--help"], ["load", "--help"],
                      ["tour", "--help"], ["get", "--help"]):
            done = eddy(*words)
            self.assertEqual(done.returncode, 0, words)
            self.assertIn("usage: eddy", done.stdout)

    def test_what_is_not_known_is_named(self):
        for words in (["dance"], ["info", "--loud"], ["serve"], ["serve", "--style", "juggle"],
                      ["serve", "--style", "event", "--backend", "abacus"], ["load", "--connections"],
                      ["load", "--connections", "many"], ["load", "--inflight", "0"],
                      ["tour", "--out", "/no/such/folder/page.html"]):
            done = eddy(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr, words)

    def test_a_port_that_does_not_exist_is_refused(self):
        for port in ("70000", "99999", "-1", "abc", ""):
            done = eddy("serve", "--style", "event", "--port", port)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("0 to 65535", done.stderr)

    def test_a_text_that_cannot_be_read_is_named(self):
        done = eddy("load", "--text", "/no/such/text")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/no/such/text", done.stderr)


class LoadTest(unittest.TestCase):
    def test_every_style_answers_right(self):
        for style in ("fork", "polling", "select", "event", "bufferevent", "coroutine"):
            with self.subTest(style=style), Server("--style", style) as server:
                done = eddy("load", "--port", server.port, "--connections", "20", "--inflight", "3",
                            "--lines", "2000", "--json", "--pid", str(server.process.pid))
                self.assertEqual(done.returncode, 0, done.stderr)
                said = json.loads(done.stdout)
                self.assertGreaterEqual(said["lines"], 2000)
                self.assertEqual(said["errors"], 0)
                self.assertGreater(said["cpu_us_per_line"], 0)
                self.assertLessEqual(said["p50_us"], said["p99_us"])
                self.assertLessEqual(said["p99_us"], said["max_us"])

    def test_a_real_text_comes_back(self):
        with Server("--style", "event") as server:
            done = eddy("load", "--port", server.port, "--text", __file__, "--lines", "3000")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("all answers right", done.stdout)

    def lie(self, answer):
        with LyingServer(answer) as server:
            return eddy("load", "--port", server.port, "--connections", "1", "--lines", "50",
                        "--seconds", "1")

    def test_an_honest_server_of_the_test_itself_passes(self):
        self.assertEqual(self.lie(rot13).returncode, 0)

    def test_a_wrong_byte_is_found(self):
        done = self.lie(lambda chunk: rot13(chunk).replace(b"n", b"m"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("wrong answer", done.stderr)

    def test_an_answer_too_many_is_found(self):
        done = self.lie(lambda chunk: rot13(chunk) + b"and more\n")
        self.assertEqual(done.returncode, 1)

    def test_an_answer_that_never_comes_ends_the_load(self):
        done = self.lie(lambda chunk: b"")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no answer", done.stderr)

    def test_an_answer_cut_short_is_found(self):
        done = self.lie(lambda chunk: rot13(chunk)[:-1])
        self.assertEqual(done.returncode, 1)

    def test_a_connection_that_is_closed_early_is_found(self):
        done = self.lie(lambda chunk: None)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr)

    def test_idle_connections_that_are_closed_are_found(self):
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            first, _ = listener.accept()
            for _ in range(2):
                listener.accept()[0].close()
            with first:
                while chunk := first.recv(65536):
                    first.sendall(rot13(chunk))

        thread = threading.Thread(target=serve)
        thread.start()
        done = eddy("load", "--port", str(listener.getsockname()[1]), "--connections", "1", "--idle",
                    "2", "--lines", "50")
        thread.join(timeout=30)
        listener.close()
        self.assertEqual(done.returncode, 1)
        self.assertIn("2 of 2 idle connections", done.stderr)

    def test_connections_that_cannot_be_made_are_counted(self):
        with Server("--style", "event") as server:
            done = eddy("load", "--port", server.port, "--connections", "64", "--lines", "100",
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"of 64 connections could not be made: Too many open files")

    def test_nobody_there_is_explained(self):
        done = eddy("load", "--port", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("refused", done.stderr)


class TourTest(unittest.TestCase):
    def test_the_quick_tour_makes_a_table_and_a_page_and_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            page = os.path.join(folder, "page.html")
            done = eddy("tour", "--quick", "--out", page)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(page, encoding="utf-8") as file:
                html = file.read()
            self.assertIn("blocking client", done.stdout)
            self.assertIn("all right", done.stdout)
            self.assertIn("byte for byte", html)
            self.assertIn("cannot watch descriptor", html)
            self.assertGreaterEqual(html.count("<svg"), 12)
            for name in ("fork", "polling", "select", "event on epoll", "event on poll"):
                self.assertIn(name, done.stdout)
                self.assertIn(f">{name}<", html)
            self.assertTrue(html.endswith("</html>\n"))
            self.assertNotIn("http", html.split("</style>")[1])
        self.assertEqual(running_servers(), [])

    def test_an_interrupted_tour_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            page = os.path.join(folder, "page.html")
            with open(page, "w", encoding="utf-8") as file:
                file.write("yesterday's page")
            tour = subprocess.Popen([EDDY, "tour", "--out", page],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not running_servers():
                self.assertIsNone(tour.poll())
                os.sched_yield()
            tour.send_signal(signal.SIGINT)
            self.assertEqual(tour.wait(timeout=30), 130)
            self.assertEqual(os.listdir(folder), ["page.html"])
            with open(page, encoding="utf-8") as file:
                self.assertEqual(file.read(), "yesterday's page")
        self.assertEqual(running_servers(), [])

    def test_a_killed_tour_takes_its_server_along(self):
        with tempfile.TemporaryDirectory() as folder:
            tour = subprocess.Popen([EDDY, "tour", "--out", os.path.join(folder, "page.html")],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not running_servers():
                self.assertIsNone(tour.poll())
                os.sched_yield()
            tour.kill()
            tour.wait(timeout=30)
            until = time.monotonic() + 30
            while running_servers() and time.monotonic() < until:
                os.sched_yield()
        self.assertEqual(running_servers(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
