"""The blocking HTTP client: test_http_client.py PROGRAM"""
import http.server
import subprocess
import sys
import threading
import unittest

PROGRAM = sys.argv[1]
del sys.argv[1:]
BODY = b"".join(b"%d bottles\n" % i for i in range(20000))


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path == "/song"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(BODY if found else b"no\n")

    def log_message(self, *_):
        pass


def get(url):
    return subprocess.run([PROGRAM, url], capture_output=True, check=False, timeout=30)


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.port = cls.server.server_address[1]

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def test_it_prints_headers_and_body(self):
        done = get(f"http://localhost:{self.port}/song")
        self.assertEqual(done.returncode, 0, done.stderr)
        headers, body = done.stdout.split(b"\r\n\r\n", 1)
        self.assertIn(b"200 OK", headers)
        self.assertEqual(body, BODY)

    def test_no_path_means_the_root(self):
        self.assertIn(b"404", get(f"http://127.0.0.1:{self.port}").stdout)

    def test_an_unknown_host_is_named(self):
        done = get("http://no-such-host.invalid/")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no-such-host.invalid", done.stderr)

    def test_a_refused_connection_is_explained(self):
        done = get("http://127.0.0.1:1/")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"refused", done.stderr)

    def test_what_is_no_url_is_refused(self):
        for wrong in ("ftp://x/", "http://", "http://[::1/", "http://" + "h" * 300):
            self.assertEqual(get(wrong).returncode, 2, wrong)


if __name__ == "__main__":
    unittest.main(verbosity=2)
