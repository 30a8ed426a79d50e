"""What gets pages by the coroutine face: test_http_coroutines.py HTTP_CLIENT DOWNLOADER EDDY"""
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

CLIENT, DOWNLOADER, EDDY = sys.argv[1:4]
del sys.argv[1:4]
BODY = b"".join(b"%d bottles\n" % i for i in range(200000))


def sized(body, status=b"200 OK", more=b""):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), more) + body


def chunked(body, size, end=b"0\r\nTrailer: x\r\n\r\n"):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return (b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n" +
            b"".join(b"%X;extension=1\r\n%s\r\n" % (len(p), p) for p in pieces) + end)


def redirect(to, status=b"302 Found"):
    return sized(b"elsewhere\n", status, b"Location: " + to + b"\r\n")


ANSWERS = {
    "/song": sized(BODY),
    "/chunked": chunked(BODY, 9999),
    "/to-the-end": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "/old-lines": b"HTTP/1.1 200 OK\nContent-Length: 3\n\nold",
    "/interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + sized(b"at last"),
    "/empty": sized(b""),
    "/nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/missing": sized(b"no such page\n", b"404 Not Found"),
    "/a/moved?x": redirect(b"song"),
    "/a/song": sized(b"relative"),
    "/once": redirect(b"/song"),
    "/twice": redirect(b"/once", b"308 Permanent Redirect"),
    "/circle": redirect(b"/circle"),
    "/secure": redirect(b"https://localhost/"),
    "/broken-link": redirect(b"http://a b/"),
    "/cut": sized(BODY)[:-1],
    "/cut-chunk": chunked(BODY, 9999, b"")[:-5],
    "/cut-behind": chunked(b"x", 1, b""),
    "/cut-head": b"HTTP/1.1 200 OK\r\nContent-",
    "/no-http": b"\x1b[2Jhello\r\n\r\n",
    "/long-line": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10000 + b"\r\n\r\n",
    "/endless-head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000,
    "/endless-interim": b"HTTP/1.1 102 Processing\r\n\r\n" * 50,
    "/two-sizes": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "/no-size": b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabcd",
    "/no-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n",
    "/long-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcde\r\n",
    "/coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    "/folded": b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
}
# What is wrong with each.
WRONG = {
    "/cut": "broke off", "/cut-chunk": "broke off", "/cut-behind": "broke off", "/cut-head": "broke off",
    "/no-http": "this is no HTTP: ?[2Jhello", "/long-line": "line that is too long",
    "/endless-head": "head of the answer is too long", "/endless-interim": "does not come to its answer",
    "/two-sizes": "two sizes", "/no-size": "no size of a body: -3", "/no-chunk": "no chunk: -5",
    "/long-chunk": "longer than it was said", "/coding": "coding that is not known here: gzip",
    "/folded": "malformed:  c",
}


