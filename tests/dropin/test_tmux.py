"""tmux on Debian's libevent and on eddy: test_tmux.py EDDY"""
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

import sides

EDDY = sys.argv[1]
del sys.argv[1:]
TMUX = sides.program("tmux")


class Tmux:
    def __init__(self, side):
        self.side = side
        self.folder = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.folder.name, "socket")

    def __call__(self, *words, check=True):
        command = sides.command(EDDY, self.side, [TMUX, "-S", self.socket, "-f", "/dev/null", *words])
        environment = {k: v for k, v in os.environ.items() if k != "TMUX"} | {"TERM": "xterm",
                                                                              "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment,
                              check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"tmux {words}: {done.stderr}")
        return done.stdout

    def until(self, target, pattern):
        """What the pane shows, when it shows that."""
        end = time.monotonic() + 20
        while True:
            shown = self("capture-pane", "-p", "-t", target)
            if re.search(pattern, shown):
                return shown
            if time.monotonic() > end:
                raise AssertionError(f"{pattern!r} does not come; there is:\n{shown}")


def outcome(side):
    tmux = Tmux(side)
    result = []
    try:
        tmux("new-session", "-d", "-s", "one", "-x", "80", "-y", "24", "env PS1='$ ' sh")
        pid = int(tmux("display-message", "-p", "-t", "one", "#{pid}"))
        library = sides.loaded_in(pid)
        tmux.until("one", r"(?m)^\$")  # the shell is there
        # What is shown is compared whole, so each step waits for the prompt that follows as well.
        tmux("send-keys", "-t", "one", "echo $((6 * 7)) is it", "Enter")
        result.append(tmux.until("one", r"(?m)^42 is it\n\$"))
        result.append(tmux("list-windows", "-t", "one", "-F", "#{window_width}x#{window_height}"))
        tmux("resize-window", "-t", "one", "-x", "100", "-y", "30")
        tmux("send-keys", "-t", "one", "clear; stty size", "Enter")
        result.append(tmux.until("one", r"(?m)^30 100\n\$"))
        # Much at once.
        tmux("send-keys", "-t", "one", "clear; seq 1 20000; echo end", "Enter")
        result.append(tmux.until("one", r"(?m)^20000\nend\n\$"))
        tmux("split-window", "-t", "one", "sleep 1000")
        tmux("new-window", "-t", "one", "echo ready; cat")
        tmux.until("one:1", "ready")
        tmux("send-keys", "-t", "one:1", "typed into cat", "Enter")
        result.append(tmux.until("one:1", r"typed into cat\n(.*\n)?typed into cat"))
        tmux("new-session", "-d", "-s", "two")
        result.append(tmux("list-sessions", "-F", "#{session_name} #{session_windows}"))
        tmux("kill-session", "-t", "two")
        result.append(tmux("list-sessions", "-F", "#{session_name} #{session_windows}"))
        tmux("kill-server")
        end = time.monotonic() + 20
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:
            os.sched_yield()
        result.append(os.path.exists(f"/proc/{pid}"))
        return library, result
    finally:
        tmux("kill-server", check=False)
        tmux.folder.cleanup()


class TmuxTest(unittest.TestCase):
    def test_a_session_is_made_typed_into_read_resized_and_killed(self):
        library, theirs = outcome("libevent")
        self.assertEqual(library, "libevent")
        # (tmux itself switches epoll off: it wants to watch /dev/null too.)
        for backend in ("", "poll", "select"):
            with self.subTest(backend=backend or "default"):
                if backend:
                    os.environ["EDDY_BACKEND"] = backend
                library, ours = outcome("eddy")
                os.environ.pop("EDDY_BACKEND", None)
                self.assertEqual(library, "eddy")
                self.assertEqual(ours, theirs)


if __name__ == "__main__":
    unittest.main(verbosity=2)