class Server:
    """Answers by path; /silent not at all; /wait/... when three such requests are there."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.three = threading.Barrier(3)
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.requests = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer:
            request = b""
            while b"\r\n\r\n" not in request:
                got = peer.recv(65536)
                if not got:
                    return
                request += got
            path = request.split()[1].decode()
            with self.lock:
                self.requests.append(request)
                self.now += 1
                self.most = max(self.most, self.now)
            try:
                if path == "/silent":
                    peer.recv(1)  # until the client gives up
                    return
                if path.startswith("/wait/"):
                    self.three.wait(timeout=60)
                    path = "/song"
                with self.lock:
                    self.now -= 1  # nobody can be done before it has the answer
                peer.sendall(ANSWERS.get(path, ANSWERS["/missing"]))
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass
            except OSError:
                pass  # the client had enough


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, check=False, timeout=60)


class CoroutineClients(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.listener.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.server.port}{path}"

    def get(self, path, *options):
        return run(EDDY, "get", *options, self.url(path))

    def test_a_page_is_printed_however_its_end_is_told(self):
        for path in ("/song", "/chunked", "/to-the-end"):
            done = self.get(path)
            self.assertEqual((done.returncode, done.stderr), (0, b""), path)
            self.assertTrue(done.stdout == BODY, path)
        self.assertEqual(self.get("/old-lines").stdout, b"old")
        self.assertEqual(self.get("/interim").stdout, b"at last")
        for path in ("/empty", "/nothing"):
            self.assertEqual((self.get(path).returncode, self.get(path).stdout), (0, b""))

    def test_the_request_is_what_servers_expect(self):
        run(EDDY, "get", self.url("?q=1#part", "localhost"))
        self.assertEqual(self.server.requests[0].decode(),
                         f"GET /?q=1 HTTP/1.1\r\nHost: localhost:{self.server.port}\r\nUser-Agent: eddy\r\n"
                         "Accept-Encoding: identity\r\nConnection: close\r\n\r\n")

    def test_the_head_is_printed_if_asked_for(self):
        self.assertEqual(self.get("/empty", "-i").stdout, ANSWERS["/empty"])

    def test_what_the_server_does_not_have_is_printed_and_is_an_error(self):
        for program in ((EDDY, "get"), (CLIENT,)):
            done = run(*program, self.url("/missing"))
            self.assertIn(b"no such page\n", done.stdout)
        done = self.get("/missing")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, b"eddy get: the server answered HTTP/1.1 404 Not Found\n")

    def test_a_wrong_answer_says_what_is_wrong(self):
        for path, why in WRONG.items():
            for program in ((EDDY, "get"), (CLIENT,)):
                done = run(*program, self.url(path))
                self.assertEqual(done.returncode, 1, path)
                self.assertIn(why.encode(), done.stderr, path)

    def test_a_redirection_is_told_and_followed_only_if_asked_for(self):
        for program in ((EDDY, "get"), (CLIENT,)):
            done = run(*program, self.url("/once"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"it is redirected to /song", done.stderr)
            self.assertIn(b"elsewhere\n", done.stdout)
            done = run(*program, "--follow", 2, self.url("/twice"))
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.endswith(BODY))
            self.assertEqual(done.stderr.count(b": redirected to http://127.0.0.1:"), 2)
            done = run(*program, "--follow", 3, self.url("/circle"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"redirected more than 3 times, at last to " + self.url("/circle").encode(),
                          done.stderr)
            self.assertIn(b"only http://", run(*program, "--follow", 1, self.url("/secure")).stderr)
            self.assertIn(b"no blanks", run(*program, "--follow", 1, self.url("/broken-link")).stderr)
        self.assertEqual(self.get("/a/moved?x", "--follow", "1").stdout, b"relative")

    def test_a_silent_server_is_given_up(self):
        for program in ((EDDY, "get"), (CLIENT,), (DOWNLOADER,)):
            done = run(*program, "--timeout", 1, self.url("/silent"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"timed out", done.stdout + done.stderr)

    def test_nobody_there_and_no_such_host_are_explained(self):
        self.server.listener.close()
        for program in ((EDDY, "get"), (CLIENT,)):
            self.assertIn(b"Connection refused", run(*program, "http://127.0.0.1:1/").stderr)
            done = run(*program, "--timeout", 20, "http://no-such-host.invalid/")
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"no-such-host.invalid", done.stderr)

    def test_what_is_no_url_is_refused(self):
        for wrong in ("ftp://x/", "x", "http://", "http://[::1/", "http://[::1]x/", "http://a:0/", "http://a:x/",
                      "http://a:65536/", "http://me@a/", "http://a b/", "http://a/\n", "http://" + "h" * 300):
            self.assertEqual(run(EDDY, "get", wrong).returncode, 2, wrong)
            self.assertEqual(run(CLIENT, wrong).returncode, 1, wrong)
        for program in ((EDDY, "get"), (CLIENT,)):
            self.assertIn(b"TLS is not spoken", run(*program, "HTTPS://localhost/").stderr)

    def test_a_file_is_there_only_when_it_is_whole(self):
        file = os.path.join(self.folder, "song")
        self.assertEqual(self.get("/song", "--output", file).returncode, 0)
        with open(file, "rb") as written:
            self.assertTrue(written.read() == BODY)
        os.unlink(file)
        for path in ("/cut", "/cut-chunk", "/missing", "/once"):
            self.assertEqual(self.get(path, "--output", file).returncode, 1)
            self.assertEqual(os.listdir(self.folder), [])
        nowhere = self.get("/song", "--output", "/nowhere/at/all")
        self.assertIn(b"cannot write /nowhere/at/all: No such file", nowhere.stderr)

    def test_an_output_keeps_its_mode_and_its_links(self):
        file, link = (os.path.join(self.folder, name) for name in ("song", "link"))
        with open(file, "wb"):
            os.chmod(file, 0o600)
        os.symlink("song", link)
        with open(file + ".part", "wb") as mine:
            mine.write(b"mine")
        self.assertEqual(self.get("/song", "--output", link).returncode, 0)
        self.assertTrue(os.path.islink(link))
        with open(file, "rb") as written:
            self.assertTrue(written.read() == BODY)
        self.assertEqual(os.stat(file).st_mode & 0o7777, 0o600)
        with open(file + ".part", "rb") as mine:
            self.assertEqual(mine.read(), b"mine")
        self.assertEqual(sorted(os.listdir(self.folder)), ["link", "song", "song.part"])

    def test_an_output_that_is_a_pipe_is_written_into(self):
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        with tempfile.TemporaryFile() as copy, subprocess.Popen(["cat", pipe], stdout=copy) as reader:
            self.assertEqual(self.get("/song", "--output", pipe).returncode, 0)
            reader.wait(timeout=60)
            copy.seek(0)
            self.assertTrue(copy.read() == BODY)
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))
        self.assertTrue(self.get("/song", "--output", "-").stdout == BODY)

    def test_an_output_that_is_full_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([EDDY, "get", self.url("/song")], stdout=full, stderr=subprocess.PIPE,
                                  check=False, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)

    def test_help_is_there_and_other_words_are_refused(self):
        for program in ((EDDY, "get"), (CLIENT,), (DOWNLOADER,)):
            done = run(*program, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertTrue(done.stdout.startswith(b"usage: "))
            self.assertEqual(run(*program).returncode, 2 if program[0] == EDDY else 1)
            self.assertIn(b"usage: " if program[0] != EDDY else b"one URL is needed", run(*program).stderr)
        self.assertEqual(run(EDDY, "get", "--nonsense", self.url("/song")).returncode, 2)
        self.assertEqual(run(EDDY, "get", self.url("/song"), self.url("/song")).returncode, 2)
        self.assertIn(b"get ", run(EDDY, "--help").stdout)

    def test_downloads_run_side_by_side(self):
        done = run(DOWNLOADER, "--at-once", 3, *(self.url(f"/wait/{i}") for i in range(3)))
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)
        self.assertEqual(done.stdout.count(b"ok      "), 3)
        self.assertEqual(done.stdout.count(b" %d bytes\n" % len(BODY)), 3)

    def test_no_more_downloads_run_than_may(self):
        done = run(DOWNLOADER, "--at-once", 2, *(self.url(f"/song?{i}") for i in range(8)))
        self.assertEqual(done.returncode, 1, "they are missing")
        self.assertEqual(done.stdout.count(b"404 Not Found"), 8)
        self.assertEqual(len(self.server.requests), 8)
        self.assertLessEqual(self.server.most, 2)

    def test_a_download_that_fails_does_not_stop_the_rest(self):
        paths = ["/cut", "/song", "/missing", "/chunked", "/once", "/no-http"]
        done = run(DOWNLOADER, "--into", self.folder, *map(self.url, paths))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count(b"ok      "), 3, done.stdout)
        self.assertEqual(done.stdout.count(b"failed  "), 3, done.stdout)
        self.assertEqual(sorted(os.listdir(self.folder)), ["chunked", "once", "song"])
        for name in os.listdir(self.folder):
            with open(os.path.join(self.folder, name), "rb") as file:
                self.assertTrue(file.read() == BODY, name)

    def test_two_downloads_into_one_file_are_refused(self):
        done = run(DOWNLOADER, "--into", self.folder, self.url("/song"), self.url("/a/song"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"two would be written to", done.stderr)
        self.assertEqual(self.server.requests, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
